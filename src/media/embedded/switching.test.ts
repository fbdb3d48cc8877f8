import assert from 'node:assert/strict'
import { test } from 'node:test'

import { brandAs } from '../../base/ids.ts'
import type { ConferenceId, PlaybackId } from '../../base/ids.ts'
import { MediaWorld, toneClip } from '../../../test/support/media-world.ts'

const playback = brandAs<PlaybackId>('p1')
const room = brandAs<ConferenceId>('room')

test('RFC 3550 §5.1: one identity over silence, clip, peer, mix and silence; every ptime, markers at switches', async () => {
  const world = new MediaWorld()
  world.audio.set('music', toneClip(700, 1000))
  const a = await world.call('a', { hz: 440 })
  const b = await world.call('b', { hz: 1000 })
  a.talk()
  await world.run(7)
  b.talk()
  await world.run(993)
  const audio = { kind: 'url', url: 'music', cache: false } as const
  world.perform({ kind: 'play', legId: a.legId, playbackId: playback, audio, loops: Infinity })
  await world.run(1000)
  world.perform({ kind: 'stop-playback', legId: a.legId, playbackId: playback })
  world.perform({ kind: 'link', a: a.legId, b: b.legId, dtmfToA: true, dtmfToB: true })
  await world.run(1000)
  world.perform({ kind: 'unlink', a: a.legId, b: b.legId })
  for (const { legId } of [a, b]) {
    world.perform({ kind: 'mix-join', conferenceId: room, legId, hears: true, heard: true })
  }
  await world.run(1000)
  world.perform({ kind: 'mix-leave', conferenceId: room, legId: a.legId })
  await world.run(1000)

  a.assertUnbroken(40)
  assert.deepEqual(a.heard(0, 1000), ['silence'])
  assert.deepEqual(a.heard(1100, 2000), ['tone 700'])
  assert.deepEqual(a.heard(2100, 3000), ['tone 1000'])
  assert.deepEqual(a.heard(3200, 4000), ['tone 1000'])
  assert.deepEqual(a.heard(4100, 5000), ['silence'])
  assert.deepEqual(b.heard(2100, 3000), ['tone 440'])
  b.assertUnbroken(40)
  const marks = a.received.filter(({ marker }) => marker).map(({ atMs }) => atMs)
  assert.deepEqual(
    marks.map((ms) => Math.round(ms / 100) / 10),
    [0, 1, 2, 3, 4],
  )
  // 250 frames in 5 s; a switch may add or spare one.
  assert.ok(Math.abs(a.received.length - 250) <= 5, `${a.received.length} packets`)
  assert.equal(world.media.quality(a.legId)?.outbound.packets, a.received.length)
  await world.close(a, b)
})

test('a peer that pauses is filled up with silence, and continues without a break', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440 })
  const b = await world.call('b', { hz: 1000 })
  b.talk()
  world.perform({ kind: 'link', a: a.legId, b: b.legId, dtmfToA: true, dtmfToB: true })
  await world.run(1000)
  b.mute()
  await world.run(3000)
  b.talk()
  await world.run(1000)
  a.assertUnbroken(120)
  assert.deepEqual(a.heard(200, 1000), ['tone 1000'])
  assert.deepEqual(a.heard(1200, 4000), ['silence'])
  assert.deepEqual(a.heard(4100, 5000), ['tone 1000'])
  await world.close(a, b)
})

test('loss and reordering of a relayed stream stay visible', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440 })
  const b = await world.call('b', { hz: 1000 })
  world.perform({ kind: 'link', a: a.legId, b: b.legId, dtmfToA: true, dtmfToB: true })
  b.sendAudio()
  await world.run(10)
  const from = a.received.length
  const base = b.sequence
  for (const step of [0, 2, 1, 4]) {
    b.sequence = base + step
    b.timestamp = (0xffff_f000 + 160 * (step + 1)) >>> 0
    b.sendAudio()
    await world.run(1)
  }
  const got = a.received.slice(from).map(({ sequence }) => sequence)
  const first = got[0]!
  assert.deepEqual(
    got.map((sequence) => (sequence - first) & 0xffff),
    [0, 2, 1, 4],
  )
  await world.close(a, b)
})

for (const ptimeMs of [10, 20, 30, 40, 60]) {
  test(`ptime ${ptimeMs} is honoured for music and silence`, async () => {
    const world = new MediaWorld()
    const a = await world.call('a', { hz: 440, ptimeMs })
    await world.run(1200)
    assert.ok(a.received.every(({ payload }) => payload.length === ptimeMs * 8))
    assert.ok(Math.abs(a.received.length - 1200 / ptimeMs) <= 2, `${a.received.length}`)
    a.assertUnbroken(ptimeMs + 20, 80)
    await world.close(a)
  })
}

