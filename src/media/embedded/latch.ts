// Symmetric RTP: where a leg's packets go and whose are believed. The negotiated address is used at once. While
// learning, another source takes over after four packets in sequence over at least 22 ms, because a NAT may have put
// the phone somewhere else; the negotiated address wins over another port of the same host, which wins over a
// stranger. Learning ends after 5 s (at once when the negotiated address itself speaks); then strangers are dropped
// until signalling or silence opens the latch again. Pure: the caller owns the sockets and reads `target`.

const CONSECUTIVE = 4
const SPAN_MS = 22
const LEARN_MS = 5000

/** How much a source is trusted while learning: stranger, same host, negotiated. */
type Rank = 1 | 2 | 3

interface Candidate {
  address: string
  port: number
  nextSequence: number
  count: number
  sinceMs: number
}

export class Latch {
  /** Where to send; empty address: nowhere yet. */
  address = ''
  port = 0
  closed = false
  #expectedAddress = ''
  #expectedPort = 0
  #rank: Rank | 0 = 0
  #learnUntilMs = Infinity
  readonly #candidates: Record<Rank, Candidate> = { 1: candidate(), 2: candidate(), 3: candidate() }

  /** True when signalling names exactly this source. */
  isExpected(address: string, port: number): boolean {
    return address === this.#expectedAddress && port === this.#expectedPort
  }

  /** Signalling: the peer says it is there. `relearn` false keeps a closed latch closed. */
  expect(address: string | undefined, port: number, relearn: boolean, nowMs: number): void {
    // A peer on hold at 0.0.0.0 keeps its place for the RTCP that still flows.
    if (address !== undefined && !this.isExpected(address, port)) {
      this.#expectedAddress = address
      this.#expectedPort = port
      this.address = address
      this.port = port
    } else if (!relearn) {
      return
    }
    this.reopen(nowMs)
  }

  /** What a former process had learnt; it is used until another source proves itself. */
  resume(address: string, port: number, nowMs: number): void {
    this.address = address
    this.port = port
    this.reopen(nowMs)
  }

  /** Starts to learn again; what was learnt is used until another source proves itself. */
  reopen(nowMs: number): void {
    this.closed = false
    this.#rank = 0
    this.#learnUntilMs = nowMs + LEARN_MS
    for (const rank of [1, 2, 3] as const) this.#candidates[rank].count = 0
  }

  /** Whether this packet's audio is the peer's. May move `address` and `port`, and close the latch. */
  accept(address: string, port: number, sequence: number, nowMs: number): boolean {
    const isTarget = port === this.port && address === this.address
    if (this.closed) return isTarget
    const rank = this.#rankOf(address, port)
    if (rank > this.#rank) {
      const proved = this.#prove(this.#candidates[rank], address, port, sequence, nowMs)
      if (proved) {
        this.#rank = rank
        this.address = address
        this.port = port
      }
    }
    if (this.#rank === 3 || (this.#rank > 0 && nowMs >= this.#learnUntilMs)) this.closed = true
    return port === this.port && address === this.address
  }

  #rankOf(address: string, port: number): Rank {
    if (this.isExpected(address, port)) return 3
    return address === this.#expectedAddress ? 2 : 1
  }

  #prove(
    entry: Candidate,
    address: string,
    port: number,
    sequence: number,
    nowMs: number,
  ): boolean {
    const follows =
      entry.count > 0 &&
      entry.port === port &&
      entry.address === address &&
      entry.nextSequence === sequence
    if (!follows) {
      entry.address = address
      entry.port = port
      entry.count = 0
      entry.sinceMs = nowMs
    }
    entry.count++
    entry.nextSequence = (sequence + 1) & 0xffff
    return entry.count >= CONSECUTIVE && nowMs - entry.sinceMs >= SPAN_MS
  }
}

function candidate(): Candidate {
  return { address: '', port: 0, nextSequence: 0, count: 0, sinceMs: 0 }
}
