import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FRAME_SAMPLES } from '../audio/clip.ts'
import { newPlayRing, PlayRingReader, PlayRingWriter } from '../audio/play-ring.ts'
import { ITEMS_MAX, Playout, WAITING_MAX } from './playout.ts'

function world() {
  const memory = newPlayRing(16)
  const playout = new Playout(new PlayRingWriter(memory))
  const reader = new PlayRingReader(memory)
  const frame = new Int16Array(FRAME_SAMPLES)
  /** One tick of both threads: what is heard (its first sample, or nothing), and the marks that come back. */
  const tick = (): readonly [number | undefined, readonly string[]] => {
    const marks = playout.pump(true)
    return [reader.take(frame) ? frame[0] : undefined, marks]
  }
  const ticks = (count: number) => Array.from({ length: count }, tick)
  return { playout, tick, ticks }
}

const sound = (value: number, frames = 1) => new Int16Array(frames * FRAME_SAMPLES).fill(value)

test('enough sound flows at once, a little waits three ticks, then all of it is heard in order', () => {
  const { playout, ticks } = world()
  playout.add(sound(1, 3))
  assert.deepEqual(
    ticks(4).map(([heard]) => heard),
    [1, 1, 1, undefined],
  )
  playout.add(sound(2))
  assert.deepEqual(
    ticks(4).map(([heard]) => heard),
    [undefined, undefined, 2, undefined],
  )
})

test('a mark comes back when the sound before it has been heard, not before; at once when there is none', () => {
  const { playout, ticks } = world()
  playout.mark('idle')
  assert.deepEqual(playout.pump(false), ['idle'])
  playout.add(sound(1, 4))
  playout.mark('a')
  playout.add(sound(2, 2))
  playout.mark('b')
  const marks = ticks(8).map(([, names]) => names.join())
  assert.deepEqual(marks, ['', '', '', '', 'a', '', 'b', ''])
})

test('clear: silence in the next tick, every mark back, and the next sound is heard', () => {
  const { playout, ticks, tick } = world()
  playout.add(sound(1, 50))
  playout.mark('a')
  ticks(5)
  assert.deepEqual(playout.clear(), ['a'])
  assert.deepEqual(tick(), [undefined, []])
  playout.add(sound(2, 3))
  assert.equal(tick()[0], 2)
})

test('a file keeps its place until it is decoded; one that was cleared is nobody', () => {
  const { playout, ticks } = world()
  playout.await(1)
  playout.mark('after')
  playout.add(sound(2, 3))
  assert.deepEqual(
    ticks(5).map(([heard]) => heard),
    new Array(5).fill(undefined),
  )
  playout.decoded(1, sound(1, 3))
  assert.deepEqual(
    ticks(6).map(([heard]) => heard),
    [1, 1, 1, 2, 2, 2],
  )
  playout.await(2)
  playout.clear()
  playout.decoded(2, sound(1, 3))
  assert.deepEqual(
    ticks(3).map(([heard]) => heard),
    [undefined, undefined, undefined],
  )
})

test('the end that is no whole frame is heard, with silence behind it', () => {
  const { playout, ticks } = world()
  playout.add(sound(1, 3).subarray(0, 2 * FRAME_SAMPLES + 10))
  playout.mark('end')
  const heard = ticks(8)
  assert.equal(heard.filter(([value]) => value === 1).length, 3)
  assert.ok(heard.some(([, names]) => names.includes('end')))
})

test('what may wait is bounded', () => {
  const { playout } = world()
  assert.ok(playout.add(new Int16Array(WAITING_MAX)))
  assert.ok(!playout.add(sound(1)))
  playout.clear()
  for (let i = 0; i < ITEMS_MAX; i++) assert.ok(playout.mark('m'))
  assert.ok(!playout.mark('one more'))
  assert.ok(!playout.await(1))
  playout.clear()
  // Nobody takes sound out of the ring, so its marks wait behind it.
  playout.add(sound(1, 3))
  let marks = 0
  while (marks < 2 * ITEMS_MAX && playout.mark('m')) {
    marks++
    playout.pump(true)
  }
  assert.ok(marks <= ITEMS_MAX, `${marks} marks`)
})
