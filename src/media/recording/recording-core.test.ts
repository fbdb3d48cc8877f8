// The recording thread in virtual time: rings in, files out.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { VirtualTime } from '../../../test/support/virtual.ts'
import { recordedChannels } from '../../../test/support/recorded-sound.ts'
import type { RecordingFolder, WritableRecording } from '../../ports/recorder.ts'
import { FRAME_SAMPLES } from '../audio/clip.ts'
import { FrameRingWriter, newFrameRing } from '../audio/frame-ring.ts'
import type { FromRecordingThread, ToRecordingThread } from './protocol.ts'
import { RecordingCore } from './recording-core.ts'
import type { Shape } from './shaper.ts'

class MemoryFile implements WritableRecording {
  bytes = new Uint8Array(0)
  roomBytes = Infinity
  get sizeBytes(): number {
    return this.bytes.length
  }
  append(bytes: Uint8Array): void {
    if (this.bytes.length + bytes.length > this.roomBytes) throw new Error('ENOSPC: disk full')
    const grown = new Uint8Array(this.bytes.length + bytes.length)
    grown.set(this.bytes)
    grown.set(bytes, this.bytes.length)
    this.bytes = grown
  }
  patch(at: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, at)
  }
  truncate(sizeBytes: number): void {
    this.bytes = this.bytes.slice(0, sizeBytes)
  }
  close(): void {}
}

const plain: Shape = { channels: 1, track: 'both', maxLengthMs: 0, silenceMs: 0, trim: false }

async function world(_t: TestContext, shape: Partial<Shape> = {}, frames = 128) {
  const time = new VirtualTime()
  const file = new MemoryFile()
  const removed: string[] = []
  const folder: RecordingFolder = { open: () => file, remove: (name) => void removed.push(name) }
  const told: FromRecordingThread[] = []
  const core = new RecordingCore({ folder, timers: time, post: (one) => void told.push(one) })
  const ring = newFrameRing(frames)
  const writer = new FrameRingWriter(ring)
  const open: ToRecordingThread = {
    ...({ op: 'open', number: 1, fileName: 'a.wav', format: 'wav' } as const),
    ...{ shape: { ...plain, ...shape }, ring, paused: false },
  }
  core.receive(open)
  await new Promise(setImmediate)
  const say = (count: number, level = 900): void => {
    const frame = new Int16Array(FRAME_SAMPLES).fill(level)
    for (let i = 0; i < count; i++) writer.write(undefined, frame)
  }
  const ended = () => told.find((one) => one.op === 'ended')
  return { time, file, core, say, told, ended, removed }
}

test('frames become a file that plays at any moment, half a second behind at the most', async (t) => {
  const { time, file, core, say, told, ended } = await world(t)
  assert.deepEqual(told, [{ op: 'opened', number: 1 }])
  for (let i = 0; i < 30; i++) {
    say(5)
    time.advance(100)
    const [sound] = await recordedChannels(file.bytes)
    assert.ok((i + 1) * 100 - sound!.length / 8 <= 500, `${sound!.length / 8} of ${(i + 1) * 100}`)
  }
  say(3)
  core.receive({ op: 'close', number: 1 })
  const end = ended()
  assert.ok(end?.op === 'ended' && end.outcome === 'saved' && end.durationMs === 3060)
})

test('a pause leaves its time out', async (t) => {
  const { time, file, core, say } = await world(t)
  say(50, 900)
  core.receive({ op: 'pause', number: 1 })
  say(50, 1800)
  time.advance(100)
  core.receive({ op: 'resume', number: 1 })
  say(50, 2700)
  core.receive({ op: 'close', number: 1 })
  const [sound] = await recordedChannels(file.bytes)
  assert.deepEqual([...new Set(sound)], [900, 2700])
  assert.equal(sound?.length, 100 * FRAME_SAMPLES)
})

test('what came too late for the ring is counted, and silence stands for it', async (t) => {
  const { file, core, say, ended } = await world(t, {}, 64)
  say(100)
  core.receive({ op: 'close', number: 1 })
  const end = ended()
  assert.ok(end?.op === 'ended')
  assert.equal(end.lostFrames, 37)
  const [sound] = await recordedChannels(file.bytes)
  assert.equal(sound?.length, 100 * FRAME_SAMPLES)
})

test('a full disk ends the recording as failed; what is there plays', async (t) => {
  const { time, file, say, ended } = await world(t)
  say(50)
  time.advance(600)
  file.roomBytes = file.sizeBytes + 100
  say(50)
  time.advance(600)
  const end = ended()
  assert.ok(end?.op === 'ended' && end.outcome === 'failed')
  assert.match(end.why, /ENOSPC/)
  assert.equal(end.durationMs, 1000)
  const [sound] = await recordedChannels(file.bytes)
  assert.equal(sound?.length, 8000)
})

test('a limit ends it by itself, once', async (t) => {
  const { time, say, core, told } = await world(t, { maxLengthMs: 1000 })
  say(80)
  time.advance(100)
  core.receive({ op: 'close', number: 1 })
  const ends = told.filter(({ op }) => op === 'ended')
  assert.equal(ends.length, 1)
  assert.ok(ends[0]?.op === 'ended' && ends[0].durationMs === 1000 && ends[0].why === 'length')
})

test('at the end of the process the file is left complete and nothing is told', async (t) => {
  const { core, file, say, ended, told } = await world(t)
  say(20)
  core.receive({ op: 'end' })
  assert.equal(ended(), undefined)
  assert.deepEqual(told.at(-1), { op: 'done' })
  const [sound] = await recordedChannels(file.bytes)
  assert.equal(sound?.length, 20 * FRAME_SAMPLES)
})
