import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  callersOf,
  callingAfter,
  changeOf,
  hungUp,
  matching,
  withCaller,
  without,
  type Caller,
} from './callers.ts'

const caller = (id: string, enqueuedAtMs: number, from = `+1555${id}`): Caller => ({
  ...{ id, enqueuedAtMs, from, to: '+1800', alive: true },
  ...{ sessionId: `s-${id}`, connectionId: 'c' },
})
const rows = [caller('a', 1), caller('b', 2), caller('c', 3)]
const ids = (list: readonly Caller[]) => list.map(({ id }) => id).join('')
const event = (event_type: string, payload: Record<string, unknown>) => ({
  ...{ event_type, payload, id: 'e', occurred_at: '2026-11-22T00:00:00Z' },
})

test('events of this queue, and of calls that end', () => {
  const at = (type: string, queue: string) =>
    changeOf(event(type, { call_control_id: 'x', queue }), 'support')
  assert.deepEqual(at('call.enqueued', 'support'), { kind: 'came', id: 'x' })
  assert.deepEqual(at('call.enqueued', 'sales'), { kind: 'none' })
  assert.deepEqual(at('call.dequeued', 'support'), { kind: 'left', id: 'x' })
  assert.deepEqual(at('call.answered', 'support'), { kind: 'none' })
  assert.deepEqual(changeOf(event('call.hangup', { call_control_id: 'x' }), 'q'), {
    kind: 'hung-up',
    id: 'x',
  })
  assert.deepEqual(changeOf(event('conference.ended', {}), 'q'), { kind: 'none' })
})

test('who leaves makes all others move up', () => {
  assert.equal(ids(without(rows, 'a')), 'bc')
  assert.equal(without(rows, 'z'), rows)
})

test('who comes stands where the time says, once', () => {
  assert.equal(ids(withCaller(rows, caller('d', 9))), 'abcd')
  assert.equal(ids(withCaller(rows, caller('d', 2))), 'abdc')
  assert.equal(ids(withCaller(rows, caller('d', 0))), 'dabc')
  assert.equal(ids(withCaller(rows, caller('b', 2))), 'abc')
  assert.equal(ids(withCaller([], caller('a', 1))), 'a')
})

test('who hung up keeps the place until it is taken', () => {
  assert.deepEqual(
    hungUp(rows, 'b').map(({ alive }) => alive),
    [true, false, true],
  )
  assert.equal(hungUp(rows, 'z'), rows)
})

test('a search keeps the positions of the whole queue', () => {
  assert.deepEqual(
    matching(rows, ' 555C').map(({ position }) => position),
    [3],
  )
  assert.equal(matching(rows, '').length, 3)
  assert.equal(matching(rows, 'nobody').length, 0)
})

test('a list that was on its way is told who left meanwhile; pages that moved show nobody twice', () => {
  const call = (id: string) => ({
    ...{ call_control_id: id, call_leg_id: id, call_session_id: id, connection_id: 'c' },
    ...{ from: '+1', to: '+2', enqueued_at: '2026-11-22T00:00:00Z' },
    ...{ queue_position: 1, is_alive: true },
  })
  const loaded = ['a', 'b', 'b', 'c'].map(call)
  assert.equal(ids(callersOf(loaded, new Set(['a']))), 'bc')
})

test('who is called for a caller is known from the first ring to the answer, or the end', () => {
  const leg = {
    call_control_id: 'agent',
    call_session_id: 's',
    direction: 'outgoing',
    to: 'sip:al@a',
  }
  const none = new Map()
  const rings = callingAfter(none, event('call.initiated', leg))
  assert.deepEqual([...rings], [['s', { leg: 'agent', to: 'sip:al@a' }]])
  const caller = { call_control_id: 'caller', call_session_id: 's', direction: 'incoming' }
  assert.equal(callingAfter(rings, event('call.hangup', caller)), rings, 'another leg')
  assert.equal(callingAfter(none, event('call.initiated', caller)), none)
  for (const type of ['call.bridged', 'call.hangup'])
    assert.equal(callingAfter(rings, event(type, leg)).size, 0, type)
})
