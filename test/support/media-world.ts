// The embedded media engine in virtual time, with phones around it that speak RTP: every phone has a tone of its own,
// so who hears whom is measured, not assumed.

import assert from 'node:assert/strict'
import { brandAs } from '../../src/base/ids.ts'
import type { LegId } from '../../src/base/ids.ts'
import { createDecoder, createEncoder, isWide } from '../../src/media/audio/codec.ts'
import type { CodecName } from '../../src/media/audio/codec.ts'
import { Halver } from '../../src/media/audio/resample.ts'
import { clipFromSamples } from '../../src/media/audio/clip.ts'
import type { AudioClip } from '../../src/media/audio/clip.ts'
import { classify, sine } from '../../src/media/audio/goertzel.ts'
import { ringbackClip } from '../../src/media/audio/ringback.ts'
import { createEmbeddedMedia } from '../../src/media/embedded/engine.ts'
import type { AudioFailure } from '../../src/media/embedded/leg-playback.ts'
import { createInlineMediaWorker } from '../../src/media/embedded/inline-worker.ts'
import type { CoreSettings, WorkerCommand } from '../../src/media/embedded/protocol.ts'
import { qualityBytes, QualityTable } from '../../src/media/embedded/quality-table.ts'
import { emptyHeader, looksLikeRtcp, readRtp, writeRtpHeader } from '../../src/media/rtp/packet.ts'
import type { RtpHeader } from '../../src/media/rtp/packet.ts'
import { writeEvent } from '../../src/media/rtp/telephone-event.ts'
import type { DatagramSocket } from '../../src/ports/datagrams.ts'
import type { StoredRow } from '../../src/ports/durable.ts'
import type { AudioReference, MediaCommand, MediaInput } from '../../src/ports/media-engine.ts'
import { SeededRandom, VirtualTime } from './virtual.ts'
import { VirtualNetwork } from './virtual-network.ts'

export const SERVER = '10.0.0.1'

export type Loaded = AudioClip | AudioFailure

/** A tone as a clip. */
export function toneClip(hz: number, durationMs: number): AudioClip {
  return clipFromSamples(sine(hz, durationMs))
}

export function legId(name: string): LegId {
  return brandAs<LegId>(name)
}

export class MediaWorld {
  readonly time: VirtualTime
  readonly random: SeededRandom
  readonly network: VirtualNetwork
  readonly inputs: MediaInput[] = []
  readonly #worker
  readonly media
  readonly table: QualityTable
  readonly #rows = new Map<string, StoredRow>()
  /** What `play` finds by its URL. */
  readonly audio = new Map<string, Loaded | Promise<Loaded>>()

