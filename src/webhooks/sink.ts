// Which webhooks an event owes, and where they go. Addresses come from three levels, the most specific wins: URL per
// event type of the leg, URL of the leg, URL of the application. The failover URL is always the application's.
//
// Lanes: every webhook that carries a leg's call_control_id is in that leg's lane, those of conferences included
// (`conference.created` and `conference.ended` carry the creator's). So a receiver sees each leg's story in order.

import type { ApplicationId } from '../base/ids.ts'
import type { Application } from '../ports/applications.ts'
import type { EventSink } from '../ports/event-sink.ts'
import type { HttpMethod, StampedEvent, WebhookOverrides } from '../ports/events.ts'
import type { DeliveryRow } from '../ports/store.ts'
import { eventData, noRecordingUrl, webhookOf } from './payloads.ts'
import type { RecordingUrl, Webhook } from './payloads.ts'

/** C20: how long a receiver has when its application says nothing. */
const timeoutMsDefault = 2000

export interface WebhookSinkOptions {
  readonly application: (id: ApplicationId) => Application | undefined
  /** Comma list for `connection_codecs`. */
  readonly connectionCodecs: string
  readonly recordingUrl?: RecordingUrl
  /** Takes over rows that are on disk. */
  readonly deliver: (rows: readonly DeliveryRow[]) => void
}

export function createWebhookSink(options: WebhookSinkOptions): EventSink {
  const { application, connectionCodecs, deliver, recordingUrl = noRecordingUrl } = options
  return {
    deliveriesFor: (events) =>
      events.flatMap((stamped) => {
        const webhook = webhookOf(stamped, connectionCodecs, recordingUrl)
        if (webhook === undefined) return []
        const row = rowOf(stamped, webhook, application(webhook.leg.applicationId))
        return row === undefined ? [] : [row]
      }),
    committed: (_events, deliveries) => deliver(deliveries),
  }
}

function rowOf(
  stamped: StampedEvent,
  webhook: Webhook,
  application: Application | undefined,
): DeliveryRow | undefined {
  const { eventType, leg } = webhook
  const { url, method } = addressOf(eventType, leg.webhooks, application?.webhookEventUrl ?? '')
  if (url === '') return undefined
  const { eventId, sequence, occurredAtUs } = stamped
  return {
    deliveryId: eventId,
    sequence,
    lane: leg.legId,
    applicationId: leg.applicationId,
    eventType,
    legId: leg.legId,
    url,
    failoverUrl: application?.webhookEventFailoverUrl ?? '',
    method,
    timeoutMs: (application?.webhookTimeoutSecs ?? 0) * 1000 || timeoutMsDefault,
    retriesMs: leg.webhooks?.retriesMsByEvent[eventType],
    dataJson: JSON.stringify(eventData(stamped, webhook)),
    createdAtMs: Math.floor(occurredAtUs / 1000),
  }
}

function addressOf(
  eventType: string,
  overrides: WebhookOverrides | undefined,
  applicationUrl: string,
): { url: string; method: HttpMethod } {
  const ofEvent = overrides?.urlByEvent[eventType]
  if (overrides !== undefined && ofEvent !== undefined) {
    return { url: ofEvent, method: overrides.methodByEvent }
  }
  if (overrides?.url !== undefined) return { url: overrides.url, method: overrides.method }
  return { url: applicationUrl, method: 'POST' }
}
