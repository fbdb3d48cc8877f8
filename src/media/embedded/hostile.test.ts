import assert from 'node:assert/strict'
import { test } from 'node:test'

import { brandAs } from '../../base/ids.ts'
import type { PlaybackId } from '../../base/ids.ts'
import type { AudioClip } from '../audio/clip.ts'
import { legId, MediaWorld, Phone, portOf, SERVER } from '../../../test/support/media-world.ts'
import { writeRtpHeader } from '../rtp/packet.ts'
import { LegColumn } from './quality-table.ts'

const linked = { dtmfToA: true, dtmfToB: true }

/** Sends `count` packets of a source of its own at the usual pace. */
async function flood(
  world: MediaWorld,
  from: { address: string; port: number },
  to: Phone,
  count: number,
  byte = 0x00,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    const packet = new Uint8Array(172).fill(byte)
    packet.set([0x80, 0, 0x10, i, 0, 0, i, 0, 9, 9, 9, 9])
    world.network.inject(packet, from, { address: SERVER, port: to.serverPort })
    await world.run(20)
  }
}

test('a stranger cannot take over a leg whose peer speaks', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440 })
  const row = 1 // The first leg has the first row.
  const b = await world.call('b', { hz: 1000 })
  world.perform({ kind: 'link', a: a.legId, b: b.legId, ...linked })
  a.talk()
  b.talk()
  await world.run(200)
  const stranger = { address: '10.9.9.9', port: 6666 }
  await flood(world, stranger, a, 50)
  assert.deepEqual(b.heard(100, 1200), ['tone 440'])
  assert.equal(world.table.get(row, LegColumn.foreign), 50)
  const stolen = world.network.sent.filter(({ to }) => to.address === stranger.address)
  assert.equal(stolen.length, 0)
  await world.close(a, b)
})

test('a phone behind NAT is found after four packets, and only by its own host while it may still speak', async () => {
  const world = new MediaWorld()
  const b = await world.call('b', { hz: 1000 })
  // Its SDP names a private address that cannot be reached; packets come from 10.0.1.1.
  const a = await world.call('a', { hz: 440, claims: { address: '192.168.1.2', port: 4000 } })
  world.perform({ kind: 'link', a: a.legId, b: b.legId, ...linked })
  b.talk()
  await world.run(100)
  assert.equal(a.received.length, 0)
  assert.ok(world.network.sent.some(({ to }) => to.address === '192.168.1.2'))
  a.talk()
  await world.run(1000)
  assert.deepEqual(a.heard(300, 1100), ['tone 1000'])
  assert.deepEqual(b.heard(300, 1100), ['tone 440'])
  // Learning is over after 5 s: from then on a stranger is dropped.
  await world.run(5000)
  await flood(world, { address: '10.9.9.9', port: 6666 }, a, 20)
  assert.ok(!world.network.sent.some(({ to }) => to.address === '10.9.9.9'))
  await world.close(a, b)
})

test('after silence another source may prove itself', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440 })
  a.talk()
  await world.run(1000)
  a.mute()
  await world.run(2000)
  const moved = { address: '10.0.1.1', port: 7000 }
  await flood(world, moved, a, 10)
  assert.ok(!world.network.sent.some(({ to }) => to.port === 7000), 'still closed')
  await world.run(5000)
  await flood(world, moved, a, 10)
  assert.ok(world.network.sent.some(({ to }) => to.port === 7000))
  assert.equal(world.inputsOf('rtp-silent').length, 1)
  assert.equal(world.inputsOf('rtp-heard').length, 1)
  await world.close(a)
})

test('a re-INVITE with another port moves the stream, same identity', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440 })
  const b = await world.call('b', { hz: 1000 })
  world.perform({ kind: 'link', a: a.legId, b: b.legId, ...linked })
  a.talk()
  b.talk()
  await world.run(1000)
  await a.move(9000)
  world.perform({ kind: 'reoffer', legId: a.legId, offerSdp: a.sdp() })
  await world.run(1000)
  a.assertUnbroken(60)
  assert.deepEqual(a.heard(1100, 2000), ['tone 1000'])
  assert.deepEqual(b.heard(1100, 2000), ['tone 440'])
  const [answer] = world.inputsOf('reoffer-answered')
  assert.ok(answer?.changed === true && !answer.held)
  assert.equal(portOf(answer.sdp), a.serverPort)
  await world.close(a, b)
})

