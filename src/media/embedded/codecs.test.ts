import assert from 'node:assert/strict'
import { test } from 'node:test'

import { brandAs } from '../../base/ids.ts'
import type { ConferenceId, PlaybackId } from '../../base/ids.ts'
import { MediaWorld, toneClip } from '../../../test/support/media-world.ts'
import type { Phone } from '../../../test/support/media-world.ts'
import { energyShare, rms } from '../audio/goertzel.ts'
import { opusIsAvailable } from '../audio/opus.ts'

const room = brandAs<ConferenceId>('room')
const opus = opusIsAvailable()

function link(world: MediaWorld, a: Phone, b: Phone): void {
  world.perform({ kind: 'link', a: a.legId, b: b.legId, dtmfToA: true, dtmfToB: true })
}

/** Share of the energy at `hz` in what the phone heard, at 16 kHz. */
function wideShare(phone: Phone, fromMs: number, toMs: number, hz: number): number {
  return energyShare(Int16Array.from(phone.samples(fromMs, toMs, true)), hz, 16_000)
}

for (const [one, other] of [
  ['G722', 'PCMU'],
  ['G722', 'PCMA'],
  ['OPUS', 'PCMU'],
  ['OPUS', 'G722'],
] as const) {
  const skip = one === 'OPUS' && !opus
  test(
    `a bridge of ${one} and ${other}: both hear each other, streams unbroken, keys pass`,
    { skip },
    async () => {
      const world = new MediaWorld()
      const a = await world.call('a', { hz: 440, law: one })
      const b = await world.call('b', { hz: 1000, law: other })
      a.talk()
      b.talk()
      link(world, a, b)
      await world.run(1500)
      assert.deepEqual(a.heard(300, 1500), ['tone 1000'])
      assert.deepEqual(b.heard(300, 1500), ['tone 440'])
      await a.press(5)
      await world.run(1000)
      assert.deepEqual(
        world.inputsOf('media-dtmf').map(({ digit }) => digit),
        ['5'],
      )
      const keys = b.received.filter(({ payloadType }) => payloadType === 101)
      assert.equal(keys.length, 7, 'five packets of 100 ms and two more ends')
      assert.equal(keys[0]!.payload[0], 5)
      assert.deepEqual(b.heard(2500, 2640), ['tone 440'])
      b.assertUnbroken(40)
      a.assertUnbroken(40)
      await world.close(a, b)
    },
  )
}

test('G.722: no change of what is heard is louder than what is heard', async () => {
  const world = new MediaWorld()
  world.audio.set('loud', toneClip(700, 400))
  world.audio.set('other', toneClip(900, 300))
  const a = await world.call('a', { hz: 440, law: 'G722' })
  const b = await world.call('b', { hz: 1000, law: 'G722' })
  const c = await world.call('c', { hz: 1640 })
  for (const phone of [b, c]) phone.talk()
  const { legId } = a
  const play = async (url: string): Promise<void> => {
    const audio = { kind: 'url', url, cache: true } as const
    const playbackId = brandAs<PlaybackId>(url)
    world.perform({ kind: 'play', legId, playbackId, audio, loops: Infinity })
    await world.run(1010)
    world.perform({ kind: 'stop-playback', legId, playbackId })
  }
  for (let turn = 0; turn < 3; turn++) {
    await play('loud')
    await play('other')
    link(world, a, b)
    await world.run(507)
    await play('loud')
    await world.run(310)
    link(world, a, c)
    await world.run(513)
    link(world, a, b)
    await world.run(500)
    for (const phone of [a, b, c]) {
      const party = { legId: phone.legId, hears: true, heard: true } as const
      world.perform({ kind: 'mix-join', conferenceId: room, ...party })
    }
    await world.run(500)
    a.talk()
    await world.run(500)
    a.mute()
    await world.run(500)
  }
  const samples = Int16Array.from(a.samples(0, world.time.monotonicMs()))
  for (let at = 0; at + 80 <= samples.length; at += 80) {
    const loud = rms(samples.subarray(at, at + 80))
    assert.ok(loud < 11_500, `${Math.round(loud)} at ${at / 8} ms`)
  }
  await world.close(a, b, c)
})

test('G.722 to G.722 is passed on as it is: 5 kHz arrive', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 5000, law: 'G722' })
  const b = await world.call('b', { hz: 1000, law: 'G722' })
  a.talk()
  b.talk()
  link(world, a, b)
  await world.run(1000)
  assert.ok(wideShare(b, 300, 1000, 5000) > 0.9)
  const sent = new Set(b.received.map(({ payload }) => Buffer.from(payload).toString('hex')))
  assert.ok(sent.size > 30, 'not the same frame again and again')
  await world.close(a, b)
})

