// Keys that the peer presses, from its packets to the call logic. A phone may press while our 200 and the word that the
// leg has started are still on their way to it and to this thread: such a key is told at the start. Earlier ones were
// pressed at a call that nobody had answered; they mean nothing.

import { KeyReceiver } from '../rtp/telephone-event.ts'
import type { RtpHeader } from '../rtp/packet.ts'
import type { Allowances } from './allowances.ts'

/** How long before the start of a leg a key may have come. */
const EARLY_MS = 1000

export class PressedKeys {
  readonly #receiver = new KeyReceiver()
  readonly #allowances: Allowances
  readonly #tell: (key: string) => void
  #started = false
  #early: { readonly key: string; readonly atMs: number }[] = []

  constructor(allowances: Allowances, tell: (key: string) => void) {
    this.#allowances = allowances
    this.#tell = tell
  }

  /** A packet of a key. */
  hear(header: Readonly<RtpHeader>, bytes: Uint8Array, nowMs: number): void {
    const { payloadOffset, payloadLength, ssrc, timestamp } = header
    const key = this.#receiver.receive(bytes, payloadOffset, payloadLength, ssrc, timestamp, nowMs)
    if (key === undefined || !this.#allowances.takesKey(nowMs)) return
    if (this.#started) this.#tell(key)
    else this.#early = [...this.#recent(nowMs), { key, atMs: nowMs }]
  }

  /** The leg was answered. */
  start(nowMs: number): void {
    this.#started = true
    for (const { key } of this.#recent(nowMs)) this.#tell(key)
    this.#early = []
  }

  #recent(nowMs: number): { readonly key: string; readonly atMs: number }[] {
    return this.#early.filter(({ atMs }) => nowMs - atMs <= EARLY_MS)
  }
}
