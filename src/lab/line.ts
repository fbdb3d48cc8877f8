// The audio half of a robot's call: one RTP socket, the offers and answers for it, a mouth that says a tone, silence or
// nothing every 20 ms, and an ear. Independent of the server's media engine on purpose: a fault there must not be
// repeated here and so be hidden.

import { refused, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import { clipFromSamples, FRAME_SAMPLES } from '../media/audio/clip.ts'
import type { AudioClip } from '../media/audio/clip.ts'
import { sine } from '../media/audio/goertzel.ts'
import {
  emptyHeader,
  looksLikeRtcp,
  readRtp,
  RTP_HEADER_BYTES,
  writeRtpHeader,
} from '../media/rtp/packet.ts'
import { EVENT_BYTES, eventOfKey, KeyReceiver, writeEvent } from '../media/rtp/telephone-event.ts'
import type { Clock } from '../ports/clock.ts'
import type { Datagrams, DatagramSocket } from '../ports/datagrams.ts'
import type { Random } from '../ports/random.ts'
import { parseDescription } from '../sdp/parse.ts'
import { acceptAnswer, answerOffer, makeOffer, newSdpState } from '../sdp/session.ts'
import type { Agreement, AudioCodec, LocalEnd, SdpState } from '../sdp/session.ts'
import { Ear } from './ear.ts'
import type { RtpTick } from './rtp-tick.ts'

/** What the robot says. `nothing` sends no packets at all. */
export type Voice =
  | { readonly kind: 'tone'; readonly hz: number }
  /** Once, from its beginning, then silence. */
  | { readonly kind: 'clip'; readonly clip: AudioClip }
  | { readonly kind: 'silence' }
  | { readonly kind: 'nothing' }

export interface LineFaults {
  /** Sends no RTP, whatever the voice is. */
  mute: boolean
  /** Throws arriving RTP away, as behind a firewall. */
  deaf: boolean
}

export interface LinePorts {
  readonly clock: Clock
  readonly random: Random
  readonly datagrams: Datagrams
  readonly tick: RtpTick
}

export interface LineOptions {
  /** Address of the RTP socket and of the description. */
  readonly host: string
  readonly codecs: readonly AudioCodec[]
  /** False: packets are counted, not listened to. */
  readonly decode: boolean
  /** False: no telephone-event in descriptions, as of old gateways; keys are tones then. */
  readonly keyEvents: boolean
  readonly faults: LineFaults
}

interface KeyPress {
  readonly event: number
  /** Length in 20 ms packets. */
  readonly packets: number
  /** Timestamp of its start; set at the first packet. */
  startedAt: number | undefined
  sent: number
}

const KEY_END_REPEATS = 3
/** Audio between two keys, in packets. */
const KEY_PAUSE_PACKETS = 4
const SESSION_ID_LIMIT = 2 ** 47

/** Binds a socket on a free port and makes the line; it speaks once an address is agreed. */
export async function openLine(ports: LinePorts, options: LineOptions): Promise<Line> {
  const line = new Line(ports, options)
  await line.open()
  return line
}

export class Line {
  readonly ear: Ear
  /** Keys heard as telephone-events. */
  readonly keys: { readonly key: string; readonly atMs: number }[] = []
  onKey: () => void = () => undefined
  voice: Voice = { kind: 'silence' }
  /** What is being said, and since which frame. */
  #spoken: { readonly voice: Voice; readonly fromFrame: number } = {
    voice: { kind: 'silence' },
    fromFrame: 0,
  }
  /** We put the peer on hold: nothing is said. */
  holding = false
  sentPackets = 0
  readonly #ports: LinePorts
  readonly #options: LineOptions
  readonly #header = emptyHeader()
  readonly #packet = new Uint8Array(RTP_HEADER_BYTES + FRAME_SAMPLES)
  readonly #keyReceiver = new KeyReceiver()
  readonly #keyPresses: KeyPress[] = []
  readonly #ssrc: number
  #socket: DatagramSocket | undefined
  #sdp: SdpState
  #leaveTick: (() => void) | undefined
  #sequence: number
  #timestamp: number
  #frame = 0
  #keyPause = 0
  #spoke = false

  constructor(ports: LinePorts, options: LineOptions) {
    this.#ports = ports
    this.#options = options
    this.ear = new Ear(options.decode)
    this.#sdp = newSdpState(1 + ports.random.below(SESSION_ID_LIMIT))
    this.#ssrc = ports.random.below(2 ** 32)
    this.#sequence = ports.random.below(2 ** 16)
    this.#timestamp = ports.random.below(2 ** 32)
  }

  async open(): Promise<void> {
    this.#socket = await this.#ports.datagrams.bind({
      host: this.#options.host,
      port: 0,
      onMessage: (bytes) => this.#hear(bytes),
    })
  }

  get agreement(): Agreement | undefined {
    return this.#sdp.agreement
  }

  get port(): number {
    return this.#socket?.port ?? 0
  }

  /** Our offer; `hold` asks the peer to be quiet (sendonly). */
  offer(hold = false): string {
    this.holding = hold
    const { state, sdp: made } = makeOffer(this.#sdp, this.#end())
    const sdp = this.#described(made)
    this.#sdp = state
    if (!hold || state.last === undefined) return sdp
    // The o= version rises with every change, here from sendrecv to sendonly.
    const version = state.version + 1
    const last = state.last.map((media) => ({ ...media, direction: 'sendonly' }))
    this.#sdp = { ...state, version, last }
    return sdp.replace(/^(o=\S+ \S+) \S+/m, `$1 ${version}`).replace(/^a=sendrecv/gm, 'a=sendonly')
  }

  /** Answers the peer's offer and speaks as agreed. */
  answer(offer: string): Result<string, string> {
    const parsed = parseDescription(offer)
    if (!parsed.ok) return parsed
    const described = answerOffer(this.#sdp, parsed.value, this.#end())
    if (!described.ok) return described
    this.#sdp = described.value.state
    this.#start()
    return ok(this.#described(described.value.sdp))
  }

  /** Takes the peer's answer to our offer, early or final. */
  accept(answer: string): Result<undefined, string> {
    const parsed = parseDescription(answer)
    if (!parsed.ok) return parsed
    const state = acceptAnswer(this.#sdp, parsed.value, this.#end())
    if (!state.ok) return refused(state.why)
    this.#sdp = state.value
    this.#start()
    return ok(undefined)
  }

  /** Sends keys as RFC 4733 events, one after the other; unknown characters are skipped. */
  press(keys: string, durationMs: number): void {
    if (!this.#options.keyEvents) throw new Error('this phone has no key events: say tones')
    for (const key of keys) {
      const event = eventOfKey(key)
      if (event === undefined) continue
      const packets = Math.max(1, Math.round(durationMs / 20))
      this.#keyPresses.push({ event, packets, startedAt: undefined, sent: 0 })
    }
  }

  close(): void {
    this.#leaveTick?.()
    this.#leaveTick = undefined
    this.#socket?.close()
    this.#socket = undefined
  }

  #described(sdp: string): string {
    return this.#options.keyEvents ? sdp : withoutKeyEvents(sdp)
  }

  #end(): LocalEnd {
    const { host, codecs } = this.#options
    return { address: host, port: this.port, codecs, ordered: false }
  }

  #start(): void {
    if (this.#socket !== undefined)
      this.#leaveTick ??= this.#ports.tick.join((_, skipped) => this.#speak(skipped))
  }

  #hear(bytes: Uint8Array): void {
    const header = this.#header
    if (this.#options.faults.deaf || looksLikeRtcp(bytes) || !readRtp(bytes, header)) return
    const nowMs = this.#ports.clock.monotonicMs()
    const agreement = this.agreement
    if (header.payloadType === (agreement?.eventPayloadType ?? 101)) {
      const { payloadOffset, payloadLength, ssrc, timestamp } = header
      const key = this.#keyReceiver.receive(
        bytes,
        payloadOffset,
        payloadLength,
        ssrc,
        timestamp,
        nowMs,
      )
      this.ear.receive(bytes, header, undefined, nowMs)
      if (key === undefined) return
      this.keys.push({ key, atMs: nowMs })
      this.onKey()
      return
    }
    const codec = header.payloadType === 0 ? 'PCMU' : header.payloadType === 8 ? 'PCMA' : undefined
    const agreed = agreement?.receive.find((one) => one.payloadType === header.payloadType)?.codec
    this.ear.receive(bytes, header, agreed ?? codec, nowMs)
  }

  /**
   * One beat: a key's packet, a frame of the voice, or nothing; the timestamp runs on in any case. Beats that were skipped
   * shorten what is left of a key and of the pause after it: a finger keeps its time however late the process is, and on a
   * machine without processor to spare two keys would otherwise take longer than anybody waits for them.
   */
  #speak(skipped: number): void {
    this.#keyPause = Math.max(0, this.#keyPause - skipped)
    const pressed = this.#keyPresses[0]
    if (pressed?.startedAt !== undefined) {
      pressed.sent = Math.min(pressed.packets - 1, pressed.sent + skipped)
    }
    this.#timestamp = (this.#timestamp + FRAME_SAMPLES) >>> 0
    this.#frame++
    const agreement = this.agreement
    const quiet = this.#options.faults.mute || this.holding || agreement?.peerReceives !== true
    if (quiet || agreement.address === undefined || this.#speakKey(agreement)) return
    const voice = this.voice
    if (voice.kind === 'nothing') {
      this.#spoke = false
      return
    }
    if (voice !== this.#spoken.voice) this.#spoken = { voice, fromFrame: this.#frame }
    const saidSamples = (this.#frame - this.#spoken.fromFrame) * FRAME_SAMPLES
    const isSaying = voice.kind === 'clip' && saidSamples < voice.clip.samples
    const looped = voice.kind === 'tone' ? toneClip(voice.hz) : silenceClip
    const clip = isSaying ? voice.clip : looped
    const bytes = inCodec(clip, agreement.codec)
    const at = isSaying ? saidSamples : (this.#frame * FRAME_SAMPLES) % clip.samples
    this.#packet.set(bytes.subarray(at, at + FRAME_SAMPLES), RTP_HEADER_BYTES)
    const marker = !this.#spoke
    this.#spoke = true
    this.#send(agreement, marker, agreement.audioPayloadType, this.#timestamp, FRAME_SAMPLES)
  }

  /** True when this beat belongs to a key. RFC 4733 §2.5.1: one timestamp, growing duration, the end three times. */
  #speakKey(agreement: Agreement): boolean {
    const key = this.#keyPresses[0]
    const payloadType = agreement.eventPayloadType
    if (key === undefined || payloadType === undefined) return false
    if (this.#keyPause > 0) {
      this.#keyPause--
      return false
    }
    const first = key.startedAt === undefined
    const startedAt = key.startedAt ?? this.#timestamp
    key.startedAt = startedAt
    key.sent++
    const duration = key.sent * FRAME_SAMPLES
    const last = key.sent >= key.packets
    writeEvent(this.#packet, RTP_HEADER_BYTES, key.event, last, duration)
    for (let i = last ? KEY_END_REPEATS : 1; i > 0; i--) {
      this.#send(agreement, first && key.sent === 1, payloadType, startedAt, EVENT_BYTES)
    }
    if (last) {
      this.#keyPresses.shift()
      this.#keyPause = KEY_PAUSE_PACKETS
    }
    return true
  }

  #send(
    agreement: Agreement,
    marker: boolean,
    payloadType: number,
    timestamp: number,
    payloadBytes: number,
  ): void {
    this.#sequence = (this.#sequence + 1) & 0xffff
    writeRtpHeader(this.#packet, 0, marker, payloadType, this.#sequence, timestamp, this.#ssrc)
    const bytes = this.#packet.subarray(0, RTP_HEADER_BYTES + payloadBytes)
    this.#socket?.send(bytes, agreement.port, agreement.address ?? '')
    this.sentPackets++
  }
}

/** The description of somebody who does not know RFC 4733. */
function withoutKeyEvents(sdp: string): string {
  const types = [...sdp.matchAll(/^a=rtpmap:(\d+) telephone-event\//gm)].map(([, type]) => type)
  return types.reduce<string>((text, type) => {
    const others = text.replace(new RegExp(`^a=(?:rtpmap|fmtp):${type} .*\r?\n`, 'gm'), '')
    return others.replace(new RegExp(`^(m=audio .*?) ${type}(?= |\r?$)`, 'm'), '$1')
  }, sdp)
}

const silenceClip = clipFromSamples(new Int16Array(FRAME_SAMPLES))
/** A clip's bytes in the codec; the lab speaks no Opus. */
function inCodec(clip: AudioClip, codec: AudioCodec): Uint8Array {
  switch (codec) {
    case 'PCMU':
      return clip.pcmu
    case 'PCMA':
      return clip.pcma
    case 'G722':
    case 'OPUS':
      return clip.g722
  }
}

/** One second of each tone that anybody says; whole Hertz close on themselves after a second. */
const toneClips = new Map<number, AudioClip>()

function toneClip(hz: number): AudioClip {
  const rounded = Math.round(hz)
  let clip = toneClips.get(rounded)
  if (clip === undefined) {
    clip = clipFromSamples(sine(rounded, 1000))
    toneClips.set(rounded, clip)
  }
  return clip
}
