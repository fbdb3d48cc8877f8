// The SQLite store on a disk that stalls or fails: what it says of its health and when, what it hands to the journal
// meanwhile, and that what is on disk afterwards is what a disk without troubles would hold.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StampedEvent } from '../../../src/ports/events.ts'
import type { CommitBatch, Store } from '../../../src/ports/store.ts'
import type { Timers } from '../../../src/ports/timers.ts'
import { DiskWatch, type DiskTrouble } from '../../../src/store/sqlite/disk-watch.ts'
import type { JournalReply, JournalRequest } from '../../../src/store/sqlite/protocol.ts'
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts'
import { sampleEvents, stamp } from '../../support/events.ts'
import { SeededRandom, settle, VirtualTime } from '../../support/virtual.ts'
import {
  claim,
  enqueue,
  inThread,
  noChange,
  openSqlite,
  run,
  temporaryDirectory,
  workerJournal,
} from './forms.ts'

const row = (id: string, text: unknown): CommitBatch => ({
  ...noChange,
  changes: [{ kind: 'put', table: 'leg', id, row: text }],
})

/** A store whose journal answers when it is told to. */
async function standingStill(heldTextMax?: number) {
  const time = new VirtualTime()
  const posted: JournalRequest[] = []
  const told: (DiskTrouble['kind'] | 'well')[] = []
  let reply: (value: JournalReply) => void = () => undefined
  const store = await openSqliteStore({
    directory: 'nowhere',
    timers: time,
    ...(heldTextMax === undefined ? {} : { heldTextMax }),
    onTrouble: (trouble) => told.push(trouble?.kind ?? 'well'),
    startJournal: ({ onMessage }) => {
      reply = onMessage
      return {
        post: (request) => {
          posted.push(request)
          const live = { state: [], queues: [], entries: [], lastSequence: 0 }
          if (request.kind === 'open') reply({ kind: 'opened', live })
        },
        stop: () => undefined,
      }
    },
  })
  const writes = () => posted.filter((request) => request.kind === 'write')
  const write = (...ids: readonly number[]): void => reply({ kind: 'done', ids })
  return {
    time,
    store,
    told,
    writes,
    write,
    fail: (why: string) => reply({ kind: 'failing', why }),
  }
}

test('a write that waits for a second is trouble, told once; the first answer ends it', async () => {
  const { time, store, told, write } = await standingStill()
  const first = store.commit(row('a', 1))
  time.advance(999)
  assert.equal(store.health().ok, true)
  time.advance(1)
  assert.match(store.health().why, /^nothing has been written .* for over 1000 ms$/)
  void store.commit(row('a', 2))
  time.advance(60_000)
  assert.deepEqual(told, ['slow'])
  write(1)
  await first
  assert.equal(store.health().ok, true)
  time.advance(999)
  assert.deepEqual(told, ['slow', 'well'], 'the second has a second of its own')
  time.advance(1)
  assert.deepEqual(told, ['slow', 'well', 'slow'])
  write(2)
  await settle()
  assert.equal(time.pending, 0)
})

test('an answer that lay ready while this thread stood still is no trouble', () => {
  const told: unknown[] = []
  const fires: (() => void)[] = []
  const soons: (() => void)[] = []
  const timers: Timers = {
    set: (_delayMs, fire) => fires.push(fire),
    clear: () => undefined,
    soon: (fire) => void soons.push(fire),
  }
  const watch = new DiskWatch(timers, (trouble) => told.push(trouble))
  watch.waiting()
  // Node fires overdue timers before it reads what other threads have sent.
  fires[0]?.()
  watch.wrote(false)
  soons[0]?.()
  assert.deepEqual(told, [])
})

test('a failing disk is told once however often it fails, and is not called slow', async () => {
  const { time, store, told, write, fail } = await standingStill()
  void store.commit(row('a', 1))
  for (let n = 0; n < 5; n++) {
    fail('database or disk is full')
    time.advance(5_000)
  }
  assert.deepEqual(told, ['failing'])
  assert.equal(store.health().why, 'writing to the data directory fails: database or disk is full')
  write(1)
  assert.deepEqual(told, ['failing', 'well'])
})

test('what waits is bounded: from a size of events on the store says that it is full, until the disk takes them', async () => {
  const { store, writes, write } = await standingStill(20_000)
  const event = sampleEvents()[0]
  assert.ok(event !== undefined)
  const text = JSON.stringify({ event }).length
  const events = [stamp(event)]
  for (let n = 0; n < 32; n++) void store.commit(row('a', n))
  assert.equal(store.health().isFull, undefined)
  let commits = 0
  while (store.health().isFull !== true) {
    void store.commit({ ...noChange, events })
    commits += 1
    assert.ok(commits * text < 21_000, 'it never says so')
  }
  assert.ok(commits * text > 18_000, `full at ${commits * text}`)
  // Rows alone replace each other.
  write(...writes().map(({ id }) => id))
  assert.equal(store.health().isFull, undefined)
  for (let n = 0; n < 80; n++) void store.commit(row('a', 'x'.repeat(1_000)))
  assert.equal(store.health().isFull, undefined)
})

