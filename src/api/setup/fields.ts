// Body fields that applications and credential connections share. Without defaults they serve updates too: what is left
// out of a PATCH stays as it is.

import { lacking } from '../fields.ts'
import { Type } from '../schema.ts'

const anchorsites = [
  ...['Latency', 'Chicago, IL', 'Ashburn, VA', 'San Jose, CA', 'London, UK', 'Chennai, IN'],
  ...['Amsterdam, Netherlands', 'Toronto, Canada', 'Sydney, Australia', 'Vancouver, Canada'],
  'Frankfurt, Germany',
]

const limitMax = 1_000_000

export const channelLimit = Type.Optional(
  Type.Integer({ minimum: 0, maximum: limitMax, description: 'Simultaneous calls; 0: no limit.' }),
)

/** The limit that a given `channel_limit` means. */
export function limitOf(given: number): number | undefined {
  return given === 0 ? undefined : given
}

export const profileId = Type.Optional(
  Type.String({ maxLength: 255, description: 'Kept and shown; nothing hangs on it.' }),
)

export const tags = Type.Optional(
  Type.Array(Type.String({ maxLength: 255, 'x-rule': 'printable' }), { maxItems: 100 }),
)

export const displayName = Type.String({ minLength: 1, maxLength: 255, 'x-rule': 'printable' })

export const webhookUrl = Type.String({ minLength: 1, 'x-rule': 'webhook-url' })

/** A URL, or the empty text for none. */
export const optionalWebhookUrl = Type.Optional(Type.String({ 'x-rule': 'optional-webhook-url' }))

export const commonSettings = {
  active: Type.Optional(Type.Boolean({ description: 'false: no calls.' })),
  anchorsite_override: Type.Optional(
    Type.Enum(anchorsites, { description: 'Kept and shown; there is one site.' }),
  ),
  call_cost_in_webhooks: lacking(false),
  dtmf_type: Type.Optional(Type.Enum(['RFC 2833', 'Inband', 'SIP INFO'])),
  tags,
  webhook_api_version: Type.Optional(Type.Enum(['2'])),
  webhook_event_failover_url: optionalWebhookUrl,
  webhook_timeout_secs: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 30, description: '0: the default of 2 s.' }),
  ),
}

/** `channel_limit` of the answers: a field that does not apply is absent, the vendor's description allows no null here. */
export function shownLimit(limit: number | undefined) {
  return limit === undefined ? {} : { channel_limit: limit }
}
