import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Lane, Timeline, TimelineItem, TimelineLeg } from '../api/types.ts'
import { appended, lanes, latestQuality, offsetText, timelineRows } from './timeline.ts'

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
