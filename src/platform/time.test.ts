import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClock } from './clock.ts'
import { createRandom } from './random.ts'
import { createTimers } from './timers.ts'

test('event times never repeat and follow the wall clock', () => {
  const clock = createClock()
  const startMs = clock.wallMs()
  let last = clock.wallUs()
  for (let i = 0; i < 5000; i++) {
    const now = clock.wallUs()
    assert.ok(now > last)
    assert.ok(Number.isInteger(now))
    last = now
  }
  assert.ok(last / 1000 > startMs - 1000 && last / 1000 < clock.wallMs() + 1000)
})

test('timers fire in deadline order, ties in the order they were set, cleared ones never', async () => {
  const real = createClock()
  // Deadlines count from when they are set: all at one moment, however long this process stands still in between.
  let setAtMs: number | undefined = real.monotonicMs()
  const timers = createTimers({ ...real, monotonicMs: () => setAtMs ?? real.monotonicMs() })
  const fired: string[] = []
  await new Promise<void>((resolve) => {
    timers.set(12, resolve)
    timers.set(6, () => fired.push('late'))
    const gone = timers.set(4, () => fired.push('cleared'))
    timers.set(0, () => {
      fired.push('early')
      timers.clear(gone)
    })
    setAtMs = undefined
  })
  assert.deepEqual(fired, ['early', 'late'])
  assert.equal(timers.pending(), 0)
})

test('what is to be done soon is not done at once', async () => {
  const timers = createTimers(createClock())
  let isCalled = false
  const called = new Promise<void>((resolve) => {
    timers.soon(() => {
      isCalled = true
      resolve()
    })
  })
  await Promise.resolve()
  assert.equal(isCalled, false)
  await called
})

test('a virtual clock decides what is due, ties keep their order', async () => {
  let nowMs = 0
  const clock = { wallMs: () => 0, wallUs: () => 0, monotonicMs: () => nowMs }
  const timers = createTimers(clock)
  const fired: number[] = []
  for (const number of [1, 2, 3]) timers.set(1, () => fired.push(number))
  timers.set(1000, () => fired.push(4))
  nowMs = 1
  await new Promise<void>((resolve) => timers.set(0, resolve))
  assert.deepEqual(fired, [1, 2, 3])
  assert.equal(timers.pending(), 1)
  timers.close()
  assert.equal(timers.pending(), 0)
})

test('random values have the promised shapes', () => {
  const random = createRandom()
  assert.equal(random.bytes(7).length, 7)
  assert.match(
    random.uuid(),
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  )
  for (let length = 0; length < 40; length++) {
    assert.match(random.token(length), new RegExp(`^[A-Za-z0-9_-]{${length}}$`))
  }
  for (let i = 0; i < 100; i++) assert.ok(random.below(3) < 3)
})
