// Numbers of told events through the whole call logic: without gaps, durable, and of nobody else's concern.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callLab, commands } from '../../test/support/call-lab.ts'
import type { StampedEvent } from '../ports/events.ts'
import { laneOf } from './lane-counters.ts'

function assertNoGap(events: readonly StampedEvent[]): number {
  const last = new Map<string, number>()
  for (const { event, legSequence } of events) {
    const legId = laneOf(event)
    if (legId === undefined) assert.equal(legSequence, undefined)
    else {
      assert.equal(legSequence, (last.get(legId) ?? 0) + 1, `${event.type} of ${legId}`)
      last.set(legId, legSequence)
    }
  }
  return last.size
}

test('C78: every leg counts from 1 without gaps, over a restart too, also without a webhook URL', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  await lab.command(commands.enqueue('ann'))
  await lab.caller('kept')
  await lab.command(
    commands.enqueue('kept', 'support', { keepAfterHangup: true, maxWaitMs: 90_000 }),
  )
  await lab.hangsUp('kept')
  await lab.caller('bob')
  await lab.hangsUp('bob')
  assert.equal(assertNoGap(lab.stamped), 3)
  lab.logic.stop()
  const next = await callLab({ from: lab })
  await next.advance(90_000)
  assert.ok(next.told().some((what) => what.startsWith('call-dequeued kept')))
  assert.equal(assertNoGap([...lab.stamped, ...next.stamped]), 3)
})
