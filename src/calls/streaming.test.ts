import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stepStream } from './streaming.ts'

test('a stream starts once and ends once; only what started can stop', () => {
  assert.deepEqual(stepStream('connecting', 'connected'), { at: 'streaming', told: 'started' })
  assert.deepEqual(stepStream('streaming', 'connected'), { at: 'streaming', told: undefined })
  for (const input of ['closed', 'broke', 'stop'] as const) {
    assert.deepEqual(stepStream('connecting', input), { at: undefined, told: 'failed' })
  }
  assert.equal(stepStream('streaming', 'closed').told, 'stopped')
  assert.equal(stepStream('streaming', 'stop').told, 'stopped')
  assert.equal(stepStream('streaming', 'broke').told, 'failed')
})
