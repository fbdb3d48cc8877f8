// What every form of the store must do, verb by verb.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { brandAs, type ApplicationId } from '../../../src/base/ids.ts'
import type { DeliveryRow, VerbOutcome } from '../../../src/ports/store.ts'
import { sampleEvents, stamp } from '../../support/events.ts'
import { claim, create, enqueue, forms, leg, noChange, queue, run } from './forms.ts'

function as<Kind extends VerbOutcome['kind']>(outcome: VerbOutcome, kind: Kind) {
  assert.equal(outcome.kind, kind, JSON.stringify(outcome))
  return outcome as Extract<VerbOutcome, { kind: Kind }>
}

const whyNot = (outcome: VerbOutcome): string => as(outcome, 'refused').why
const page = { number: 1, size: 20 }

export function delivery(sequence: number, over: Partial<DeliveryRow> = {}): DeliveryRow {
  return {
    deliveryId: `event-${sequence}`,
    sequence,
    lane: 'v3:a',
    applicationId: brandAs('1000000001'),
    eventType: 'call.enqueued',
    legId: leg('v3:a'),
    url: 'http://127.0.0.1:1/',
    failoverUrl: '',
    method: 'POST',
    timeoutMs: 2000,
    retriesMs: [100],
    dataJson: '{}',
    createdAtMs: 1000,
    ...over,
  }
}

