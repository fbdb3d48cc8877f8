import { test } from 'node:test'
import assert from 'node:assert/strict'
import { VirtualTime } from '../../test/support/virtual.ts'
import { createRtpTick } from './rtp-tick.ts'

test('one timer beats for all, and rests when nobody listens', () => {
  const time = new VirtualTime()
  const tick = createRtpTick(time, time)
  const beats: number[] = []
  const leaveFirst = tick.join((nowMs) => beats.push(nowMs))
  const leaveSecond = tick.join((nowMs) => beats.push(nowMs))
  assert.equal(time.pending, 1)
  time.advance(60)
  assert.deepEqual(beats, [20, 20, 40, 40, 60, 60])
  leaveFirst()
  time.advance(20)
  assert.equal(beats.length, 7)
  leaveSecond()
  assert.equal(time.pending, 0)
  const leave = tick.join(() => leave())
  time.advance(100)
  assert.equal(time.pending, 0)
})

test('a late timer makes up for what it missed, a very late one does not', () => {
  let nowMs = 0
  let fire = (): void => undefined
  const clock = { wallMs: () => nowMs, wallUs: () => nowMs * 1000, monotonicMs: () => nowMs }
  const timers = {
    set: (_delayMs: number, run: () => void) => {
      fire = run
      return 1
    },
    clear: () => undefined,
    soon: () => undefined,
  }
  let beats = 0
  let left = 0
  createRtpTick(clock, timers).join((_, skipped) => {
    beats++
    left += skipped
  })
  nowMs = 65
  fire()
  assert.deepEqual([beats, left], [3, 0])
  nowMs = 10_000
  fire()
  assert.deepEqual([beats, left], [4, 496])
  nowMs += 20
  fire()
  assert.deepEqual([beats, left], [5, 496])
})
