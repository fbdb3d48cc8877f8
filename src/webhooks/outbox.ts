// The outbox: every webhook that is owed is tried until the receiver has it or `giveUpMs` have passed. At least once,
// per leg in order, receivers apart from each other, and never in the way of a call: nothing here is waited for.
//
// Order against progress (C20). A failing head holds back its lane. When the receiver meanwhile accepts events of other
// legs, the trouble is this event and not the receiver: after `holdMs` it goes on alone and its lane moves on. When
// the receiver accepts nothing, the lane waits; the first acceptance after that wakes all lanes that wait for it.

import { assert } from '../base/assert.ts'
import type { Clock } from '../ports/clock.ts'
import type { HttpClient, HttpOutcome } from '../ports/http-client.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { DeliveryProgress, DeliveryRow, PendingDelivery, Store } from '../ports/store.ts'
import type { Timers } from '../ports/timers.ts'
import { attemptRequest, judge, type Verdict } from './attempt.ts'
import { Origin, originOf, type Delivery, type Lane } from './lanes.ts'
import { createProgressWriter } from './progress.ts'
import { planAttempt, quickAttempts, slowPauseMsMax } from './schedule.ts'
import type { WebhookSigner } from './signature.ts'

/** Rows read at once when the outbox starts. */
const pageRows = 1000
/**
 * A receiver counts as accepting nothing after so many failures in a row and so long without a success; less would let
 * a receiver that takes every tenth event be asked for all the others again at each one.
 */
const downAfterFailures = 3
const downAfterMs = 10_000

export interface OutboxOptions {
  readonly store: Pick<Store, 'pendingDeliveries' | 'recordProgress'>
  readonly http: HttpClient
  readonly signer: WebhookSigner
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  readonly metrics: Metrics
  readonly holdMs: number
  readonly giveUpMs: number
  /** Requests to one receiver at the same time. */
  readonly concurrentPerOriginMax?: number
  /** Webhooks whose bodies are kept in memory; those beyond are read from the store when their turn comes. */
  readonly bodiesMax?: number
}

