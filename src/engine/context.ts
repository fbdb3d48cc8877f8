// What a handler may do during one step. Nothing here waits: events, effects, verbs and answers are collected and the
// driver performs them in this order: verbs at once, events and rows in the commit, everything else after it.

import { assert } from '../base/assert.ts'
import { brandAs, type LegId, type OperationId } from '../base/ids.ts'
import { moveLeg, type LegMove } from '../calls/leg.ts'
import type { Application } from '../ports/applications.ts'
import type { CommandAnswer, CommandValue, Refusal } from '../ports/commands.ts'
import type { DomainEvent, LegFacts } from '../ports/events.ts'
import type { MediaCommand } from '../ports/media-engine.ts'
import type { RecorderCommand } from '../ports/recorder.ts'
import type { SignalingEffect } from '../ports/signaling.ts'
import type { StreamCommand } from '../ports/streaming.ts'
import type { QueueVerb, StateChange, StateTable, VerbOutcome } from '../ports/store.ts'
import { legRow } from './leg-row.ts'
import type { CommandToken, EngineState, EngineWorld, Leg, LegEnd, TimerName } from './state.ts'

/** The three readings of the clock at the start of a step. */
export interface StepTime {
  /** Wall ms: what is stored and told. */
  readonly nowMs: number
  /** Wall microseconds, never repeating. */
  readonly nowUs: number
  /** For deadlines inside the process. */
  readonly monotonicMs: number
}

export type KnownOutcome = Exclude<VerbOutcome, { readonly kind: 'unknown' }>

export interface PendingVerb {
  readonly operationId: OperationId
  readonly verb: QueueVerb
  /** Legs whose commands and ends wait for the outcome. */
  readonly legs: readonly LegId[]
  /** Runs in the step of the outcome, with that step's context. */
  readonly then: (ctx: StepContext, outcome: KnownOutcome) => void
}

export type StepEffect =
  | { readonly kind: 'signal'; readonly effect: SignalingEffect }
  | { readonly kind: 'media'; readonly command: MediaCommand }
  | { readonly kind: 'record'; readonly command: RecorderCommand }
  | { readonly kind: 'stream'; readonly command: StreamCommand }
  /** Finished recordings that ended before that wall ms, at most so many: they come back as the input `expired`. */
  | { readonly kind: 'find-expired'; readonly beforeMs: number; readonly most: number }
  | { readonly kind: 'answer'; readonly token: CommandToken; readonly answer: CommandAnswer }

export interface StepOutput {
  readonly events: readonly DomainEvent[]
  readonly changes: readonly StateChange[]
  /** To be executed before the next input. */
  readonly verbs: readonly { readonly operationId: OperationId; readonly verb: QueueVerb }[]
  /** In order, after the commit. */
  readonly effects: readonly StepEffect[]
}

export class StepContext {
  readonly state: EngineState
  readonly world: EngineWorld
  readonly nowMs: number
  readonly nowUs: number
  readonly monotonicMs: number
  readonly #events: DomainEvent[] = []
  readonly #effects: StepEffect[] = []
  readonly #verbs: { operationId: OperationId; verb: QueueVerb }[] = []
  readonly #rows = new Map<string, StateChange>()
  readonly #touched = new Set<Leg>()
  readonly #endings: { leg: Leg; end: LegEnd }[] = []
  #leftLines: Leg[] = []
  /** Verbs whose outcome is not known yet. */
  readonly verbs: Map<OperationId, PendingVerb>

  constructor(
    state: EngineState,
    verbs: Map<OperationId, PendingVerb>,
    world: EngineWorld,
    time: StepTime,
  ) {
    this.state = state
    this.verbs = verbs
    this.world = world
    this.nowMs = time.nowMs
    this.nowUs = time.nowUs
    this.monotonicMs = time.monotonicMs
  }

  /**
   * Wall ms as they were at this process's first step, and monotonic since: for deadlines that are stored and compared. The
   * clock may be set meanwhile, by years, and nobody is timed out by that.
   */
  get steadyMs(): number {
    this.state.steadyFromMs ??= this.nowMs - this.monotonicMs
    return this.monotonicMs + this.state.steadyFromMs
  }

  /** How far the wall clock was set since this process's first step, with what it drifted. */
  get clockSetMs(): number {
    return this.nowMs - this.steadyMs
  }

  get settings(): EngineWorld['settings'] {
    return this.world.settings
  }

  /** A leg that has not ended, or undefined. */
  living(legId: LegId): Leg | undefined {
    const leg = this.state.legs.get(legId)
    return leg === undefined || leg.state.at === 'ended' ? undefined : leg
  }

  application(leg: Leg): Application | undefined {
    return this.world.applications.get(leg.applicationId)
  }

  emit(event: DomainEvent): void {
    this.#events.push(event)
  }

  signal(effect: SignalingEffect): void {
    this.#effects.push({ kind: 'signal', effect })
  }

  media(command: MediaCommand): void {
    this.#effects.push({ kind: 'media', command })
  }

  findExpired(beforeMs: number, most: number): void {
    this.#effects.push({ kind: 'find-expired', beforeMs, most })
  }

  record(command: RecorderCommand): void {
    this.#effects.push({ kind: 'record', command })
  }

