// The outbox: every webhook that is owed is tried until the receiver has it or `giveUpMs` have passed. At least once,
// per leg in order, receivers apart from each other, and never in the way of a call: nothing here is waited for.
//
// Order against progress (C20). A failing head holds back its lane. When the receiver meanwhile accepts events of other
// legs, the trouble is this event and not the receiver: after `holdMs` it goes on alone and its lane moves on. When
// the receiver accepts nothing, the lane waits; the first acceptance after that wakes all lanes that wait for it.
//
// Memory is bounded: of each application at most `heldMax` deliveries are here, the others are paged in from the store as
// these leave (backlog.ts). What goes on alone and waits long lies on disk until it is due, also over a restart.

import { assert } from '../base/assert.ts'
import type { ApplicationId } from '../base/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { HttpClient, HttpOutcome, HttpRequest } from '../ports/http-client.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { DeliveryProgress, DeliveryRow, PendingDelivery, Store } from '../ports/store.ts'
import type { TimerId, Timers } from '../ports/timers.ts'
import type { TracedAttempt } from '../ports/trace.ts'
import { attemptRequest, exchangeText, judge, tellAttempt, type Verdict } from './attempt.ts'
import { Backlog } from './backlog.ts'
import { Origin, originOf, type Delivery, type Lane } from './lanes.ts'
import { createProgressWriter } from './progress.ts'
import { planAttempt, quickAttempts, slowPauseMsMax, spreadPause } from './schedule.ts'
import type { WebhookSigner } from './signature.ts'

/** Rows read at once from the store. */
const pageRows = 500
/** A failing webhook that goes on alone is not held in memory over pauses of this length. */
const parkPauseMsMin = 30_000
/** How often the disk is asked for those that are due before the next time. */
const apartEveryMs = 5000
/** Of one application, so many of them are in memory at the same time. */
const apartHeldMax = 500
/** While nothing more fits into memory, how often one failing webhook is tried early to see whether the receiver is back. */
const probeEveryMs = 10_000
/** Receivers that are remembered while nothing goes to them. */
const originsMax = 1000
/**
 * A receiver counts as accepting nothing after so many failures in a row and so long without a success; less would let
 * a receiver that takes every tenth event be asked for all the others again at each one.
 */
const downAfterFailures = 3
const downAfterMs = 10_000

/** How often a drain looks whether receivers that are sent to at a measured pace have had all. */
const lookAgainMs = 50

export interface OutboxOptions {
  readonly store: Pick<
    Store,
    'pendingDeliveries' | 'apartDeliveries' | 'owedDeliveries' | 'recordProgress'
  >
  readonly http: HttpClient
  readonly signer: WebhookSigner
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  readonly metrics: Metrics
  readonly holdMs: number
  readonly giveUpMs: number
  /** Hears of every attempt for a call, when it is over. */
  readonly attempted?: (attempt: TracedAttempt) => void
  /** Requests to one receiver at the same time. */
  readonly concurrentPerOriginMax?: number
  /** Webhooks whose bodies are kept in memory; those beyond are read from the store when their turn comes. */
  readonly bodiesMax?: number
  /** Webhooks of one application that are in memory; those beyond are on disk only. */
  readonly heldMax?: number
}