test('hold stops our audio, resume continues it; nothing is hung up over the silence', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440 })
  const b = await world.call('b', { hz: 1000 })
  world.perform({ kind: 'link', a: a.legId, b: b.legId, ...linked })
  a.talk()
  b.talk()
  await world.run(1000)
  world.perform({
    kind: 'reoffer',
    legId: a.legId,
    offerSdp: a.sdp({ direction: 'inactive' }),
  })
  await world.turns()
  a.mute()
  const atHold = a.received.length
  await world.run(8000)
  assert.equal(a.received.length, atHold)
  assert.deepEqual(b.heard(1200, 9000), ['silence'])
  assert.equal(world.inputsOf('rtp-silent').length, 0)
  world.perform({ kind: 'reoffer', legId: a.legId, offerSdp: a.sdp() })
  a.talk()
  await world.run(1000)
  assert.deepEqual(a.heard(9100, 10_000), ['tone 1000'])
  a.assertUnbroken(8100)
  assert.deepEqual(
    world.inputsOf('reoffer-answered').map(({ held }) => held),
    [true, false],
  )
  assert.match(world.inputsOf('reoffer-answered')[0]!.sdp, /a=inactive/)
  await world.close(a, b)
})

test('ports rest, and late packets of the former call are not heard by the next', async () => {
  const world = new MediaWorld({ portMin: 20_000, portMax: 20_003 })
  const a = await world.call('a', { hz: 440 })
  a.talk()
  await world.run(500)
  world.perform({ kind: 'release', legId: a.legId })
  await world.run(100)
  const b = await world.call('b', { hz: 1000 })
  assert.notEqual(b.serverPort, a.serverPort)
  // Both pairs are in use or resting: the third caller is refused.
  const refused = await Phone.at(world, 'c', { hz: 600 })
  const create = { kind: 'create-leg', offerSdp: refused.sdp(), codecs: undefined } as const
  world.perform({ ...create, legId: refused.legId })
  await world.turns()
  assert.equal(world.inputsOf('media-leg-refused').at(-1)?.status, 500)
  await world.run(2000)
  const d = await world.call('d', { hz: 1640, claims: { address: '192.168.7.7', port: 4000 } })
  assert.equal(d.serverPort, a.serverPort)
  world.perform({ kind: 'link', a: b.legId, b: d.legId, ...linked })
  b.talk()
  // The former peer still talks into the port.
  await world.run(1500)
  assert.deepEqual(b.heard(2700, 4100), ['silence'])
  d.talk()
  await world.run(1000)
  assert.deepEqual(b.heard(4300, 5000), ['tone 1640'])
  await world.close(a, b, refused, d)
})

test('a port that another program holds is passed over', async () => {
  const world = new MediaWorld({ portMin: 20_000, portMax: 20_003 })
  const host = SERVER
  await world.network.datagrams.bind({ host, port: 20_001, onMessage: () => undefined })
  const a = await world.call('a', { hz: 440 })
  assert.equal(a.serverPort, 20_002)
  await world.run(100)
  assert.ok(a.received.length >= 4)
  await world.close(a)
})

test('rubbish on either port never crashes and is counted', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440 })
  a.talk()
  await world.run(100)
  const rubbish: number[][] = [
    [],
    [0x80],
    [0x40, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1],
    [0x8f, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1],
    [0x90, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0xff, 0xff],
    [0xa0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xff],
    [0x80, 200, 0xff, 0xff, 0, 0, 0, 1],
    [0x80, 203, 0, 1, 0, 0, 0, 1],
    [0x80, 101, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xff],
  ]
  for (const bytes of rubbish) {
    a.send(Uint8Array.from(bytes))
    a.sendReport(Uint8Array.from(bytes))
  }
  for (let i = 0; i < 2000; i++) {
    const bytes = world.random.bytes(world.random.below(80))
    bytes[0] = 0x80 | world.random.below(128)
    a.send(bytes)
    a.sendReport(bytes)
  }
  const before = a.received.length
  await world.run(200)
  assert.ok(a.received.length >= before + 9)
  await world.close(a)
})