test('a conference of mixed codecs: everybody hears all others', { skip: !opus }, async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440, law: 'PCMU' })
  const b = await world.call('b', { hz: 1000, law: 'G722' })
  const c = await world.call('c', { hz: 1640, law: 'OPUS' })
  const d = await world.call('d', { hz: 2200, law: 'PCMA' })
  const parties = [a, b, c, d]
  for (const phone of parties) {
    if (phone !== d) phone.talk()
    const { legId } = phone
    world.perform({ kind: 'mix-join', conferenceId: room, legId, hears: true, heard: true })
  }
  await world.run(1500)
  assert.deepEqual(a.heard(400, 1500), ['mix 1000+1640'])
  assert.deepEqual(b.heard(400, 1500), ['mix 440+1640'])
  assert.deepEqual(c.heard(400, 1500), ['mix 440+1000'])
  assert.deepEqual(d.heard(400, 1500), ['mix 440+1000+1640'])
  for (const phone of parties) phone.assertUnbroken(40)
  await world.close(...parties)
})

test('two G.722 parties hear each other at full width; when one goes it is 8 kHz again, without a break', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 5000, law: 'G722' })
  const b = await world.call('b', { hz: 1000, law: 'G722' })
  const c = await world.call('c', { hz: 440 })
  for (const phone of [a, b, c]) {
    phone.talk()
    const { legId } = phone
    world.perform({ kind: 'mix-join', conferenceId: room, legId, hears: true, heard: true })
  }
  await world.run(1000)
  assert.ok(wideShare(b, 400, 1000, 5000) > 0.3, `${wideShare(b, 400, 1000, 5000)}`)
  assert.deepEqual(c.heard(400, 1000), ['tone 1000'], 'a telephone has no 5 kHz')
  world.perform({ kind: 'mix-leave', conferenceId: room, legId: a.legId })
  await world.run(1000)
  assert.deepEqual(c.heard(1300, 2000), ['tone 1000'])
  assert.deepEqual(b.heard(1300, 2000), ['tone 440'])
  for (const phone of [a, b, c]) phone.assertUnbroken(40)
  await world.close(a, b, c)
})

test('who listens in on two G.722 phones hears them at full width', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 5000, law: 'G722' })
  const b = await world.call('b', { hz: 1000, law: 'G722' })
  const boss = await world.call('boss', { hz: 440, law: 'G722' })
  a.talk()
  b.talk()
  link(world, a, b)
  const listener = { legId: boss.legId, role: 'monitor', target: a.legId } as const
  world.perform({ kind: 'supervise', a: a.legId, b: b.legId, supervisors: [listener] })
  await world.run(1000)
  assert.ok(wideShare(boss, 400, 1000, 5000) > 0.3, `${wideShare(boss, 400, 1000, 5000)}`)
  assert.ok(wideShare(boss, 400, 1000, 1000) > 0.3)
  boss.assertUnbroken(40)
  await world.close(a, b, boss)
})

for (const law of ['G722', 'OPUS'] as const) {
  test(
    `music and silence in ${law}: encoded once for all who hear them`,
    { skip: law === 'OPUS' && !opus },
    async () => {
      const world = new MediaWorld()
      world.audio.set('music', toneClip(700, 400))
      const phones: Phone[] = []
      for (const name of ['a', 'b', 'c']) phones.push(await world.call(name, { hz: 440, law }))
      await world.run(500)
      const audio = { kind: 'url', url: 'music', cache: true } as const
      phones.forEach(({ legId }, i) => {
        const playbackId = brandAs<PlaybackId>(`p${i}`)
        world.perform({ kind: 'play', legId, playbackId, audio, loops: 3 })
      })
      await world.run(2000)
      for (const phone of phones) {
        assert.deepEqual(phone.heard(100, 500), ['silence'])
        const music = Int16Array.from(phone.samples(700, 1600))
        assert.ok(energyShare(music, 700) > 0.9)
        assert.deepEqual(phone.heard(2000, 2500), ['silence'])
        phone.assertUnbroken(40)
        assert.deepEqual(
          phone.received.map(({ payload }) => payload),
          phones[0]!.received.map(({ payload }) => payload),
        )
      }
      await world.close(...phones)
    },
  )
}

for (const ptimeMs of [10, 30, 40]) {
  test(`ptime ${ptimeMs} in G.722`, async () => {
    const world = new MediaWorld()
    const a = await world.call('a', { hz: 440, law: 'G722', ptimeMs })
    const b = await world.call('b', { hz: 1000 })
    a.talk()
    b.talk()
    link(world, a, b)
    await world.run(1200)
    assert.ok(a.received.every(({ payload }) => payload.length === ptimeMs * 8))
    assert.deepEqual(a.heard(300, 1200), ['tone 1000'])
    assert.deepEqual(b.heard(300, 1200), ['tone 440'])
    await world.close(a, b)
  })
}

