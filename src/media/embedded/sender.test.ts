import assert from 'node:assert/strict'
import { test } from 'node:test'

import { brandAs } from '../../base/ids.ts'
import type { ConferenceId, PlaybackId } from '../../base/ids.ts'
import { MediaWorld, toneClip } from '../../../test/support/media-world.ts'
import type { Phone } from '../../../test/support/media-world.ts'
import { G722Decoder, G722Encoder } from '../audio/g722.ts'
import { rms } from '../audio/goertzel.ts'
import { emptyHeader, readRtp, writeRtpHeader } from '../rtp/packet.ts'
import type { RtpHeader } from '../rtp/packet.ts'
import { RtpSender } from './sender.ts'

function bench() {
  const out: RtpHeader[] = []
  const state = { full: false, out }
  const identity = { ssrc: 77, sequence: 65_534, timestamp: 0xffff_ff00 }
  const sender = new RtpSender(identity, 0, (packet) => {
    if (state.full) return false
    const header = emptyHeader()
    assert.ok(readRtp(packet, header))
    out.push(header)
    return true
  })
  sender.configure('PCMU', 0, 101, 20)
  sender.sending = true
  const relay = (ssrc: number, sequence: number, timestamp: number, nowMs: number): void => {
    const packet = new Uint8Array(172)
    writeRtpHeader(packet, 0, false, 0, sequence, timestamp, ssrc)
    const header = emptyHeader()
    assert.ok(readRtp(packet, header))
    sender.relay(header, packet, 'PCMU', nowMs)
  }
  return { sender, state, out, relay }
}

test('back-pressure drops the frame, counts it, and leaves no hole in the sequence', () => {
  const { sender, state, out } = bench()
  sender.feedSilence(20)
  state.full = true
  sender.feedSilence(40)
  sender.feedSilence(60)
  state.full = false
  sender.feedSilence(80)
  assert.equal(sender.skipped, 2)
  assert.equal((out[1]!.sequence - out[0]!.sequence) & 0xffff, 1)
  assert.equal((out[1]!.timestamp - out[0]!.timestamp) | 0, 480)
})

test('a relayed stream runs on for hours: no packet is dropped when numbers wrap', () => {
  const { out, relay } = bench()
  const packets = 140_000
  for (let i = 0; i < packets; i++) relay(1, (60_000 + i) & 0xffff, (i * 160) >>> 0, i * 20)
  assert.equal(out.length, packets)
  assert.equal(out.filter(({ marker }) => marker).length, 1)
  assert.equal((out.at(-1)!.sequence - out[0]!.sequence) & 0xffff, (packets - 1) & 0xffff)
})

test('another SSRC, a jump of time or of sequence in the relayed stream is re-based, in time and with a marker', () => {
  const { out, relay } = bench()
  relay(1, 100, 1000, 20)
  relay(1, 101, 1160, 40)
  relay(2, 9000, 7, 60)
  relay(2, 9001, 167, 80)
  relay(2, 9002, 500_000, 100)
  relay(2, 20_000, 500_160, 120)
  relay(2, 19_999, 500_000, 121)
  assert.deepEqual(
    out.map(({ marker }) => marker),
    [true, false, true, false, true, true],
    'the last one belongs before the switch and is dropped',
  )
  for (let i = 1; i < out.length; i++) {
    assert.equal((out[i]!.sequence - out[i - 1]!.sequence) & 0xffff, 1)
    assert.equal((out[i]!.timestamp - out[i - 1]!.timestamp) | 0, 160)
  }
})

test('switching to and fro does not make the timestamp run ahead', () => {
  const { sender, out, relay } = bench()
  // A relayed packet 5 ms after each tick packet: every switch advances at least one frame.
  for (let i = 0; i < 50; i++) {
    sender.feedSilence(i * 200)
    relay(1, i, i * 1600, i * 200 + 5)
    sender.mark()
  }
  const passed = (out.at(-1)!.timestamp - out[0]!.timestamp) | 0
  assert.ok(Math.abs(passed - (49 * 200 + 5) * 8) <= 160, `${passed}`)
})

