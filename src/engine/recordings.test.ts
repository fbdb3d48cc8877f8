// Recordings through the call logic: the recorder is asked, its word is told once, and the list outlives the call.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bench, id } from '../../test/support/engine-bench.ts'
import { brandAs, type RecordingId } from '../base/ids.ts'
import type { RecordingOrder } from '../ports/recorder.ts'
import { pageOfRecordings } from '../store/order/recordings.ts'

const order = (name: string, over: Partial<RecordingOrder> = {}): RecordingOrder => ({
  recordingId: brandAs<RecordingId>(name),
  format: 'wav',
  channels: 'dual',
  track: 'both',
  maxLengthMs: 0,
  silenceMs: 0,
  trim: false,
  beep: false,
  customFileName: undefined,
  ...over,
})

const start = (leg: string, name: string) =>
  ({ kind: 'record-start', legId: id(leg), order: order(name) }) as const
const change = (
  kind: 'record-stop' | 'record-pause' | 'record-resume',
  leg: string,
  name?: string,
) =>
  ({
    kind,
    legId: id(leg),
    recordingId: name === undefined ? undefined : brandAs<RecordingId>(name),
  }) as const

function closed(bench: Bench, name: string, outcome: 'saved' | 'failed' = 'saved'): void {
  const recordingId = brandAs<RecordingId>(name)
  const ended = { recordingId, outcome, durationMs: 5000, bytes: 80_044, why: '' }
  bench.step({ kind: 'recorder', input: { kind: 'recording-ended', ...ended } })
}

/** What the recorder was asked, and forgets it. */
function asked(bench: Bench): string[] {
  return bench.recorder.splice(0).map((command) => {
    if (command.kind === 'delete') return `delete ${command.fileName}`
    const recordingId = command.kind === 'start' ? command.order.recordingId : command.recordingId
    const how = command.kind === 'start' && command.continued ? ' again' : ''
    const paused = command.kind === 'start' && command.paused ? ' paused' : ''
    return `${command.kind} ${recordingId}${how}${paused}`
  })
}

function view(bench: Bench, name: string) {
  return bench.finished().find(({ recordingId }) => recordingId === name)
}

function recording(name = 'r'): Bench {
  const bench = new Bench()
  bench.parked('a')
  bench.ok(start('a', name))
  bench.forget()
  asked(bench)
  return bench
}

test('start, pause, resume, stop: told once, when the file is closed', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.forget()
  bench.ok(start('a', 'r'))
  bench.ok(change('record-pause', 'a'))
  bench.ok(change('record-pause', 'a', 'r'))
  bench.ok(change('record-resume', 'a', 'r'))
  bench.ok(change('record-stop', 'a', 'r'))
  assert.deepEqual(asked(bench), ['start r', 'pause r', 'resume r', 'stop r'])
  assert.deepEqual(bench.since('events'), [])
  assert.equal(view(bench, 'r'), undefined)
  closed(bench, 'r')
  closed(bench, 'r')
  assert.deepEqual(bench.since('events'), ['recording-saved a'])
  assert.equal(view(bench, 'r')?.durationMs, 5000)
})

test('B.0: nothing to record before the answer; stopping nothing is no error, an unknown one is', () => {
  const bench = new Bench()
  bench.rings('a')
  bench.refused(start('a', 'r'), 'no-audio-yet')
  bench.ok(change('record-stop', 'a'))
  bench.parked('b')
  bench.ok(change('record-stop', 'b'))
  bench.refused(change('record-pause', 'b', 'nobody'), 'recording-unknown')
  bench.ok(start('b', 'r'))
  bench.parked('c')
  bench.refused(change('record-stop', 'c', 'r'), 'recording-unknown')
})

test('the end of the call closes the file; the recording is told after the hang-up', () => {
  const bench = recording()
  bench.bye('a')
  assert.deepEqual(asked(bench), ['stop r'])
  closed(bench, 'r')
  assert.deepEqual(
    bench.since('events').map((one) => one.split(' ')[0]),
    ['leg-ended', 'recording-saved'],
  )
})

test('trouble of the recorder is told as such, and the call goes on', () => {
  const bench = recording()
  closed(bench, 'r', 'failed')
  assert.deepEqual(bench.since('events'), ['recording-failed a'])
  assert.equal(bench.state('a'), 'parked')
  assert.equal(view(bench, 'r')?.status, 'failed')
  bench.refused(change('record-stop', 'a', 'r'), 'recording-unknown')
})