  /** `former`: the world of a process that has ended; its time, network and phones go on. */
  constructor(settings: Partial<CoreSettings> = {}, legsMax = 32, former?: MediaWorld) {
    this.time = former?.time ?? new VirtualTime()
    this.random = former?.random ?? new SeededRandom(7)
    this.network = former?.network ?? new VirtualNetwork(this.time, this.random)
    this.table = new QualityTable(new SharedArrayBuffer(qualityBytes(legsMax)))
    const { time, random, table } = this
    this.#worker = createInlineMediaWorker({
      datagrams: this.network.datagrams,
      clock: time,
      timers: time,
      random,
      table,
      settings: {
        host: SERVER,
        portMin: 20_000,
        portMax: 20_099,
        portRestMs: 2000,
        silentAfterMs: 5000,
        ...settings,
      },
    })
    this.media = createEmbeddedMedia({
      worker: this.#worker,
      table,
      timers: time,
      clock: time,
      random,
      advertise: SERVER,
      loadClip: async (reference: AudioReference) => {
        const found = reference.kind === 'url' ? this.audio.get(reference.url) : undefined
        return (await found) ?? { status: 'file_not_found', detail: 'no such audio' }
      },
      ringback: ringbackClip,
      deliver: (input) => this.inputs.push(input),
    })
  }

  /** What a store would hold now. */
  rows(): readonly StoredRow[] {
    for (const change of this.media.takeChanges()) {
      const { table, id } = change
      if (change.kind === 'delete') this.#rows.delete(id)
      else this.#rows.set(id, { table, id, row: JSON.parse(JSON.stringify(change.row)) })
    }
    return [...this.#rows.values()]
  }

  /** kill -9: sockets are gone, nobody is told. */
  crash(): void {
    this.#worker.core.close()
  }

  /** Commands straight to the media thread's half. */
  post(...commands: WorkerCommand[]): void {
    this.#worker.post(commands)
  }

  perform(...commands: MediaCommand[]): void {
    for (const command of commands) this.media.perform(command)
  }

  /** Moves time on; commands given before are carried out first. */
  async run(ms: number): Promise<void> {
    await this.turns()
    this.time.advance(ms)
    await this.turns()
  }

  /** Lets commands, bindings and answers cross both halves of the engine; no time passes. */
  async turns(): Promise<void> {
    for (let i = 0; i < 4; i++) await this.time.advanceAsync(0)
  }

  inputsOf<K extends MediaInput['kind']>(kind: K): Extract<MediaInput, { kind: K }>[] {
    return this.inputs.filter(
      (input): input is Extract<MediaInput, { kind: K }> => input.kind === kind,
    )
  }

  /** The SDP of the last answer to `create-leg` or `reoffer` of this leg. */
  sdpOf(leg: LegId): string {
    const found = this.inputs.findLast((input) => 'sdp' in input && input.legId === leg)
    assert.ok(found !== undefined && 'sdp' in found, `no SDP for ${leg}`)
    return found.sdp
  }

  /** A phone that called in: its leg is created from its offer and started. */
  async call(name: string, options: PhoneOptions): Promise<Phone> {
    const phone = await Phone.at(this, name, options)
    this.perform({
      kind: 'create-leg',
      legId: phone.legId,
      offerSdp: phone.sdp(),
      codecs: undefined,
    })
    await this.turns()
    phone.serverPort = portOf(this.sdpOf(phone.legId))
    this.perform({ kind: 'start', legId: phone.legId })
    return phone
  }

  /** Ends every leg and checks that nothing is left running. */
  async close(...phones: Phone[]): Promise<void> {
    for (const phone of phones) phone.hangUp()
    this.#worker.core.close()
    await this.run(120_000)
    assert.equal(this.time.pending, 0, 'no timer is left')
  }
}

export interface PhoneOptions {
  readonly hz: number
  readonly law?: CodecName
  /** Offers comfort noise. */
  readonly noise?: boolean
  /** Every so manieth packet that it sends is lost; 0: none. */
  readonly losesEvery?: number
  readonly address?: string
  readonly port?: number
  readonly ptimeMs?: number
  /** null: it knows no telephone-event. */
  readonly eventType?: number | null
  readonly direction?: string
  /** The address that its SDP names, when it is wrong about itself. */
  readonly claims?: { readonly address: string; readonly port: number }
}

export interface Received extends Readonly<RtpHeader> {
  readonly atMs: number
  readonly payload: Uint8Array
}

export class Phone {
  readonly legId: LegId
  readonly received: Received[] = []
  readonly reports: Uint8Array[] = []
  serverPort = 0
  ssrc: number
  sequence = 65_500
  timestamp = 0xffff_f000
  readonly options
  readonly #world: MediaWorld
  #encoder
  #socket: DatagramSocket | undefined
  #rtcp: DatagramSocket | undefined
  #talking = false
  /** Counts talkspurts, so that an old one does not go on beside a new one. */
  #spell = 0
  #version = 1
  #place = 0

  constructor(world: MediaWorld, name: string, options: PhoneOptions) {
    this.legId = legId(name)
    this.#world = world
    this.options = {
      law: 'PCMU' as CodecName,
      noise: false,
      losesEvery: 0,
      address: '10.0.1.1',
      port: 4000 + 2 * world.random.below(1000),
      ptimeMs: 20,
      eventType: 101 as number | null,
      direction: 'sendrecv',
      claims: undefined,
      ...options,
    }
    this.ssrc = world.random.below(2 ** 32)
    this.#encoder = createEncoder(this.options.law)
  }

  static async at(world: MediaWorld, name: string, options: PhoneOptions): Promise<Phone> {
    const phone = new Phone(world, name, options)
    await phone.move(phone.options.port)
    return phone
  }

