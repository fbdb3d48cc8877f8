// Who may make us work (the SIP transports ask before they read, the transactions before they begin anything). Trunks and open
// sources are trusted by address; whoever proved a password, or was called by us, is a friend for two hours; all others are
// strangers: they share token buckets, one per source and one for all together, so that a flood from many addresses costs
// no more than one from a single address. What is over is dropped in silence, and so is everything from known scanners and
// from sources that guess passwords, for a while. Pure: time comes from the clock port, every table has an end.

import type { AddressMatcher } from '../../ports/address-matcher.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Metrics } from '../../ports/metrics.ts'
import { canonicalHost } from '../message/host.ts'

export interface DoormanLimits {
  /** Requests per second that one stranger may begin, and how many at once after a silence. */
  readonly sourceRatePerSec: number
  readonly sourceBurst: number
  /** The same for all strangers together; they may begin two seconds' worth at once. */
  readonly strangersRatePerSec: number
  /** Failed authentications of a stranger within `banMs` that get it banned. */
  readonly failedLoginsMax: number
  /** How long a scanner or guesser hears nothing; 0 bans nobody. */
  readonly banMs: number
  /** Transactions of one stranger that have not ended. */
  readonly sourceTransactionsMax: number
  /** Of all strangers together: trusted peers must always find room. */
  readonly strangerTransactionsMax: number
}

export const defaultDoormanLimits: DoormanLimits = {
  sourceRatePerSec: 50,
  sourceBurst: 100,
  strangersRatePerSec: 500,
  failedLoginsMax: 10,
  banMs: 600_000,
  sourceTransactionsMax: 200,
  strangerTransactionsMax: 4000,
}

/** Messages that are read for each that may begin something: responses, ACKs and repetitions are messages too. */
const readsPerRequest = 4
const friendMs = 2 * 3_600_000
/** Rows per table; the longest unused goes first. */
const rowsMax = 20_000

/** What scanners call themselves, as they come from the shelf. */
const scanners =
  /friendly-scanner|friendly-request|sipvicious|sundayddr|sip-?scan|sipsak|sipcli|sivus|iwar\b|vaxsipuseragent|pplsip|smap\b|custom\s?sip\s?voip|gulp/i

export interface DoormanOptions {
  readonly clock: Clock
  readonly metrics: Metrics
  /** Trunks and open sources. */
  readonly isTrusted: AddressMatcher
  readonly limits?: Partial<DoormanLimits>
}

interface Row {
  readonly read: Bucket
  readonly begin: Bucket
  transactions: number
}

interface Offender {
  strikes: number
  readonly sinceMs: number
  bannedUntilMs: number
}

export class Doorman {
  readonly #clock: Clock
  readonly #metrics: Metrics
  readonly #isTrusted: AddressMatcher
  readonly #limits: DoormanLimits
  readonly #rows: LastUsed<Row>
  readonly #offenders = new LastUsed<Offender>(rowsMax)
  /** Until when, monotonic ms. */
  readonly #friends = new LastUsed<number>(rowsMax)
  /** What the configuration says of an address; it does not change while the server runs. */
  readonly #trusted = new Map<string, boolean>()
  readonly #readAll: Bucket
  readonly #beginAll: Bucket
  #transactions = 0

  constructor(options: DoormanOptions) {
    this.#clock = options.clock
    this.#metrics = options.metrics
    this.#isTrusted = options.isTrusted
    const limits = { ...defaultDoormanLimits, ...options.limits }
    this.#limits = limits
    this.#rows = new LastUsed(rowsMax)
    const { strangersRatePerSec: rate } = limits
    this.#readAll = new Bucket(rate * readsPerRequest, rate * readsPerRequest * 2)
    this.#beginAll = new Bucket(rate, rate * 2)
  }

