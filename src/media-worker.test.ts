import assert from 'node:assert/strict'
import { test } from 'node:test'

import { brandAs } from './base/ids.ts'
import type { LegId } from './base/ids.ts'
import { decodeUlaw, encodeUlaw } from './media/audio/g711.ts'
import { dominantTone, sine } from './media/audio/goertzel.ts'
import { ringbackClip } from './media/audio/ringback.ts'
import { createEmbeddedMedia } from './media/embedded/engine.ts'
import { startMediaWorker } from './media/embedded/thread-port.ts'
import { writeRtpHeader } from './media/rtp/packet.ts'
import { createClock } from './platform/clock.ts'
import { createDatagrams } from './platform/datagrams.ts'
import { createRandom } from './platform/random.ts'
import { startThread } from './platform/threads.ts'
import { createTimers } from './platform/timers.ts'
import type { MediaInput } from './ports/media-engine.ts'

/** A phone that plays a tone and listens until it has heard `wantedHz` for 300 ms. */
async function phone(hz: number, wantedHz: number) {
  const timers = createTimers(createClock())
  const heard: number[] = []
  let recorded = new Int16Array(0)
  let done: (() => void) | undefined
  const finished = new Promise<void>((resolve) => {
    done = resolve
  })
  const socket = await createDatagrams().bind({
    host: '127.0.0.1',
    port: 0,
    onMessage: (bytes) => {
      const frame = new Int16Array(160)
      decodeUlaw(bytes.subarray(12), frame, 0, 160)
      const longer = new Int16Array(recorded.length + 160)
      longer.set(recorded)
      longer.set(frame, recorded.length)
      recorded = longer
      if (recorded.length < 800) return
      const tone = dominantTone(recorded)
      recorded = new Int16Array(0)
      if (tone !== undefined) heard.push(tone)
      if (heard.filter((one) => Math.abs(one - wantedHz) < 15).length >= 3) done?.()
    },
  })
  const tone = sine(hz, 1000)
  const packet = new Uint8Array(172)
  let sequence = 0
  let running = true
  const talk = (port: number): void => {
    if (!running) return
    encodeUlaw(tone.subarray((sequence % 50) * 160, (sequence % 50) * 160 + 160), packet, 12, 160)
    writeRtpHeader(packet, 0, sequence === 0, 0, sequence & 0xffff, sequence * 160, hz)
    socket.send(packet, port, '127.0.0.1')
    sequence++
    timers.set(20, () => talk(port))
  }
  const stop = (): void => {
    running = false
    timers.close()
    socket.close()
  }
  const sdp = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${socket.port} RTP/AVP 0\r\n`
  return { sdp, talk, stop, heard, finished }
}

test('two phones on real sockets hear each other through the media thread', async () => {
  const clock = createClock()
  const timers = createTimers(clock)
  const worker = startMediaWorker(
    (callbacks) => startThread(new URL('./media-worker.ts', import.meta.url), callbacks),
    { host: '127.0.0.1', portMin: 0, portMax: 0, portRestMs: 0, silentAfterMs: 5000 },
    8,
    (why) => assert.fail(why),
  )
  const ports = new Map<LegId, (port: number) => void>()
  const media = createEmbeddedMedia({
    worker,
    table: worker.table,
    timers,
    clock,
    random: createRandom(),
    advertise: '127.0.0.1',
    loadClip: () => Promise.reject(new Error('not asked for')),
    ringback: ringbackClip,
    deliver: (input: MediaInput) => {
      if (input.kind !== 'media-leg-created') return
      ports.get(input.legId)?.(Number(/m=audio (\d+)/.exec(input.sdp)?.[1]))
    },
  })
  const open = (legId: LegId, offerSdp: string): Promise<number> => {
    const port = new Promise<number>((resolve) => ports.set(legId, resolve))
    media.perform({ kind: 'create-leg', legId, offerSdp, codecs: undefined })
    return port
  }
  const [a, b] = [brandAs<LegId>('a'), brandAs<LegId>('b')]
  const alice = await phone(440, 1000)
  const bob = await phone(1000, 440)
  try {
    const [portA, portB] = await Promise.all([open(a, alice.sdp), open(b, bob.sdp)])
    media.perform({ kind: 'start', legId: a })
    media.perform({ kind: 'start', legId: b })
    media.perform({ kind: 'link', a, b, dtmfToA: true, dtmfToB: true })
    alice.talk(portA)
    bob.talk(portB)
    await Promise.all([alice.finished, bob.finished])
    assert.ok(alice.heard.every((hz) => Math.abs(hz - 1000) < 15))
    assert.ok(bob.heard.every((hz) => Math.abs(hz - 440) < 15))
    const figures = media.quality(a)
    assert.ok(figures !== undefined && figures.inbound.packets > 10)
    assert.equal(figures.inbound.lostPackets, 0)
    media.perform({ kind: 'release', legId: a })
    media.perform({ kind: 'release', legId: b })
  } finally {
    alice.stop()
    bob.stop()
    await worker.close()
    timers.close()
  }
})
