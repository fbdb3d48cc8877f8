import assert from 'node:assert/strict'
import { test } from 'node:test'

import { brandAs } from '../../base/ids.ts'
import type { PlaybackId } from '../../base/ids.ts'
import { MediaWorld, Phone, portOf, toneClip } from '../../../test/support/media-world.ts'
import type { Loaded } from '../../../test/support/media-world.ts'
import { buildReport, readReport } from '../rtp/rtcp.ts'

const p1 = brandAs<PlaybackId>('p1')
const p2 = brandAs<PlaybackId>('p2')
const url = (name: string) => ({ kind: 'url', url: name, cache: true }) as const

test('RFC 4733: each key is told once, under loss and duplication, and passed on with the other leg’s type', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440, eventType: 101 })
  const b = await world.call('b', { hz: 1000, eventType: 96 })
  const c = await world.call('c', { hz: 600 })
  world.perform({ kind: 'link', a: a.legId, b: b.legId, dtmfToA: false, dtmfToB: true })
  a.talk()
  b.talk()
  await world.run(200)
  world.network.faults = { drop: 0.3, duplicate: 0.3, delayMinMs: 0, delayMaxMs: 5 }
  for (const event of [1, 1, 10, 11]) {
    await a.press(event)
    await world.run(100)
  }
  world.network.faults = { drop: 0, duplicate: 0, delayMinMs: 0, delayMaxMs: 0 }
  await b.press(5)
  await world.run(200)
  const told = world.inputsOf('media-dtmf')
  assert.deepEqual(
    told.map(({ legId, digit }) => legId + digit),
    ['a1', 'a1', 'a*', 'a#', 'b5'],
  )
  assert.ok(b.received.some(({ payloadType }) => payloadType === 96))
  assert.ok(!b.received.some(({ payloadType }) => payloadType === 101))
  assert.ok(!a.received.some(({ payloadType }) => payloadType === 101), 'keys not to be passed')
  await world.close(a, b, c)
})

test('RFC 4733 §2.5: keys that we send: marker, growing duration, three ends, audio goes on in time', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440, eventType: 97 })
  await world.run(200)
  world.perform({ kind: 'send-dtmf', legId: a.legId, digits: '5w#', durationMs: 160 })
  await world.run(2000)
  const events = a.received.filter(({ payloadType }) => payloadType === 97)
  assert.equal(events.length, 2 * (8 + 2))
  const first = events.slice(0, 10)
  assert.deepEqual(
    first.map(({ marker }) => marker),
    [true, ...new Array<boolean>(9).fill(false)],
  )
  assert.equal(new Set(first.map(({ timestamp }) => timestamp)).size, 1)
  assert.deepEqual(
    first.map(({ payload }) => [payload[0], payload[1]! >> 7, payload[2]! * 256 + payload[3]!]),
    [1, 2, 3, 4, 5, 6, 7, 8, 8, 8].map((step) => [5, step === 8 ? 1 : 0, step * 160]),
  )
  assert.equal(events[10]!.payload[0], 11)
  assert.ok(events[10]!.atMs - events[9]!.atMs >= 600, 'pause of w')
  const audio = a.received.filter(({ payloadType }) => payloadType === 0)
  const last = audio.at(-1)!
  const off = ((last.timestamp - audio[0]!.timestamp) >>> 0) / 8 - (last.atMs - audio[0]!.atMs)
  assert.ok(Math.abs(off) <= 20, `${off} ms off`)
  await world.close(a)
})

test('a playback is told when its first frame leaves and after its last loop', async () => {
  const world = new MediaWorld()
  world.audio.set('x', toneClip(700, 200))
  const a = await world.call('a', { hz: 440 })
  await world.run(100)
  world.perform({ kind: 'play', legId: a.legId, playbackId: p1, audio: url('x'), loops: 3 })
  await world.run(1000)
  assert.deepEqual(a.heard(100, 700), ['tone 700'])
  assert.deepEqual(a.heard(740, 1000), ['silence'])
  const events = world.inputs.filter(({ kind }) => kind.startsWith('playback'))
  assert.deepEqual(events, [
    { kind: 'playback-started', legId: a.legId, playbackId: p1 },
    { kind: 'playback-ended', legId: a.legId, playbackId: p1, status: 'completed', detail: '' },
  ])
  await world.close(a)
})

test('what was stopped or replaced while loading never starts; failures are told', async () => {
  const world = new MediaWorld()
  const arrive: ((clip: Loaded) => void)[] = []
  const slow = () => new Promise<Loaded>((resolve) => arrive.push(resolve))
  const a = await world.call('a', { hz: 440 })
  const b = await world.call('b', { hz: 440 })
  for (const phone of [a, b]) {
    world.audio.set('slow', slow())
    const { legId } = phone
    world.perform({ kind: 'play', legId, playbackId: p1, audio: url('slow'), loops: 1 })
    await world.run(100)
  }
  world.perform({ kind: 'stop-playback', legId: a.legId, playbackId: p1 })
  world.perform({ kind: 'release', legId: b.legId })
  for (const resolve of arrive) resolve(toneClip(700, 200))
  await world.run(500)
  assert.deepEqual(a.heard(0, 700), ['silence'])
  assert.equal(world.inputsOf('playback-started').length, 0)
  world.perform({ kind: 'play', legId: a.legId, playbackId: p2, audio: url('none'), loops: 1 })
  await world.run(100)
  assert.equal(world.inputsOf('playback-ended')[0]?.status, 'file_not_found')
  await world.close(a, b)
})

