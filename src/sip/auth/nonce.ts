// Nonces and their counts. A nonce is the time since the start, boot id and a random part under an HMAC, so that issuing one costs no
// memory and a flood of requests without credentials leaves nothing behind. Only a nonce that was used with right
// credentials gets a row, which remembers the counts already seen; rows are bounded, and dropping one makes every
// unknown nonce of that age stale, so that an evicted nonce can not be replayed.

import { createHmac } from 'node:crypto'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import { equalInConstantTime } from './digest.ts'

/** How long a nonce may be used, ms. */
export const NONCE_LIFETIME_MS = 300_000
/** Nonces whose counts are remembered. */
export const NONCE_ROWS_MAX = 20_000
/** Counts below the highest that may still arrive late over UDP. */
const WINDOW_COUNTS = 31

export type NonceState = 'fresh' | 'stale' | 'forged'

interface Row {
  readonly issuedMs: number
  highest: number
  /** Bit n set: highest - n was seen. */
  seen: number
}

export interface NonceOptions {
  readonly clock: Clock
  readonly random: Random
  /** Kept across restarts, so that nonces of an earlier boot are known as ours and answered stale. */
  readonly secret: Uint8Array
  readonly rowsMax?: number
}

export class Nonces {
  readonly #options: NonceOptions
  readonly #boot: string
  readonly #rows = new Map<string, Row>()
  readonly #rowsMax: number
  /** Unknown nonces issued up to here may have been evicted, ms. */
  #forgottenUpToMs = -1

  constructor(options: NonceOptions) {
    this.#options = options
    this.#boot = options.random.token(8)
    this.#rowsMax = options.rowsMax ?? NONCE_ROWS_MAX
  }

  get rows(): number {
    return this.#rows.size
  }

  /** A new nonce of at most 80 characters. */
  issue(): string {
    const head = `${this.#nowMs().toString(36)}.${this.#boot}.${this.#options.random.token(8)}`
    return `${head}.${this.#mac(head)}`
  }

  /** Whether the nonce is ours and young enough. Says nothing about its count. */
  check(nonce: string): NonceState {
    const parts = nonce.split('.')
    if (parts.length !== 4 || nonce.length > 100) return 'forged'
    const [time, boot, salt, mac] = parts
    if (!equalInConstantTime(this.#mac(`${time}.${boot}.${salt}`), mac!)) return 'forged'
    if (boot !== this.#boot) return 'stale'
    const issuedMs = parseInt(time!, 36)
    if (this.#nowMs() - issuedMs > NONCE_LIFETIME_MS) return 'stale'
    if (!this.#rows.has(nonce) && issuedMs <= this.#forgottenUpToMs) return 'stale'
    return 'fresh'
  }

  /**
   * Uses one count of a fresh nonce with right credentials. False when that count was used before or is too old to
   * tell; gaps are normal (a lost request).
   */
  use(nonce: string, count: number): boolean {
    const row = this.#rows.get(nonce)
    if (row === undefined) {
      this.#makeRoom()
      this.#rows.set(nonce, {
        issuedMs: parseInt(nonce.split('.')[0]!, 36),
        highest: count,
        seen: 1,
      })
      return true
    }
    const ahead = count - row.highest
    if (ahead > 0) {
      row.seen = ahead > WINDOW_COUNTS ? 1 : ((row.seen << ahead) | 1) >>> 0
      row.highest = count
      return true
    }
    if (-ahead > WINDOW_COUNTS) return false
    const bit = (1 << -ahead) >>> 0
    if ((row.seen & bit) !== 0) return false
    row.seen = (row.seen | bit) >>> 0
    return true
  }

  /** Monotonic, and never fractional: a nonce means nothing to another process, and the clock may be set. */
  #nowMs(): number {
    return Math.floor(this.#options.clock.monotonicMs())
  }

  #makeRoom(): void {
    // Rows stand in order of first use, which is nearly the order of issue.
    for (const [nonce, row] of this.#rows) {
      const expired = this.#nowMs() - row.issuedMs > NONCE_LIFETIME_MS
      if (!expired && this.#rows.size < this.#rowsMax) return
      this.#rows.delete(nonce)
      if (!expired) this.#forgottenUpToMs = Math.max(this.#forgottenUpToMs, row.issuedMs)
    }
  }

  #mac(head: string): string {
    return createHmac('sha256', this.#options.secret)
      .update(`nonce:${head}`)
      .digest('base64url')
      .slice(0, 24)
  }
}
