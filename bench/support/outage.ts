// One leg over the end of a process, as its far end hears it: the longest time without a packet, when the right sound was
// back, and whether the stream that came back is the one that was there.

import type { Stream } from './rtp-streams.ts'

/** Places of the payload that are looked at; steady sounds have one byte everywhere. */
const looks = [12, 41, 77, 120, 171]

/** `steady <byte>`, or `varied` for anything else. */
export function soundOf(packet: Buffer): string {
  const first = packet[20]
  return looks.every((at) => packet[at] === first) ? `steady ${first}` : 'varied'
}

export class Outage {
  readonly #stream: Stream
  readonly #expected: string
  #lastMs = 0
  #lastSequence = 0
  #lastSsrc = 0
  /** Last packet before the longest gap and first one after it, by `performance.now()`. */
  fromMs = 0
  toMs = 0
  /** First packet after it with the sound that is due; 0 while there was none. */
  rightMs = 0
  /** Same SSRC, and a sequence number that moved on, by less than half of its range (RFC 3550 §A.1). */
  sameStream = true
  /** A sound that is not silence, and not what is due, came after the gap. */
  wrong = ''

  /** `expected`: a sound as `soundOf` names it. */
  constructor(stream: Stream, expected: string) {
    this.#stream = stream
    this.#expected = expected
    stream.watch = (packet) => this.#hear(packet)
  }

  /** Whether the sound that is due has been heard since the last `reset`. */
  get isRight(): boolean {
    return this.rightMs > 0
  }

  /** Forgets what was; the next longest gap counts. */
  reset(): void {
    this.fromMs = this.toMs = this.#lastMs
    this.rightMs = 0
    this.sameStream = true
    this.wrong = ''
  }

  /** ms without any packet. */
  get gapMs(): number {
    return this.toMs - this.fromMs
  }

  /** ms until the sound that is due was back; Infinity when it never was. */
  get rightGapMs(): number {
    return this.isRight ? this.rightMs - this.fromMs : Infinity
  }

  #hear(packet: Buffer): void {
    const nowMs = this.#stream.lastMs
    const sequence = packet.readUInt16BE(2)
    const ssrc = packet.readUInt32BE(8)
    if (this.#lastMs > 0 && nowMs - this.#lastMs > this.gapMs) {
      this.fromMs = this.#lastMs
      this.toMs = nowMs
      this.rightMs = 0
      this.wrong = ''
    }
    const forward = (sequence - this.#lastSequence) & 0xffff
    if (this.#lastMs > 0 && (ssrc !== this.#lastSsrc || forward === 0 || forward > 0x7fff)) {
      this.sameStream = false
    }
    this.#lastMs = nowMs
    this.#lastSequence = sequence
    this.#lastSsrc = ssrc
    this.#judge(soundOf(packet))
  }

  #judge(sound: string): void {
    if (sound === this.#expected) {
      if (this.rightMs === 0) this.rightMs = this.#lastMs
    } else if (this.rightMs === 0 && !silences.has(sound)) this.wrong = sound
  }
}

/** G.711 silence, mu-law and A-law. */
const silences = new Set(['steady 255', 'steady 127', 'steady 213'])
