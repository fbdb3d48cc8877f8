import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clockFinding, diskFindingOf } from './machine.ts'

const gigabyte = 1024 ** 3

test('a disk that takes nothing: why, and the mend', () => {
  const about = (why: 'full' | 'read-only' | 'not-allowed'): string => {
    const state = { folder: '/data', freeBytes: 9 * gigabyte, write: { ok: false, why } } as const
    const { grade, says, mend } = diskFindingOf(state, '/data')
    assert.equal(grade, 'fault')
    return `${says} ${mend}`
  }
  assert.match(about('full'), /full.*Make room/)
  assert.match(about('read-only'), /read-only.*Mount it for writing/)
  assert.match(about('not-allowed'), /Give the folder to the user/)
})

test('a disk with little room, or a slow one', () => {
  const grade = (freeBytes: number, syncMs: number): string =>
    diskFindingOf({ folder: '/data', freeBytes, write: { ok: true, syncMs } }, '/data').grade
  assert.equal(grade(gigabyte / 10, 1), 'fault')
  assert.equal(grade(gigabyte, 1), 'warning')
  assert.equal(grade(9 * gigabyte, 80), 'warning')
  assert.equal(grade(9 * gigabyte, 1), 'ok')
})

test('how far a clock is off is said in a unit that people use', () => {
  const nowMs = Date.UTC(2026, 5, 1)
  const says = (offMs: number): string =>
    clockFinding(nowMs, [{ host: 'a', saidMs: nowMs - offMs, atMs: nowMs }], 0).says
  assert.equal(says(90_000), '90 seconds ahead of a')
  assert.equal(says(-600_000), '10 minutes behind a')
  assert.equal(says(7_200_000), '2 hours ahead of a')
  assert.equal(says(1e9), '12 days ahead of a')
  assert.equal(says(30_000), 'agrees with a')
})