for (const form of forms) {
  describe(`store: ${form.name}`, () => {
    test('an enqueue makes the queue with 100 places, appends, and tells position and mean wait', async (t) => {
      const { store } = await form.open(t)
      const first = as(run(store, enqueue('q', 'a', 1000)), 'enqueued')
      assert.deepEqual([first.created, first.position, first.averageWaitMs], [true, 1, 0])
      assert.equal(first.queue.maxSize, 100)
      const second = as(run(store, enqueue('q', 'b', 5000)), 'enqueued')
      assert.deepEqual([second.created, second.position, second.averageWaitMs], [false, 2, 2000])
      const record = await store.getQueue(queue('q'))
      assert.equal(record?.size, 2)
      assert.equal(record.enqueuedAtSumMs, 6000)
      assert.equal(record.idleSinceMs, undefined)
      assert.equal(record.explicit, false)
    })

    test('C3, C11: the same queue, another size and a full queue are refused and change nothing', async (t) => {
      const { store } = await form.open(t)
      run(store, create('full', 1, 1))
      run(store, enqueue('full', 'x', 2))
      run(store, enqueue('q', 'a', 3, { maxSize: 7 }))
      assert.equal(whyNot(run(store, enqueue('q', 'a', 4))), 'already-queued')
      assert.equal(whyNot(run(store, enqueue('q', 'b', 4, { maxSize: 8 }))), 'queue-size-fixed')
      assert.equal(whyNot(run(store, enqueue('full', 'a', 4))), 'queue-full')
      assert.equal((await store.getEntry(queue('q'), leg('a')))?.position, 1)
      assert.equal(as(run(store, enqueue('q', 'b', 5, { maxSize: 7 })), 'enqueued').position, 2)
    })

    test('C3: a move leaves the former queue and stands at the end of the new one', async (t) => {
      const { store } = await form.open(t)
      for (const name of ['a', 'b', 'c']) run(store, enqueue('one', name, 10))
      run(store, enqueue('two', 'd', 20))
      const moved = as(run(store, enqueue('two', 'b', 30)), 'enqueued')
      assert.equal(moved.position, 2)
      assert.equal(moved.left?.queueName, 'one')
      assert.equal(moved.left.position, 2)
      assert.equal((await store.getEntry(queue('one'), leg('c')))?.position, 2)
      assert.equal(await store.getEntry(queue('one'), leg('b')), undefined)
    })

    test('C33: the claim skips the issuer, who leaves with it; alone it is an empty queue', async (t) => {
      const { store } = await form.open(t)
      run(store, enqueue('q', 'agent', 1))
      assert.equal(whyNot(run(store, claim('q', 'agent', 2))), 'queue-empty')
      assert.equal((await store.getEntry(queue('q'), leg('agent')))?.position, 1)
      run(store, enqueue('q', 'caller', 3))
      const claimed = as(run(store, claim('q', 'agent', 4)), 'claimed')
      assert.equal(claimed.claimed.entry.legId, 'caller')
      assert.equal(claimed.claimed.position, 1)
      assert.equal(claimed.issuerLeft?.entry.legId, 'agent')
      assert.equal((await store.getQueue(queue('q')))?.size, 0)
      assert.equal(whyNot(run(store, claim('nowhere', 'agent', 5))), 'queue-empty')
    })

    test('the issuer leaves another queue too, but only for a living caller (C9)', async (t) => {
      const { store } = await form.open(t)
      run(store, enqueue('q', 'dead', 1, { keep: true }))
      run(store, enqueue('q', 'alive', 2))
      run(store, enqueue('other', 'agent', 3))
      as(run(store, { kind: 'end-entry', legId: leg('dead'), nowMs: 4 }), 'kept')
      const first = as(run(store, claim('q', 'agent', 5)), 'claimed')
      assert.deepEqual([first.claimed.alive, first.issuerLeft], [false, undefined])
      assert.equal((await store.getEntry(queue('other'), leg('agent')))?.position, 1)
      const second = as(run(store, claim('q', 'agent', 6)), 'claimed')
      assert.equal(second.claimed.entry.legId, 'alive')
      assert.equal(second.issuerLeft?.queueName, 'other')
    })

    test('C28: a kept dead call holds its place until somebody removes it', async (t) => {
      const { store } = await form.open(t)
      run(store, enqueue('q', 'a', 1, { keep: true }))
      run(store, enqueue('q', 'b', 2))
      as(run(store, { kind: 'end-entry', legId: leg('a'), nowMs: 3 }), 'kept')
      as(run(store, { kind: 'end-entry', legId: leg('a'), nowMs: 3 }), 'kept')
      const rows = await store.pageEntries(queue('q'), page)
      assert.deepEqual(
        rows?.rows.map((row) => [row.entry.legId, row.alive, row.position]),
        [
          ['a', false, 1],
          ['b', true, 2],
        ],
      )
      const keep = { kind: 'set-keep', queueName: queue('q'), nowMs: 4 } as const
      const kept = run(store, { ...keep, legId: leg('a'), keepAfterHangup: true })
      assert.equal(as(kept, 'keep-set').removed, undefined)
      const dropped = run(store, { ...keep, legId: leg('a'), keepAfterHangup: false })
      assert.equal(as(dropped, 'keep-set').removed?.alive, false)
      run(store, { ...keep, legId: leg('b'), keepAfterHangup: true })
      assert.equal((await store.getEntry(queue('q'), leg('b')))?.entry.keepAfterHangup, true)
      assert.equal((await store.getEntry(queue('q'), leg('b')))?.position, 1)
      assert.equal(
        whyNot(run(store, { ...keep, legId: leg('x'), keepAfterHangup: true })),
        'not-queued',
      )
    })

    test('leave, leave-both, end-entry and remove-entry take entries out with their last place', async (t) => {
      const { store } = await form.open(t)
      for (const name of ['a', 'b', 'c', 'd', 'e']) run(store, enqueue('q', name, 1))
      const removal = { kind: 'remove-entry', queueName: queue('q'), nowMs: 2 } as const
      assert.equal(as(run(store, { ...removal, legId: leg('b') }), 'left').left.position, 2)
      assert.equal(whyNot(run(store, { ...removal, legId: leg('b') })), 'not-queued')
      const elsewhere = { ...removal, queueName: queue('no'), legId: leg('a') }
      assert.equal(whyNot(run(store, elsewhere)), 'queue-unknown')
      const both = as(
        run(store, { kind: 'leave-both', legId: leg('d'), otherLegId: leg('x'), nowMs: 2 }),
        'left-both',
      )
      assert.deepEqual([both.left?.position, both.otherLeft], [3, undefined])
      assert.equal(
        as(run(store, { kind: 'leave', legId: leg('a'), nowMs: 3 }), 'left').left.position,
        1,
      )
      assert.equal(
        as(run(store, { kind: 'end-entry', legId: leg('c'), nowMs: 3 }), 'left').left.position,
        1,
      )
      assert.equal(whyNot(run(store, { kind: 'leave', legId: leg('a'), nowMs: 3 })), 'not-queued')
      assert.equal(
        whyNot(run(store, { kind: 'end-entry', legId: leg('a'), nowMs: 3 })),
        'not-queued',
      )
      assert.equal((await store.getQueue(queue('q')))?.size, 1)
    })

    test('C18, C25: create, update and delete', async (t) => {
      const { store } = await form.open(t)
      const made = as(run(store, create('q', 1, 5)), 'created').queue
      assert.deepEqual([made.maxSize, made.explicit, made.idleSinceMs], [5, true, 1])
      assert.equal(whyNot(run(store, create('q', 2))), 'queue-exists')
      for (const name of ['a', 'b']) run(store, enqueue('q', name, 3))
      const lower = { kind: 'update-queue', queueName: queue('q'), maxSize: 1, nowMs: 4 } as const
      const updated = as(run(store, lower), 'updated').queue
      assert.deepEqual([updated.maxSize, updated.size, updated.updatedAtMs], [1, 2, 4])
      assert.equal(whyNot(run(store, enqueue('q', 'c', 5))), 'queue-full')
      const deletion = { kind: 'delete-queue', queueName: queue('q') } as const
      assert.equal(whyNot(run(store, deletion)), 'queue-not-empty')
      run(store, { kind: 'leave-both', legId: leg('a'), otherLegId: leg('b'), nowMs: 6 })
      assert.equal(as(run(store, deletion), 'deleted').queueId, made.queueId)
      assert.equal(whyNot(run(store, deletion)), 'queue-unknown')
      assert.equal(whyNot(run(store, lower)), 'queue-unknown')
    })

    test('collection takes what is empty for long enough, explicit queues only when told', async (t) => {
      const { store } = await form.open(t)
      run(store, create('explicit', 10))
      run(store, create('implicit', 10, 100, false))
      run(store, create('late', 30, 100, false))
      run(store, enqueue('used', 'a', 5))
      run(store, enqueue('emptied', 'b', 5))
      run(store, { kind: 'leave', legId: leg('b'), nowMs: 20 })
      const collect = { kind: 'collect-empty', idleSinceMs: 20, explicitToo: false } as const
      const names = (outcome: VerbOutcome) =>
        as(outcome, 'collected').queues.map((record) => record.queueName)
      assert.deepEqual(names(run(store, collect)), ['implicit', 'emptied'])
      assert.deepEqual(names(run(store, collect)), [])
      assert.deepEqual(names(run(store, { ...collect, explicitToo: true })), ['explicit'])
      assert.equal((await store.pageQueues(page)).total, 2)
    })

    test('C34: queues by creation, then name; pages past the end are empty', async (t) => {
      const { store } = await form.open(t)
      for (const [name, at] of [
        ['z', 5],
        ['b', 7],
        ['a', 7],
        ['early', 1],
      ] as const) {
        run(store, create(name, at))
      }
      const names = async (number: number, size: number) =>
        (await store.pageQueues({ number, size })).rows.map((record) => record.queueName)
      assert.deepEqual(await names(1, 20), ['early', 'z', 'a', 'b'])
      assert.deepEqual(await names(2, 3), ['b'])
      assert.deepEqual(await names(9, 20), [])
      assert.equal(await store.pageEntries(queue('none'), page), undefined)
      assert.deepEqual(await store.pageEntries(queue('a'), page), { rows: [], total: 0 })
    })

    test('the repeat of an operation has no second effect and the same outcome', async (t) => {
      const { store } = await form.open(t)
      for (const name of ['a', 'b']) run(store, enqueue('q', name, 1))
      const first = run(store, claim('q', 'agent', 2), 'same')
      assert.deepEqual(run(store, claim('q', 'agent', 2), 'same'), first)
      assert.equal((await store.getQueue(queue('q')))?.size, 1)
    })

    test('owed deliveries come in order, progress moves and ends them, pruning drops ended ones', async (t) => {
      const { store } = await form.open(t)
      const deliveries = [1, 2, 3, 4].map((sequence) => delivery(sequence))
      await store.commit({ ...noChange, deliveries })
      const owed = async (after = 0, limit = 10) =>
        (await store.pendingDeliveries(after, limit)).map(({ row, attempts }) => [
          row.sequence,
          attempts,
        ])
      assert.deepEqual(await owed(0, 2), [
        [1, 0],
        [2, 0],
      ])
      const [first] = await store.pendingDeliveries(0, 1)
      assert.equal(first?.row.dataJson, '{}')
      assert.deepEqual(first.row.retriesMs, [100])
      const step = { nextAttemptAtMs: 9000, finishedAtMs: undefined, lastAttempt: undefined }
      const ended = { ...step, attempts: 1, finishedAtMs: 2000 }
      await store.recordProgress([
        { ...step, deliveryId: 'event-2', attempts: 3, state: 'pending' },
        { ...ended, deliveryId: 'event-1', state: 'delivered' },
        { ...ended, deliveryId: 'event-3', state: 'failed' },
      ])
      assert.deepEqual(await owed(), [
        [2, 3],
        [4, 0],
      ])
      assert.equal((await store.pendingDeliveries(1, 1))[0]?.nextAttemptAtMs, 9000)
      await store.prune(5000)
      assert.deepEqual(await owed(2), [[4, 0]])
    })

    test('what is tried apart is owed, out of its lane, and found when it is due', async (t) => {
      const { store } = await form.open(t)
      const deliveries = [1, 2, 3, 4].map((sequence) => delivery(sequence))
      const one = brandAs<ApplicationId>('1000000001')
      await store.commit({ ...noChange, deliveries })
      const step = { attempts: 4, state: 'apart', finishedAtMs: undefined } as const
      const apart = (sequence: number, nextAttemptAtMs: number) =>
        store.recordProgress([
          {
            ...{ ...step, deliveryId: `event-${sequence}`, nextAttemptAtMs },
            lastAttempt: undefined,
          },
        ])
      await apart(1, 9000)
      await apart(2, 8000)
      await apart(4, 90_000_000)
      const due = async (nowMs: number, limit: number) =>
        (await store.apartDeliveries(one, nowMs, limit)).map(({ row }) => row.sequence)
      assert.deepEqual(await due(8999, 1), [2])
      assert.deepEqual(await due(9000, 10), [2, 1, 4], 'the last: no pause is as long')
      assert.deepEqual(await store.apartDeliveries(brandAs('2'), 9000, 10), [])
      const owed = await store.owedDeliveries()
      assert.deepEqual(
        owed.map(({ count, lastSequence, apart }) => [count, lastSequence, apart]),
        [[1, 3, 3]],
      )
      const inLanes = await store.pendingDeliveries(0, 10, one)
      assert.deepEqual(
        inLanes.map(({ row }) => row.sequence),
        [3],
      )
      assert.equal((await store.pendingDeliveries(0, 10)).length, 4)
      await store.prune(Number.MAX_SAFE_INTEGER / 1000)
      assert.equal((await store.pendingDeliveries(0, 10)).length, 4)
    })

    test('what each application is owed, and the owed of one alone', async (t) => {
      const { store } = await form.open(t)
      const other = { applicationId: brandAs<ApplicationId>('2') }
      const deliveries = [delivery(1), delivery(2, other), delivery(3), delivery(4, other)]
      await store.commit({ ...noChange, deliveries })
      const progress = { attempts: 1, nextAttemptAtMs: 1, state: 'delivered' } as const
      const end = { finishedAtMs: 2, lastAttempt: undefined }
      await store.recordProgress([{ deliveryId: 'event-4', ...progress, ...end }])
      const owed = await store.owedDeliveries()
      assert.deepEqual(
        owed.map(({ applicationId, count, lastSequence }) => [applicationId, count, lastSequence]),
        [
          ['1000000001', 2, 3],
          ['2', 1, 2],
        ],
      )
      const rows = await store.pendingDeliveries(1, 10, brandAs('1000000001'))
      assert.deepEqual(
        rows.map(({ row }) => row.sequence),
        [3],
      )
    })

    test('told events are read in commit order behind a mark; a mark with a gap behind it is refused', async (t) => {
      const { store } = await form.open(t)
      const zero = { sequence: 0, eventId: '' }
      assert.deepEqual(await store.readEvents('oldest', 10), { from: zero, events: [] })
      assert.deepEqual(await store.readEvents('newest', 10), { from: zero, events: [] })
      const at = (sequence: number) => ({ occurredAtUs: sequence * 1000, legSequence: sequence })
      const [event] = sampleEvents()
      assert.ok(event)
      const events = [1, 2, 3, 4, 5].map((sequence) => stamp(event, sequence, at(sequence)))
      const untold = stamp(event, 6, { ...at(6), legSequence: undefined })
      await store.commit({ ...noChange, events: [...events, untold] })
      const sequences = async (...asked: Parameters<typeof store.readEvents>) =>
        (await store.readEvents(...asked))?.events.map(({ sequence }) => sequence)
      const page = await store.readEvents('oldest', 2)
      const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
      assert.deepEqual(plain(page), plain({ from: zero, events: events.slice(0, 2) }))
      const mark = (sequence: number) => ({ sequence, eventId: stamp(event, sequence).eventId })
      assert.deepEqual(await sequences(mark(2), 2), [3, 4])
      assert.deepEqual(await sequences(mark(5), 2), [])
      assert.deepEqual(await store.readEvents('newest', 9), { from: mark(5), events: [] })
      assert.deepEqual(await sequences({ last: 2 }, 9), [4, 5])
      assert.deepEqual(await sequences({ last: 2 }, 1), [4])
      assert.deepEqual(await sequences({ last: 5 }, 9), [1, 2, 3, 4, 5])
      assert.deepEqual(await sequences({ last: 9 }, 9), [1, 2, 3, 4, 5])
      assert.deepEqual(await store.readEvents({ last: 0 }, 9), { from: mark(5), events: [] })
      assert.equal(await sequences({ ...mark(2), eventId: 'other' }, 2), undefined)
      assert.equal(await sequences(mark(9), 2), undefined)
      await store.prune(3)
      assert.equal(await sequences(mark(1), 2), undefined)
      assert.equal(await sequences(zero, 2), undefined)
      assert.deepEqual(await sequences(mark(2), 9), [3, 4, 5])
      assert.deepEqual(await store.readEvents('oldest', 0), { from: mark(2), events: [] })
      assert.deepEqual(await sequences({ last: 4 }, 9), [3, 4, 5])
      await store.prune(100)
      assert.deepEqual(await store.readEvents('newest', 9), { from: mark(5), events: [] })
      assert.deepEqual(await sequences(mark(5), 9), [])
    })

    test('what was committed is there after a clean restart', async (t) => {
      const opened = await form.open(t)
      const { store } = opened
      run(store, create('empty', 1))
      for (const name of ['a', 'b', 'c', 'd']) {
        run(store, enqueue('q', name, 10, { keep: name === 'b', deadlineMs: 99 }))
      }
      run(store, { kind: 'leave', legId: leg('a'), nowMs: 11 })
      run(store, { kind: 'end-entry', legId: leg('b'), nowMs: 11 })
      const put = (id: string, row: unknown) => ({ kind: 'put', table: 'leg', id, row }) as const
      await store.commit({
        ...noChange,
        changes: [put('one', { n: 1 }), put('two', { n: 2 }), put('three', 3)],
        deliveries: [delivery(7)],
      })
      const changed = [put('two', { n: 22 }), { kind: 'delete', table: 'leg', id: 'one' } as const]
      await store.commit({ ...noChange, changes: changed })
      if (opened.reopen === undefined) return
      const before = [await store.pageQueues(page), await store.pageEntries(queue('q'), page)]
      const { store: later } = await opened.reopen()
      const live = await later.loadLive()
      assert.deepEqual(live.rows, [
        { table: 'leg', id: 'two', row: { n: 22 } },
        { table: 'leg', id: 'three', row: 3 },
      ])
      assert.deepEqual(
        live.entries.map(({ entry }) => entry.legId),
        ['b', 'c', 'd'],
      )
      const after = [await later.pageQueues(page), await later.pageEntries(queue('q'), page)]
      assert.deepEqual(after, before)
      assert.deepEqual(
        live.queues.map(({ queueName, size }) => [queueName, size]),
        [
          ['empty', 0],
          ['q', 3],
        ],
      )
      assert.equal((await later.pendingDeliveries(0, 9)).length, 1)
      assert.equal(as(run(later, enqueue('q', 'e', 20)), 'enqueued').position, 4)
      assert.equal(as(run(later, claim('q', 'x', 21)), 'claimed').claimed.entry.legId, 'b')
    })
  })
}
