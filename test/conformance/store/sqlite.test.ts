// What only a store with a disk can get wrong: locks, foreign files, failing writes, files that others could read.

import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { createClock } from '../../../src/platform/clock.ts'
import { createTimers } from '../../../src/platform/timers.ts'
import { applicationId, migrations } from '../../../src/store/sqlite/schema.ts'
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts'
import {
  enqueue,
  inThread,
  noChange,
  openSqlite,
  queue,
  run,
  temporaryDirectory,
  workerJournal,
} from './forms.ts'

test('a second process is refused by name of the directory, and let in when the first has gone', async () => {
  const directory = temporaryDirectory()
  const first = await openSqlite(directory, workerJournal)
  await assert.rejects(openSqlite(directory, workerJournal), (error: Error) => {
    assert.match(error.message, /another process uses the data directory/)
    assert.ok(error.message.includes(directory))
    return true
  })
  await first.close()
  const second = await openSqlite(directory, workerJournal)
  await second.close()
})

test('a file of a newer release is refused and left as it is', async () => {
  const directory = temporaryDirectory()
  const store = await openSqlite(directory)
  await store.close()
  const file = join(directory, 'holdfast.db')
  const database = new DatabaseSync(file)
  database.exec('PRAGMA user_version = 99')
  database.close()
  const before = readFileSync(file)
  await assert.rejects(openSqlite(directory), /newer release \(schema 99, this one knows \d+\)/)
  assert.deepEqual(readFileSync(file), before)
})

test('damaged and foreign files are refused and left as they are', async () => {
  const directory = temporaryDirectory()
  const file = join(directory, 'holdfast.db')
  writeFileSync(file, 'this is not a database, and it is longer than a page header would be')
  const before = readFileSync(file)
  await assert.rejects(openSqlite(directory), /is damaged/)
  assert.deepEqual(readFileSync(file), before)
  writeFileSync(file, '')
  const database = new DatabaseSync(file)
  database.exec('CREATE TABLE recipes (name TEXT)')
  database.close()
  const foreign = readFileSync(file)
  await assert.rejects(openSqlite(directory), /is not a Holdfast database/)
  assert.deepEqual(readFileSync(file), foreign)
})

/** A file too large to be checked as a whole at a start. */
async function largeFile() {
  const directory = temporaryDirectory()
  const store = await openSqlite(directory)
  run(store, enqueue('q', 'a', 1))
  await store.commit(noChange)
  await store.close()
  const file = join(directory, 'holdfast.db')
  const database = new DatabaseSync(file)
  const put = database.prepare(
    `INSERT INTO event (sequence, event_id, occurred_at_us, type, json, leg_sequence)
     VALUES (?, ?, ?, 'x', ?, 1)`,
  )
  database.exec('BEGIN')
  for (let n = 100; n < 1000; n++)
    put.run(n, `e${n}`, n, JSON.stringify({ event: {}, pad: 'x'.repeat(90_000) }))
  database.exec(`UPDATE mark SET value = 1000 WHERE name = 'last_sequence'; COMMIT`)
  const pageBytes = Number(database.prepare('PRAGMA page_size').get()?.['page_size'])
  const pageOf = (name: string): number =>
    Number(
      database.prepare('SELECT rootpage FROM sqlite_master WHERE name = ?').get(name)?.['rootpage'],
    )
  const leaves = database
    .prepare(`SELECT pageno FROM dbstat WHERE name = 'event' AND pagetype = 'leaf' ORDER BY path`)
    .all()
    .map(({ pageno }) => Number(pageno))
  const pages = {
    state: pageOf('state'),
    entry: pageOf('entry'),
    event: pageOf('event'),
    'a middle one of event': leaves[leaves.length >> 1] ?? 0,
    'the last one of event': leaves.at(-1) ?? 0,
  }
  database.close()
  const whole = readFileSync(file)
  assert.ok(whole.length > 64 * 1024 * 1024)
  const spoilt = (page: keyof typeof pages): Buffer =>
    Buffer.from(whole).fill(0x5a, (pages[page] - 1) * pageBytes, pages[page] * pageBytes)
  return { directory, file, whole, spoilt }
}