test('PCMA and PCMU legs hear each other through the tables', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440, law: 'PCMA' })
  const b = await world.call('b', { hz: 1000, law: 'PCMU' })
  a.talk()
  b.talk()
  world.perform({ kind: 'link', a: a.legId, b: b.legId, dtmfToA: true, dtmfToB: true })
  await world.run(1000)
  assert.deepEqual(a.heard(100, 1000), ['tone 1000'])
  assert.deepEqual(b.heard(100, 1000), ['tone 440'])
  assert.ok(a.received.every(({ payloadType }) => payloadType === 8))
  assert.ok(b.received.every(({ payloadType }) => payloadType === 0))
  await world.close(a, b)
})

test('a mix gives everybody all others; muted and deaf parties too', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440 })
  const b = await world.call('b', { hz: 1000 })
  const c = await world.call('c', { hz: 1640, law: 'PCMA' })
  const parties = [a, b, c]
  for (const phone of parties) {
    phone.talk()
    const { legId } = phone
    world.perform({ kind: 'mix-join', conferenceId: room, legId, hears: true, heard: true })
  }
  await world.run(1000)
  assert.deepEqual(a.heard(300, 1000), ['mix 1000+1640'])
  assert.deepEqual(b.heard(300, 1000), ['mix 440+1640'])
  assert.deepEqual(c.heard(300, 1000), ['mix 440+1000'])
  world.perform({ kind: 'mix-set', conferenceId: room, legId: a.legId, hears: true, heard: false })
  world.perform({ kind: 'mix-set', conferenceId: room, legId: c.legId, hears: false, heard: true })
  await world.run(1000)
  assert.deepEqual(a.heard(1100, 2000), ['mix 1000+1640'])
  assert.deepEqual(b.heard(1100, 2000), ['tone 1640'])
  assert.deepEqual(c.heard(1100, 2000), ['silence'])
  world.perform({ kind: 'release', legId: c.legId })
  await world.run(1000)
  assert.deepEqual(a.heard(2100, 3000), ['tone 1000'])
  assert.deepEqual(b.heard(2100, 3000), ['silence'])
  for (const phone of [a, b]) phone.assertUnbroken(20)
  await world.close(a, b, c)
})

test('a new link silences the former partner; unlink of a former pair does nothing', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440 })
  const b = await world.call('b', { hz: 1000 })
  const c = await world.call('c', { hz: 1640 })
  for (const phone of [a, b, c]) phone.talk()
  world.perform({ kind: 'link', a: a.legId, b: b.legId, dtmfToA: true, dtmfToB: true })
  await world.run(500)
  world.perform({ kind: 'link', a: a.legId, b: c.legId, dtmfToA: true, dtmfToB: true })
  world.perform({ kind: 'unlink', a: a.legId, b: b.legId })
  await world.run(1000)
  assert.deepEqual(a.heard(600, 1500), ['tone 1640'])
  assert.deepEqual(c.heard(600, 1500), ['tone 440'])
  assert.deepEqual(b.heard(600, 1500), ['silence'])
  world.perform({ kind: 'release', legId: c.legId })
  await world.run(500)
  assert.deepEqual(a.heard(1600, 2000), ['silence'])
  await world.close(a, b, c)
})

test('early media is one way; ringback is the country’s', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 600 })
  const b = await world.call('b', { hz: 1000 })
  a.talk()
  b.talk()
  world.perform({ kind: 'hear', legId: a.legId, source: { kind: 'ringback', country: 'de' } })
  await world.run(900)
  world.perform({ kind: 'hear', legId: a.legId, source: { kind: 'leg', legId: b.legId } })
  await world.run(900)
  assert.deepEqual(a.heard(100, 900), ['tone 425'])
  assert.deepEqual(a.heard(1000, 1800), ['tone 1000'])
  assert.deepEqual(b.heard(0, 1800), ['silence'])
  a.assertUnbroken(40)
  await world.close(a, b)
})

test('a tick that is very late skips instead of bursting, and time goes on', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440 })
  await world.run(1000)
  const before = a.received.length
  // The thread stood still for 500 ms: the timer fires late.
  const { time } = world
  const stall = time.nextAt! + 500
  const real = time.monotonicMs.bind(time)
  let stalled = true
  time.monotonicMs = () => (stalled ? Math.max(real(), stall) : real())
  await world.run(20)
  stalled = false
  await world.run(980)
  const later = a.received.slice(before)
  assert.ok(later.filter(({ atMs }) => atMs < 1060).length <= 3, 'no burst')
  assert.ok((world.media.quality(a.legId)?.outbound.skippedPackets ?? 0) >= 20)
  await world.close(a)
})
