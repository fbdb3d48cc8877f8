import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FRAME_SAMPLES } from '../audio/clip.ts'
import { Shaper, type Shape, type ShapedFrame } from './shaper.ts'

const plain: Shape = { channels: 2, track: 'both', maxLengthMs: 0, silenceMs: 0, trim: false }
const quiet = new Int16Array(FRAME_SAMPLES)
const loud = (level: number): Int16Array => new Int16Array(FRAME_SAMPLES).fill(level)

function shape(over: Partial<Shape>, writtenMs = 0) {
  const written: Int16Array[] = []
  const shaper = new Shaper(
    { ...plain, ...over },
    { write: (frame) => void written.push(frame.slice()) },
    writtenMs,
  )
  return { written, shaper }
}

test('dual: what was said on one channel, what was heard on the other', () => {
  const { shaper, written } = shape({})
  shaper.take(loud(1000), loud(-2000))
  assert.deepEqual([...written[0]!.subarray(0, 4)], [1000, -2000, 1000, -2000])
})

test('single: the sum, clamped; one track alone leaves the other out', () => {
  const both = shape({ channels: 1 })
  both.shaper.take(loud(30_000), loud(30_000))
  assert.equal(both.written[0]![0], 32_767)
  const inbound = shape({ channels: 1, track: 'inbound' })
  inbound.shaper.take(loud(1000), loud(-2000))
  assert.equal(inbound.written[0]![0], 1000)
  const outbound = shape({ channels: 1, track: 'outbound' })
  outbound.shaper.take(loud(1000), loud(-2000))
  assert.equal(outbound.written[0]![0], -2000)
})

test('trim leaves silence out at both ends, never in the middle', () => {
  const { shaper, written } = shape({ channels: 1, trim: true })
  for (const level of [0, 0, 0, 900, 0, 0, 900, 0, 0, 0]) shaper.take(loud(level), quiet)
  assert.deepEqual(
    written.map((frame) => frame[0]),
    [900, 0, 0, 900],
  )
})

test('the length is that of the file: a recording that goes on counts what is there', () => {
  const { shaper, written } = shape({ channels: 1, maxLengthMs: 100 }, 60)
  const ends = [1, 2].map(() => shaper.take(loud(900), quiet))
  assert.deepEqual(ends, ['going', 'length'])
  assert.equal(written.length, 2)
})

test('silence ends a recording only after something was heard', () => {
  const { shaper } = shape({ channels: 1, silenceMs: 60 })
  const said: ShapedFrame[] = []
  for (const level of [0, 0, 0, 0, 0, 900, 0, 0, 0]) said.push(shaper.take(quiet, loud(level)))
  assert.equal(said.indexOf('silence'), 8)
})

test('the noise of a quiet line is silence, a soft voice is not', () => {
  const { shaper, written } = shape({ channels: 1, trim: true })
  shaper.take(loud(60), quiet)
  assert.equal(written.length, 0)
  shaper.take(loud(200), quiet)
  assert.equal(written.length, 1)
})