export class Outbox {
  readonly #options: OutboxOptions
  readonly #lanes = new Map<string, Lane>()
  readonly #origins = new Map<string, Origin>()
  readonly #backlogs = new Map<ApplicationId, Backlog>()
  /** Runs while anything is parked. */
  #apartTimer: TimerId | undefined
  readonly #heldMax: number
  readonly #progress: ReturnType<typeof createProgressWriter>
  readonly #inFlight = new Set<Promise<void>>()
  /** Rows committed while the start still reads what an earlier process owed. */
  #early: DeliveryRow[] | undefined = []
  #owed = 0
  #parked = 0
  #bodies = 0
  /** A drain has begun: what fails waits for the next start. */
  #lastAttempts = false
  /** Nothing starts any more. */
  #draining = false

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#heldMax = options.heldMax ?? 10_000
    this.#progress = createProgressWriter(options.store, options.timers)
  }

  /** Takes over what earlier processes owed; until it resolves, new rows wait behind them. */
  async start(): Promise<void> {
    for (const owed of await this.#options.store.owedDeliveries()) {
      const { applicationId, lastSequence, apart } = owed
      this.#backlogs.set(applicationId, new Backlog(applicationId, lastSequence, apart))
      this.#parked += apart
      this.#count(owed.count + apart)
    }
    await Promise.all([...this.#backlogs.values()].map((backlog) => this.#refill(backlog)))
    const early = this.#early ?? []
    this.#early = undefined
    this.add(early)
    this.#armApart()
  }

  /** Rows that are on disk, in commit order. */
  add(rows: readonly DeliveryRow[]): void {
    if (this.#early !== undefined) {
      this.#early.push(...rows)
      return
    }
    for (const row of rows) {
      const backlog = this.#backlogOf(row.applicationId)
      const what = backlog.admit(row.sequence, this.#heldMax)
      if (what === 'known') continue
      this.#count(1)
      if (what === 'take') this.#take({ row, attempts: 0, nextAttemptAtMs: row.createdAtMs })
      else this.#probe(backlog)
    }
  }

  /** One that was finished and is owed again (the store knows): out at once, beside everything else. */
  sendAgain({ row, attempts }: Pick<PendingDelivery, 'row' | 'attempts'>): void {
    if (this.#draining) return
    this.#count(1)
    const lane: Lane = { key: row.lane, waiting: [], head: undefined }
    const delivery = this.#hold({ row, attempts, nextAttemptAtMs: 0 }, lane)
    this.#setApart(delivery)
    this.#ready(delivery)
  }

  /** Webhooks owed now. */
  backlog(): number {
    return this.#owed + (this.#early?.length ?? 0)
  }

  /** Of those, the ones in memory. */
  held(): number {
    return [...this.#backlogs.values()].reduce((sum, { held }) => sum + held, 0)
  }

  /**
   * Goes on for at most `limitMs` while receivers accept what they are owed; what fails is not tried again. Then waits as
   * long for the store to take the outcomes; the rest is owed to the next start.
   */
  async drain(limitMs: number): Promise<void> {
    this.#lastAttempts = true
    await this.#atMost(limitMs, this.#nothingUnderWay())
    this.#draining = true
    if (this.#apartTimer !== undefined) this.#options.timers.clear(this.#apartTimer)
    for (const { head } of this.#lanes.values()) if (head !== undefined) this.#clearTimers(head)
    for (const { failing, paceTimer } of this.#origins.values()) {
      failing.forEach((one) => this.#clearTimers(one))
      if (paceTimer !== undefined) this.#options.timers.clear(paceTimer)
    }
    await this.#atMost(limitMs, this.#progress.flush())
  }

  /** An attempt that succeeds begins the next of its lane before it is over itself. */
  async #nothingUnderWay(): Promise<void> {
    const paced = (): boolean =>
      [...this.#origins.values()].some((one) => one.paceTimer !== undefined)
    while (!this.#draining && (this.#inFlight.size > 0 || paced())) {
      if (this.#inFlight.size > 0) await Promise.allSettled(this.#inFlight)
      else await new Promise<void>((resolve) => this.#options.timers.set(lookAgainMs, resolve))
    }
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

  #backlogOf(applicationId: ApplicationId): Backlog {
    const known = this.#backlogs.get(applicationId)
    if (known !== undefined) return known
    const made = new Backlog(applicationId, 0, 0)
    this.#backlogs.set(applicationId, made)
    return made
  }

  /** Reads on from the disk until memory is full again or nothing is left there. */
  async #refill(backlog: Backlog): Promise<void> {
    if (backlog.reading) return
    backlog.reading = true
    const { store } = this.#options
    while (backlog.onDisk && backlog.held < this.#heldMax && !this.#draining) {
      const limit = Math.min(pageRows, this.#heldMax - backlog.held)
      const { takenTo, leftTo, applicationId } = backlog
      const page = await store.pendingDeliveries(takenTo, limit, applicationId)
      for (const pending of page) {
        if (!backlog.readFromDisk(pending.row.sequence)) this.#count(1)
        this.#take(pending)
      }
      if (page.length < limit) backlog.readTo(leftTo)
    }
    backlog.reading = false
  }

  #take(pending: PendingDelivery): void {
    const key = pending.row.lane
    const lane = this.#lanes.get(key) ?? { key, waiting: [], head: undefined }
    this.#lanes.set(key, lane)
    lane.waiting.push(this.#hold(pending, lane))
    if (lane.head?.timer !== undefined) this.#releaseIfOverdue(lane.head)
    this.#advance(lane)
  }

  #hold({ row, attempts, nextAttemptAtMs }: PendingDelivery, lane: Lane): Delivery {
    const keep = this.#bodies < (this.#options.bodiesMax ?? 20_000)
    if (keep) this.#bodies++
    this.#backlogOf(row.applicationId).held++
    return {
      row: keep ? row : { ...row, dataJson: undefined },
      lane,
      attempts,
      apart: false,
      nextAttemptAtMs,
      failingSinceMs: undefined,
      failingAt: undefined,
      timer: undefined,
      holdTimer: undefined,
    }
  }

  /** It leaves memory, and makes room for what is on disk. */
  #letGo(delivery: Delivery): void {
    this.#clearTimers(delivery)
    delivery.failingAt?.failing.delete(delivery)
    if (delivery.row.dataJson !== undefined) this.#bodies--
    const backlog = this.#backlogOf(delivery.row.applicationId)
    backlog.held--
    this.#letGoApart(delivery, backlog)
    if (backlog.onDisk && backlog.held <= this.#heldMax / 2) void this.#refill(backlog)
  }

  /** No new lane starts while memory is full, so nobody else would notice that the receiver is back. */
  #probe(backlog: Backlog): void {
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs - backlog.probedAtMs < probeEveryMs) return
    backlog.probedAtMs = nowMs
    for (const origin of this.#origins.values()) {
      for (const delivery of origin.failing) {
        if (delivery.row.applicationId !== backlog.applicationId) continue
        if (delivery.timer !== undefined) return this.#wake(delivery)
      }
    }
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
      this.#markFailing(head, this.#originOf(head))
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
    const origin = this.#originOf(delivery)
    origin.push(delivery)
    this.#pump(origin)
  }

  #pump(origin: Origin): void {
    const { clock, timers } = this.#options
    while (!this.#draining && origin.paceTimer === undefined) {
      const pauseMs = origin.pauseMs(clock.monotonicMs())
      if (pauseMs > 0) {
        origin.paceTimer = timers.set(pauseMs, () => {
          origin.paceTimer = undefined
          this.#pump(origin)
        })
        return
      }
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
    const { outcome, headers } = await this.#exchange(delivery, url)
    const verdict = judge(outcome)
    const finishedAtMs = clock.wallMs()
    delivery.attempts++
    origin.finished()
    metrics.count('holdfast_webhook_attempts_total', { result: resultOf(verdict) })
    metrics.observe('holdfast_webhook_attempt_ms', clock.monotonicMs() - startedAt)
    const { status, errorCode } = verdict
    const exchangeJson = exchangeText(headers, outcome)
    const record = { url, startedAtMs, finishedAtMs, status, errorCode, exchangeJson }
    if (verdict.delivered) this.#delivered(delivery, origin, record)
    else this.#failed(delivery, origin, record)
    this.#pump(origin)
  }

  /** Our own fault in one webhook counts as a failed attempt: it must not end the process that carries the calls. */
  async #exchange(
    delivery: Delivery,
    url: string,
  ): Promise<{ readonly outcome: HttpOutcome; readonly headers: HttpRequest['headers'] }> {
    const { clock, http, log, signer } = this.#options
    const { row, attempts } = delivery
    try {
      const dataJson = row.dataJson ?? (await this.#readBody(delivery))
      assert(dataJson !== undefined, 'an owed webhook is in the store until it is delivered')
      const facts = { row: { ...row, dataJson }, url, nowMs: clock.wallMs() }
      const request = await attemptRequest({ ...facts, number: attempts + 1 }, signer)
      return { outcome: await http.request(request), headers: request.headers }
    } catch (error) {
      const { deliveryId, legId, eventType } = row
      const stack = error instanceof Error ? error.stack : String(error)
      log.error({ code: 'WEBHOOK_FAULT', deliveryId, legId, eventType, stack }, 'webhook broken')
      const outcome = { kind: 'failed', why: 'broken-answer', detail: String(error) } as const
      return { outcome, headers: undefined }
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
    // What an earlier process failed at waits for a pause that was made for a receiver that was down then.
    const first = silentMs === Infinity
    for (const other of origin.failing) {
      const waitsMs = other.nextAttemptAtMs - clock.wallMs()
      if (wasDown || (first && waitsMs > downAfterMs / 2)) this.#wake(other)
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
    const { clock, log, metrics, giveUpMs } = this.#options
    const { row } = delivery
    origin.failuresInRow++
    origin.answers = record.status > 0
    const { status, errorCode } = record
    const facts = { deliveryId: row.deliveryId, legId: row.legId, eventType: row.eventType }
    const fields = { ...facts, attempt: delivery.attempts, status, code: String(errorCode) }
    const nowMs = clock.wallMs()
    // A clock set forward, or days without a running server, must not cost an event all its attempts.
    if (nowMs - row.createdAtMs >= giveUpMs && delivery.attempts >= quickAttempts(row)) {
      log.error({ ...fields, sequence: row.sequence }, 'webhook given up')
      metrics.count('holdfast_webhook_given_up_total')
      return this.#end(delivery, 'failed', record)
    }
    if (delivery.attempts <= 1) log.warn(fields, 'webhook attempt failed')
    const planned = planAttempt(row, delivery.attempts)
    const pauseMs = spreadPause(planned.pauseMs, row.sequence, delivery.attempts)
    delivery.nextAttemptAtMs = nowMs + pauseMs
    this.#report(delivery, 'pending', record)
    if (this.#lastAttempts) return
    this.#markFailing(delivery, this.#originOf(delivery))
    this.#plan(delivery, pauseMs)
    this.#releaseIfOverdue(delivery)
    this.#tryPast(delivery)
    this.#parkIfAlone(delivery)
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
    if (delivery.timer === undefined) return
    this.#releaseIfOverdue(delivery)
    this.#tryPast(delivery)
  }

  /** The longest time that an event may hold back the later ones of a receiver that accepts others. */
  #releaseIfOverdue(delivery: Delivery): void {
    const { failingAt, failingSinceMs, holdTimer } = delivery
    if (failingAt === undefined || failingSinceMs === undefined || holdTimer !== undefined) return
    if (failingAt.lastSuccessAtMs > failingSinceMs) this.#release(delivery)
  }

  /**
   * The receiver answers and accepts nothing, but all that fails is of one kind, which may be what every call begins
   * with: one lane goes past it, to see whether the trouble is only that kind. If so, all others follow.
   */
  #tryPast({ failingAt, holdTimer, timer, lane, row }: Delivery): void {
    if (failingAt === undefined || holdTimer !== undefined || timer === undefined) return
    const { clock, holdMs } = this.#options
    const nowMs = clock.monotonicMs()
    if (!failingAt.answers || nowMs - failingAt.triedPastAtMs < holdMs) return
    const { head, waiting } = lane
    const next = waiting[0]
    if (head === undefined || next === undefined || next.row.eventType === row.eventType) return
    for (const other of failingAt.failing) if (other.row.eventType !== row.eventType) return
    failingAt.triedPastAtMs = nowMs
    this.#release(head)
  }

  /** The event goes on in a lane of its own. */
  #release(delivery: Delivery): void {
    const { lane } = delivery
    if (lane.head !== delivery || this.#lanes.get(lane.key) !== lane) return
    if (lane.waiting.length > 0) {
      const { deliveryId, eventType, legId } = delivery.row
      this.#options.log.warn({ deliveryId, eventType, legId }, 'failing webhook overtaken')
    }
    this.#setApart(delivery)
    this.#report(delivery, 'pending')
    lane.head = undefined
    this.#advance(lane)
    this.#parkIfAlone(delivery)
  }

  #setApart(delivery: Delivery): void {
    delivery.apart = true
    delivery.lane = { key: delivery.lane.key, waiting: [], head: delivery }
    this.#backlogOf(delivery.row.applicationId).apartHeld.add(delivery.row.sequence)
  }

  /** Alone and with a long pause before it: until then it is on disk only. */
  #parkIfAlone(delivery: Delivery): void {
    if (delivery.timer === undefined || !delivery.apart) return
    if (delivery.nextAttemptAtMs - this.#options.clock.wallMs() < parkPauseMsMin) return
    this.#backlogOf(delivery.row.applicationId).parked++
    this.#parked++
    this.#letGo(delivery)
    this.#count(0)
    this.#armApart()
  }

  #letGoApart({ apart, row }: Delivery, backlog: Backlog): void {
    if (!apart) return
    backlog.apartHeld.delete(row.sequence)
    backlog.recent.add(row.sequence)
    if (!backlog.moreDue || backlog.apartHeld.size > this.#apartHeldMax / 2) return
    backlog.moreDue = false
    void this.#pickUp(backlog)
  }

  get #apartHeldMax(): number {
    return Math.min(apartHeldMax, this.#heldMax)
  }

  #armApart(): void {
    if (this.#apartTimer !== undefined || this.#draining) return
    if (this.#parked === 0) return
    this.#apartTimer = this.#options.timers.set(apartEveryMs, () => {
      const all = [...this.#backlogs.values()].map((backlog) => this.#pickUp(backlog))
      void Promise.all(all).finally(() => {
        this.#apartTimer = undefined
        this.#armApart()
      })
    })
  }

  /** What is due before the next look goes out now: never later than it should. */
  async #pickUp(backlog: Backlog): Promise<void> {
    const { clock, store } = this.#options
    const { apartHeld, applicationId } = backlog
    const room = this.#apartHeldMax - apartHeld.size
    if (backlog.parked === 0 || room <= 0 || backlog.pickingUp) return
    backlog.pickingUp = true
    // After the flush these have their last word on disk.
    backlog.recent = new Set()
    await this.#progress.flush()
    const limit = room + apartHeld.size + backlog.recent.size
    const untilMs = clock.wallMs() + apartEveryMs
    const page = await store.apartDeliveries(applicationId, untilMs, limit)
    backlog.pickingUp = false
    if (this.#draining) return
    backlog.moreDue = page.length === limit
    for (const pending of page) {
      const { sequence } = pending.row
      if (apartHeld.has(sequence) || backlog.recent.has(sequence)) continue
      backlog.parked--
      this.#parked--
      const delivery = this.#hold(pending, { key: pending.row.lane, waiting: [], head: undefined })
      this.#setApart(delivery)
      this.#ready(delivery)
    }
    this.#count(0)
  }

  #end(delivery: Delivery, state: 'delivered' | 'failed', record: AttemptRecord): void {
    this.#report(delivery, state, record)
    this.#letGo(delivery)
    this.#count(-1)
    delivery.lane.head = undefined
    this.#advance(delivery.lane)
  }

  #report(
    delivery: Delivery,
    outcome: 'pending' | 'delivered' | 'failed',
    lastAttempt?: AttemptRecord,
  ): void {
    const { apart, attempts, nextAttemptAtMs, row } = delivery
    const state = outcome === 'pending' && apart ? 'apart' : outcome
    const finishedAtMs = outcome === 'pending' ? undefined : lastAttempt?.finishedAtMs
    const { deliveryId } = row
    tellAttempt(this.#options.attempted, delivery, outcome, lastAttempt)
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

  /** The receiver of its next attempt: of its application alone, whoever else sends to the same address. */
  #originOf({ row, attempts }: Delivery): Origin {
    const name = `${row.applicationId} ${originOf(planAttempt(row, attempts).url)}`
    const known = this.#origins.get(name)
    if (known !== undefined) return known
    if (this.#origins.size >= originsMax) this.#forgetIdleOrigins()
    const made = new Origin(this.#options.concurrentPerOriginMax ?? 50)
    this.#origins.set(name, made)
    return made
  }

  #forgetIdleOrigins(): void {
    for (const [name, { idle }] of this.#origins) if (idle) this.#origins.delete(name)
  }

  #count(by: number): void {
    this.#owed += by
    const { metrics } = this.#options
    metrics.gauge('holdfast_webhook_backlog', this.#owed)
    metrics.gauge('holdfast_webhook_parked', this.#parked)
  }
}

type AttemptRecord = NonNullable<DeliveryProgress['lastAttempt']>

function resultOf({ delivered, status }: Verdict): string {
  if (delivered) return 'delivered'
  return status === 0 ? 'no-answer' : `${Math.floor(status / 100)}xx`
}