test('music over a bridge hides the peer and ends; the bridge goes on', async () => {
  const world = new MediaWorld()
  world.audio.set('x', toneClip(700, 500))
  const a = await world.call('a', { hz: 440 })
  const b = await world.call('b', { hz: 1000 })
  a.talk()
  b.talk()
  world.perform({ kind: 'link', a: a.legId, b: b.legId, dtmfToA: true, dtmfToB: true })
  await world.run(300)
  world.perform({ kind: 'play', legId: a.legId, playbackId: p1, audio: url('x'), loops: 1 })
  await world.run(1000)
  assert.deepEqual(a.heard(340, 780), ['tone 700'])
  assert.deepEqual(a.heard(860, 1300), ['tone 1000'])
  assert.deepEqual(b.heard(100, 1300), ['tone 440'])
  a.assertUnbroken(40)
  await world.close(a, b)
})

test('RFC 3550 §6.4: reports every 5 s ± 50 % say what was lost; BYE at the end; the peer’s are read', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440 })
  const ours = 0x1234_5678
  a.ssrc = ours
  for (let i = 0; i < 1500; i++) {
    // Every tenth is lost.
    if (i % 10 === 5) a.sequence = (a.sequence + 1) & 0xffff
    else a.sendAudio()
    world.time.advance(20)
  }
  await world.turns()
  assert.ok(a.reports.length >= 3 && a.reports.length <= 13, `${a.reports.length} reports in 30 s`)
  const report = readReport(a.reports.at(-1)!, ours)
  assert.ok(report?.block !== undefined && report.reportTime !== undefined)
  assert.ok(Math.abs(report.block.fractionLost / 256 - 0.1) < 0.02)
  const quality = world.media.quality(a.legId)
  assert.equal(quality?.inbound.lostPackets, 150)
  assert.equal(quality?.inbound.packets, 1350)
  assert.ok(quality.inbound.mos > 2 && quality.inbound.mos < 4)
  assert.equal(quality.codec, 'PCMU')

  const { ssrc } = a.received[0]!
  const bytes = new Uint8Array(200)
  const sender = { ssrc: ours, wallMs: world.time.wallMs(), timestamp: 0, packets: 1, octets: 1 }
  const block = { ...report.block, ssrc, fractionLost: 64, lost: 5, lastReport: 0 }
  a.sendReport(bytes.subarray(0, buildReport(bytes, sender, block, 'x', false)))
  const sentBefore = a.received.length
  world.perform({ kind: 'release', legId: a.legId })
  await world.run(10)
  assert.ok(readReport(a.reports.at(-1)!, ours)?.bye)
  assert.ok(a.received.length <= sentBefore + 1)
  // Figures stay readable for a minute, then the row is free again.
  await world.run(59_000)
  assert.equal(world.media.quality(a.legId)?.inbound.packets, 1350)
  await world.run(2000)
  assert.equal(world.media.quality(a.legId), undefined)
  await world.close(a)
})

test('our offer, an early answer, then the final one from elsewhere', async () => {
  const world = new MediaWorld()
  const a = await Phone.at(world, 'a', { hz: 440, law: 'PCMA' })
  world.perform({ kind: 'create-leg', legId: a.legId, offerSdp: undefined, codecs: ['PCMA'] })
  await world.turns()
  const offer = world.sdpOf(a.legId)
  assert.match(offer, /m=audio \d+ RTP\/AVP 8 101\r\n/)
  a.serverPort = portOf(offer)
  assert.equal(a.serverPort % 2, 0)
  world.perform({ kind: 'set-remote', legId: a.legId, sdp: a.sdp(), stage: 'early' })
  world.perform({ kind: 'start', legId: a.legId })
  await world.run(500)
  assert.ok(a.received.length > 20)
  await a.move(8000)
  world.perform({ kind: 'set-remote', legId: a.legId, sdp: a.sdp(), stage: 'final' })
  await world.run(500)
  a.assertUnbroken(40)
  world.perform({ kind: 'set-remote', legId: a.legId, sdp: 'rubbish', stage: 'final' })
  world.perform({ kind: 'reoffer', legId: a.legId, offerSdp: 'rubbish' })
  world.perform({ kind: 'reoffer', legId: a.legId, offerSdp: undefined })
  await world.turns()
  assert.equal(world.inputsOf('media-remote-refused').length, 1)
  assert.equal(world.inputsOf('reoffer-refused').length, 1)
  // A refresh says exactly what was said before.
  assert.equal(world.inputsOf('reoffer-answered')[0]?.sdp, offer)
  await world.close(a)
})

test('what cannot be done is refused before a port is taken', async () => {
  const world = new MediaWorld()
  const offers: Record<string, string> = {
    rubbish: 'hello',
    video: 'v=0\r\nc=IN IP4 10.0.1.1\r\nm=video 4000 RTP/AVP 96\r\n',
    g729: 'v=0\r\nc=IN IP4 10.0.1.1\r\nm=audio 4000 RTP/AVP 18\r\n',
    srtp: 'v=0\r\nc=IN IP4 10.0.1.1\r\nm=audio 4000 RTP/SAVP 0\r\n',
  }
  for (const [name, offerSdp] of Object.entries(offers)) {
    const legId = (await Phone.at(world, name, { hz: 1 })).legId
    world.perform({ kind: 'create-leg', legId, offerSdp, codecs: undefined })
  }
  await world.turns()
  const refused = world.inputsOf('media-leg-refused')
  assert.deepEqual(
    refused.map(({ legId, status }) => `${legId} ${status}`),
    ['rubbish 488', 'video 488', 'g729 488', 'srtp 488'],
  )
  await world.close()
})
