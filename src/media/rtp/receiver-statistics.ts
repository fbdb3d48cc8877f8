// What a receiver knows of a stream: how much came, was lost, and how unevenly (RFC 3550 appendices A.1, A.3 and A.8).
// A leg has one of these for life; a sender that changes its SSRC starts a new count whose past is kept in the totals.

import { sequenceDelta, timestampDelta } from './sequence.ts'

/** RFC 3550 A.1: jumps above MAX_DROPOUT are a restart, packets older than MAX_MISORDER are not counted. */
const MAX_DROPOUT = 3000
const MAX_MISORDER = 100
const SEQUENCE_MODULUS = 65_536
/** A packet counts as jittery when it came this much earlier or later than its distance to the one before. */
const JITTERY_MS = 20

export class ReceiverStatistics {
  ssrc = 0
  /** Ticks per millisecond of the peer's RTP clock: 8, or 48 for Opus. */
  perMs = 8
  packets = 0
  jitteryPackets = 0
  jitterMaxMs = 0
  #started = false
  #baseSequence = 0
  #highest = 0
  #cycles = 0
  #badSequence = SEQUENCE_MODULUS + 1
  #received = 0
  #expectedPrior = 0
  #receivedPrior = 0
  #lostBefore = 0
  #jitterTicks = 0
  #transit = 0
  #transitKnown = false

  /**
   * Counts one packet that arrived at `nowMs`. `timed` false leaves jitter alone: the packets of one telephone-event
   * all carry the time of its beginning. False when the packet is a stray of an older stretch and was not counted.
   */
  receive(
    ssrc: number,
    sequence: number,
    timestamp: number,
    nowMs: number,
    timed: boolean,
  ): boolean {
    if (!this.#started || ssrc !== this.ssrc) {
      this.#restart(ssrc, sequence)
    } else if (!this.#advance(sequence)) {
      return false
    }
    this.packets++
    this.#received++
    if (timed) this.#measure(timestamp, nowMs)
    return true
  }

  /** Extended highest sequence number received, for a report block. */
  get extendedHighest(): number {
    return (this.#cycles + this.#highest) >>> 0
  }

  /** Lost since the leg began, never below 0 here (duplicates can make the RFC's figure negative). */
  get lost(): number {
    return Math.max(0, this.#lostBefore + this.#expected() - this.#received)
  }

  get jitterMs(): number {
    return this.#jitterTicks / this.perMs
  }

  /** Interarrival jitter in timestamp ticks, for a report block. */
  get jitterTicks(): number {
    return Math.floor(this.#jitterTicks)
  }

  get started(): boolean {
    return this.#started
  }

  /** Fraction lost since the last call, in 256ths (RFC 3550 §6.4.1, A.3). */
  takeFractionLost(): number {
    const expected = this.#expected() - this.#expectedPrior
    const received = this.#received - this.#receivedPrior
    this.#expectedPrior = this.#expected()
    this.#receivedPrior = this.#received
    const lost = expected - received
    return expected <= 0 || lost <= 0 ? 0 : Math.min(255, Math.floor((lost * 256) / expected))
  }

  #expected(): number {
    return this.#started ? this.#cycles + this.#highest - this.#baseSequence + 1 : 0
  }

  #restart(ssrc: number, sequence: number): void {
    this.#lostBefore = this.lost
    this.#started = true
    this.ssrc = ssrc
    this.#baseSequence = sequence
    this.#highest = sequence
    this.#cycles = 0
    this.#badSequence = SEQUENCE_MODULUS + 1
    this.#received = 0
    this.#expectedPrior = 0
    this.#receivedPrior = 0
    this.#transitKnown = false
  }

  /** RFC 3550 A.1 update_seq without probation, which the latch does. */
  #advance(sequence: number): boolean {
    const delta = sequenceDelta(this.#highest, sequence)
    if (delta > 0 && delta < MAX_DROPOUT) {
      if (sequence < this.#highest) this.#cycles += SEQUENCE_MODULUS
      this.#highest = sequence
    } else if (delta >= MAX_DROPOUT || delta < -MAX_MISORDER) {
      if (sequence !== this.#badSequence) {
        this.#badSequence = (sequence + 1) % SEQUENCE_MODULUS
        return false
      }
      this.#restart(this.ssrc, sequence)
    }
    return true
  }

  /** RFC 3550 A.8. */
  #measure(timestamp: number, nowMs: number): void {
    const transit = (Math.floor(nowMs * this.perMs) - timestamp) | 0
    if (this.#transitKnown) {
      const difference = Math.abs(timestampDelta(this.#transit, transit))
      this.#jitterTicks += (difference - this.#jitterTicks) / 16
      if (difference > JITTERY_MS * this.perMs) this.jitteryPackets++
      this.jitterMaxMs = Math.max(this.jitterMaxMs, this.jitterMs)
    }
    this.#transit = transit
    this.#transitKnown = true
  }
}