test('a fault in one leg ends that leg, is told, and nobody else hears of it', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440 })
  const b = await world.call('b', { hz: 1000 })
  const c = await world.call('c', { hz: 700 })
  const d = await world.call('d', { hz: 1400 })
  world.perform({ kind: 'link', a: a.legId, b: b.legId, ...linked })
  for (const phone of [a, b, c, d]) phone.talk()
  await world.run(200)
  // A clip without bytes: reading it throws in the tick of the leg that hears it.
  const broken = { samples: 160 } as AudioClip
  world.audio.set('broken', broken)
  const audio = { kind: 'url', url: 'broken', cache: true } as const
  const playbackId = brandAs<PlaybackId>('p')
  world.perform({ kind: 'play', legId: c.legId, playbackId, audio, loops: 1 })
  await world.run(1000)
  const [fault, ...more] = world.inputsOf('media-leg-refused')
  assert.equal(more.length, 0)
  assert.equal(fault?.legId, c.legId)
  assert.equal(fault.status, 500)
  assert.match(fault.why, /TypeError[^]*sender\.ts/)
  assert.deepEqual(b.heard(100, 1200), ['tone 440'])
  b.assertUnbroken(40)
  // A listener whose own work throws is the one that ends, not the speaker.
  world.perform({ kind: 'hear', legId: d.legId, source: { kind: 'leg', legId: a.legId } })
  await world.run(100)
  world.network.throwTo = d.address
  await world.run(200)
  assert.deepEqual(
    world.inputsOf('media-leg-refused').map(({ legId }) => legId),
    [c.legId, d.legId],
  )
  assert.deepEqual(b.heard(1000, 1500), ['tone 440'])
  await world.close(a, b, c, d)
})

test('the same phone behind NAT on the same port again is heard when the minute of its former call is over', async () => {
  const world = new MediaWorld({ portMin: 20_000, portMax: 20_001 })
  const nat = { hz: 440, port: 4444, claims: { address: '192.168.7.7', port: 4000 } }
  const first = await world.call('first', nat)
  first.talk()
  await world.run(500)
  world.perform({ kind: 'release', legId: first.legId })
  first.hangUp()
  await world.run(2100)
  const again = await world.call('again', nat)
  again.talk()
  await world.run(1000)
  assert.equal(world.table.get(2, LegColumn.inPackets), 0)
  await world.run(60_000)
  assert.ok(world.table.get(2, LegColumn.inPackets) > 50)
  await world.close(again)
})

test('a flood of keys is cut: each would be stored and told', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440 })
  a.talk()
  await world.run(200)
  const packet = new Uint8Array(16)
  for (let i = 0; i < 500; i++) {
    writeRtpHeader(packet, 0, true, 101, 1000 + i, i * 1000, 5)
    a.send(packet)
  }
  await world.run(1000)
  const told = world.inputsOf('media-dtmf').length
  assert.ok(told <= 40, `${told} keys`)
  await a.press(5)
  assert.equal(world.inputsOf('media-dtmf').at(-1)?.digit, '5')
  await world.close(a)
})

test('silence that was told before a hold is told again after it', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440 })
  await world.run(6000)
  assert.equal(world.inputsOf('rtp-silent').length, 1)
  for (const direction of ['inactive', 'sendrecv']) {
    world.perform({ kind: 'reoffer', legId: a.legId, offerSdp: a.sdp({ direction }) })
    await world.run(6000)
  }
  assert.equal(world.inputsOf('rtp-silent').length, 2)
  await world.close(a)
})

test('many short calls in one minute: kept figures give way to new callers', async () => {
  const world = new MediaWorld({}, 2)
  for (let i = 0; i < 6; i++) {
    const phone = await world.call(`p${i}`, { hz: 440 })
    await world.run(100)
    world.perform({ kind: 'release', legId: phone.legId })
    assert.equal(world.media.quality(phone.legId)?.outbound.packets, 5)
    phone.hangUp()
  }
  assert.equal(world.media.quality(legId('p3')), undefined)
  await world.close()
})

test('a peer that floods does not flood the other side; a burst after a stall passes', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440 })
  const b = await world.call('b', { hz: 1000 })
  world.perform({ kind: 'link', a: a.legId, b: b.legId, ...linked })
  a.talk()
  await world.run(200)
  a.mute()
  await world.run(1000)
  const before = b.received.length
  for (let i = 0; i < 100; i++) a.sendAudio()
  await world.run(1)
  assert.equal(b.received.length - before, 100)
  for (let i = 0; i < 5000; i++) a.sendAudio()
  await world.run(1)
  assert.ok(b.received.length - before <= 220, `${b.received.length - before} packets`)
  await world.close(a, b)
})
