// The record of what was said: names of events as questions, and commands that are written down together.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brandAs, type ApplicationId, type LegUuid, type SessionId } from '../base/ids.ts'
import type { CallEventQuery, CommandRecord, RecordStore } from '../ports/records.ts'
import type { StampedEvent } from '../ports/events.ts'
import { sampleEvents, stamp } from '../../test/support/events.ts'
import { recordingMetrics, settle, VirtualTime } from '../../test/support/virtual.ts'
import { noRecordingUrl, webhookOf } from './payloads.ts'
import { createCallRecords } from './records.ts'

const everything: CallEventQuery = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER }
const firstPage = { number: 1, size: 250 }

function scene(events: readonly StampedEvent[] = []) {
  const time = new VirtualTime()
  const metrics = recordingMetrics()
  const written: (readonly CommandRecord[])[] = []
  let onDisk = Promise.resolve()
  const store: RecordStore = {
    recordCommands: (records) => {
      written.push(records)
      return onDisk
    },
    eventKeys: async ({ types }) =>
      events
        .filter(({ event }) => types === undefined || types.includes(event.type))
        .map(({ sequence: at, occurredAtUs }) => ({ kind: 'event', at, occurredAtUs })),
    commandKeys: async () => [],
    events: async (sequences) => events.filter(({ sequence }) => sequences.includes(sequence)),
    commands: async () => [],
    deliveryKeys: async () => [],
    deliveries: async () => [],
    delivery: async () => undefined,
    revive: async () => undefined,
  }
  const records = createCallRecords({
    ...{ store, metrics, timers: time, clock: time, connectionCodecs: '' },
    recordingUrl: noRecordingUrl,
    sendAgain: () => undefined,
  })
  const stall = (promise: Promise<void>) => {
    onDisk = promise
  }
  return { records, time, metrics, written, stall }
}

const command: CommandRecord = {
  occurredAtUs: 1,
  name: 'answer',
  legUuid: brandAs<LegUuid>('leg'),
  sessionId: brandAs<SessionId>('session'),
  applicationId: brandAs<ApplicationId>('1'),
  from: 'a',
  to: 'b',
  failed: false,
  metadata: {},
}

test('every webhook is found by its name, and nothing else is', async () => {
  const events = sampleEvents().map((event, index) => ({ ...stamp(event), sequence: index + 1 }))
  const names = new Set(events.flatMap((one) => webhookOf(one, '')?.eventType ?? []))
  assert.ok(names.size > 15)
  const { records } = scene(events)
  for (const name of names) {
    const expected = events.filter((one) => webhookOf(one, '')?.eventType === name)
    const { rows, total } = await records.callEvents({ ...everything, name }, firstPage)
    assert.equal(total, expected.length, name)
    assert.deepEqual(new Set(rows.map((one) => one.name)), new Set([name]))
  }
})

test('a name that every object has is no name of an event', async () => {
  const events = sampleEvents().map((event, index) => ({ ...stamp(event), sequence: index + 1 }))
  const { records } = scene(events)
  for (const name of ['constructor', '__proto__', 'toString', 'call.', '.', '']) {
    const { total } = await records.callEvents({ ...everything, name }, firstPage)
    assert.equal(total, 0, name)
  }
})

test('commands are written together; behind a slow disk they are gathered, and at last counted as lost', async () => {
  const { records, time, metrics, written, stall } = scene()
  records.commandTaken(command)
  records.commandTaken(command)
  assert.equal(written.length, 0)
  time.advance(200)
  await settle()
  assert.deepEqual(
    written.map((batch) => batch.length),
    [2],
  )
  const { promise, resolve } = Promise.withResolvers<void>()
  stall(promise)
  records.commandTaken(command)
  time.advance(200)
  await settle()
  for (let count = 0; count < 10_001; count++) records.commandTaken(command)
  time.advance(200)
  await settle()
  assert.equal(written.length, 2, 'one write at a time')
  resolve()
  await settle()
  assert.equal(written.at(-1)?.length, 10_000)
  assert.equal(metrics.values.get('holdfast_command_records_lost_total'), 1)
})