test('damage in a large file: what a start needs, and where writes go, is looked at; the file is left as it is', async () => {
  const { directory, file, whole, spoilt } = await largeFile()
  const damaged = [
    ...(['state', 'entry', 'event', 'the last one of event'] as const).map(spoilt),
    whole.subarray(0, 50 * 1024 * 1024),
    whole.subarray(0, whole.length - 1024 * 1024),
  ]
  for (const bytes of damaged) {
    writeFileSync(file, bytes)
    await assert.rejects(openSqlite(directory), /holdfast\.db is damaged .* It was left as it is/s)
    assert.equal(Buffer.compare(readFileSync(file), bytes), 0)
  }
  writeFileSync(file, whole)
  await (await openSqlite(directory)).close()
})

test('an old event that is damaged fails whoever reads it, and no write', async () => {
  const { directory, file, spoilt } = await largeFile()
  writeFileSync(file, spoilt('a middle one of event'))
  const store = await openSqlite(directory)
  const early = await store.readEvents('oldest', 10)
  assert.equal(early?.events.length, 10)
  const [reading, written] = [store.readEvents('oldest', 1000), store.commit(noChange)]
  await assert.rejects(reading, /the events cannot be read: .*malformed/)
  run(store, enqueue('q', 'b', 2))
  await Promise.all([written, store.commit(noChange)])
  assert.equal((await store.readEvents('newest', 10))?.events.length, 0)
  await store.close()
})

test('an old event that is damaged is not cleaned up, and no write waits for that', async () => {
  const { directory, file, spoilt } = await largeFile()
  writeFileSync(file, spoilt('a middle one of event'))
  const store = await openSqlite(directory)
  const pruning = store.prune(1_000_000)
  run(store, enqueue('q', 'b', 2))
  const written = store.commit(noChange)
  await assert.rejects(pruning, /malformed/)
  await written
  assert.equal(store.health().ok, true)
  await store.close()
})

/** The same with 300 webhooks; those from `owedFrom` on are owed, and a page in the middle is damaged. */
async function largeFileWithWebhooks(owedFrom: number): Promise<string> {
  const { directory, file } = await largeFile()
  const database = new DatabaseSync(file)
  const put = database.prepare(`INSERT INTO delivery VALUES (?, ?, ?, 0, 0, ?, ?, NULL, 'app')`)
  database.exec('BEGIN')
  for (let n = 1; n <= 300; n++) {
    const [state, finishedAtMs] = n < owedFrom ? ['delivered', n] : ['pending', null]
    put.run(n, `d${n}`, JSON.stringify({ pad: 'x'.repeat(3000) }), state, finishedAtMs)
  }
  database.exec('COMMIT')
  const pageBytes = Number(database.prepare('PRAGMA page_size').get()?.['page_size'])
  const leaves = database
    .prepare(
      `SELECT pageno FROM dbstat WHERE name = 'delivery' AND pagetype = 'leaf' ORDER BY path`,
    )
    .all()
    .map(({ pageno }) => Number(pageno))
  database.close()
  const middle = leaves[leaves.length >> 1] ?? 0
  const bytes = readFileSync(file).fill(0x5a, (middle - 1) * pageBytes, middle * pageBytes)
  writeFileSync(file, bytes)
  return directory
}

test('owed webhooks that are damaged are said and left out, and no write waits for them', async () => {
  const directory = await largeFileWithWebhooks(1)
  const troubles: (string | undefined)[] = []
  const store = await openSqliteStore({
    ...{ directory, startJournal: inThread(), timers: createTimers(createClock()) },
    onTrouble: (trouble) => troubles.push(trouble?.why),
  })
  const reading = store.pendingDeliveries(0, 500)
  run(store, enqueue('q', 'b', 2))
  await store.commit(noChange)
  assert.deepEqual(await reading, [])
  assert.match(troubles[0] ?? '', /webhooks that are owed cannot be read: .*malformed/)
  assert.deepEqual(troubles.slice(1), [undefined])
  assert.equal((await store.pendingDeliveries(0, 10)).length, 10)
  await store.close()
})

