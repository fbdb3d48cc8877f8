// Keys that we press ourselves (`send-dtmf`): RFC 4733 events, one packet per tick, the end packet three times; or tones
// in place of the leg's audio, when that is asked for or the peer has not negotiated events. Between keys is a pause in
// which the leg's own source is heard. Keys wait in one line per leg.

import { DtmfTone } from '../audio/dtmf-tones.ts'
import { eventOfKey } from '../rtp/telephone-event.ts'
import type { RtpSender } from './sender.ts'

const TICK_MS = 20
/** The event's duration field has 16 bits. */
const DURATION_MAX = 65_535
const PAUSE_MS = 100
const KEY_MS_MIN = 100
/** An event's duration field ends at 65535 ticks; nobody holds a key for 8 s. */
const KEY_MS_MAX = 8000
const END_PACKETS = 3
/** Keys that may wait on one leg. */
const WAITING_MAX = 256

interface Key {
  readonly digit: string
  readonly event: number
  readonly inBand: boolean
  readonly durationMs: number
}

export class KeySender {
  readonly #waiting: (Key | { readonly pauseMs: number })[] = []
  #now: Key | undefined
  #elapsedMs = 0
  #ends = 0
  #pauseMs = 0
  #tone: DtmfTone | undefined

  /** Adds keys (`0`-`9`, `A`-`D`, `*`, `#`) and pauses (`w` 500 ms, `W` 1000 ms); others are ignored. */
  add(digits: string, durationMs: number, inBand = false): void {
    const held = Math.min(KEY_MS_MAX, Math.max(KEY_MS_MIN, durationMs))
    for (const digit of digits) {
      if (this.#waiting.length >= WAITING_MAX) return
      const event = eventOfKey(digit)
      if (event !== undefined) this.#waiting.push({ digit, event, durationMs: held, inBand })
      else if (digit === 'w') this.#waiting.push({ pauseMs: 500 })
      else if (digit === 'W') this.#waiting.push({ pauseMs: 1000 })
    }
  }

  /** True while a key is down: nothing else may be sent. */
  get pressing(): boolean {
    return this.#now !== undefined
  }

  /** One tick; true when it sent a packet of a key, so that no audio is due. */
  tick(sender: RtpSender, nowMs: number): boolean {
    if (this.#now === undefined && !this.#begin(sender, nowMs)) return false
    const key = this.#now!
    this.#elapsedMs = Math.min(key.durationMs, this.#elapsedMs + TICK_MS)
    if (key.inBand) {
      this.#sound(key, sender, nowMs)
      return true
    }
    const end = this.#elapsedMs >= key.durationMs
    const duration = Math.min(DURATION_MAX, Math.round(this.#elapsedMs * sender.perMs))
    sender.sendEvent(key.event, end, duration, this.#elapsedMs === TICK_MS)
    if (end && ++this.#ends === END_PACKETS) {
      sender.endEvent()
      this.#release()
    }
    return true
  }

  #sound({ digit, durationMs }: Key, sender: RtpSender, nowMs: number): void {
    this.#tone ??= new DtmfTone()
    const frame = this.#tone.next(digit, this.#elapsedMs === TICK_MS)
    if (frame === undefined) sender.feedSilence(nowMs)
    else sender.feedLinear(frame, nowMs)
    if (this.#elapsedMs >= durationMs) this.#release()
  }

  #release(): void {
    this.#now = undefined
    this.#pauseMs = PAUSE_MS
  }

  /** Takes the next key when the pause is over. */
  #begin(sender: RtpSender, nowMs: number): boolean {
    if (this.#pauseMs > 0) {
      this.#pauseMs -= TICK_MS
      return false
    }
    const next = this.#waiting.shift()
    if (next === undefined) return false
    if ('pauseMs' in next) {
      this.#pauseMs = next.pauseMs
      return false
    }
    this.#elapsedMs = 0
    this.#ends = 0
    if (next.inBand || sender.eventPayloadType === undefined) {
      this.#now = { ...next, inBand: true }
      sender.mark()
      return true
    }
    this.#now = next
    sender.beginEvent(nowMs)
    return true
  }
}
