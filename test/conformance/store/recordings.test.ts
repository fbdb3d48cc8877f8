// Finished recordings in every form of the store: looked up, never loaded, and each question answered as a list in memory
// would be.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { brandAs, type RecordingId } from '../../../src/base/ids.ts'
import type { FinishedRecording, RecordingFilter } from '../../../src/ports/recorder.ts'
import type { Store } from '../../../src/ports/store.ts'
import { pageOfRecordings, recordingsEndedBefore } from '../../../src/store/order/recordings.ts'
import { applicationId, migrations } from '../../../src/store/sqlite/schema.ts'
import { forms, noChange, openSqlite, temporaryDirectory } from './forms.ts'

const startUs = 1_741_079_402_000_000
const day = 86_400_000

/** Number `index`: every third in a conference, seven callers, and two that begin in the same microsecond. */
function recording(index: number): FinishedRecording {
  const startedAtUs = startUs + Math.floor(index / 2) * 1_000_750
  const endedAtUs = startedAtUs + 5_000_000 + ((index * 7919) % 100) * 1_000_000
  return {
    recordingId: brandAs(`r${String(index).padStart(6, '0')}`),
    status: index % 5 === 0 ? 'failed' : 'completed',
    legId: brandAs(`v3:${index}`),
    legUuid: brandAs(`leg-${index}`),
    sessionId: brandAs(`session-${Math.floor(index / 4)}`),
    applicationId: brandAs(`app-${index % 2}`),
    conferenceId: index % 3 === 0 ? brandAs(`room-${index % 9}`) : undefined,
    from: `+1555010${index % 7}`,
    to: `sip:${index % 5}@example.com`,
    format: 'wav',
    channels: 'dual',
    fileName: `file-${index}.wav`,
    durationMs: 4000,
    startedAtUs,
    endedAtUs,
    startedAtMs: Math.floor(startedAtUs / 1000),
    endedAtMs: Math.floor(endedAtUs / 1000),
    updatedAtMs: Math.floor(endedAtUs / 1000) + 1,
  }
}

const many = (count: number): readonly FinishedRecording[] =>
  Array.from({ length: count }, (_, index) => recording(index))

async function put(store: Store, all: readonly FinishedRecording[]): Promise<void> {
  const table = 'finished-recording'
  const changes = all.map((row) => ({ kind: 'put', table, id: row.recordingId, row }) as const)
  await store.commit({ ...noChange, changes })
}

const middle = recording(60)
const filters: readonly RecordingFilter[] = [
  {},
  { legUuid: 'leg-60' },
  { legUuid: 'leg-60', applicationId: 'app-0', from: middle.from, to: middle.to },
  { legUuid: 'leg-60', applicationId: 'app-1' },
  { sessionId: 'session-15', sinceMs: middle.startedAtMs },
  { conferenceId: 'room-6' },
  { conferenceId: 'room-6', from: middle.from },
  { applicationId: 'app-1' },
  { applicationId: 'app-1', from: '+15550103' },
  { from: '+15550103', to: 'sip:2@example.com', applicationId: 'app-1' },
  { to: 'sip:2@example.com', untilMs: middle.startedAtMs },
  { sinceMs: middle.startedAtMs, untilMs: middle.startedAtMs },
  { sinceMs: middle.startedAtMs + 1 },
  { untilMs: middle.startedAtMs - 1, applicationId: 'app-0', to: 'sip:0@example.com' },
  { sinceMs: middle.startedAtMs, applicationId: 'app-0', to: 'sip:0@example.com' },
  { from: 'nobody' },
  { sinceMs: middle.startedAtMs + 1, untilMs: middle.startedAtMs - 1 },
]

async function compare(store: Store, all: readonly FinishedRecording[], size: number) {
  for (const filter of filters) {
    for (const number of [1, 2, 3, 50]) {
      const expected = pageOfRecordings(all, filter, { number, size })
      const found = await store.recordings.page(filter, { number, size })
      assert.deepEqual(found, expected, `${JSON.stringify(filter)} page ${number}`)
    }
  }
}

for (const form of forms) {
  describe(`finished recordings: ${form.name}`, () => {
    test('every filter and page, the newest first, over a restart; a start does not load them', async (t) => {
      const { store, reopen } = await form.open(t)
      const all = many(120)
      await put(store, all)
      await compare(store, all, 20)
      assert.deepEqual(await store.recordings.get(middle.recordingId), middle)
      assert.equal(await store.recordings.get(brandAs<RecordingId>('none')), undefined)
      const next = (await reopen?.())?.store ?? store
      assert.deepEqual((await next.loadLive()).rows, [])
      await compare(next, all, 7)
    })

    test('what is deleted is gone, and what ended first expires first', async (t) => {
      const { store } = await form.open(t)
      const all = many(40)
      await put(store, all)
      const { recordingId } = recording(7)
      const gone = { kind: 'delete', table: 'finished-recording', id: recordingId } as const
      await store.commit({ ...noChange, changes: [gone] })
      assert.equal(await store.recordings.get(recordingId), undefined)
      const left = all.filter((one) => one.recordingId !== recordingId)
      for (const atMs of [0, recording(20).endedAtMs, startUs / 1000 + day]) {
        const expected = recordingsEndedBefore(left, atMs, 9).map((one) => one.endedAtUs)
        const found = await store.recordings.endedBefore(atMs, 9)
        assert.deepEqual(
          found.map((one) => one.endedAtUs),
          expected,
        )
      }
    })
  })
}

test('a question without an index of its own is answered a window at a time, and as a whole', async (t) => {
  const store = await openSqlite(temporaryDirectory())
  t.after(() => store.close())
  const all = many(12_500)
  await put(store, all)
  await compare(store, all, 250)
})

test('schema 4: recordings that are over move to their table as they were listed; one that runs stays', async (t) => {
  const directory = temporaryDirectory()
  const database = new DatabaseSync(join(directory, 'holdfast.db'))
  const version = 4
  for (const migration of migrations.slice(0, version)) database.exec(migration)
  database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${version}`)
  const putOld = database.prepare("INSERT INTO state VALUES ('recording', ?, ?)")
  const expected = [1, 3, 5].map(recording)
  for (const one of expected) {
    putOld.run(one.recordingId, oldRow(one, one.status === 'failed' ? 'failed' : 'saved'))
  }
  putOld.run('runs', oldRow(recording(8), 'recording'))
  database.close()
  const store = await openSqlite(directory)
  t.after(() => store.close())
  const { rows, total } = await store.recordings.page({}, { number: 1, size: 20 })
  assert.equal(total, 3)
  assert.deepEqual(rows, expected.toReversed())
  const { rows: live } = await store.loadLive()
  assert.deepEqual(
    live.map(({ table, id }) => `${table} ${id}`),
    ['recording runs'],
  )
})

/** A row as releases before schema 5 wrote it. */
function oldRow(one: FinishedRecording, at: string): string {
  const { recordingId, legId, legUuid, sessionId, conferenceId, from, to } = one
  return JSON.stringify({
    order: { recordingId, format: one.format, channels: one.channels, track: 'both' },
    of:
      conferenceId === undefined
        ? { kind: 'leg', legId }
        : { kind: 'conference', conferenceId, first: legId },
    leg: { legId, legUuid, sessionId, applicationId: one.applicationId, from, to },
    fileName: one.fileName,
    at,
    startedAtUs: one.startedAtUs,
    endedAtUs: at === 'recording' ? null : one.endedAtUs,
    durationMs: one.durationMs,
    updatedAtMs: one.updatedAtMs,
  })
}
