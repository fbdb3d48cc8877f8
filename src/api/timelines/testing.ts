// For tests of this room: timelines of one call, and a SIP side with one user and one trunk.

import type { SipSetup } from '../../ports/sip-setup.ts'
import type { TimelineLeg, Timelines } from '../../ports/trace.ts'

const leg: TimelineLeg = {
  call_control_id: 'v3:leg-A',
  call_leg_id: '2dc6fc34-f9e0-11ef-b68e-02420a0f7768',
  call_session_id: '2dc1b3c8-f9e0-11ef-bc5a-02420a0f7768',
  connection_id: '1000000001',
  direction: 'incoming',
  from: '+35319605860',
  to: '+13129457420',
  state: 'queued',
  queue_name: 'support',
  hangup_cause: null,
  started_at: '2025-03-04T09:10:11.521992Z',
  answered_at: null,
  ended_at: null,
}

const item = {
  at: '2025-03-04T09:10:11.521992Z',
  lane: 'event',
  leg: leg.call_control_id,
  kind: 'call.initiated',
  summary: 'call.initiated',
  detail: { event_type: 'call.initiated' },
  cursor: '1',
} as const

/** `off`: there are none; `away`: they cannot be read. */
export function fakeTimelines(how: 'off' | 'away' | undefined): Timelines | undefined {
  if (how === 'off') return undefined
  const known = <T>(id: string, answer: T): Promise<T | undefined> => {
    if (how === 'away') return Promise.reject(new Error('away'))
    return Promise.resolve(id === leg.call_control_id ? answer : undefined)
  }
  const timeline = {
    call_control_id: leg.call_control_id,
    call_session_id: leg.call_session_id,
    legs: [leg],
    items: [item],
    gaps: [],
  }
  return {
    calls: async ({ queue_name: queue }) => {
      const rows = [leg].filter(({ queue_name: own }) => own === (queue ?? own))
      return { rows, total: rows.length }
    },
    read: (id) => known(id, { timeline, next: '1' }),
    bundle: (id) => known(id, JSON.stringify({ ...timeline, complete: true })),
    pcap: (id) => known(id, new Uint8Array(24)),
  }
}

export function fakeSipSetup(nowMs: number): SipSetup {
  const contact = {
    uri: 'sip:alice@192.0.2.7:5060',
    transport: 'UDP',
    source: '192.0.2.7:5060',
    expiresAtMs: nowMs + 60_000,
    sinceMs: nowMs,
    behindNat: false,
  } as const
  return {
    domain: 'example.org',
    registrations: () => [
      { username: 'alice', contacts: [contact] },
      { username: 'bob', contacts: [] },
    ],
    trunks: () => [
      {
        name: 'carrier',
        uri: 'sip:192.0.2.9',
        reachable: false,
        status: undefined,
        reason: undefined,
        answeredAtMs: undefined,
        roundTripMs: undefined,
        probedAtMs: nowMs,
        problem: 'It has not answered.',
      },
    ],
  }
}
