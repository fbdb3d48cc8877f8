// Wrong sign-ins per source, so that nobody tries keys by the thousand. Right ones are never counted. A source is an IPv4
// address or an IPv6 network of 64 bits: so much is one customer's to choose addresses from.

import type { Clock } from '../../ports/clock.ts'

const windowMs = 60_000
/** Per source; behind a proxy all browsers are one source. */
const failuresMax = 10
/** Sources that are remembered; beyond it, all newcomers share one row. */
const sourcesMax = 10_000
const others = 'others'

export class SignInAttempts {
  readonly #clock: Clock
  readonly #failures = new Map<string, { count: number; readonly endsAtMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Seconds until the source may try again; undefined: now. */
  waitSecs(source: string): number | undefined {
    const nowMs = this.#clock.monotonicMs()
    const row = this.#failures.get(this.#rowOf(source))
    if (row === undefined || row.endsAtMs <= nowMs || row.count < failuresMax) return undefined
    return Math.ceil((row.endsAtMs - nowMs) / 1000)
  }

  failed(source: string): void {
    const nowMs = this.#clock.monotonicMs()
    for (const [one, { endsAtMs }] of this.#failures) {
      if (endsAtMs > nowMs) break
      this.#failures.delete(one)
    }
    const name = this.#rowOf(source)
    const row = this.#failures.get(name)
    if (row === undefined || row.endsAtMs <= nowMs) {
      this.#failures.delete(name)
      this.#failures.set(name, { count: 1, endsAtMs: nowMs + windowMs })
    } else row.count++
  }

  #rowOf(address: string): string {
    const source = sourceOf(address)
    const isKnown = this.#failures.has(source) || this.#failures.size < sourcesMax
    return isKnown ? source : others
  }
}

function sourceOf(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1]
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address
  const [left = '', right] = (address.split('%', 1)[0] ?? '').split('::', 2)
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const [before, after] = [groups(left), groups(right ?? '')]
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0')
  return [...before, ...(right === undefined ? [] : zeros), ...after].slice(0, 4).join(':')
}
