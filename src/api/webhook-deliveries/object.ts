// A webhook's delivery with its attempts, as the API shows it.

import { isoMillis } from '../../base/iso-time.ts'
import type { AttemptView, DeliveryView } from '../../ports/records.ts'
import { Type } from '../schema.ts'

const time = () => Type.String({ format: 'date-time' })
const status = () => Type.Enum(['delivered', 'failed'])
const headers = Type.Array(Type.Array(Type.String()))

export const deliverySchema = Type.Object({
  id: Type.String(),
  record_type: Type.Literal('webhook_delivery'),
  user_id: Type.String(),
  status: status(),
  started_at: time(),
  finished_at: time(),
  webhook: Type.Object({
    record_type: Type.Literal('event'),
    event_type: Type.String(),
    id: Type.String(),
    occurred_at: Type.String(),
    payload: Type.Object({}, { additionalProperties: true }),
  }),
  attempts: Type.Array(
    Type.Object({
      status: status(),
      started_at: time(),
      finished_at: time(),
      errors: Type.Array(Type.Integer()),
      http: Type.Object({
        request: Type.Object({ url: Type.String(), headers }),
        response: Type.Optional(
          Type.Object({ status: Type.Integer(), headers, body: Type.String() }),
        ),
      }),
    }),
  ),
})

/** `userId`: who we are; there is one user. */
export function deliveryObject(one: DeliveryView, userId: string) {
  const { event_type, id, occurred_at, payload } = one.data
  return {
    id: one.deliveryId,
    record_type: 'webhook_delivery',
    user_id: userId,
    status: one.delivered ? 'delivered' : 'failed',
    started_at: isoMillis(one.startedAtMs),
    finished_at: isoMillis(one.finishedAtMs),
    webhook: { record_type: 'event', event_type, id, occurred_at, payload },
    attempts: one.attempts.map(attemptObject),
  }
}

function attemptObject({ exchange, ...attempt }: AttemptView) {
  const { errorCode, url } = attempt
  const response = {
    status: attempt.status,
    headers: exchange.responseHeaders,
    body: exchange.responseBody,
  }
  return {
    status: errorCode === 0 ? 'delivered' : 'failed',
    started_at: isoMillis(attempt.startedAtMs),
    finished_at: isoMillis(attempt.finishedAtMs),
    errors: errorCode === 0 ? [] : [errorCode],
    http: {
      request: { url, headers: exchange.requestHeaders },
      // Nothing came.
      ...(attempt.status === 0 ? {} : { response }),
    },
  }
}
