import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Lane, Timeline, TimelineItem, TimelineLeg } from '../api/types.ts'
import {
  appended,
  lanes,
  latestQuality,
  lifelines,
  offsetText,
  rungOf,
  shortMessage,
  timelineRows,
} from './timeline.ts'

const item = (at: string, lane: Lane, leg: string, detail = {}): TimelineItem => ({
  ...{ at: `2026-11-22T12:00:${at}Z`, lane, leg, detail },
  ...{ kind: lane === 'media' ? 'sample' : 'k', summary: 's', cursor: `${at}-${lane}` },
})
const leg = (id: string): TimelineLeg => ({
  ...{ call_control_id: id, call_session_id: 's', from: '', to: '', direction: 'incoming' },
  ...{ state: 'ended', queue_name: null, hangup_cause: null },
  ...{ started_at: '', answered_at: null, ended_at: null },
})
const timeline: Timeline = {
  call_control_id: 'a',
  call_session_id: 's',
  legs: [leg('a'), leg('b')],
  gaps: [],
  items: [
    item('01.000100', 'sip', 'a'),
    item('00.500000', 'event', 'b'),
    item('01.000050', 'command', 'another'),
    item('05.000000', 'media', 'a', { inbound: { packets: 99, lost: 1, jitter_ms: 3 } }),
  ],
}

test('rows are in the order of time to the microsecond, counted from the first', () => {
  const rows = timelineRows(timeline, new Set(lanes))
  assert.deepEqual(
    rows.map(({ item }) => item.lane),
    ['event', 'command', 'sip', 'media'],
  )
  assert.deepEqual(
    rows.map(({ legNumber }) => legNumber),
    [2, 0, 1, 1],
  )
  assert.equal(rows[0]?.sinceStartMs, 0)
  assert.equal(rows[3]?.sinceStartMs, 4500)
})

test('lanes can be left out; the time still counts from the beginning of the call', () => {
  const rows = timelineRows(timeline, new Set<Lane>(['sip']))
  assert.deepEqual(
    rows.map(({ sinceStartMs }) => sinceStartMs),
    [500],
  )
  assert.deepEqual(timelineRows({ ...timeline, items: [] }, new Set(lanes)), [])
})

test('offsets', () => {
  assert.deepEqual([0, 12_304, 185_120].map(offsetText), ['+0.000 s', '+12.304 s', '+3:05.120'])
})

test('what was loaded before is not there twice', () => {
  const more = {
    ...timeline,
    items: [item('05.000000', 'media', 'a'), item('06.000000', 'sip', 'a')],
  }
  assert.equal(appended(timeline, more).items.length, 5)
})

test('the quality of a leg is that of its newest sample', () => {
  assert.deepEqual(latestQuality(timeline.items, 'a'), { lossPercent: 1, jitterMs: 3 })
  assert.equal(latestQuality(timeline.items, 'b'), undefined)
})

test('a ladder stands the first caller left of us and the others right; arrows go the way of the message', () => {
  const caller = { ...leg('a'), from: '+15550101' }
  const agent = { ...leg('b'), direction: 'outgoing', to: 'sip:alice@example.org' }
  assert.deepEqual(lifelines([caller, agent]), ['1: +15550101', 'Holdfast', '2: alice'])
  assert.equal(lifelines(Array.from({ length: 6 }, () => caller)), undefined, 'too many')
  assert.equal(lifelines([]), undefined)
  const rung = (id: string, direction: string) => {
    const one = { ...timeline, items: [item('01.0', 'sip', id, { direction })] }
    const [row] = timelineRows(one, new Set(lanes))
    return row && rungOf(row)
  }
  assert.deepEqual(rung('a', 'in'), { from: 0, to: 1 })
  assert.deepEqual(rung('a', 'out'), { from: 1, to: 0 })
  assert.deepEqual(rung('b', 'out'), { from: 1, to: 2 })
  assert.equal(rung('another', 'in'), undefined)
  const text = 'INVITE sip:a SIP/2.0\r\nContent-Type: application/sdp\r\n\r\nv=0'
  const said = (detail: object) => shortMessage(item('01.0', 'sip', 'a', detail))
  assert.equal(said({ method: 'INVITE', status: null, text }), 'INVITE, SDP')
  assert.equal(said({ method: 'BYE', status: 200, reason: 'OK', text: '' }), '200 OK')
})

test('words name legs by their number and say how loud it was; what did not change is the same row', () => {
  const id = `v3:${'a'.repeat(40)}`
  const detail = { inbound: { level_dbov: -17.6 }, outbound: { level_dbov: null } }
  const heard = { ...item('02.0', 'media', id, detail), summary: `PCMU to ${id}` }
  const one = { ...timeline, legs: [leg(id)], items: [heard] }
  const [first] = timelineRows(one, new Set(lanes))
  assert.equal(first?.said, 'PCMU to leg 1; level -18 dBov in, – out')
  const [again] = timelineRows(one, new Set(lanes))
  assert.equal(again, first)
})