test('a recording is told with the client_state of its end', () => {
  const bench = recording()
  bench.ok({ kind: 'client-state-update', legId: id('a') }, 'bmV3')
  bench.ok(change('record-stop', 'a'))
  closed(bench, 'r')
  const saved = bench.told.find((event) => event.type === 'recording-saved')
  assert.equal(saved?.leg.clientState, 'bmV3')
})

test('several recordings of one call, and a limit', () => {
  const bench = recording('r1')
  for (const name of ['r2', 'r3', 'r4']) bench.ok(start('a', name))
  bench.refused(start('a', 'r5'), 'recordings-max')
  asked(bench)
  bench.ok(change('record-stop', 'a', 'r2'))
  assert.deepEqual(asked(bench), ['stop r2'])
  bench.refused(change('record-stop', 'a', 'r2'), 'recording-unknown')
  closed(bench, 'r2')
  bench.ok(start('a', 'r5'))
  asked(bench)
  bench.ok(change('record-stop', 'a'))
  assert.deepEqual(asked(bench), ['stop r1', 'stop r3', 'stop r4', 'stop r5'])
})

test('record-from-answer: by answer, and by a bridge from the moment it is made', () => {
  const bench = new Bench()
  bench.rings('a')
  bench.ok({
    ...{ kind: 'answer', legId: id('a'), customHeaders: [], sipHeaders: [] },
    ...{ codecs: undefined, webhooks: undefined, record: order('of-answer') },
  } as const)
  assert.deepEqual(asked(bench), ['start of-answer'])
  bench.parked('b')
  bench.ok({ ...bench.bridgeCommand('b', 'a'), record: order('of-bridge') } as ReturnType<
    Bench['bridgeCommand']
  >)
  assert.deepEqual(asked(bench), ['start of-bridge'])
  assert.equal(bench.engine.state.recordings.openOf({ kind: 'leg', legId: id('b') }).length, 1)
})

test('C122: who hears an overlay does not hear the tone, not afterwards either', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.ok(bench.play('a', 'base'))
  bench.ok(bench.play('a', 'over', { overlay: true }))
  bench.forget()
  bench.ok({ kind: 'record-start', legId: id('a'), order: order('r', { beep: true }) })
  bench.playbackEnded('a', 'over')
  assert.deepEqual(bench.since('media'), [])
  bench.ok({ kind: 'record-start', legId: id('a'), order: order('r2', { beep: true }) })
  assert.equal(bench.since('media').length, 1)
})

test('a tone at the beginning: both sides of a bridge hear it, nobody is told', () => {
  const bench = new Bench()
  bench.parked('a', 'b')
  bench.bridge('a', 'b')
  bench.forget()
  bench.ok({ kind: 'record-start', legId: id('a'), order: order('r', { beep: true }) })
  const heard = bench.since('media').map((one) => one.split(' ').slice(0, 2).join(' '))
  assert.deepEqual(heard, ['play-over a', 'play-over b'])
  assert.deepEqual(bench.since('events'), [])
})

test('a conference is recorded until it ends', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.ok(bench.createConference('a', 'room'))
  const conference = 'room'
  bench.forget()
  bench.ok({ kind: 'conference-record-start', conference, order: order('r') })
  bench.ok({
    ...{ kind: 'conference-record-pause', conference },
    recordingId: brandAs<RecordingId>('r'),
  } as const)
  for (const name of ['r2', 'r3', 'r4']) {
    bench.ok({ kind: 'conference-record-start', conference, order: order(name) })
  }
  bench.refused(
    { kind: 'conference-record-start', conference, order: order('r5') },
    'recordings-max',
  )
  assert.deepEqual(asked(bench), ['start r', 'pause r', 'start r2', 'start r3', 'start r4'])
  bench.ok({ kind: 'conference-end', conference })
  assert.deepEqual(asked(bench), ['stop r', 'stop r2', 'stop r3', 'stop r4'])
  bench.forget()
  closed(bench, 'r')
  assert.deepEqual(bench.since('events'), ['conference-recording-saved room'])
  bench.refused(
    { kind: 'conference-record-start', conference, order: order('late') },
    'conference-ended',
  )
})

