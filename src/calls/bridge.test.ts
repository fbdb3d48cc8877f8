import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssertionFailure } from '../base/assert.ts'
import { brandAs, type LegId } from '../base/ids.ts'
import { afterUnbridge, dtmfPaths, peerOf, plainBridge, type Bridge } from './bridge.ts'

const a = brandAs<LegId>('a')
const b = brandAs<LegId>('b')
const plain: Bridge = { ...plainBridge, issuer: a, other: b }

test('B.3: the settings keep the issuer only', () => {
  const parked = { ...plain, parkAfterUnbridge: true }
  const held = { ...plain, holdAfterUnbridge: true }
  assert.deepEqual([afterUnbridge(plain, a), afterUnbridge(plain, b)], ['hang-up', 'hang-up'])
  assert.deepEqual([afterUnbridge(parked, a), afterUnbridge(parked, b)], ['park', 'hang-up'])
  assert.deepEqual([afterUnbridge(held, a), afterUnbridge(held, b)], ['hold', 'hang-up'])
})

test('B.3: mute_dtmf names the participant that is not passed the keys', () => {
  const paths = (muteDtmf: Bridge['muteDtmf']) => dtmfPaths({ ...plain, muteDtmf })
  assert.deepEqual(paths('none'), { toIssuer: true, toOther: true })
  assert.deepEqual(paths('self'), { toIssuer: false, toOther: true })
  assert.deepEqual(paths('opposite'), { toIssuer: true, toOther: false })
  assert.deepEqual(paths('both'), { toIssuer: false, toOther: false })
})

test('a stranger has no peer', () => {
  assert.equal(peerOf(plain, a), b)
  assert.equal(peerOf(plain, b), a)
  assert.throws(() => peerOf(plain, brandAs<LegId>('c')), AssertionFailure)
})
