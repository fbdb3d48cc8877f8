// The signalling thread's half against a thread that says what the test wants.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordingLog, recordingMetrics, VirtualTime } from '../../../test/support/virtual.ts'
import { brandAs, type LegId, type RecordingId } from '../../base/ids.ts'
import type { RecorderCommand, RecorderInput } from '../../ports/recorder.ts'
import type { WorkerCommand } from '../embedded/protocol.ts'
import type { FromRecordingThread, ToRecordingThread } from './protocol.ts'
import { createRecorder } from './recorder.ts'

const legId = brandAs<LegId>('v3:a')
const recordingId = brandAs<RecordingId>('6e00ab49')

const start: RecorderCommand = {
  kind: 'start',
  order: {
    ...{ recordingId, format: 'wav', channels: 'dual', track: 'inbound', maxLengthMs: 0 },
    ...{ silenceMs: 0, trim: false, beep: false, customFileName: undefined },
  },
  of: { kind: 'leg', legId },
  fileName: 'a.wav',
  paused: false,
  continued: false,
}

function world() {
  const posted: ToRecordingThread[] = []
  const media: WorkerCommand[] = []
  const told: RecorderInput[] = []
  let say: (message: FromRecordingThread) => void = () => undefined
  let die: (why: string) => void = () => undefined
  let threads = 0
  let stopped = 0
  const time = new VirtualTime()
  const recorder = createRecorder({
    start: ({ onMessage, onGone }) => {
      threads += 1
      say = onMessage
      die = onGone
      // Our own messages only.
      return {
        post: (message) => void posted.push(message as ToRecordingThread),
        stop: () => void (stopped += 1),
      }
    },
    folder: '/nowhere',
    postMedia: (commands) => void media.push(...commands),
    deliver: (input) => void told.push(input),
    log: recordingLog(),
    metrics: recordingMetrics(),
    timers: time,
  })
  return {
    ...{ recorder, posted, media, told, time },
    stopped: () => stopped,
    say: (message: FromRecordingThread) => say(message),
    die: () => die('out of memory'),
    threads: () => threads,
    ops: () => posted.splice(0).map(({ op }) => op),
  }
}

const ended = (outcome: 'saved' | 'failed'): FromRecordingThread => ({
  ...{ op: 'ended', number: 1, outcome, durationMs: 1000, bytes: 16_044, lostFrames: 0, why: '' },
})

test('sound is sent only when the file is open, and no more when it is closed', () => {
  const { recorder, media, told, say, ops, posted } = world()
  recorder.perform(start)
  const open = posted.at(-1)
  assert.ok(open?.op === 'open')
  assert.equal(open.shape.channels, 1, 'one direction alone is one channel')
  const taps = () => media.map(({ op }) => op)
  assert.deepEqual(taps(), [])
  say({ op: 'opened', number: 1 })
  assert.deepEqual(taps(), ['tap-attach'])
  recorder.perform({ kind: 'pause', recordingId })
  recorder.perform({ kind: 'resume', recordingId })
  recorder.perform({ kind: 'stop', recordingId })
  assert.deepEqual(ops(), ['begin', 'open', 'pause', 'resume', 'close'])
  say(ended('saved'))
  say(ended('saved'))
  assert.equal(media.at(-1)?.op, 'tap-detach')
  assert.equal(told.length, 1)
  recorder.perform({ kind: 'stop', recordingId })
  assert.deepEqual(ops(), [])
})

test('a file that cannot be opened: nothing is attached, the end is told', () => {
  const { recorder, media, told, say } = world()
  recorder.perform(start)
  say(ended('failed'))
  assert.equal(media.length, 0)
  assert.equal(told[0]?.outcome, 'failed')
})

test('the thread dies: what ran has failed, the next recording has a new thread', () => {
  const { recorder, media, told, say, die, threads } = world()
  recorder.perform(start)
  say({ op: 'opened', number: 1 })
  die()
  assert.equal(told[0]?.outcome, 'failed')
  assert.equal(media.at(-1)?.op, 'tap-detach')
  recorder.perform(start)
  assert.equal(threads(), 2)
})

test('what was to be deleted when the thread died is given to the next one, three times at most', () => {
  const { recorder, say, die, ops, threads } = world()
  recorder.perform({ kind: 'delete', fileName: 'a.wav' })
  recorder.perform({ kind: 'delete', fileName: 'b.wav' })
  say({ op: 'deleted', fileName: 'a.wav' })
  assert.deepEqual(ops(), ['begin', 'delete', 'delete'])
  die()
  assert.deepEqual(ops(), ['begin', 'delete'])
  die()
  assert.deepEqual(ops(), ['begin', 'delete'])
  die()
  assert.deepEqual(ops(), [])
  assert.equal(threads(), 3)
})

test('a thread that never closes a file is replaced, and the end is told; one that answers in time is left alone', async () => {
  const { recorder, told, say, time, stopped, threads } = world()
  recorder.perform(start)
  recorder.perform({ kind: 'stop', recordingId })
  time.advance(29_000)
  say(ended('saved'))
  time.advance(60_000)
  assert.deepEqual([stopped(), told.length, time.pending], [0, 1, 0])
  recorder.perform(start)
  recorder.perform({ kind: 'stop', recordingId })
  time.advance(30_000)
  assert.deepEqual([stopped(), told[1]?.outcome], [1, 'failed'])
  recorder.perform(start)
  assert.equal(threads(), 2)
  const closed = recorder.close()
  time.advance(5_000)
  await closed
  assert.deepEqual([stopped(), time.pending], [2, 0])
})

test('an unknown recording is nobody; nothing is started for it', () => {
  const { recorder, threads } = world()
  recorder.perform({ kind: 'stop', recordingId })
  recorder.perform({ kind: 'pause', recordingId })
  assert.equal(threads(), 0)
})