test('a deleted recording takes its file along; a running one cannot be deleted', () => {
  const bench = recording()
  assert.equal(view(bench, 'r'), undefined)
  bench.ok(change('record-stop', 'a'))
  assert.equal(view(bench, 'r'), undefined)
  closed(bench, 'r')
  asked(bench)
  const found = view(bench, 'r')
  assert.ok(found !== undefined)
  assert.equal(bench.rows.has('recording r'), false)
  bench.ok({ kind: 'recording-delete', recording: found })
  assert.deepEqual(asked(bench), [`delete ${found.fileName}`])
  assert.equal(view(bench, 'r'), undefined)
  // Who looked it up before that and asks now is told the truth, and so is who names one that runs.
  bench.refused({ kind: 'recording-delete', recording: found }, 'recording-unknown')
  bench.ok(start('a', 'runs'))
  const runs = { ...found, recordingId: brandAs<RecordingId>('runs') }
  bench.refused({ kind: 'recording-delete', recording: runs }, 'recording-unknown')
})

test('after a restart a recording goes on in its file, paused if it was; that of a lost call is closed', () => {
  const bench = new Bench()
  bench.parked('a', 'b', 'c')
  for (const [leg, name] of [
    ['a', 'goes-on'],
    ['b', 'paused'],
    ['c', 'lost'],
  ] as const) {
    bench.ok(start(leg, name))
  }
  bench.ok(change('record-pause', 'b'))
  const next = bench.restarted('a', 'b')
  assert.deepEqual(asked(next).toSorted(), [
    'start goes-on again',
    'start lost again paused',
    'start paused again paused',
    'stop lost',
    'stop lost',
  ])
  next.forget()
  closed(next, 'lost')
  assert.deepEqual(next.since('events'), ['recording-saved c'])
  const third = next.restarted('a', 'b')
  assert.equal(view(third, 'lost')?.status, 'completed')
})

test('finished recordings are kept as long as is configured', () => {
  const bench = new Bench({ settings: { recordingsKeptMs: 86_400_000 } })
  bench.parked('a')
  bench.ok(start('a', 'r'))
  bench.ok(change('record-stop', 'a'))
  closed(bench, 'r')
  const next = bench.restarted('a')
  next.pass(86_000_000)
  assert.notEqual(view(next, 'r'), undefined)
  asked(next)
  next.pass(7_200_000)
  assert.equal(view(next, 'r'), undefined)
  assert.equal(asked(next).length, 1)
})

test('C121: the time that a recording shows finds it, as the beginning and as the end of a span', () => {
  const bench = new Bench()
  bench.nowMs += 0.75 // Events are stamped in microseconds.
  bench.parked('a')
  bench.ok(start('a', 'r'))
  bench.ok(change('record-stop', 'a'))
  closed(bench, 'r')
  const shownMs = view(bench, 'r')?.startedAtMs ?? 0
  const total = (filter: object): number =>
    pageOfRecordings(bench.finished(), filter, { number: 1, size: 5 }).total
  assert.equal(total({ sinceMs: shownMs, untilMs: shownMs }), 1)
  assert.equal(total({ sinceMs: shownMs + 1 }), 0)
  assert.equal(total({ untilMs: shownMs - 1 }), 0)
})

test('many recordings that are old enough go a piece at a time, those that run or came later stay', () => {
  const bench = new Bench({ settings: { recordingsKeptMs: 86_400_000 } })
  bench.parked('a', 'b')
  bench.ok(start('b', 'runs'))
  for (let index = 0; index < 700; index++) {
    bench.ok(start('a', `r${index}`))
    bench.ok(change('record-stop', 'a'))
    closed(bench, `r${index}`)
  }
  const next = bench.restarted('a', 'b')
  next.pass(80_000_000)
  next.ok(start('a', 'late'))
  next.ok(change('record-stop', 'a'))
  closed(next, 'late')
  asked(next)
  next.pass(10_000_500)
  assert.equal(asked(next).length, 500)
  next.pass(1000)
  assert.equal(asked(next).length, 200)
  assert.deepEqual(
    [...next.engine.state.recordings.all()].map(({ order: { recordingId } }) => recordingId),
    ['runs'],
  )
  assert.deepEqual(
    next.finished().map(({ recordingId }) => recordingId),
    ['late'],
  )
})

test('file names: what a client calls it cannot leave the folder', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.ok({
    ...{ kind: 'record-start', legId: id('a') },
    order: order('0123456789', { customFileName: '../../etc/pass wd.Ü' }),
  } as const)
  const [command] = bench.recorder
  assert.ok(command?.kind === 'start')
  assert.match(command.fileName, /^______etc_pass_wd_Ü-\d+-01234567\.wav$/)
})