  stream(command: StreamCommand): void {
    this.#effects.push({ kind: 'stream', command })
  }

  /** Answers one `submit`. Only answers.ts calls this; handlers return their answer or `settle` it later. */
  answer(token: CommandToken, answer: CommandAnswer): void {
    this.#effects.push({ kind: 'answer', token, answer })
  }

  /** The leg as the event tells it, at this very moment. */
  facts(leg: Leg): LegFacts {
    return {
      legId: leg.legId,
      legUuid: leg.legUuid,
      sessionId: leg.sessionId,
      applicationId: leg.applicationId,
      clientState: leg.clientState,
      from: leg.from,
      to: leg.to,
      direction: leg.direction,
      startedAtUs: leg.startedAtUs,
      webhooks: leg.webhooks,
      tags: leg.tags,
    }
  }

  /** The one way to change `leg.state`. */
  move(leg: Leg, move: LegMove): void {
    const before = leg.state
    leg.state = moveLeg(before, move)
    const { counts } = this.state
    if (before.at === 'queued') counts.queued -= 1
    if (leg.state.at === 'queued') counts.queued += 1
    this.touch(leg)
  }

  /** The leg's row is written with this step's commit. */
  touch(leg: Leg): void {
    this.#touched.add(leg)
  }

  put(table: StateTable, id: string, row: unknown): void {
    this.#rows.set(`${table} ${id}`, { kind: 'put', table, id, row })
  }

  remove(table: StateTable, id: string): void {
    this.#rows.set(`${table} ${id}`, { kind: 'delete', table, id })
  }

  /** Sets (or moves) the deadline `name` of `id` to `delayMs` from now; at least one step later. */
  arm(name: TimerName, id: string, delayMs: number): void {
    assert(Number.isFinite(delayMs), 'a deadline needs a finite delay')
    this.state.timers.set(`${name} ${id}`, this.monotonicMs + Math.max(0, delayMs))
  }

  disarm(name: TimerName, id: string): void {
    this.state.timers.delete(`${name} ${id}`)
  }

  /** A name that nothing else ever has, over restarts too. */
  freshName(): string {
    this.state.nextOperation += 1
    return `${this.state.bootId}-${this.state.nextOperation}`
  }

  /**
   * Asks the store. `legs` are held (commands and ends wait) until the outcome, whose step runs `then`; `unknown`
   * outcomes are repeated under the same operation id and never reach `then`.
   */
  verb(
    legs: readonly Leg[],
    verb: QueueVerb,
    then: (ctx: StepContext, outcome: KnownOutcome) => void,
  ): void {
    const operationId = brandAs<OperationId>(this.freshName())
    const legIds = legs.map((leg) => leg.legId)
    for (const leg of legs) {
      assert(leg.claim === undefined, 'a leg has one verb at a time')
      leg.claim = operationId
    }
    this.verbs.set(operationId, { operationId, verb, legs: legIds, then })
    this.#verbs.push({ operationId, verb })
  }

  /** Goes on after the outcome of another verb under way, holding `legs` until then as if the verb were theirs. */
  afterVerb(earlier: PendingVerb, legs: readonly Leg[], go: (ctx: StepContext) => void): void {
    for (const leg of legs) leg.claim = earlier.operationId
    this.verbs.set(earlier.operationId, {
      ...earlier,
      legs: [...earlier.legs, ...legs.map((leg) => leg.legId)],
      then: (later, outcome) => {
        earlier.then(later, outcome)
        go(later)
      },
    })
  }

  /** Hands a verb out again, after an unknown outcome. */
  repeat(pending: PendingVerb): void {
    this.#verbs.push({ operationId: pending.operationId, verb: pending.verb })
  }

  /**
   * The leg has ended with commands in its line: they waited for a verb about its counterpart, which is nobody to it any
   * more when the outcome comes.
   */
  leavesLine(leg: Leg): void {
    this.#leftLines.push(leg)
  }

  /** Legs of `leavesLine` since the last call. */
  takeLeftLines(): readonly Leg[] {
    const legs = this.#leftLines
    this.#leftLines = []
    return legs
  }

  /**
   * Ends another leg than the one being handled, after the handler is through: the judgement over a peer comes last
   * (C77). Nothing happens when it has ended by then.
   */
  endSoon(leg: Leg, end: LegEnd): void {
    this.#endings.push({ leg, end })
  }

  nextEnding(): { readonly leg: Leg; readonly end: LegEnd } | undefined {
    return this.#endings.shift()
  }

  /** What the step decided, with the rows of every touched leg. */
  finish(): StepOutput {
    for (const leg of this.#touched) {
      if (this.state.legs.get(leg.legId) !== leg) this.remove('leg', leg.legId)
      else this.put('leg', leg.legId, legRow(leg))
    }
    return {
      events: this.#events,
      changes: [...this.#rows.values()],
      verbs: this.#verbs,
      effects: this.#effects,
    }
  }
}

export const done: CommandAnswer = { ok: true, value: { kind: 'done' } }

export function accepted(value: CommandValue): CommandAnswer {
  return { ok: true, value }
}

export function refusal(why: Refusal): CommandAnswer {
  return { ok: false, refusal: why }
}