  /** Asked for every message before it is parsed. */
  mayRead(address: string): boolean {
    if (this.#isKnown(address)) return true
    const key = sourceKey(address)
    const nowMs = this.#clock.monotonicMs()
    if (this.#isBanned(key, nowMs)) return this.#refuse('banned')
    if (!this.#row(key).read.take(nowMs)) return this.#refuse('source-rate')
    return this.#readAll.take(nowMs) || this.#refuse('strangers-rate')
  }

  /** Asked for every request that would begin something, also for one that can be read only partly. */
  mayBegin(address: string, userAgent: string | undefined): boolean {
    if (this.#isKnown(address)) return true
    const key = sourceKey(address)
    const nowMs = this.#clock.monotonicMs()
    if (userAgent !== undefined && scanners.test(userAgent.slice(0, 200))) {
      this.#ban(key, nowMs)
      return this.#refuse('scanner')
    }
    const { sourceTransactionsMax, strangerTransactionsMax } = this.#limits
    const row = this.#row(key)
    if (row.transactions >= sourceTransactionsMax) return this.#refuse('source-transactions')
    if (this.#transactions >= strangerTransactionsMax) return this.#refuse('stranger-transactions')
    if (!row.begin.take(nowMs)) return this.#refuse('source-rate')
    return this.#beginAll.take(nowMs) || this.#refuse('strangers-rate')
  }

  /** Neither trusted nor a friend. */
  isStranger(address: string): boolean {
    return !this.#isKnown(address)
  }

  /** A transaction of that source has begun; the returned function tells its end. */
  began(address: string): () => void {
    if (this.#isKnown(address)) return () => undefined
    const row = this.#row(sourceKey(address))
    row.transactions += 1
    this.#transactions += 1
    return () => {
      row.transactions -= 1
      this.#transactions -= 1
    }
  }

  /** Credentials were wrong. Those who are known may mistype as often as they like: one bad phone of an office bans nobody. */
  failedLogin(address: string): void {
    if (this.#isKnown(address)) return
    const { failedLoginsMax, banMs } = this.#limits
    const key = sourceKey(address)
    const nowMs = this.#clock.monotonicMs()
    const found = this.#offenders.get(key)
    const row =
      found !== undefined && nowMs - found.sinceMs < banMs
        ? found
        : { strikes: 0, sinceMs: nowMs, bannedUntilMs: found?.bannedUntilMs ?? -Infinity }
    row.strikes += 1
    this.#offenders.set(key, row)
    if (row.strikes >= failedLoginsMax) this.#ban(key, nowMs)
  }

  /** Proved a password, or is called by us. */
  befriend(address: string): void {
    if (!this.#trusts(address))
      this.#friends.set(sourceKey(address), this.#clock.monotonicMs() + friendMs)
  }

  /** Rows of all tables, for leak checks. */
  get size(): number {
    return this.#rows.size + this.#offenders.size + this.#friends.size + this.#trusted.size
  }

  #isKnown(address: string): boolean {
    if (this.#trusts(address)) return true
    const until = this.#friends.get(sourceKey(address))
    return until !== undefined && until > this.#clock.monotonicMs()
  }

  /** Comparing an address with the configured ranges costs more than all the rest that a dropped message does. */
  #trusts(address: string): boolean {
    const known = this.#trusted.get(address)
    if (known !== undefined) return known
    const trusted = this.#isTrusted(address)
    if (this.#trusted.size >= rowsMax) this.#trusted.clear()
    this.#trusted.set(address, trusted)
    return trusted
  }

  #isBanned(key: string, nowMs: number): boolean {
    return (this.#offenders.peek(key)?.bannedUntilMs ?? -Infinity) > nowMs
  }

  #ban(key: string, nowMs: number): void {
    const { banMs } = this.#limits
    this.#offenders.set(key, { strikes: 0, sinceMs: nowMs, bannedUntilMs: nowMs + banMs })
    if (banMs > 0) this.#metrics.count('holdfast_sip_sources_banned_total')
  }

  #row(key: string): Row {
    const known = this.#rows.get(key)
    if (known !== undefined) return known
    const { sourceRatePerSec: rate, sourceBurst: burst } = this.#limits
    const row = {
      read: new Bucket(rate * readsPerRequest, burst * readsPerRequest),
      begin: new Bucket(rate, burst),
      transactions: 0,
    }
    this.#rows.set(key, row)
    return row
  }

  #refuse(reason: string): false {
    this.#metrics.count('holdfast_sip_strangers_dropped_total', { reason })
    return false
  }
}

/** IPv6 strangers are counted by /64: that much is one customer's to choose addresses from. */
function sourceKey(address: string): string {
  if (!address.includes(':')) return address
  const host = canonicalHost(address)
  return host.includes(':') ? host.split(':').slice(0, 4).join(':') : host
}

/** Fills with `rate` tokens a second up to `burst`, which it starts with. */
class Bucket {
  readonly #rate: number
  readonly #burst: number
  #tokens: number
  #atMs = -Infinity

  constructor(rate: number, burst: number) {
    this.#rate = rate
    this.#burst = burst
    this.#tokens = burst
  }

  take(nowMs: number): boolean {
    const gained = ((nowMs - this.#atMs) / 1000) * this.#rate
    this.#tokens = Math.min(this.#burst, this.#tokens + gained)
    this.#atMs = nowMs
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}

/** A Map that keeps its insertion order as the order of use and drops the longest unused row when it is full. */
class LastUsed<T> {
  readonly #map = new Map<string, T>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#map.size
  }

  peek(key: string): T | undefined {
    return this.#map.get(key)
  }

  get(key: string): T | undefined {
    const row = this.#map.get(key)
    if (row !== undefined) {
      this.#map.delete(key)
      this.#map.set(key, row)
    }
    return row
  }

  set(key: string, row: T): void {
    this.#map.delete(key)
    this.#map.set(key, row)
    if (this.#map.size <= this.#max) return
    for (const oldest of this.#map.keys()) {
      this.#map.delete(oldest)
      return
    }
  }
}
