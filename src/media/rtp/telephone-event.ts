// Keys pressed on a phone, as RTP events (RFC 4733 §2.3). One key is many packets with the same timestamp, the last
// of them three times; the receiver says each key once, at the first packet of it that gets through.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   |     event     |E|R| volume    |          duration             |

import { timestampDelta } from './sequence.ts'

export const EVENT_BYTES = 4
const KEYS = '0123456789*#ABCD'
const VOLUME_DBM0 = 10
/** A key without further packets for this long has ended, even when its end packets were lost. */
const LOST_END_TICKS = 3000
const TICKS_PER_MS = 8

/** The event code of a key (RFC 4733 table 3), or undefined. */
export function eventOfKey(key: string): number | undefined {
  const code = KEYS.indexOf(key.toUpperCase())
  return key.length !== 1 || code < 0 ? undefined : code
}

/** Writes one event payload; `duration` in timestamp ticks, at most 65535. */
export function writeEvent(
  bytes: Uint8Array,
  at: number,
  event: number,
  end: boolean,
  duration: number,
): void {
  bytes[at] = event
  bytes[at + 1] = (end ? 0x80 : 0) | VOLUME_DBM0
  bytes[at + 2] = (duration >> 8) & 0xff
  bytes[at + 3] = duration & 0xff
}

/** Tells each key of one stream once, under loss, duplication and reordering. */
export class KeyReceiver {
  #ssrc = -1
  #timestamp = 0
  #event = -1
  #duration = 0
  #ended = true
  #lastMs = -Infinity

  /** The key, when this packet is the first of it. `at` is the payload's offset. Never throws. */
  receive(
    bytes: Uint8Array,
    at: number,
    length: number,
    ssrc: number,
    timestamp: number,
    nowMs: number,
  ): string | undefined {
    if (length < EVENT_BYTES) return undefined
    const event = bytes[at]!
    const key = KEYS[event]
    if (key === undefined) return undefined
    const end = (bytes[at + 1]! & 0x80) !== 0
    const duration = (bytes[at + 2]! << 8) | bytes[at + 3]!
    const known = this.#isKnown(ssrc, timestamp, event, nowMs)
    if (known === 'older') return undefined
    this.#duration = known === 'same' ? Math.max(this.#duration, duration) : duration
    this.#ended = end || (known === 'same' && timestamp === this.#timestamp && this.#ended)
    this.#ssrc = ssrc
    this.#timestamp = timestamp
    this.#event = event
    this.#lastMs = nowMs
    return known === 'same' ? undefined : key
  }

  #isKnown(
    ssrc: number,
    timestamp: number,
    event: number,
    nowMs: number,
  ): 'new' | 'same' | 'older' {
    if (ssrc !== this.#ssrc) return 'new'
    const ahead = timestampDelta(this.#timestamp, timestamp)
    if (ahead === 0) return event === this.#event ? 'same' : 'new'
    const silent = (nowMs - this.#lastMs) * TICKS_PER_MS > LOST_END_TICKS
    // A packet of an earlier key that came late; after a longer pause it is a sender whose clock was set back.
    if (ahead < 0) return silent ? 'new' : 'older'
    // RFC 4733 §2.5.1.3: a key held beyond 65535 ticks goes on in a new segment that starts where the last one ended.
    const segment = !this.#ended && !silent && event === this.#event && ahead === this.#duration
    return segment ? 'same' : 'new'
  }
}
