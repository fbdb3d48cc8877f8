import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brandAs, type ConferenceId, type LegId } from '../base/ids.ts'
import type { MediaInput } from '../ports/media-engine.ts'
import { recordingMetrics } from '../../test/support/virtual.ts'
import { HeldBack } from './held-back.ts'

const legId = brandAs<LegId>('a')
const key: MediaInput = { kind: 'media-dtmf', legId, digit: '1' }
const silent: MediaInput = { kind: 'rtp-silent', legId, silentMs: 1_000 }
const heard: MediaInput = { kind: 'rtp-heard', legId }
const floor: MediaInput = { kind: 'mix-floor', conferenceId: brandAs<ConferenceId>('c'), legId }

function bench() {
  const health = { ok: false, backlog: 1, why: 'full', isFull: false }
  const said: unknown[] = []
  const say = (fields: Readonly<Record<string, unknown>>): void => void said.push(fields)
  const log = { debug: say, info: say, warn: say, error: say }
  const metrics = recordingMetrics()
  const held = new HeldBack({ store: { health: () => health }, log, metrics })
  return { health, said, held, metrics }
}

test('a dead disk alone leaves nothing out; at the bound keys, silence and the floor are, and nothing else', () => {
  const { health, said, held } = bench()
  for (const input of [key, silent, heard, floor]) assert.ok(held.takes(input))
  health.isFull = true
  for (const input of [key, silent, floor]) assert.ok(!held.takes(input), input.kind)
  for (const kind of ['leg-bye', 'playback-ended', 'media-leg-refused', 'leg-lost']) {
    assert.ok(held.takes({ kind }), kind)
  }
  assert.deepEqual(said, [{ code: 'STORE_FULL' }], 'said once')
  health.isFull = false
  assert.ok(held.takes(key))
  assert.deepEqual(said.at(-1), { code: 'STORE_ROOM', leftOut: 3 })
  assert.ok(held.takes(key))
  assert.equal(said.length, 2)
})

test('the end of a silence goes with its beginning, whatever the disk has become meanwhile', () => {
  const { health, held } = bench()
  held.takes(silent)
  health.isFull = true
  assert.ok(held.takes(heard), 'it was told of: the call must not be hung up for it')
  held.takes(silent)
  health.isFull = false
  assert.ok(!held.takes(heard), 'nobody was told of it')
  assert.ok(held.takes(heard))
})
