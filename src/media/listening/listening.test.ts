// Listening to a leg of the real media core in virtual time: both sides, mixed; one tap for all who listen, none for nobody.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brandAs } from '../../base/ids.ts'
import type { LegId } from '../../base/ids.ts'
import { MediaWorld } from '../../../test/support/media-world.ts'
import { VirtualTime } from '../../../test/support/virtual.ts'
import { FrameRingWriter } from '../audio/frame-ring.ts'
import { decodeUlaw } from '../audio/g711.ts'
import { classify } from '../audio/goertzel.ts'
import type { WorkerCommand } from '../embedded/protocol.ts'
import { createListening } from './listening.ts'

const legId = brandAs<LegId>('v3:leg-A')

function listeningTo(listenersMax = 2) {
  const time = new VirtualTime()
  const commands: WorkerCommand[] = []
  const gauges: number[] = []
  const listening = createListening({
    postMedia: (some) => void commands.push(...some),
    timers: time,
    metrics: {
      count: () => undefined,
      observe: () => undefined,
      gauge: (_name, value) => void gauges.push(value),
    },
    listenersMax,
  })
  const ring = (): FrameRingWriter => {
    const attached = commands.findLast(({ op }) => op === 'tap-attach')
    assert.ok(attached?.op === 'tap-attach' && attached.tap.kind === 'ring')
    return new FrameRingWriter(attached.tap.memory)
  }
  return { time, commands, gauges, listening, ring, ops: () => commands.map(({ op }) => op) }
}

function ear() {
  const frames: Uint8Array[] = []
  const ends: string[] = []
  return {
    ...{ frames, ends },
    frame: (bytes: Uint8Array) => void frames.push(bytes),
    ended: (why: string) => void ends.push(why),
  }
}

function loudness(bytes: Uint8Array | undefined): number {
  const samples = new Int16Array(bytes?.length ?? 0)
  if (bytes !== undefined) decodeUlaw(bytes, samples)
  return samples[0] ?? 0
}

const constant = (value: number): Int16Array => new Int16Array(160).fill(value)

test('both directions are added up, within what a sample holds', async () => {
  const { time, listening, ring } = listeningTo()
  const one = ear()
  listening.listen(legId, one)
  const from = ring()
  from.write(constant(1000), constant(2000))
  from.write(undefined, constant(2000))
  from.write(constant(30_000), constant(30_000))
  from.write(constant(-30_000), constant(-30_000))
  time.advance(20)
  assert.deepEqual(
    one.frames.map(({ length }) => length),
    [160, 160, 160, 160],
  )
  const heard = one.frames.map(loudness)
  const wanted = [3000, 2000, 32_767, -32_768]
  heard.forEach((value, index) => assert.ok(Math.abs(value - wanted[index]!) < 700, `${heard}`))
  // Bytes that wait in a connection are not written over.
  from.write(constant(0), constant(0))
  time.advance(20)
  assert.equal(loudness(one.frames[0]), heard[0])
})

test('two listeners share one tap; the last one takes it off; then nothing runs', async () => {
  const { time, gauges, listening, ring, ops } = listeningTo()
  const [one, other] = [ear(), ear()]
  const first = listening.listen(legId, one)
  const second = listening.listen(legId, other)
  assert.equal(listening.listen(brandAs<LegId>('v3:leg-B'), ear()), undefined, 'two is the limit')
  assert.deepEqual(ops(), ['tap-attach'])
  ring().write(constant(1), constant(1))
  time.advance(20)
  assert.equal(one.frames[0], other.frames[0])
  first?.stop()
  first?.stop()
  ring().write(constant(1), constant(1))
  time.advance(20)
  assert.deepEqual([one.frames.length, other.frames.length], [1, 2])
  second?.stop()
  time.advance(20)
  assert.deepEqual(ops(), ['tap-attach', 'tap-detach'])
  assert.equal(time.pending, 0)
  assert.deepEqual(gauges, [1, 2, 1, 0])
  assert.deepEqual([one.ends, other.ends], [[], []])
})

test('the end of the leg is heard after its last sound', async () => {
  const { time, listening, ring } = listeningTo()
  const [one, other] = [ear(), ear()]
  listening.listen(legId, one)
  listening.listen(legId, other)
  const from = ring()
  from.write(constant(1), constant(1))
  from.end()
  time.advance(20)
  for (const { frames, ends } of [one, other]) {
    assert.equal(frames.length, 1)
    assert.deepEqual(ends, ['call-over'])
  }
  assert.equal(time.pending, 0)
  assert.ok(listening.listen(legId, ear()), 'the places are free')
})

test('a leg of which nothing comes is given up after five seconds', async () => {
  const { time, listening, ops } = listeningTo()
  const one = ear()
  listening.listen(legId, one)
  time.advance(4900)
  assert.deepEqual(one.ends, [])
  time.advance(200)
  assert.deepEqual(one.ends, ['no-sound'])
  assert.deepEqual(ops(), ['tap-attach', 'tap-detach'])
  assert.equal(time.pending, 0)
})

test('a main thread that stood still skips what is too old and hears on', async () => {
  const { time, listening, ring } = listeningTo()
  const one = ear()
  listening.listen(legId, one)
  const from = ring()
  for (let index = 0; index < 200; index++) from.write(constant(100), constant(0))
  time.advance(20)
  assert.equal(one.frames.length, 63)
  from.write(constant(1000), constant(0))
  time.advance(20)
  assert.ok(loudness(one.frames.at(-1)) > 900)
})

test('a bridge is heard from both sides, and what comes after it; the end of the call too', async () => {
  const world = new MediaWorld()
  const a = await world.call('a', { hz: 440 })
  const b = await world.call('b', { hz: 1000, law: 'PCMA' })
  const metrics = { count: () => undefined, observe: () => undefined, gauge: () => undefined }
  const listening = createListening({
    ...{ timers: world.time, metrics, listenersMax: 1 },
    postMedia: (commands) => world.post(...commands),
  })
  const one = ear()
  listening.listen(a.legId, one)
  a.talk()
  b.talk()
  const heard = async (): Promise<unknown> => {
    await world.run(1000)
    const samples = one.frames.slice(-5).flatMap((bytes) => {
      const part = new Int16Array(bytes.length)
      decodeUlaw(bytes, part)
      return [...part]
    })
    return classify(Int16Array.from(samples))
  }
  const near = (found: unknown, hz: readonly number[]): void => {
    const kind = hz.length === 1 ? 'tone' : 'mix'
    const { kind: found_, hz: tones } = found as { kind: string; hz: number | readonly number[] }
    assert.equal(found_, kind)
    const list = typeof tones === 'number' ? [tones] : tones
    assert.ok(
      list.length === hz.length && list.every((f, i) => Math.abs(f - hz[i]!) < 15),
      `${list}`,
    )
  }
  near(await heard(), [440])
  const link = { a: a.legId, b: b.legId, dtmfToA: true, dtmfToB: true }
  world.perform({ kind: 'link', ...link })
  near(await heard(), [440, 1000])
  world.perform({ kind: 'unlink', a: a.legId, b: b.legId })
  near(await heard(), [440])
  world.perform({ kind: 'link', ...link })
  near(await heard(), [440, 1000])
  world.perform({ kind: 'reoffer', legId: a.legId, offerSdp: a.sdp({ direction: 'sendonly' }) })
  near(await heard(), [440])
  world.perform({ kind: 'release', legId: a.legId })
  await world.run(200)
  assert.deepEqual(one.ends, ['call-over'])
  await world.close(a, b)
})