test('the first webhook that is owed is found without reading those that are not, damaged ones among them', async () => {
  const store = await openSqlite(await largeFileWithWebhooks(299))
  assert.equal((await store.pendingDeliveries(0, 500)).length, 2)
  assert.equal((await store.pendingDeliveries(0, 1)).length, 1)
  await store.close()
})

test('only the owner can read the files', async () => {
  const directory = join(temporaryDirectory(), 'data')
  const store = await openSqlite(directory)
  run(store, enqueue('q', 'a', 1))
  await store.commit(noChange)
  assert.equal(statSync(directory).mode & 0o077, 0)
  for (const name of ['holdfast.db', 'holdfast.db-wal', 'lock.db']) {
    assert.equal(statSync(join(directory, name)).mode & 0o077, 0, name)
  }
  await store.close()
})

test('a failing disk: batches wait in order, health says why, and nothing is lost', async () => {
  const directory = temporaryDirectory()
  let failures = 3
  const journal = inThread({
    beforeCommit: () => {
      if (failures-- > 0) throw new Error('database or disk is full')
    },
  })
  const store = await openSqlite(directory, journal)
  const settled: number[] = []
  const commits = [1, 2, 3].map((number) => {
    run(store, enqueue('q', `l${number}`, number))
    const put = { kind: 'put', table: 'leg', id: 'one', row: number } as const
    return store.commit({ ...noChange, changes: [put] }).then(() => settled.push(number))
  })
  while (store.health().ok) await new Promise(setImmediate)
  assert.match(store.health().why, /writing to .* fails: database or disk is full/)
  assert.equal(store.health().backlog, 3)
  assert.equal((await store.getQueue(queue('q')))?.size, 3)
  assert.deepEqual(settled, [])
  await Promise.all(commits)
  assert.deepEqual(settled, [1, 2, 3])
  assert.deepEqual(store.health(), { ok: true, backlog: 0, why: '' })
  await store.close()
  const later = await openSqlite(directory)
  const live = await later.loadLive()
  assert.deepEqual(live.rows, [{ table: 'leg', id: 'one', row: 3 }])
  assert.equal(live.entries.length, 3)
  await later.close()
})

test('what was not committed is not there after a crash', async () => {
  const directory = temporaryDirectory()
  const store = await openSqlite(directory)
  run(store, enqueue('q', 'a', 1))
  await store.commit(noChange)
  run(store, enqueue('q', 'b', 2))
  await store.close()
  const later = await openSqlite(directory)
  assert.equal((await later.getQueue(queue('q')))?.size, 1)
  await later.close()
})

test('the death of the journal thread is told at once', async () => {
  const directory = temporaryDirectory()
  const gone = Promise.withResolvers<string>()
  const kill: ((why: string) => void)[] = []
  const store = await openSqliteStore({
    directory,
    timers: createTimers(createClock()),
    startJournal: (callbacks) => {
      kill.push(callbacks.onGone)
      return inThread()(callbacks)
    },
    onGone: gone.resolve,
  })
  kill[0]?.('out of memory')
  assert.equal(await gone.promise, 'out of memory')
  assert.deepEqual(store.health().ok, false)
  await store.close()
})

test('a file of schema 1 is brought up to date: what it owes is still owed, by application', async () => {
  const directory = temporaryDirectory()
  const database = new DatabaseSync(join(directory, 'holdfast.db'))
  database.exec(
    `${migrations[0]}; PRAGMA application_id = ${applicationId}; PRAGMA user_version = 1`,
  )
  const row = JSON.stringify({ deliveryId: 'd', sequence: 7, applicationId: '42' })
  database.prepare("INSERT INTO delivery VALUES (7, 'd', ?, 0, 0, 'pending', NULL, NULL)").run(row)
  database.exec("INSERT INTO event VALUES (7, 'd', 1, 'v3:a', 'leg-held', '{}')")
  database.close()
  const store = await openSqlite(directory)
  assert.deepEqual(await store.owedDeliveries(), [
    { applicationId: '42', count: 1, lastSequence: 7, apart: 0 },
  ])
  const page = await store.readEvents('oldest', 10)
  assert.deepEqual(page?.events, [], "events without a number are nobody else's")
  await store.close()
})
