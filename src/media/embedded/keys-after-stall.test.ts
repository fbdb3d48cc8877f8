import assert from 'node:assert/strict'
import { test } from 'node:test'

import { MediaWorld, Phone, portOf } from '../../../test/support/media-world.ts'
import { writeRtpHeader } from '../rtp/packet.ts'
import { writeEvent } from '../rtp/telephone-event.ts'

/** All packets of one key of 100 ms at once, its end three times; the pause after it costs no packets. */
function press(phone: Phone, event: number): void {
  for (let step = 1; step <= 7; step++) {
    const packet = new Uint8Array(16)
    writeEvent(packet, 12, event, step >= 5, Math.min(step, 5) * 160)
    writeRtpHeader(packet, 0, step === 1, 101, phone.sequence, phone.timestamp, phone.ssrc)
    phone.sequence = (phone.sequence + 1) & 0xffff
    phone.send(packet)
  }
  phone.timestamp = (phone.timestamp + 200 * 8) >>> 0
}

const told = (world: MediaWorld): string =>
  world
    .inputsOf('media-dtmf')
    .map(({ digit }) => digit)
    .join('')

test('keys of a standstill of ours come in one burst behind its audio: none is lost', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440 })
  a.talk()
  await world.run(1000)
  a.mute()
  world.time.stall(5000)
  for (let i = 0; i < 250; i++) a.sendAudio()
  for (const event of [5, 3, 3]) press(a, event)
  await world.run(100)
  assert.equal(told(world), '533')
  await world.close(a)
})

test('what a fast dialler pressed in a standstill is no flood', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440 })
  await world.run(200)
  const keys = Array.from({ length: 28 }, (_, i) => i % 10)
  world.time.stall(2800)
  for (const event of keys) press(a, event)
  await world.run(100)
  assert.equal(told(world), keys.join(''))
  await world.close(a)
})

test('a standstill of ours is not the silence of a peer', async () => {
  const world = new MediaWorld({ silentAfterMs: 2000 })
  const a = await world.call('a', { hz: 440 })
  a.talk()
  await world.run(1000)
  world.time.stall(6000)
  await world.run(500)
  assert.deepEqual(world.inputsOf('rtp-silent'), [])
  a.mute()
  await world.run(2100)
  assert.equal(world.inputsOf('rtp-silent').length, 1)
  await world.close(a)
})

test('a key that outruns the word that its call was answered is told; one pressed while it rang is not', async () => {
  const world = new MediaWorld()
  const a = await Phone.at(world, 'a', { hz: 440 })
  const { legId } = a
  world.perform({ kind: 'create-leg', legId, offerSdp: a.sdp(), codecs: undefined })
  await world.turns()
  a.serverPort = portOf(world.sdpOf(legId))
  press(a, 9)
  await world.run(2000)
  press(a, 1)
  await world.run(100)
  assert.equal(told(world), '')
  world.perform({ kind: 'start', legId })
  await world.run(20)
  press(a, 10)
  await world.run(20)
  assert.equal(told(world), '1*')
  await world.close(a)
})
