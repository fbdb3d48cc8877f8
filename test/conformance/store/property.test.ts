// Seeded random verbs against every form and the naive model; forms with a disk are restarted now and then.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brandAs } from '../../../src/base/ids.ts'
import type { QueueVerb, Store, VerbOutcome } from '../../../src/ports/store.ts'
import { SeededRandom } from '../../support/virtual.ts'
import { claim, create, enqueue, forms, leg, noChange, queue, run } from './forms.ts'
import { ModelStore } from './model.ts'

const page = { number: 1, size: 250 }

function randomVerb(random: SeededRandom, nowMs: number): QueueVerb {
  const queueName = `q${random.below(4)}`
  const legId = leg(`leg${random.below(25)}`)
  const both = { queueName: queue(queueName), legId, nowMs }
  switch (random.below(16)) {
    case 0:
      return create(queueName, nowMs, 1 + random.below(12), random.below(2) === 0)
    case 1:
      return { kind: 'update-queue', ...both, maxSize: 1 + random.below(12) }
    case 2:
      return { kind: 'delete-queue', queueName: queue(queueName) }
    case 3:
      return claim(queueName, legId, nowMs)
    case 4:
      return claim(queueName, 'agent', nowMs)
    case 5:
      return { kind: 'leave', legId, nowMs }
    case 6:
      return { kind: 'leave-both', legId, otherLegId: leg(`leg${random.below(25)}`), nowMs }
    case 7:
      return { kind: 'end-entry', legId, nowMs }
    case 8:
      return { kind: 'set-keep', ...both, keepAfterHangup: random.below(2) === 0 }
    case 9:
      return { kind: 'remove-entry', ...both }
    case 10: {
      const idleSinceMs = nowMs - random.below(60)
      return { kind: 'collect-empty', idleSinceMs, explicitToo: random.below(2) === 0 }
    }
    default: {
      const size = random.below(8) === 0 ? { maxSize: 1 + random.below(12) } : {}
      return enqueue(queueName, legId, nowMs, { ...size, keep: random.below(3) === 0 })
    }
  }
}

/** Collected queues come in no promised order. */
function comparable(outcome: VerbOutcome): unknown {
  if (outcome.kind === 'enqueued') {
    return { ...outcome, averageWaitMs: Math.round(outcome.averageWaitMs * 1000) }
  }
  if (outcome.kind !== 'collected') return outcome
  const names = outcome.queues.map((record) => record.queueName)
  return { kind: 'collected', names: names.sort() }
}

async function compare(store: Store, model: ModelStore): Promise<void> {
  const records = model.records()
  assert.deepEqual((await store.pageQueues(page)).rows, records)
  for (const { queueName } of records) {
    const calls = model.calls(queueName)
    assert.deepEqual(await store.pageEntries(queueName, page), { rows: calls, total: calls.length })
    const some = calls[Math.floor(calls.length / 2)]
    if (some) assert.deepEqual(await store.getEntry(queueName, some.entry.legId), some)
  }
}

for (const form of forms) {
  for (const seed of [1, 2, 3]) {
    test(`random verbs: ${form.name}, seed ${seed}`, async (t) => {
      const random = new SeededRandom(seed)
      const model = new ModelStore()
      let opened = await form.open(t)
      let nowMs = Date.UTC(2026, 0, 1)
      for (let step = 0; step < 3000; step++) {
        // Wall clocks jump backwards too; order must not follow them.
        nowMs += random.below(50) === 0 ? -random.below(500) : random.below(20)
        const verb = randomVerb(random, nowMs)
        const outcome = run(opened.store, verb, brandAs(`${seed}-${step}`))
        assert.deepEqual(comparable(outcome), comparable(model.run(verb)), `step ${step}`)
        if (step % 7 === 0) void opened.store.commit(noChange)
        if (step % 100 === 0) await compare(opened.store, model)
        if (step % 1000 === 999) {
          await opened.store.commit(noChange)
          opened = opened.reopen === undefined ? opened : await opened.reopen()
          await compare(opened.store, model)
        }
      }
    })
  }
}

test('100,000 entries: each verb stays far below a millisecond', async (t) => {
  const { store } = await forms[0]!.open(t)
  run(store, create('big', 1, 1_000_000))
  const before = process.cpuUsage() // Not the clock: others may have the machine.
  for (let i = 0; i < 100_000; i++) run(store, enqueue('big', `l${i}`, 2 + i))
  for (let i = 10_000; i < 100_000; i += 9) {
    run(store, { kind: 'leave', legId: leg(`l${i}`), nowMs: 200_000 })
  }
  for (let i = 0; i < 20_000; i++) {
    const outcome = run(store, claim('big', 'agent', 300_000))
    assert.ok(outcome.kind === 'claimed' && outcome.claimed.position === 1)
  }
  const last = await store.getEntry(queue('big'), leg('l99999'))
  assert.equal(last?.position, 70_000)
  const { user, system } = process.cpuUsage(before)
  const tookMs = (user + system) / 1000
  assert.ok(tookMs < 13_000, `130,000 verbs took ${tookMs} ms: not O(log n) any more`)
})
