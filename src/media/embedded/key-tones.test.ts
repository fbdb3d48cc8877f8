// Keys as tones in the audio, towards phones and from phones that have no telephone-event.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DtmfDetector, DtmfTone } from '../audio/dtmf-tones.ts'
import { encodeUlaw } from '../audio/g711.ts'
import { writeRtpHeader } from '../rtp/packet.ts'
import { MediaWorld, type Phone } from '../../../test/support/media-world.ts'

/** The phone presses keys as tones, each 100 ms long, 100 ms apart. */
async function pressTones(world: MediaWorld, phone: Phone, keys: string): Promise<void> {
  const tone = new DtmfTone()
  const talked = new Int16Array(160)
  for (const key of keys) {
    for (let i = 0; i < 10; i++) {
      const packet = new Uint8Array(172)
      const samples = i < 5 ? tone.next(key, i === 0)! : talked
      encodeUlaw(samples, packet.subarray(12))
      writeRtpHeader(packet, 0, false, 0, phone.sequence, phone.timestamp, phone.ssrc)
      phone.sequence = (phone.sequence + 1) & 0xffff
      phone.timestamp = (phone.timestamp + 160) >>> 0
      phone.send(packet)
      await world.run(20)
    }
  }
  await world.run(200)
}

/** Keys that are to be heard in what the phone got. */
function tonesHeard(phone: Phone): string {
  const samples = Int16Array.from(phone.samples(0, Infinity))
  const detector = new DtmfDetector()
  let keys = ''
  for (let at = 0; at + 160 <= samples.length; at += 160) {
    keys += detector.hear(samples.subarray(at, at + 160)) ?? ''
  }
  return keys
}

const told = (world: MediaWorld): string[] =>
  world
    .inputsOf('media-dtmf')
    .map(({ legId, digit, inBand }) => `${legId}${digit}${inBand ? '~' : ''}`)

test('tones are keys where no telephone-event was negotiated, each once, and only there', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440, eventType: null })
  const b = await world.call('b', { hz: 880 })
  await world.run(200)
  await pressTones(world, a, '1559#')
  await pressTones(world, b, '7')
  await b.press(3)
  assert.deepEqual(told(world), ['a1~', 'a5~', 'a5~', 'a9~', 'a#~', 'b3'])
  await world.close(a, b)
})

test('keys are pressed as tones when asked for, and towards a phone without events', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440, eventType: null })
  const b = await world.call('b', { hz: 880 })
  await world.run(200)
  world.perform({ kind: 'send-dtmf', legId: a.legId, digits: '12w#', durationMs: 160 })
  world.perform({ kind: 'send-dtmf', legId: b.legId, digits: '34', durationMs: 160, inBand: true })
  world.perform({ kind: 'send-dtmf', legId: b.legId, digits: '5', durationMs: 160 })
  await world.run(3000)
  assert.equal(tonesHeard(a), '12#')
  assert.equal(tonesHeard(b), '34')
  assert.ok(b.received.some(({ payloadType }) => payloadType === 101))
  await world.close(a, b)
})

test('in a bridge an event becomes a tone for a phone without events, unless muted', async () => {
  for (const open of [true, false]) {
    const world = new MediaWorld()
    const a = await world.call('a', { hz: 440, eventType: null })
    const b = await world.call('b', { hz: 880 })
    world.perform({ kind: 'link', a: a.legId, b: b.legId, dtmfToA: open, dtmfToB: true })
    a.talk()
    b.talk()
    await world.run(400)
    await b.press(8)
    await world.run(400)
    assert.equal(tonesHeard(a), open ? '8' : '')
    assert.deepEqual(told(world), ['b8'])
    await world.close(a, b)
  }
})