  /** Takes (another) local port; its SDP follows. */
  async move(port: number): Promise<void> {
    this.#socket?.close()
    this.#rtcp?.close()
    const host = this.options.address
    const bind = this.#world.network.datagrams
    this.#socket = await bind.bind({ host, port, onMessage: (bytes) => this.#hear(bytes) })
    this.#rtcp = await bind.bind({
      host,
      port: port + 1,
      onMessage: (bytes) => this.reports.push(bytes.slice()),
    })
    this.options.port = port
  }

  get address(): { address: string; port: number } {
    return { address: this.options.address, port: this.options.port }
  }

  /** An SDP of this phone; each call is a new version. */
  sdp(change: { readonly direction?: string; readonly address?: string } = {}): string {
    const { law, noise, ptimeMs, eventType, direction, claims } = this.options
    const types = [
      payloadTypes[law],
      ...(noise ? [13] : []),
      ...(eventType === null ? [] : [eventType]),
    ]
    const address = change.address ?? claims?.address ?? this.options.address
    const type = payloadTypes[law]
    const clock = law === 'OPUS' ? 48_000 : 8000
    return [
      'v=0',
      `o=phone 1 ${this.#version++} IN IP4 ${address}`,
      's=-',
      `c=IN IP4 ${address}`,
      't=0 0',
      `m=audio ${claims?.port ?? this.options.port} RTP/AVP ${types.join(' ')}`,
      ...(law === 'OPUS' ? [`a=rtpmap:${type} opus/48000/2`] : []),
      ...(eventType === null ? [] : [`a=rtpmap:${eventType} telephone-event/${clock}`]),
      `a=ptime:${ptimeMs}`,
      `a=${change.direction ?? direction}`,
      '',
    ].join('\r\n')
  }

  talk(): void {
    if (this.#talking) return
    this.#talking = true
    this.#speak(++this.#spell)
  }

  mute(): void {
    this.#talking = false
  }

  hangUp(): void {
    this.mute()
    this.#socket?.close()
    this.#rtcp?.close()
  }

  /** One packet of its tone. */
  sendAudio(marker = false): void {
    const { law, ptimeMs, hz } = this.options
    const perMs = isWide(law) ? 16 : 8
    const samples = ptimeMs * perMs
    const packet = new Uint8Array(1500)
    const part = Int16Array.from({ length: samples }, () =>
      Math.round(8000 * Math.sin((2 * Math.PI * hz * this.#place++) / (1000 * perMs))),
    )
    let length = 0
    const frame = law === 'OPUS' ? samples : 10 * perMs
    for (let at = 0; at < samples; at += frame) {
      length += this.#encoder.encode(part.subarray(at, at + frame), packet, 12 + length)
    }
    const type = payloadTypes[law]
    writeRtpHeader(packet, 0, marker, type, this.sequence, this.timestamp, this.ssrc)
    const { losesEvery } = this.options
    const isLost = losesEvery > 0 && this.sequence % losesEvery === 0
    if (!isLost) this.send(packet.subarray(0, 12 + length))
    this.sequence = (this.sequence + 1) & 0xffff
    this.timestamp = (this.timestamp + ptimeMs * this.perMs) >>> 0
  }

  /** Speaks another codec from now on; its next SDP says so. */
  speak(law: CodecName): void {
    this.options.law = law
    this.#encoder = createEncoder(law)
  }

  /** Says what its silence sounds like, in -dBov (RFC 3389). */
  sendNoise(level: number): void {
    const packet = new Uint8Array(13).fill(level, 12)
    writeRtpHeader(packet, 0, false, 13, this.sequence, this.timestamp, this.ssrc)
    this.sequence = (this.sequence + 1) & 0xffff
    this.send(packet)
  }

  /** Ticks of its RTP clock. */
  get perMs(): number {
    return this.options.law === 'OPUS' ? 48 : 8
  }

  /** A key as RFC 4733 packets, 100 ms long; audio goes on afterwards. */
  async press(event: number): Promise<void> {
    const talked = this.#talking
    this.mute()
    for (let step = 1; step <= 7; step++) {
      const packet = new Uint8Array(16)
      writeEvent(packet, 12, event, step >= 5, Math.min(step, 5) * 20 * this.perMs)
      const eventType = this.options.eventType ?? 101
      writeRtpHeader(packet, 0, step === 1, eventType, this.sequence, this.timestamp, this.ssrc)
      this.sequence = (this.sequence + 1) & 0xffff
      this.send(packet)
      await this.#world.run(20)
    }
    this.timestamp = (this.timestamp + 7 * 20 * this.perMs) >>> 0
    if (talked) this.talk()
  }

  send(packet: Uint8Array): void {
    this.#socket?.send(packet, this.serverPort, SERVER)
  }

  sendReport(packet: Uint8Array): void {
    this.#rtcp?.send(packet, this.serverPort + 1, SERVER)
  }

  /** What it heard between two moments, at 8 kHz or (`wide`) 16 kHz. Everything before is decoded, too. */
  samples(fromMs: number, toMs: number, wide = false): number[] {
    const samples: number[] = []
    const decoders = new Map<number, ReturnType<typeof createDecoder>>()
    const halver = new Halver()
    for (const { atMs, payloadType, payload } of this.received) {
      const codec = codecOf(payloadType)
      if (atMs >= toMs || codec === undefined) continue
      const decoder = decoders.get(payloadType) ?? createDecoder(codec)
      decoders.set(payloadType, decoder)
      const room = new Int16Array(1920)
      const decoded = room.subarray(0, decoder.decode(payload, 0, payload.length, room))
      const narrow = isWide(codec) && !wide ? new Int16Array(decoded.length / 2) : decoded
      if (narrow !== decoded) halver.halve(decoded, narrow)
      if (atMs >= fromMs) samples.push(...narrow)
    }
    return samples
  }

  /** What it heard between two moments, as names: `silence`, `tone 440`, `mix 440+1000`, in windows of 100 ms. */
  heard(fromMs: number, toMs: number): string[] {
    const samples = this.samples(fromMs, toMs)
    const names: string[] = []
    for (let at = 0; at + 800 <= samples.length; at += 800) {
      const sound = classify(Int16Array.from(samples.slice(at, at + 800)))
      const name =
        sound.kind === 'tone'
          ? `tone ${sound.hz}`
          : sound.kind === 'mix'
            ? `mix ${sound.hz.map((hz) => Math.round(hz / 20) * 20).join('+')}`
            : sound.kind
      if (names.at(-1) !== name) names.push(name)
    }
    return names
  }

  /** Checks the stream's identity: one SSRC, sequence +1 each, timestamps that fit the clock, gaps below `gapMs`. */
  assertUnbroken(gapMs: number, toleranceMs = 40): void {
    let last: Received | undefined
    for (const packet of this.received) {
      if (last !== undefined) {
        const where = `at ${packet.atMs} ms`
        assert.equal(packet.ssrc, last.ssrc, `SSRC ${where}`)
        assert.equal(packet.sequence, (last.sequence + 1) & 0xffff, `sequence ${where}`)
        assert.ok(packet.atMs - last.atMs <= gapMs, `gap of ${packet.atMs - last.atMs} ms ${where}`)
        const first = this.received[0]!
        const passed = (packet.timestamp - first.timestamp) >>> 0
        const off = passed / this.perMs - (packet.atMs - first.atMs)
        // The packets of a key all carry the time of its beginning.
        const audio = codecOf(packet.payloadType) !== undefined
        assert.ok(!audio || Math.abs(off) <= toleranceMs, `timestamp is ${off} ms off ${where}`)
        const step = (packet.timestamp - last.timestamp) | 0
        assert.ok(step >= 0, `timestamp goes back ${where}`)
      }
      last = packet
    }
  }

  #speak(spell: number): void {
    if (!this.#talking || spell !== this.#spell) return
    this.sendAudio()
    this.#world.time.set(this.options.ptimeMs, () => this.#speak(spell))
  }

  #hear(bytes: Uint8Array): void {
    if (looksLikeRtcp(bytes)) {
      this.reports.push(bytes.slice())
      return
    }
    const header = emptyHeader()
    assert.ok(readRtp(bytes, header), 'the engine sends RTP')
    const { payloadOffset, payloadLength } = header
    const payload = bytes.slice(payloadOffset, payloadOffset + payloadLength)
    this.received.push({ ...header, atMs: this.#world.time.monotonicMs(), payload })
  }
}

/** The port of the audio line. */
export function portOf(sdp: string): number {
  return Number(/m=audio (\d+)/.exec(sdp)?.[1])
}

/** Opus has no number of its own. */
const payloadTypes: Readonly<Record<CodecName, number>> = { PCMU: 0, PCMA: 8, G722: 9, OPUS: 96 }

function codecOf(payloadType: number): CodecName | undefined {
  return (['PCMU', 'PCMA', 'G722', 'OPUS'] as const).find(
    (codec) => payloadTypes[codec] === payloadType,
  )
}
