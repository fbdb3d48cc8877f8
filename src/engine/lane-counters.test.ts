import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleEvents, sampleLeg, stamp } from '../../test/support/events.ts'
import { brandAs, type LegId } from '../base/ids.ts'
import type { DomainEvent } from '../ports/events.ts'
import { webhookOf } from '../webhooks/payloads.ts'
import { LaneCounters, laneOf } from './lane-counters.ts'

const legEvent = (legId: string, type: 'leg-answered' | 'leg-ended'): DomainEvent => {
  const found = sampleEvents(sampleLeg({ legId: brandAs(legId) })).find((one) => one.type === type)
  assert.ok(found)
  return found
}

test('an event has a number exactly when it has a webhook, in the lane of that webhook', () => {
  for (const event of sampleEvents()) {
    assert.equal(laneOf(event), webhookOf(stamp(event), '')?.leg.legId, event.type)
  }
})

test('each leg counts from 1, over the end of the process too', () => {
  const counters = new LaneCounters()
  const numbers = ['a', 'b', 'a', 'a'].map((leg) => counters.next(legEvent(leg, 'leg-answered')))
  assert.deepEqual(numbers, [1, 1, 2, 3])
  const later = new LaneCounters()
  for (const change of counters.takeChanges()) {
    assert.ok(change.kind === 'put')
    later.restore(brandAs<LegId>(change.id), JSON.parse(JSON.stringify(change.row)))
  }
  assert.deepEqual(counters.takeChanges(), [])
  assert.equal(later.next(legEvent('a', 'leg-answered')), 4)
  assert.equal(later.next(legEvent('c', 'leg-answered')), 1)
})

test('stories that are over are forgotten, but not at once', () => {
  const counters = new LaneCounters()
  counters.next(legEvent('first', 'leg-ended'))
  assert.equal(counters.next(legEvent('first', 'leg-answered')), 2)
  for (let leg = 0; leg < 1000; leg++) counters.next(legEvent(`leg-${leg}`, 'leg-ended'))
  const gone = counters.takeChanges().filter(({ kind }) => kind === 'delete')
  assert.deepEqual(
    gone.map(({ id }) => id),
    ['first'],
  )
  assert.equal(counters.next(legEvent('first', 'leg-answered')), 1)
})