for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`whatever is switched at random, the streams stay unbroken (seed ${seed})`, async () => {
    const world = new MediaWorld()
    for (let i = 0; i < seed; i++) world.random.fraction()
    world.audio.set('x', toneClip(700, 300))
    const a = await world.call('a', { hz: 440 })
    const b = await world.call('b', { hz: 1000, law: 'PCMA' })
    const c = await world.call('c', { hz: 1640 })
    const phones = [a, b, c]
    for (const phone of phones) {
      phone.talk()
      await world.run(world.random.below(20))
    }
    for (let i = 0; i < 150; i++) {
      shake(world, phones)
      await world.run(world.random.below(300))
    }
    for (const phone of phones) phone.assertUnbroken(120, 80)
    await world.close(...phones)
  })
}

function shake(world: MediaWorld, phones: readonly Phone[]): void {
  const [one, other] = [world.random.below(3), world.random.below(3)].map((n) => phones[n]!)
  const { legId } = one!
  const otherId = other!.legId
  const playbackId = brandAs<PlaybackId>('p')
  const conferenceId = brandAs<ConferenceId>('room')
  const audio = { kind: 'url', url: 'x', cache: true } as const
  const dtmf = { dtmfToA: true, dtmfToB: true }
  const moves = [
    () => world.perform({ kind: 'link', a: legId, b: otherId, ...dtmf }),
    () => world.perform({ kind: 'unlink', a: legId, b: otherId }),
    () => world.perform({ kind: 'play', legId, playbackId, audio, loops: 2 }),
    () => world.perform({ kind: 'stop-playback', legId, playbackId }),
    () => world.perform({ kind: 'mix-join', conferenceId, legId, hears: true, heard: true }),
    () => world.perform({ kind: 'mix-leave', conferenceId, legId }),
    () => world.perform({ kind: 'hear', legId, source: { kind: 'leg', legId: otherId } }),
    () => world.perform({ kind: 'hear', legId, source: { kind: 'ringback', country: 'uk' } }),
    () => world.perform({ kind: 'send-dtmf', legId, digits: '1', durationMs: 100 }),
    () => one!.mute(),
    () => one!.talk(),
  ]
  moves[world.random.below(moves.length)]!()
}

test('G.722: after loud sound an encoder that begins anew does not blow up, whichever way it comes', () => {
  for (const way of ['computed', 'computed without a mark', 'relayed'] as const) {
    const decoder = new G722Decoder()
    const heard: number[] = []
    const sender = new RtpSender({ ssrc: 1, sequence: 1, timestamp: 1 }, 0, (packet) => {
      const out = new Int16Array(320)
      decoder.decode(packet, 12, 160, out)
      heard.push(rms(out))
      return true
    })
    sender.configure('G722', 9, undefined, 20)
    sender.sending = true
    const loud = new G722Encoder()
    const fresh = new G722Encoder()
    const bytes = new Uint8Array(172)
    for (let i = 0; i < 40; i++) {
      const samples = Int16Array.from({ length: 320 }, (_, n) =>
        Math.round(12_000 * Math.sin((2 * Math.PI * 700 * (i * 320 + n)) / 16_000)),
      )
      if (i < 20) {
        loud.encode(samples, bytes, 12)
        sender.feed(bytes, 12, i * 20)
        continue
      }
      if (i === 20 && way === 'computed') sender.mark()
      if (way !== 'relayed') {
        sender.feedLinear(samples, i * 20)
        continue
      }
      fresh.encode(samples, bytes, 12)
      writeRtpHeader(bytes, 0, false, 9, i, i * 160, 5)
      const header = emptyHeader()
      assert.ok(readRtp(bytes, header))
      sender.relay(header, bytes, 'G722', i * 20)
    }
    assert.equal(heard.length, 40)
    assert.ok(Math.max(...heard) < 1.2 * 8485, `${way}: ${heard.map(Math.round).join(' ')}`)
    assert.ok(heard[39]! > 8000)
  }
})
