// What codecs cost the media thread: a bridge in one direction per pair of codecs, and a conference per party. Measured on
// the code that does it, in this process, without sockets: packets are made beforehand and thrown away when they leave.
// A core has 20 ms per tick, so the figures say how many fit one; sockets cost as much again for G.711.

import { brandAs } from '../src/base/ids.ts'
import type { LegId } from '../src/base/ids.ts'
import { clockPerMs, createEncoder, samplesPerFrame } from '../src/media/audio/codec.ts'
import type { CodecName } from '../src/media/audio/codec.ts'
import { opusIsAvailable } from '../src/media/audio/opus.ts'
import { ConferenceMix } from '../src/media/embedded/conference-mix.ts'
import { Listening } from '../src/media/embedded/listening.ts'
import { RtpSender } from '../src/media/embedded/sender.ts'
import { emptyHeader, readRtp, writeRtpHeader } from '../src/media/rtp/packet.ts'
import { printTable, round, type Figures } from './support/report.ts'

const tickMs = 20
/** Until the compiler has done its work. */
const warmTicks = 1500
const payloadTypes: Readonly<Record<CodecName, number>> = { PCMU: 0, PCMA: 8, G722: 9, OPUS: 96 }

/** A second of a voice-like sound in a codec, to be sent again and again. */
class Talker {
  readonly codec: CodecName
  readonly #packets: Uint8Array[] = []
  readonly #header = emptyHeader()
  readonly #ssrc: number

  constructor(codec: CodecName, ssrc: number) {
    this.codec = codec
    this.#ssrc = ssrc
    const encoder = createEncoder(codec)
    const size = samplesPerFrame(codec)
    for (let frame = 0; frame < 50; frame++) {
      const samples = Int16Array.from({ length: size }, (_, i) => {
        const turn = (2 * Math.PI * (110 + (ssrc % 40)) * (frame * size + i)) / (size * 50)
        return 4000 * Math.sin(turn) + 2000 * Math.sin(3 * turn) + 900 * Math.sin(11 * turn)
      })
      const packet = new Uint8Array(1500)
      const length = encoder.encode(samples, packet, 12)
      this.#packets.push(packet.slice(0, 12 + length))
    }
  }

  /** The packet of a tick. */
  at(tick: number): { header: ReturnType<typeof emptyHeader>; bytes: Uint8Array } {
    const bytes = this.#packets[tick % 50] ?? new Uint8Array(12)
    const timestamp = tick * tickMs * clockPerMs(this.codec)
    writeRtpHeader(bytes, 0, false, payloadTypes[this.codec], tick & 0xffff, timestamp, this.#ssrc)
    readRtp(bytes, this.#header)
    return { header: this.#header, bytes }
  }
}

function sender(codec: CodecName): RtpSender {
  const made = new RtpSender({ ssrc: 1, sequence: 1, timestamp: 1 }, 0, () => true)
  made.configure(codec, payloadTypes[codec], 101, tickMs)
  made.sending = true
  return made
}

/** Microseconds per tick. */
function time(ticks: number, step: (tick: number) => void): number {
  for (let tick = 0; tick < warmTicks; tick++) step(tick)
  const from = process.cpuUsage()
  for (let tick = warmTicks; tick < warmTicks + ticks; tick++) step(tick)
  const { user, system } = process.cpuUsage(from)
  return (user + system) / ticks
}

function direction(from: CodecName, to: CodecName, ticks: number): number {
  const talker = new Talker(from, 7)
  const listening = new Listening()
  const out = sender(to)
  return time(ticks, (tick) => {
    const { header, bytes } = talker.at(tick)
    listening.hear(out, header, bytes, from, tick * tickMs)
    listening.feed(out, tick * tickMs)
  })
}

/** One in four talks, the others say nothing. */
function conference(codecs: readonly CodecName[], parties: number, ticks: number): number {
  const mix = new ConferenceMix()
  const seats = Array.from({ length: parties }, (_, i) => {
    const codec = codecs[i % codecs.length] ?? 'PCMU'
    const legId = brandAs<LegId>(`leg ${i}`)
    mix.join(legId, true, true)
    const talks = parties <= 2 || i % 4 === 0
    return { legId, out: sender(codec), talker: talks ? new Talker(codec, 100 + i) : undefined }
  })
  return time(ticks, (tick) => {
    for (const { legId, talker } of seats) {
      if (talker === undefined) continue
      const { header, bytes } = talker.at(tick)
      mix.put(legId, header, bytes, talker.codec)
    }
    mix.tick()
    for (const { legId, out } of seats) mix.feed(legId, out, tick * tickMs)
  })
}

export function benchCodecs(full: boolean): Promise<Figures> {
  const ticks = full ? 10_000 : 3000
  const pairs: (readonly [CodecName, CodecName])[] = [
    ['PCMU', 'PCMU'],
    ['PCMU', 'PCMA'],
    ['G722', 'G722'],
    ['PCMU', 'G722'],
  ]
  if (opusIsAvailable()) pairs.push(['PCMU', 'OPUS'], ['G722', 'OPUS'])
  const bridges = pairs.map(([one, other]) => {
    const us = direction(one, other, ticks) + direction(other, one, ticks)
    return {
      bridge: `${one} ${other}`,
      us: round(us, 1),
      perCore: Math.floor((tickMs * 1000) / us),
    }
  })
  printTable(
    ['bridge', 'us per tick', 'bridges per core'],
    bridges.map(({ bridge, us, perCore }) => [bridge, us, perCore]),
  )
  const kinds: readonly (readonly CodecName[])[] = [['PCMU'], ['G722'], ['PCMU', 'PCMA', 'G722']]
  const conferences = kinds.flatMap((codecs) =>
    [2, 10, 100].map((parties) => {
      const us = conference(codecs, parties, ticks / 5) / parties
      const name = `${codecs.join(' ')} x ${parties}`
      return {
        conference: name,
        usPerParty: round(us, 1),
        perCore: Math.floor((tickMs * 1000) / us),
      }
    }),
  )
  printTable(
    ['conference', 'us per party and tick', 'parties per core'],
    conferences.map(({ conference, usPerParty, perCore }) => [conference, usPerParty, perCore]),
  )
  return Promise.resolve({ bridges, conferences })
}
