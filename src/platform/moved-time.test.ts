import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Clock } from '../ports/clock.ts'
import { aheadFile, createMovedTime } from './moved-time.ts'

/** A machine whose time stands. */
const still: Clock = { wallMs: () => 1000, wallUs: () => 1_000_000, monotonicMs: () => 50 }

function memory() {
  const kept = { aheadMs: 0 }
  return {
    kept,
    file: { read: () => kept.aheadMs, write: (ms: number) => void (kept.aheadMs = ms) },
  }
}

test('what is due by the new time fires in order, what is not stays', () => {
  const { file } = memory()
  const time = createMovedTime(still, file)
  const fired: string[] = []
  time.timers.set(2000, () => fired.push('second'))
  time.timers.set(1000, () => fired.push('first'))
  time.timers.set(9000, () => fired.push('later'))
  assert.equal(time.nextAt(), 1050)
  time.moveTo(time.nowMs() + 5000)
  assert.deepEqual(fired, ['first', 'second'])
  assert.equal(time.clock.wallMs(), 6000)
  assert.equal(time.clock.wallUs(), 6_000_000)
  time.timers.close()
})

test('time never goes back', () => {
  const { file } = memory()
  const time = createMovedTime(still, file)
  time.moveTo(time.nowMs() - 100)
  assert.equal(time.aheadMs(), 0)
})

test('the distance is written down before anything happens by it, and the next start goes on from there', () => {
  const { file, kept } = memory()
  const time = createMovedTime(still, file)
  let writtenThen = 0
  time.timers.set(700, () => (writtenThen = kept.aheadMs))
  time.moveTo(time.nowMs() + 700)
  assert.equal(writtenThen, 700)
  assert.equal(createMovedTime(still, file).clock.wallMs(), 1700)
})

test('the file is there after it was written, and none is no distance', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-ahead-'))
  try {
    const file = aheadFile(join(folder, 'lab-time'))
    assert.equal(file.read(), 0)
    file.write(1234)
    assert.equal(aheadFile(join(folder, 'lab-time')).read(), 1234)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
