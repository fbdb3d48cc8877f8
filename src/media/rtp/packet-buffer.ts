// Evens out the packets of a codec whose packets are whole (Opus): kept by sequence number, given out one by one from
// 60 ms after the first one on. A packet that is missing while later ones are there is told as lost. When it runs dry
// it waits, so the delay grows with the network's; when too many wait one is left out.

import { sequenceDelta } from './sequence.ts'

/** A power of two. */
const SLOTS = 64
/** Ticks of 20 ms before the first packet is given out. */
const WAIT_TICKS = 3
const TOO_MANY = 7
const JUMP = 100
const BYTES_MAX = 1500
const DRY_TICKS_MAX = 3

interface Slot {
  readonly bytes: Uint8Array
  length: number
  sequence: number
}

export class PacketBuffer {
  /** The packet that `take` gave last. */
  packet: Uint8Array = new Uint8Array(0)
  length = 0
  readonly #slots: (Slot | undefined)[] = new Array<Slot | undefined>(SLOTS).fill(undefined)
  #running = false
  #ssrc = 0
  #next = 0
  #highest = 0
  #wait = 0
  #dry = 0

  put(ssrc: number, sequence: number, bytes: Uint8Array, at: number, length: number): void {
    if (length === 0 || length > BYTES_MAX) return
    const jump = Math.abs(sequenceDelta(this.#highest, sequence))
    if (!this.#running || ssrc !== this.#ssrc || jump > JUMP) this.#start(ssrc, sequence)
    const ahead = sequenceDelta(this.#next, sequence)
    if (ahead < 0) return
    if (ahead >= SLOTS) this.#next = (sequence - SLOTS + 1) & 0xffff
    if (sequenceDelta(this.#highest, sequence) > 0) this.#highest = sequence
    const place = sequence & (SLOTS - 1)
    const slot = (this.#slots[place] ??= {
      bytes: new Uint8Array(BYTES_MAX),
      length: 0,
      sequence: -1,
    })
    for (let i = 0; i < length; i++) slot.bytes[i] = bytes[at + i]!
    slot.length = length
    slot.sequence = sequence
  }

  /** Once per tick, before the packets of the tick are taken. */
  tick(): void {
    if (this.#wait > 0) this.#wait--
  }

  /** The next packet, in `packet` and `length`. */
  take(): 'none' | 'held' | 'lost' {
    if (!this.#running || this.#wait > 0) return 'none'
    const depth = sequenceDelta(this.#next, this.#highest) + 1
    if (depth <= 0) {
      if (++this.#dry <= DRY_TICKS_MAX) return 'lost'
      this.stop()
      return 'none'
    }
    this.#dry = 0
    if (depth > TOO_MANY) this.#next = (this.#next + 1) & 0xffff
    const sequence = this.#next
    this.#next = (sequence + 1) & 0xffff
    const slot = this.#slots[sequence & (SLOTS - 1)]
    if (slot?.sequence !== sequence) return 'lost'
    slot.sequence = -1
    this.packet = slot.bytes
    this.length = slot.length
    return 'held'
  }

  /** What follows starts anew, with the full delay. */
  stop(): void {
    this.#running = false
    this.#dry = 0
  }

  #start(ssrc: number, sequence: number): void {
    for (const slot of this.#slots) if (slot !== undefined) slot.sequence = -1
    this.#running = true
    this.#ssrc = ssrc
    this.#next = sequence
    this.#highest = sequence
    this.#wait = WAIT_TICKS
    this.#dry = 0
  }
}
