// The receivers of webhooks, behind the HTTP port: slow, failing, timing out after they have understood, down for a
// while. They hold the outbox to its promises: only what is committed is sent, a leg's events come in order (C20), each
// attempt carries the next number, and nothing that was accepted is sent again.

import { createPublicKey, verify } from 'node:crypto'
import type { HttpClient, HttpOutcome, HttpRequest } from '../../src/ports/http-client.ts'
import type { Random } from '../../src/ports/random.ts'
import type { DeliveryRow } from '../../src/ports/store.ts'
import { BrokenPromise } from './checkers.ts'
import type { DiskDelivery } from './disk.ts'
import type { SimTime } from './time.ts'

export interface ReceiverTroubles {
  slowMaxMs: number
  /** Per mille answered 500. */
  errors: number
  /** Per mille that run into the sender's timeout, half of them after the receiver has acted. */
  timeouts: number
  /** How often the receiver goes down for some seconds. */
  downs: number
}

/** A webhook as the application reads it. */
export interface Told {
  readonly eventType: string
  readonly payload: Readonly<Record<string, unknown>>
}

interface Owed {
  readonly row: DeliveryRow
  attempts: number
  firstFailureAtMs: number | undefined
  delivered: boolean
}

export interface SimReceiverParts {
  readonly time: SimTime
  readonly random: Random
  readonly troubles: ReceiverTroubles
  readonly holdMs: number
  /** Undefined: webhooks are not signed. */
  readonly publicKey: string | undefined
  readonly broken: (why: unknown) => void
}

/** One attempt in so many has its signature checked: it is slow. */
const SIGNATURE_CHECK_EVERY = 64

export class SimReceiver implements HttpClient {
  down = false
  /** No trouble any more. */
  healthy = false
  /** The application: called for every webhook that the receiver understood, repeats included. */
  onWebhook: (told: Told) => void = () => undefined
  attempts = 0
  readonly #parts: SimReceiverParts
  readonly #owed = new Map<string, Owed>()
  readonly #lanes = new Map<string, Owed[]>()
  /** Restarts of the sender: whom a crash found waiting for an answer never learns of it. */
  #life = 0

  constructor(parts: SimReceiverParts) {
    this.#parts = parts
  }

