// For tests of the API: one event, one delivery, and the commands that were written down.

import type { CallRecords, CommandRecord, DeliveryView } from '../../ports/records.ts'

const id = '0ccc7b54-4df3-4bca-a65a-3da1ecc777f0'
const atMs = 1_741_079_683_456

const delivery: DeliveryView = {
  deliveryId: id,
  delivered: false,
  startedAtMs: atMs,
  finishedAtMs: atMs + 500,
  data: {
    record_type: 'event',
    event_type: 'call.enqueued',
    id,
    occurred_at: '2025-03-04T09:10:11.521992Z',
    leg_sequence: 3,
    payload: {},
  },
  attempts: [
    {
      url: 'https://app.example/hook',
      startedAtMs: atMs,
      finishedAtMs: atMs + 500,
      status: 500,
      errorCode: 75_500,
      exchange: {
        requestHeaders: [['content-type', 'application/json']],
        responseHeaders: [],
        responseBody: 'no',
      },
    },
  ],
}

export function fakeRecords(world: { readonly recorded?: CommandRecord[] }): CallRecords {
  return {
    commandTaken: (record) => void world.recorded?.push(record),
    async callEvents() {
      const event = {
        type: 'webhook',
        name: 'call.enqueued',
        legUuid: '2dc6fc34-f9e0-11ef-b68e-02420a0f7768',
        sessionId: '2dc1b3c8-f9e0-11ef-bc5a-02420a0f7768',
        occurredAtUs: atMs * 1000,
        metadata: {},
      } as const
      return { rows: [event], total: 1 }
    },
    deliveries: async () => ({ rows: [delivery], total: 1 }),
    delivery: async (wanted) => (wanted === id ? delivery : undefined),
    redeliver: async (wanted) =>
      wanted === id ? 'started' : wanted === 'unfinished' ? 'unfinished' : 'unknown',
  }
}
