// The five webhook parameters of answer, dial and transfer: schema and translation.

import type { HttpMethod, WebhookOverrides } from '../ports/events.ts'
import { retriesOf } from './rules.ts'
import { Type } from './schema.ts'

const method = () => Type.Optional(Type.Enum(['POST', 'GET']))

export const webhookFields = {
  webhook_url: Type.Optional(
    Type.String({
      'x-rule': 'webhook-url',
      description: "Replaces the application's URL for this leg's later webhooks.",
    }),
  ),
  webhook_url_method: method(),
  webhook_urls: Type.Optional(
    Type.Unsafe<Record<string, string>>({
      type: 'object',
      'x-rule': 'event-urls',
      description: 'Event type to URL.',
    }),
  ),
  webhook_urls_method: method(),
  webhook_retries_policies: Type.Optional(
    Type.Unsafe<Record<string, unknown>>({
      type: 'object',
      'x-rule': 'event-retries',
      description: 'Event type to `{"retries_ms":[…]}`: at most 5 delays, sum at most 60000.',
    }),
  ),
}

export interface WebhookParameters {
  readonly webhook_url?: string
  readonly webhook_url_method?: HttpMethod
  readonly webhook_urls?: Readonly<Record<string, string>>
  readonly webhook_urls_method?: HttpMethod
  readonly webhook_retries_policies?: Readonly<Record<string, unknown>>
}

/** The overrides that checked parameters mean, or undefined when there are none. */
export function webhookOverrides(body: WebhookParameters): WebhookOverrides | undefined {
  const { webhook_url, webhook_urls, webhook_retries_policies } = body
  if (webhook_url === undefined && webhook_urls === undefined && !webhook_retries_policies) {
    return undefined
  }
  const retries = Object.entries(webhook_retries_policies ?? {})
  return {
    url: webhook_url,
    method: body.webhook_url_method ?? 'POST',
    urlByEvent: { ...webhook_urls },
    methodByEvent: body.webhook_urls_method ?? 'POST',
    retriesMsByEvent: Object.fromEntries(
      retries.map(([type, policy]) => [type, retriesOf(policy) ?? []]),
    ),
  }
}