test('what waits is gathered: thousands of commits are 32 writes and one, with the newest of each row', async () => {
  const { store, writes, write } = await standingStill()
  const settled: number[] = []
  const commits = Array.from({ length: 5_000 }, (_, n) =>
    store.commit(row(n % 2 === 0 ? 'even' : 'odd', n)).then(() => settled.push(n)),
  )
  assert.equal(writes().length, 32)
  assert.equal(store.health().backlog, 5_000)
  write(...writes().map(({ id }) => id))
  assert.equal(writes().length, 33)
  const last = writes().at(-1)
  assert.deepEqual(
    last?.batch.state.map(({ id, json }) => [id, json]),
    [
      ['even', '4998'],
      ['odd', '4999'],
    ],
  )
  write(last?.id ?? 0)
  await Promise.all(commits)
  assert.deepEqual(
    settled,
    [...settled].sort((a, b) => a - b),
    'in order',
  )
  assert.deepEqual(store.health(), { ok: true, backlog: 0, why: '' })
})

test('events can be read while nothing can be written: those that are on disk', async () => {
  let full = false
  const journal = inThread({
    beforeCommit: () => {
      if (full) throw new Error('database or disk is full')
    },
  })
  const store = await openSqlite(temporaryDirectory(), journal)
  await store.commit({ ...noChange, events: [event(1)] })
  full = true
  const held = store.commit({ ...noChange, events: [event(2)] })
  while (store.health().ok) await new Promise(setImmediate)
  const page = await store.readEvents('oldest', 10)
  assert.deepEqual(
    page?.events.map(({ sequence }) => sequence),
    [1],
  )
  const known = await store.records.events([1, 2])
  assert.deepEqual(
    known.map(({ sequence }) => sequence),
    [1],
    'looked up one by one, too',
  )
  full = false
  await held
  assert.equal((await store.readEvents('oldest', 10))?.events.length, 2)
  await store.close()
})

test('a question that the database refuses fails alone: what is written beside it is written', async () => {
  const store = await openSqlite(temporaryDirectory(), workerJournal)
  const everything = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER }
  await store.commit({ ...noChange, events: [event(1)] })
  const query = { ...everything, types: [{} as string] } // What the types of this language forbid.
  const question = assert.rejects(store.records.eventKeys(query, 10), /cannot be bound/)
  await store.commit({ ...noChange, events: [event(2)] })
  await question
  assert.deepEqual(store.health(), { ok: true, backlog: 0, why: '' })
  assert.equal((await store.records.eventKeys({ ...everything, types: undefined }, 10)).length, 2)
  await store.close()
})

test('through failures or not, the same is on disk', async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const contents: unknown[] = []
    for (const troubled of [false, true]) {
      const directory = temporaryDirectory()
      let full = troubled
      const beforeCommit = (): void => {
        if (full) throw new Error('database or disk is full')
      }
      const store = await openSqlite(directory, inThread({ beforeCommit }))
      if (troubled) {
        const commits = Array.from(histories(store, seed))
        while (store.health().ok) await new Promise(setImmediate)
        full = false
        await Promise.all(commits)
      } else {
        for (const commit of histories(store, seed)) await commit
      }
      await store.close()
      const later = await openSqlite(directory)
      const { rows, queues, entries, lastSequence } = await later.loadLive()
      const page = await later.readEvents('oldest', 1000)
      const byId = [...rows].sort((a, b) => a.id.localeCompare(b.id))
      contents.push({ byId, queues, entries, lastSequence, events: page?.events })
      await later.close()
    }
    assert.deepEqual(contents[1], contents[0], `seed ${seed}`)
  }
})

/** Two hundred commits of rows put and dropped, callers queued and taken, and events. */
function* histories(store: Store, seed: number): Generator<Promise<void>> {
  const random = new SeededRandom(seed)
  for (let n = 1; n <= 200; n++) {
    const id = `row${random.below(6)}`
    const name = `q${random.below(3)}`
    if (random.below(3) > 0) run(store, enqueue(name, `leg${random.below(20)}`, n))
    else run(store, claim(name, 'agent', n))
    const put = { kind: 'put', table: 'leg', id, row: n } as const
    const drop = { kind: 'delete', table: 'leg', id } as const
    const changes = [random.below(4) === 0 ? drop : put]
    yield store.commit({ changes, events: [event(n)], deliveries: [] })
  }
}

const [sample] = sampleEvents()

function event(sequence: number): StampedEvent {
  assert.ok(sample)
  return stamp(sample, sequence, { legSequence: sequence })
}
