import assert from 'node:assert/strict'
import { test } from 'node:test'

import { brandAs } from '../../base/ids.ts'
import type { ConferenceId, PlaybackId } from '../../base/ids.ts'
import { MediaWorld, toneClip } from '../../../test/support/media-world.ts'
import type { Phone } from '../../../test/support/media-world.ts'
import { FrameRingReader, FrameRingWriter, newFrameRing } from '../audio/frame-ring.ts'
import { classify } from '../audio/goertzel.ts'

/** A tap on a phone's leg, and what it heard in both directions since the last look. */
class Listener {
  readonly #memory = newFrameRing(1024)
  readonly #reader = new FrameRingReader(this.#memory)
  readonly #world: MediaWorld
  readonly #phone: Phone

  constructor(world: MediaWorld, phone: Phone, tapId = 'listener') {
    this.#world = world
    this.#phone = phone
    const tap = { kind: 'ring', memory: this.#memory } as const
    world.post({ op: 'tap-attach', legId: phone.legId, tapId, tap })
  }

  detach(): void {
    this.#world.post({ op: 'tap-detach', legId: this.#phone.legId, tapId: 'listener' })
  }

  get ended(): boolean {
    return this.#reader.ended
  }

  /** The sounds of the last frames but the first eight, and how many frames there were. */
  take(): { frames: number; arrived: number; inbound: string; outbound: string } {
    const inbound: number[] = []
    const outbound: number[] = []
    let frames = 0
    let arrived = 0
    while (this.#reader.read()) {
      if (++frames <= 8) continue
      if (this.#reader.arrived) arrived++
      inbound.push(...this.#reader.inbound)
      outbound.push(...this.#reader.outbound)
    }
    return { frames, arrived, inbound: nameOf(inbound), outbound: nameOf(outbound) }
  }
}

function nameOf(samples: number[]): string {
  const sound = classify(Int16Array.from(samples))
  return sound.kind === 'tone' ? `tone ${sound.hz}` : sound.kind
}

test('a tap hears the peer and what the peer is sent: silence, playback, bridge, conference', async () => {
  const world = new MediaWorld()
  world.audio.set('music', toneClip(700, 1000))
  const a = await world.call('a', { hz: 440 })
  const b = await world.call('b', { hz: 1000, law: 'PCMA' })
  const tap = new Listener(world, a)
  a.talk()
  await world.run(1000)
  assert.deepEqual(tap.take(), {
    frames: 50,
    arrived: 42,
    inbound: 'tone 440',
    outbound: 'silence',
  })
  const audio = { kind: 'url', url: 'music', cache: false } as const
  const playbackId = brandAs<PlaybackId>('p1')
  world.perform({ kind: 'play', legId: a.legId, playbackId, audio, loops: Infinity })
  await world.run(1000)
  assert.deepEqual(tap.take(), {
    frames: 50,
    arrived: 42,
    inbound: 'tone 440',
    outbound: 'tone 700',
  })
  world.perform({ kind: 'stop-playback', legId: a.legId, playbackId })
  world.perform({ kind: 'link', a: a.legId, b: b.legId, dtmfToA: true, dtmfToB: true })
  b.talk()
  await world.run(1000)
  assert.equal(tap.take().outbound, 'tone 1000')
  a.mute()
  for (const { legId } of [a, b]) {
    const conferenceId = brandAs<ConferenceId>('room')
    world.perform({ kind: 'mix-join', conferenceId, legId, hears: true, heard: true })
  }
  await world.run(1000)
  assert.deepEqual(tap.take(), {
    frames: 50,
    arrived: 0,
    inbound: 'silence',
    outbound: 'tone 1000',
  })
  await world.close(a, b)
})

test('a detached tap hears no more; the leg ends those that are left', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440 })
  const first = new Listener(world, a)
  const second = new Listener(world, a, 'second')
  a.talk()
  await world.run(200)
  first.detach()
  await world.turns()
  assert.ok(first.ended)
  assert.equal(first.take().frames, 10)
  await world.run(200)
  assert.equal(first.take().frames, 0)
  assert.equal(second.take().frames, 20)
  assert.ok(!second.ended)
  world.perform({ kind: 'release', legId: a.legId })
  await world.run(100)
  assert.ok(second.ended)
  await world.close(a)
})

test('a peer that holds is heard, and sent nothing', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440, direction: 'sendonly' })
  const tap = new Listener(world, a)
  a.talk()
  await world.run(1000)
  assert.deepEqual(tap.take(), {
    frames: 50,
    arrived: 42,
    inbound: 'tone 440',
    outbound: 'silence',
  })
  assert.equal(a.received.length, 0)
  await world.close(a)
})

test('a tap that throws is taken off and told; the call goes on', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440 })
  // Too small for a frame: the first write throws.
  const memory = new SharedArrayBuffer(16)
  const tap = { kind: 'ring', memory } as const
  world.post({ op: 'tap-attach', legId: a.legId, tapId: 'bad', tap })
  await world.run(1000)
  assert.ok(a.received.length > 45)
  assert.deepEqual(
    world.inputs.filter(({ kind }) => kind === 'media-leg-refused'),
    [],
  )
  await world.close(a)
})

test('a tap of a conference that throws is taken off; whoever is in it goes on', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440 })
  const b = await world.call('b', { hz: 1000 })
  const conferenceId = brandAs<ConferenceId>('room')
  const everything = { hears: true, heard: true, only: undefined }
  for (const { legId } of [a, b]) {
    world.perform({ kind: 'mix-join', legId, conferenceId, ...everything })
  }
  // Too small for a frame: the first write throws.
  const tap = { kind: 'ring', memory: new SharedArrayBuffer(16) } as const
  world.post({ op: 'mix-tap-attach', conferenceId, first: a.legId, tapId: 'bad', tap })
  a.talk()
  await world.run(1000)
  assert.deepEqual(b.heard(300, 900), ['tone 440'])
  await world.close(a, b)
})

test('a reader that is too slow loses the oldest frames and knows how many', () => {
  const memory = newFrameRing(8)
  const writer = new FrameRingWriter(memory)
  const reader = new FrameRingReader(memory)
  for (let i = 1; i <= 20; i++) {
    writer.write(
      i % 2 === 0 ? new Int16Array(160).fill(i) : undefined,
      new Int16Array(160).fill(-i),
    )
  }
  const seen: number[] = []
  while (reader.read()) {
    assert.equal(reader.arrived, reader.outbound[0]! % 2 === 0)
    assert.equal(reader.inbound[0], reader.arrived ? -reader.outbound[0]! : 0)
    seen.push(-reader.outbound[159]!)
  }
  assert.deepEqual(seen, [14, 15, 16, 17, 18, 19, 20])
  assert.equal(reader.lost, 13)
  writer.end()
  assert.ok(reader.ended)
})
