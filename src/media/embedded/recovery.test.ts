// Media legs over the end of a process: same port, same SSRC, a stream that never goes back, and a peer that is believed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MediaWorld } from '../../../test/support/media-world.ts'
import { resumedIdentity } from './rows.ts'

const settings = { portMin: 20_000, portMax: 20_099 }

test('a bridged pair talks on after a crash: port, SSRC and NAT address kept, sequence and timestamp rise', async () => {
  const world = new MediaWorld(settings)
  const nat = { address: '192.168.7.7', port: 4000 }
  const a = await world.call('a', { hz: 440, claims: nat })
  const b = await world.call('b', { hz: 1000 })
  world.perform({ kind: 'link', a: a.legId, b: b.legId, dtmfToA: true, dtmfToB: true })
  a.talk()
  b.talk()
  await world.run(7_000)
  const rows = world.rows()
  await world.run(3_000)
  world.crash()
  const before = [a.received.at(-1), b.received.at(-1)]
  const counts = [a.received.length, b.received.length]
  await world.run(400)

  const next = new MediaWorld(settings, 32, world)
  const restored = next.media.restore(rows)
  await next.turns()
  assert.deepEqual(
    (await restored).map(({ legId, agreed }) => [legId, agreed]),
    [
      ['a', true],
      ['b', true],
    ],
  )
  next.perform({ kind: 'link', a: a.legId, b: b.legId, dtmfToA: true, dtmfToB: true })
  await next.run(2_000)
  for (const [place, phone] of [a, b].entries()) {
    const former = before[place]
    const fresh = phone.received.slice(counts[place])
    assert.ok(former !== undefined && fresh.length > 95, `${fresh.length} packets in two seconds`)
    let sequence = former.sequence
    let timestamp = former.timestamp
    for (const packet of fresh) {
      assert.equal(packet.ssrc, former.ssrc)
      assert.ok(((packet.sequence - sequence) & 0xffff) < 0x8000 && packet.sequence !== sequence)
      assert.ok((packet.timestamp - timestamp) >>> 0 < 0x8000_0000)
      ;({ sequence, timestamp } = packet)
    }
    assert.equal(fresh[0]?.marker, true)
  }
  const nowMs = next.time.monotonicMs()
  assert.deepEqual(a.heard(nowMs - 1000, nowMs), ['tone 1000'])
  assert.deepEqual(b.heard(nowMs - 1000, nowMs), ['tone 440'])
  assert.deepEqual(
    next.inputsOf('rtp-heard').map(({ legId }) => legId),
    ['a', 'b'],
  )
  next.perform({ kind: 'release', legId: a.legId }, { kind: 'release', legId: b.legId })
  await next.turns()
  assert.deepEqual(
    next.rows().filter(({ id }) => id !== 'places'),
    [],
  )
  await next.close(a, b)
})

test('a port that somebody took meanwhile is tried for a second, then the leg is left out', async () => {
  const world = new MediaWorld(settings)
  const a = await world.call('a', { hz: 440 })
  await world.run(100)
  const rows = world.rows()
  world.crash()
  const thief = await world.network.datagrams.bind({
    host: '10.0.0.1',
    port: a.serverPort,
    onMessage: () => undefined,
  })
  const next = new MediaWorld(settings, 32, world)
  const restored = next.media.restore(rows)
  await next.turns()
  await next.time.advanceAsync(2_000)
  assert.deepEqual(await restored, [])
  thief.close()
  const third = new MediaWorld(settings, 32, next)
  const again = third.media.restore(rows)
  await third.turns()
  assert.equal((await again).length, 1)
  next.crash()
  await third.close(a)
})

test('the stream goes on by the time that passed, and never back when the clock does', () => {
  const place = { sequence: 65_500, timestamp: 0xffff_fff0, atMs: 1000, packetMs: 20 }
  assert.deepEqual(resumedIdentity(7, place, 3000, 'G722'), {
    ssrc: 7,
    sequence: (65_500 + 100 + 50) & 0xffff,
    timestamp: (0xffff_fff0 + 16_000) >>> 0,
  })
  assert.equal(resumedIdentity(7, place, 0, 'PCMU').timestamp, 0xffff_fff0)
  const opus = resumedIdentity(7, place, 3000, 'OPUS')
  assert.equal(opus.timestamp, (0xffff_fff0 + 96_000) >>> 0, 'its clock is 48 kHz')
})
