// Which RTP port the next leg gets. Ports are handed out in a random order (a guessable port invites injected audio)
// and come back to the end of the line, so the one that was used longest ago is taken next. A port rests after use,
// and the peer that used it is remembered for a minute: its late packets must not be heard by the next caller.

import type { Random } from '../../ports/random.ts'

/** How long a former peer's packets are recognised. */
export const FORMER_PEER_MS = 60_000

interface Place {
  readonly port: number
  freeAtMs: number
}

export interface FormerPeer {
  readonly address: string
  readonly port: number
  /** Monotonic ms. */
  readonly untilMs: number
}

export class PortPool {
  readonly #line: Place[] = []
  #head = 0
  /** Reserved ports whose first place in the line is void; finding it each time would cost a start much. */
  readonly #void = new Set<number>()
  readonly #former = new Map<number, FormerPeer[]>()
  readonly #restMs: number
  readonly #min: number
  readonly #max: number
  /** No range was given: the system chooses. */
  readonly anyPort: boolean

  /** Even ports from `min` to `max` - 1; both 0: any. */
  constructor(min: number, max: number, restMs: number, random: Random) {
    this.#restMs = restMs
    this.#min = min
    this.#max = max
    this.anyPort = min === 0 && max === 0
    for (let port = min + (min % 2); !this.anyPort && port < max; port += 2) {
      this.#line.push({ port, freeAtMs: -Infinity })
    }
    for (let i = this.#line.length - 1; i > 0; i--) {
      const other = random.below(i + 1)
      const place = this.#line[i]!
      this.#line[i] = this.#line[other]!
      this.#line[other] = place
    }
  }

  /** The next even port whose rest is over, or undefined. */
  take(nowMs: number): number | undefined {
    let next = this.#line[this.#head]
    while (next !== undefined && this.#void.delete(next.port)) next = this.#line[++this.#head]
    // Rests have one length, so when the oldest still rests all do.
    if (next === undefined || next.freeAtMs > nowMs) return undefined
    this.#head++
    if (this.#head > 1024) {
      this.#line.splice(0, this.#head)
      this.#head = 0
    }
    return next.port
  }

  /** Takes this very port, for a leg that had it before a restart. */
  reserve(port: number): void {
    if (port >= this.#min && port < this.#max && port % 2 === 0) this.#void.add(port)
  }

  /** Ports that could be taken now or after their rest. */
  get size(): number {
    return this.#line.length - this.#head - this.#void.size
  }

  /** Returns a port after use, or one that turned out to belong to another program. */
  giveBack(port: number, nowMs: number, peer: { address: string; port: number } | undefined): void {
    if (peer !== undefined) {
      const kept = (this.#former.get(port) ?? []).filter(({ untilMs }) => untilMs > nowMs)
      kept.push({ ...peer, untilMs: nowMs + FORMER_PEER_MS })
      this.#former.set(port, kept.slice(-8))
    }
    if (!this.anyPort) this.#line.push({ port, freeAtMs: nowMs + this.#restMs })
  }

  /** The peers whose packets a new user of the port must not hear; undefined when there are none. */
  formerPeers(port: number, nowMs: number): readonly FormerPeer[] | undefined {
    const peers = this.#former.get(port)?.filter(({ untilMs }) => untilMs > nowMs)
    if (peers !== undefined && peers.length > 0) return peers
    this.#former.delete(port)
    return undefined
  }
}
