import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  abandonedLevel,
  agentsLevel,
  backlogLevel,
  levelMarks,
  longestWaitLevel,
  lossLevel,
  serviceLevel,
  waitingLevel,
  worst,
} from './thresholds.ts'

test('each figure at its bounds', () => {
  assert.deepEqual([0, 2, 3, 9, 10].map(waitingLevel), ['good', 'good', 'warn', 'warn', 'bad'])
  const waits = [null, 0, 20, 21, 40, 41].map((secs) => longestWaitLevel(secs, 20))
  assert.deepEqual(waits, ['good', 'good', 'good', 'warn', 'warn', 'bad'])
  const levels = [null, 100, 80, 79, 65, 64].map((percent) => serviceLevel(percent, 80))
  assert.deepEqual(levels, ['none', 'good', 'good', 'warn', 'warn', 'bad'])
  const lost = [0, 5, 6, 8, 9].map((count) => abandonedLevel(count, 100))
  assert.deepEqual(lost, ['good', 'good', 'warn', 'warn', 'bad'])
  assert.equal(abandonedLevel(0, 0), 'none')
  const owed = [0, 9, 10, 59, 60].map((secs) => backlogLevel(1, secs))
  assert.deepEqual(owed, ['good', 'good', 'warn', 'warn', 'bad'])
  assert.equal(backlogLevel(0, 100), 'good')
  assert.deepEqual([0.2, 1, 5].map(lossLevel), ['good', 'warn', 'bad'])
})

test('nobody talks: worth a look only while somebody waits', () => {
  assert.equal(agentsLevel(0, 0), 'none')
  assert.equal(agentsLevel(0, 1), 'warn')
  assert.equal(agentsLevel(2, 5), 'good')
})

test('no two levels look alike without their colour', () => {
  const symbols = Object.values(levelMarks).map(({ symbol }) => symbol)
  assert.equal(new Set(symbols).size, symbols.length)
  assert.equal(worst(['good', 'bad', 'warn']), 'bad')
  assert.equal(worst(['none', 'good']), 'good')
  assert.equal(worst([]), 'none')
})
