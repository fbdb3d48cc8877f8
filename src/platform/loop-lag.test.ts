import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startLoopLag } from './loop-lag.ts'

/** A loop under the test's control: `turn` lets time pass, so much of it at rest, and then fires the timer. */
function loop() {
  let nowMs = 1000
  let restedMs = 0
  let fire: (() => void) | undefined
  const clock = { wallMs: () => nowMs, wallUs: () => nowMs * 1000, monotonicMs: () => nowMs }
  const timers = {
    set: (_delayMs: number, act: () => void) => {
      fire = act
      return 1
    },
    clear: () => (fire = undefined),
    soon: (act: () => void) => act(),
  }
  const lag = startLoopLag(timers, clock, () => restedMs)
  return {
    lag,
    turn(ms: number, restMs: number) {
      nowMs += ms
      restedMs += restMs
      fire?.()
    },
  }
}

test('a loop that rests a little now and then is not behind', () => {
  const { lag, turn } = loop()
  for (let i = 0; i < 100; i++) {
    turn(50, i % 3 === 0 ? 1.5 : 0)
    assert.ok(lag.readMs() <= 100, `${lag.readMs()} ms`)
  }
})

test('a loop without rest falls behind by half the time that this lasts, and recovers with the first rest', () => {
  const { lag, turn } = loop()
  turn(50, 40)
  for (let i = 0; i < 20; i++) turn(50, 0)
  assert.ok(lag.readMs() >= 450 && lag.readMs() <= 500, `${lag.readMs()} ms`)
  turn(50, 20)
  assert.equal(lag.readMs(), 0)
})

test('a loop that stood still once is not behind: who came meanwhile is served', () => {
  const { lag, turn } = loop()
  turn(50, 40)
  turn(1500, 0)
  assert.ok(lag.readMs() <= 100, `${lag.readMs()} ms`)
  turn(50, 0)
  assert.ok(lag.readMs() <= 125, `${lag.readMs()} ms`)
  turn(50, 40)
  assert.equal(lag.readMs(), 0)
})

test('a loop that is blocked again and again is behind by the lateness of its timer', () => {
  const { lag, turn } = loop()
  turn(850, 40)
  turn(850, 40)
  assert.equal(lag.readMs(), 800)
  turn(50, 40)
  assert.equal(lag.readMs(), 800)
  turn(50, 40)
  assert.equal(lag.readMs(), 0)
  lag.stop()
})

test('a loop that rests a moment between standstills is behind; one that had its last long ago is not', () => {
  const { lag, turn } = loop()
  turn(1000, 0)
  turn(50, 40)
  turn(1000, 0)
  assert.equal(lag.readMs(), 950)
  for (let i = 0; i < 60; i++) turn(50, 40)
  turn(1000, 0)
  assert.ok(lag.readMs() <= 125, `${lag.readMs()} ms`)
})