export class Outbox {
  readonly #options: OutboxOptions
  readonly #lanes = new Map<string, Lane>()
  readonly #origins = new Map<string, Origin>()
  readonly #progress: ReturnType<typeof createProgressWriter>
  readonly #inFlight = new Set<Promise<void>>()
  /** Rows committed while the start still reads what an earlier process owed. */
  #early: DeliveryRow[] | undefined = []
  #owed = 0
  #bodies = 0
  #draining = false

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#progress = createProgressWriter(options.store, options.timers)
  }

  /** Takes over what earlier processes owed; until it resolves, new rows wait behind them. */
  async start(): Promise<void> {
    let after = 0
    for (;;) {
      const page = await this.#options.store.pendingDeliveries(after, pageRows)
      for (const pending of page) this.#take(pending)
      after = page.at(-1)?.row.sequence ?? after
      if (page.length < pageRows) break
    }
    const early = this.#early ?? []
    this.#early = undefined
    this.add(early.filter((row) => row.sequence > after))
  }

  /** Rows that are on disk, in commit order. */
  add(rows: readonly DeliveryRow[]): void {
    if (this.#early !== undefined) {
      this.#early.push(...rows)
      return
    }
    for (const row of rows) this.#take({ row, attempts: 0, nextAttemptAtMs: row.createdAtMs })
  }

  /** Webhooks owed now. */
  backlog(): number {
    return this.#owed + (this.#early?.length ?? 0)
  }

  /**
   * Starts nothing new, and waits for what is under way, at most `limitMs`, then as long for the store to take the
   * outcomes; the rest is owed to the next start.
   */
  async drain(limitMs: number): Promise<void> {
    this.#draining = true
    await this.#atMost(limitMs, Promise.allSettled(this.#inFlight))
    for (const { head } of this.#lanes.values()) if (head !== undefined) this.#clearTimers(head)
    for (const origin of this.#origins.values())
      origin.failing.forEach((one) => this.#clearTimers(one))
    await this.#atMost(limitMs, this.#progress.flush())
  }

  #atMost(limitMs: number, work: Promise<unknown>): Promise<void> {
    const { timers } = this.#options
    return new Promise((resolve) => {
      const late = timers.set(limitMs, resolve)
      const over = (): void => {
        timers.clear(late)
        resolve()
      }
      work.then(over, over)
    })
  }

  #take({ row, attempts, nextAttemptAtMs }: PendingDelivery): void {
    const lane = this.#lanes.get(row.lane) ?? { key: row.lane, waiting: [], head: undefined }
    this.#lanes.set(row.lane, lane)
    const keep = this.#bodies < (this.#options.bodiesMax ?? 20_000)
    if (keep) this.#bodies++
    lane.waiting.push({
      row: keep ? row : { ...row, dataJson: undefined },
      lane,
      attempts,
      nextAttemptAtMs,
      failingSinceMs: undefined,
      failingAt: undefined,
      timer: undefined,
      holdTimer: undefined,
    })
    this.#count(1)
    if (lane.head?.timer !== undefined) this.#releaseIfOverdue(lane.head)
    this.#advance(lane)
  }

  /** Makes the next of a lane its head, when it has none. */
  #advance(lane: Lane): void {
    if (lane.head !== undefined || this.#draining) return
    const head = lane.waiting.shift()
    if (head === undefined) {
      if (this.#lanes.get(lane.key) === lane) this.#lanes.delete(lane.key)
      return
    }
    lane.head = head
    // Owed by an earlier process, which had tried it in vain: it goes on holding its lane as before.
    if (head.attempts > 0) {
      this.#markFailing(head, this.#origin(planAttempt(head.row, head.attempts).url))
    }
    // The clock may have been set since the moment was written down.
    const delayMs = head.nextAttemptAtMs - this.#options.clock.wallMs()
    this.#plan(head, Math.min(delayMs, slowPauseMsMax))
  }

  #plan(delivery: Delivery, delayMs: number): void {
    if (delivery.attempts === 0 || delayMs <= 0) return this.#ready(delivery)
    delivery.timer = this.#options.timers.set(delayMs, () => this.#ready(delivery))
  }

  #ready(delivery: Delivery): void {
    delivery.timer = undefined
    const { url } = planAttempt(delivery.row, delivery.attempts)
    const origin = this.#origin(url)
    origin.push(delivery)
    this.#pump(origin)
  }

  #pump(origin: Origin): void {
    while (!this.#draining) {
      const delivery = origin.take()
      if (delivery === undefined) return
      const running = this.#attempt(delivery, origin)
      this.#inFlight.add(running)
      void running.finally(() => this.#inFlight.delete(running))
    }
  }

  async #attempt(delivery: Delivery, origin: Origin): Promise<void> {
    const { clock, metrics } = this.#options
    const { url } = planAttempt(delivery.row, delivery.attempts)
    const startedAtMs = clock.wallMs()
    const startedAt = clock.monotonicMs()
    const verdict = judge(await this.#exchange(delivery, url))
    const finishedAtMs = clock.wallMs()
    delivery.attempts++
    origin.finished()
    metrics.count('holdfast_webhook_attempts_total', { result: resultOf(verdict) })
    metrics.observe('holdfast_webhook_attempt_ms', clock.monotonicMs() - startedAt)
    const { status, errorCode } = verdict
    const record = { url, startedAtMs, finishedAtMs, status, errorCode }
    if (verdict.delivered) this.#delivered(delivery, origin, record)
    else this.#failed(delivery, origin, record)
    this.#pump(origin)
    if (origin.idle) this.#origins.delete(origin.name)
  }

  /** Our own fault in one webhook counts as a failed attempt: it must not end the process that carries the calls. */
  async #exchange(delivery: Delivery, url: string): Promise<HttpOutcome> {
    const { clock, http, log, signer } = this.#options
    const { row, attempts } = delivery
    try {
      const dataJson = row.dataJson ?? (await this.#readBody(delivery))
      assert(dataJson !== undefined, 'an owed webhook is in the store until it is delivered')
      const facts = { row: { ...row, dataJson }, url, nowMs: clock.wallMs() }
      return await http.request(attemptRequest({ ...facts, number: attempts + 1 }, signer))
    } catch (error) {
      const { deliveryId, legId, eventType } = row
      const stack = error instanceof Error ? error.stack : String(error)
      log.error({ code: 'WEBHOOK_FAULT', deliveryId, legId, eventType, stack }, 'webhook broken')
      return { kind: 'failed', why: 'broken-answer', detail: String(error) }
    }
  }

  #delivered(delivery: Delivery, origin: Origin, record: AttemptRecord): void {
    const { clock } = this.#options
    const nowMs = clock.monotonicMs()
    const silentMs = nowMs - origin.lastSuccessAtMs
    const wasDown = origin.failuresInRow >= downAfterFailures && silentMs >= downAfterMs
    origin.failuresInRow = 0
    origin.lastSuccessAtMs = nowMs
    this.#end(delivery, 'delivered', record)
    for (const other of origin.failing) {
      if (wasDown) this.#wake(other)
      // Its time to hold is over; it was only waiting for a sign that the receiver is well.
      else if (other.holdTimer === undefined && other.timer !== undefined) this.#release(other)
    }
  }

  /** The receiver is back: whoever waits for it tries at once, before anything behind it may overtake. */
  #wake(delivery: Delivery): void {
    if (delivery.timer === undefined) return
    this.#options.timers.clear(delivery.timer)
    this.#ready(delivery)
  }

  #failed(delivery: Delivery, origin: Origin, record: AttemptRecord): void {
    const { clock, log, giveUpMs } = this.#options
    const { row } = delivery
    origin.failuresInRow++
    const { status, errorCode } = record
    const facts = { deliveryId: row.deliveryId, legId: row.legId, eventType: row.eventType }
    const fields = { ...facts, attempt: delivery.attempts, status, code: String(errorCode) }
    const nowMs = clock.wallMs()
    // A clock set forward, or days without a running server, must not cost an event all its attempts.
    if (nowMs - row.createdAtMs >= giveUpMs && delivery.attempts >= quickAttempts(row)) {
      log.error(fields, 'webhook given up')
      return this.#end(delivery, 'failed', record)
    }
    if (delivery.attempts <= 1) log.warn(fields, 'webhook attempt failed')
    const planned = planAttempt(row, delivery.attempts)
    delivery.nextAttemptAtMs = nowMs + planned.pauseMs
    this.#report(delivery, 'pending', record)
    if (this.#draining) return
    this.#markFailing(delivery, this.#origin(planned.url))
    this.#plan(delivery, planned.pauseMs)
    this.#releaseIfOverdue(delivery)
  }

  #markFailing(delivery: Delivery, origin: Origin): void {
    const { clock, timers, holdMs } = this.#options
    delivery.failingAt?.failing.delete(delivery)
    delivery.failingAt = origin
    origin.failing.add(delivery)
    if (delivery.failingSinceMs !== undefined) return
    delivery.failingSinceMs = clock.monotonicMs()
    delivery.holdTimer = timers.set(holdMs, () => this.#holdOver(delivery))
  }

  #holdOver(delivery: Delivery): void {
    delivery.holdTimer = undefined
    // Under way, or about to be: its outcome decides.
    if (delivery.timer !== undefined) this.#releaseIfOverdue(delivery)
  }

  /** The longest time that an event may hold back the later ones of a receiver that accepts others. */
  #releaseIfOverdue(delivery: Delivery): void {
    const { failingAt, failingSinceMs, holdTimer } = delivery
    if (failingAt === undefined || failingSinceMs === undefined || holdTimer !== undefined) return
    if (failingAt.lastSuccessAtMs > failingSinceMs) this.#release(delivery)
  }

  /** The event goes on in a lane of its own. */
  #release(delivery: Delivery): void {
    const { lane } = delivery
    if (lane.head !== delivery || lane.waiting.length === 0) return
    const { deliveryId, eventType, legId } = delivery.row
    this.#options.log.warn({ deliveryId, eventType, legId }, 'failing webhook overtaken')
    delivery.lane = { key: lane.key, waiting: [], head: delivery }
    lane.head = undefined
    this.#advance(lane)
  }

  #end(delivery: Delivery, state: 'delivered' | 'failed', record: AttemptRecord): void {
    this.#clearTimers(delivery)
    delivery.failingAt?.failing.delete(delivery)
    this.#report(delivery, state, record)
    if (delivery.row.dataJson !== undefined) this.#bodies--
    this.#count(-1)
    delivery.lane.head = undefined
    this.#advance(delivery.lane)
  }

  #report(delivery: Delivery, state: DeliveryProgress['state'], lastAttempt: AttemptRecord): void {
    const { attempts, nextAttemptAtMs, row } = delivery
    const finishedAtMs = state === 'pending' ? undefined : lastAttempt.finishedAtMs
    const { deliveryId } = row
    this.#progress.put({ deliveryId, attempts, nextAttemptAtMs, state, finishedAtMs, lastAttempt })
  }

  async #readBody({ row }: Delivery): Promise<string | undefined> {
    const [found] = await this.#options.store.pendingDeliveries(row.sequence - 1, 1)
    return found?.row.deliveryId === row.deliveryId ? found.row.dataJson : undefined
  }

  #clearTimers(delivery: Delivery): void {
    if (delivery.timer !== undefined) this.#options.timers.clear(delivery.timer)
    if (delivery.holdTimer !== undefined) this.#options.timers.clear(delivery.holdTimer)
    delivery.timer = undefined
    delivery.holdTimer = undefined
  }

  #origin(url: string): Origin {
    const name = originOf(url)
    const known = this.#origins.get(name)
    if (known !== undefined) return known
    const made = new Origin(name, this.#options.concurrentPerOriginMax ?? 50)
    this.#origins.set(name, made)
    return made
  }

  #count(by: number): void {
    this.#owed += by
    this.#options.metrics.gauge('holdfast_webhook_backlog', this.#owed)
  }
}

type AttemptRecord = NonNullable<DeliveryProgress['lastAttempt']>

function resultOf({ delivered, status }: Verdict): string {
  if (delivered) return 'delivered'
  return status === 0 ? 'no-answer' : `${Math.floor(status / 100)}xx`
}