test(
  'the codec changes in mid-call: the bridge is translated from then on, in the same stream',
  { skip: !opus },
  async () => {
    const world = new MediaWorld()
    const a = await world.call('a', { hz: 440 })
    const b = await world.call('b', { hz: 1000 })
    a.talk()
    b.talk()
    link(world, a, b)
    await world.run(500)
    a.speak('OPUS')
    world.perform({ kind: 'reoffer', legId: a.legId, offerSdp: a.sdp() })
    await world.run(1500)
    assert.deepEqual(b.heard(900, 2000), ['tone 440'])
    assert.deepEqual(a.heard(900, 2000), ['tone 1000'])
    const opusPackets = a.received.filter(({ payloadType }) => payloadType === 96)
    assert.ok(opusPackets.length > 60)
    for (let i = 1; i < opusPackets.length; i++) {
      assert.equal((opusPackets[i]!.timestamp - opusPackets[i - 1]!.timestamp) >>> 0, 960)
    }
    assert.equal(new Set(a.received.map(({ ssrc }) => ssrc)).size, 1)
    await world.close(a, b)
  },
)

for (const law of ['G722', 'OPUS'] as const) {
  test(
    `a bridge of ${law} and PCMU talks on after a crash, in its codecs`,
    { skip: law === 'OPUS' && !opus },
    async () => {
      const settings = { portMin: 20_000, portMax: 20_099 }
      const before = new MediaWorld(settings)
      const a = await before.call('a', { hz: 440, law })
      const b = await before.call('b', { hz: 1000 })
      a.talk()
      b.talk()
      link(before, a, b)
      await before.run(6000)
      const rows = before.rows()
      before.crash()
      await before.run(700)
      const after = new MediaWorld(settings, 32, before)
      const restored = after.media.restore(rows)
      await after.run(0)
      assert.equal((await restored).length, 2)
      link(after, a, b)
      await after.run(2000)
      assert.equal(after.media.quality(a.legId)?.codec, law)
      assert.deepEqual(a.heard(7200, 8700), ['tone 1000'])
      assert.deepEqual(b.heard(7200, 8700), ['tone 440'])
      const gap = a.received.findLast(({ atMs }) => atMs < 6100)!
      const next = a.received.find(({ atMs }) => atMs > 6600)!
      const passedMs = ((next.timestamp - gap.timestamp) >>> 0) / a.perMs
      assert.ok(
        Math.abs(passedMs - (next.atMs - gap.atMs)) < 60,
        `${passedMs} ms in its timestamps`,
      )
      await after.close(a, b)
    },
  )
}

test('RFC 3389: a peer that sends noise instead of silence is heard as noise, without a pause in the stream', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440, noise: true })
  const b = await world.call('b', { hz: 1000 })
  const c = await world.call('c', { hz: 1640, law: 'G722' })
  assert.match(world.sdpOf(a.legId), /RTP\/AVP 0 13 101\r\n[^]*a=rtpmap:13 CN\/8000/)
  for (const listener of [b, c]) {
    link(world, a, listener)
    a.talk()
    await world.run(1000)
    a.mute()
    a.sendNoise(50)
    const fromMs = world.time.monotonicMs() + 300
    await world.run(1000)
    const noise = Int16Array.from(listener.samples(fromMs, fromMs + 700))
    assert.ok(noise.length > 4800)
    assert.ok(Math.abs(20 * Math.log10(rms(noise) / 32_768) + 50) < 3)
    assert.ok(energyShare(noise, 440) < 0.1)
    a.talk()
    await world.run(1000)
    const nowMs = world.time.monotonicMs()
    assert.deepEqual(listener.heard(nowMs - 500, nowMs), ['tone 440'])
  }
  b.assertUnbroken(120)
  await world.close(a, b, c)
})

test('what is lost on the way to a translated bridge or a conference is concealed', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440, losesEvery: 10 })
  const b = await world.call('b', { hz: 1000, law: 'G722' })
  const c = await world.call('c', { hz: 1640 })
  a.talk()
  link(world, a, b)
  await world.run(2000)
  const translated = Int16Array.from(b.samples(500, 2000))
  assert.ok(energyShare(translated, 440) > 0.9, `${energyShare(translated, 440)}`)
  for (const { legId } of [a, c]) {
    world.perform({ kind: 'mix-join', conferenceId: room, legId, hears: true, heard: true })
  }
  await world.run(2000)
  const mixed = Int16Array.from(c.samples(2500, 4000))
  assert.ok(energyShare(mixed, 440) > 0.9, `${energyShare(mixed, 440)}`)
  await world.close(a, b, c)
})