  /** The rows of a commit that is on disk. */
  committed(rows: readonly DeliveryRow[]): void {
    for (const row of rows) {
      if (this.#owed.has(row.deliveryId)) this.#refuse(`webhook ${row.deliveryId} committed twice`)
      const owed: Owed = { row, attempts: 0, firstFailureAtMs: undefined, delivered: false }
      this.#owed.set(row.deliveryId, owed)
      const lane = this.#lanes.get(row.lane) ?? []
      this.#lanes.set(row.lane, lane)
      lane.push(owed)
    }
  }

  /**
   * The sender is gone; `rows` is what it had written down. Whatever is not recorded as delivered there comes again, with
   * the same id and the next number after the recorded one.
   */
  restart(rows: Iterable<DiskDelivery>): void {
    this.#life += 1
    for (const { row, attempts, state } of rows) {
      if (!this.#owed.has(row.deliveryId)) this.committed([row])
      const owed = this.#owed.get(row.deliveryId)
      if (owed === undefined) continue
      owed.attempts = attempts
      owed.delivered = state === 'delivered'
    }
  }

  /** Committed and not accepted yet. */
  undelivered(): readonly string[] {
    const open = [...this.#owed.values()].filter(({ delivered }) => !delivered)
    return open.map(({ row, attempts }) => `${row.eventType} ${row.sequence}: ${attempts} attempts`)
  }

  request(request: HttpRequest): Promise<HttpOutcome> {
    this.attempts += 1
    const { time, random, troubles } = this.#parts
    const read = this.#read(request)
    const owed = this.#owed.get(read.id)
    if (owed === undefined) {
      this.#refuse(`webhook ${read.id} was never committed`)
      return Promise.resolve({ kind: 'failed', why: 'connect', detail: 'simulated' })
    }
    this.#check(owed, read.attempt, request)
    owed.attempts = read.attempt
    const die = this.healthy ? 1_000 : random.below(1_000)
    const understood = !this.down && die >= troubles.timeouts / 2
    const act = (): void => {
      if (understood) this.onWebhook(read.told)
    }
    const { outcome, afterMs } = this.#fate(die, request.timeoutMs)
    const life = this.#life
    return new Promise((resolve) => {
      // Half of the time it acts before it answers, so that its commands overtake the outbox.
      const early = random.below(2) === 0
      if (early) time.set(random.below(afterMs + 1), act)
      time.set(afterMs, () => {
        if (life === this.#life) this.#note(owed, outcome)
        resolve(outcome)
        if (!early) act()
      })
    })
  }

  #fate(die: number, timeoutMs: number): { outcome: HttpOutcome; afterMs: number } {
    const { random, troubles } = this.#parts
    if (this.down) {
      const quick = random.below(2) === 0
      const why = quick ? ('connect' as const) : ('timeout' as const)
      const outcome = { kind: 'failed', why, detail: 'simulated' } as const
      return { outcome, afterMs: quick ? 1 : timeoutMs }
    }
    if (die < troubles.timeouts) {
      const outcome = { kind: 'failed', why: 'timeout', detail: 'simulated' } as const
      return { outcome, afterMs: timeoutMs }
    }
    const status = die < troubles.timeouts + troubles.errors ? 500 : 200
    const outcome = { kind: 'answer', status, headers: [], body: new Uint8Array() } as const
    return { outcome, afterMs: 1 + random.below(troubles.slowMaxMs) }
  }

  #note(owed: Owed, outcome: HttpOutcome): void {
    if (outcome.kind === 'answer' && outcome.status === 200) owed.delivered = true
    else owed.firstFailureAtMs ??= this.#parts.time.monotonicMs()
  }

  #check(owed: Owed, attempt: number, request: HttpRequest): void {
    const { row } = owed
    if (owed.delivered) this.#refuse(`${row.eventType} ${row.sequence} sent after its delivery`)
    if (attempt !== owed.attempts + 1) this.#refuse(`${row.eventType}: attempt ${attempt}`)
    if (attempt === 1) {
      const now = this.#parts.time.monotonicMs()
      for (const before of this.#lanes.get(row.lane) ?? []) {
        if (before === owed) break
        const { firstFailureAtMs, delivered } = before
        const overtaken =
          firstFailureAtMs !== undefined && now - firstFailureAtMs >= this.#parts.holdMs
        if (!delivered && !overtaken) {
          this.#refuse(`${row.eventType} ${row.sequence} overtook ${before.row.eventType}`)
        }
      }
    }
    if (this.attempts % SIGNATURE_CHECK_EVERY === 1) this.#checkSignature(request)
  }

  #checkSignature({ headers, body }: HttpRequest): void {
    const { publicKey } = this.#parts
    if (publicKey === undefined) return
    const raw = Buffer.from(publicKey, 'base64').toString('base64url')
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw }, format: 'jwk' })
    const text = `${headers?.['telnyx-timestamp']}|${Buffer.from(body ?? []).toString()}`
    const signature = Buffer.from(headers?.['telnyx-signature-ed25519'] ?? '', 'base64')
    if (!verify(null, Buffer.from(text), key, signature)) this.#refuse('a signature is wrong')
  }

  #read(request: HttpRequest): { id: string; attempt: number; told: Told } {
    const envelope: unknown = JSON.parse(Buffer.from(request.body ?? []).toString())
    const data = recordAt(envelope, 'data')
    const attempt = recordAt(envelope, 'meta')['attempt']
    return {
      id: String(data['id']),
      attempt: Number(attempt),
      told: { eventType: String(data['event_type']), payload: recordAt(data, 'payload') },
    }
  }

  #refuse(why: string): void {
    this.#parts.broken(new BrokenPromise(why))
  }
}

function recordAt(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new BrokenPromise(`no object with ${name}`)
  const inner: unknown = Reflect.get(value, name)
  if (typeof inner !== 'object' || inner === null) throw new BrokenPromise(`no ${name}`)
  return inner as Record<string, unknown> // An object of parsed JSON.
}
