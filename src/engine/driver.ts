// Runs the engine on the ports: collects the inputs of one turn of the event loop, steps due timers and then the inputs,
// executes store verbs at once, stamps events, commits once (group commit), and lets effects, answers and webhooks go
// only when the commit is on disk. All waiting of the call logic is here; all deciding is in step.ts.

import { brandAs, type ApplicationId, type LegId } from '../base/ids.ts'
import type { Application } from '../ports/applications.ts'
import type { Clock } from '../ports/clock.ts'
import type {
  CallControl,
  CommandAnswer,
  CommandEnvelope,
  EngineCounts,
} from '../ports/commands.ts'
import type { DurableMedia, DurableSignaling } from '../ports/durable.ts'
import type { EventSink } from '../ports/event-sink.ts'
import type { DomainEvent, StampedEvent } from '../ports/events.ts'
import type { Faults } from '../ports/faults.ts'
import type { Log } from '../ports/log.ts'
import type { MediaEngine, MediaInput } from '../ports/media-engine.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Random } from '../ports/random.ts'
import type { ApplicationBook } from '../ports/setup.ts'
import type { Recorder, RecorderInput } from '../ports/recorder.ts'
import type { Streamer, StreamInput } from '../ports/streaming.ts'
import type { Signaling, SignalingInput } from '../ports/signaling.ts'
import type { LiveRows, StateChange, Store } from '../ports/store.ts'
import type { TimerId, Timers } from '../ports/timers.ts'
import { viewActiveCalls, viewApplications, viewCall } from './call-views.ts'
import {
  conferenceCount,
  conferenceView,
  conferenceViews,
  participantView,
  participantViews,
} from './conference-views.ts'
import { refusal, type StepEffect, type StepTime } from './context.ts'
import { HeldBack } from './held-back.ts'
import { InputTrail } from './input-trail.ts'
import { LaneCounters } from './lane-counters.ts'
import { ReleaseOrder } from './release-order.ts'
import { Standstill } from './standstill.ts'
import type { CommandToken, EngineSettings, EngineState } from './state.ts'
import { Engine, type EngineInput, type EngineStep } from './step.ts'
import { TurnOutput } from './turn-output.ts'
import { createWorld } from './world.ts'

export interface CallControlParts {
  readonly settings: Partial<EngineSettings>
  readonly limits?: Partial<AdmissionLimits>
  /** A list that never changes, or the registry. */
  readonly applications: readonly Application[] | ApplicationBook
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly store: Store
  readonly signaling: Signaling
  readonly media: MediaEngine
  /** Without it nothing can be recorded. */
  readonly recorder?: Recorder
  /** Without it nothing can be streamed. */
  readonly streamer?: Streamer
  /** Their memory over the end of the process; without it every leg of a former process ends at the start. */
  readonly durable?: { readonly signaling: DurableSignaling; readonly media: DurableMedia }
  readonly sink: EventSink
  readonly log: Log
  readonly metrics: Metrics
  readonly faults: Faults
  /** Sees every input with the state it meets, before it is stepped: for whoever counts what has been met. */
  readonly watch?: (input: EngineInput, state: EngineState) => void
  /** How late the event loop runs, ms; for admission. */
  readonly loopLagMs?: () => number
}

export interface AdmissionLimits {
  /** Commits handed to the store and not on disk, above which nothing new is begun. */
  readonly commitBacklogMax: number
  /** Event loop lateness above which no new call is let in, ms. */
  readonly loopLagMaxMs: number
}

const defaultLimits: AdmissionLimits = { commitBacklogMax: 200, loopLagMaxMs: 500 }

export type Admission =
  | { readonly ok: true }
  | { readonly ok: false; readonly why: string; readonly retryAfterSecs: number }

/** The running call logic, as the composition root and the rooms below see it. */
export interface CallLogic extends CallControl {
  /**
   * Loads what the store remembers and steps it. Commands are refused and calls not admitted before it resolves. `live`:
   * what the store remembers, when the composition root has asked it already for the sake of others.
   */
  start(live?: LiveRows): Promise<void>
  /** The one entry for SIP and media; decided in this turn of the event loop, in order of arrival. */
  deliver(input: SignalingInput | MediaInput | RecorderInput | StreamInput): void
  /** For an INVITE out of a dialog, before anything is made for it: not ok is a 503. */
  admitCall(): Admission
  /** Of which something may still be told, but for places in queues. Looks at all calls: for housekeeping. */
  applications(): Set<ApplicationId>
  /** From now on no call is let in and none is dialled; calls that are there go on, transfers included. */
  drain(): void
  /** Resolves when no input waits and everything decided has been committed and performed. */
  idle(): Promise<void>
  /** Takes no input and fires no timer any more; call `idle` first. */
  stop(): void
}

const RETRY_AFTER_SECS = 1

export function createCallControl(parts: CallControlParts): CallLogic {
  const driver = new Driver(parts)
  const { engine } = driver
  const { state } = engine
  return {
    conference: (idOrName) => conferenceView(state, idOrName),
    conferences: (filter, page) => conferenceViews(state, filter, page),
    participants: (idOrName, filter, page) => participantViews(state, idOrName, filter, page),
    participant: (idOrName, participant) => participantView(state, idOrName, participant),
    recording: (recordingId) => parts.store.recordings.get(recordingId),
    recordings: (filter, page) => parts.store.recordings.page(filter, page),
    submit: (envelope) => driver.submit(envelope),
    call: (legId) => viewCall(state, legId, driver.endedAfterMs()),
    activeCalls: (applicationId, page) => viewActiveCalls(state, applicationId, page),
    counts: () => driver.counts(),
    applications: () => viewApplications(state),
    start: (live) => driver.start(live),
    deliver: (input) => driver.deliver(input),
    admitCall: () => driver.admitCall(),
    drain: () => driver.drain(),
    idle: () => driver.idle(),
    stop: () => driver.stop(),
  }
}

type RestoreInput = Extract<EngineInput, { kind: 'restore' }>

class Driver {
  readonly engine: Engine
  readonly #parts: CallControlParts
  readonly #limits: AdmissionLimits
  readonly #callsMax: number
  readonly #rememberEndedMs: number
  readonly #releases = new ReleaseOrder()
  readonly #answers = new Map<CommandToken, (answer: CommandAnswer) => void>()
  readonly #trail = new InputTrail()
  readonly #lanes = new LaneCounters()
  readonly #heldBack: HeldBack
  readonly #standstill = new Standstill()
  #inputs: EngineInput[] = []
  #turnAsked = false
  #timer: { readonly id: TimerId; readonly atMs: number } | undefined
  #nextToken = 0
  #sequence = 0
  #lastUs = 0
  #phase: 'starting' | 'running' | 'draining' | 'stopped' = 'starting'

  constructor(parts: CallControlParts) {
    this.#parts = parts
    this.#limits = { ...defaultLimits, ...parts.limits }
    this.#heldBack = new HeldBack(parts)
    const { settings, applications, signaling } = parts
    const checkDestination = signaling.checkDestination.bind(signaling)
    const trunkNumber = signaling.trunkNumber?.bind(signaling)
    const world = createWorld({ settings, applications, checkDestination, trunkNumber })
    this.#callsMax = world.settings.callsMax
    this.#rememberEndedMs = world.settings.rememberEndedMs
    this.engine = new Engine(world, parts.random.token(8))
  }

  async start(live: LiveRows | undefined): Promise<void> {
    const { store, durable } = this.#parts
    const rows = live ?? (await store.loadLive())
    this.#sequence = rows.lastSequence
    for (const { table, id, row } of rows.rows) {
      if (table === 'lane') this.#lanes.restore(brandAs<LegId>(id), row)
    }
    const { dialogs, media } = await this.#restoreRooms(rows)
    this.#phase = 'running'
    this.#inputs.unshift({ kind: 'restore', rows, dialogs, media })
    this.#turn()
    durable?.signaling.onChange(() => this.#askTurn())
    durable?.media.onChange(() => this.#askTurn())
    await this.#releases.idle()
  }

  /** Media first: audio flows again while the rest is being put together. */
  async #restoreRooms(live: LiveRows): Promise<Pick<RestoreInput, 'dialogs' | 'media'>> {
    const { durable } = this.#parts
    if (durable === undefined) return { dialogs: [], media: [] }
    const binding = durable.media.restore(live.rows.filter(({ table }) => table === 'media'))
    // The media thread binds meanwhile.
    const dialogs = durable.signaling.restore(
      live.rows.filter(({ table }) => table === 'dialog' || table === 'registration'),
    )
    return { dialogs, media: await binding }
  }

  submit(envelope: CommandEnvelope): Promise<CommandAnswer> {
    const why = this.#refuseCommand(envelope)
    if (why !== undefined) {
      return Promise.resolve(
        refusal({ code: 'unavailable', why, retryAfterSecs: RETRY_AFTER_SECS }),
      )
    }
    this.#nextToken += 1
    const token = this.#nextToken
    return new Promise((resolve) => {
      this.#answers.set(token, resolve)
      this.#take({ kind: 'command', token, envelope })
      this.#parts.faults.at('engine.command')
    })
  }

  deliver(input: SignalingInput | MediaInput | RecorderInput | StreamInput): void {
    if (!this.#heldBack.takes(input)) return
    if (input.kind === 'recording-ended') this.#take({ kind: 'recorder', input })
    else if (input.kind === 'stream-started' || input.kind === 'stream-ended') {
      this.#take({ kind: 'stream', input })
    } else if (isMediaInput(input)) this.#take({ kind: 'media', input })
    else this.#take({ kind: 'signaling', input })
  }

  admitCall(): Admission {
    const why = this.#refuseCall()
    return why === undefined ? { ok: true } : { ok: false, why, retryAfterSecs: RETRY_AFTER_SECS }
  }

  drain(): void {
    if (this.#phase === 'running') this.#phase = 'draining'
  }

  async idle(): Promise<void> {
    do {
      this.#turn()
      await this.#releases.idle()
    } while (this.#phase !== 'stopped' && this.#inputs.length + this.#releases.waiting > 0)
  }

  stop(): void {
    this.#phase = 'stopped'
    if (this.#timer !== undefined) this.#parts.timers.clear(this.#timer.id)
    this.#timer = undefined
  }

  counts(): EngineCounts {
    const { state } = this.engine
    return { ...state.counts, conferences: conferenceCount(state) }
  }

  endedAfterMs(): number {
    return this.#parts.clock.wallMs() - this.#rememberEndedMs
  }

  #refuseCommand(envelope: CommandEnvelope): string | undefined {
    switch (this.#phase) {
      case 'starting':
        return 'starting'
      case 'stopped':
        return 'stopped'
      case 'draining':
        if (envelope.command.kind === 'dial') return 'draining'
        break
      case 'running':
        break
    }
    return this.#storeBehind()
  }

  #refuseCall(): string | undefined {
    if (this.#phase !== 'running') return this.#phase
    if (this.engine.state.counts.legs >= this.#callsMax) return 'too many calls'
    const lagMs = this.#parts.loopLagMs?.() ?? 0
    if (lagMs > this.#limits.loopLagMaxMs) return 'overload'
    return this.#storeBehind()
  }

  #storeBehind(): string | undefined {
    const { ok, backlog, why } = this.#parts.store.health()
    if (!ok) return why
    return backlog > this.#limits.commitBacklogMax ? 'the store is behind' : undefined
  }

  #take(input: EngineInput): void {
    if (this.#phase === 'stopped') return
    this.#inputs.push(input)
    this.#askTurn()
  }

  #askTurn(): void {
    if (this.#turnAsked) return
    this.#turnAsked = true
    this.#parts.timers.soon(() => {
      this.#turnAsked = false
      this.#turn()
    })
  }

  /** One turn: due deadlines, then the inputs that have arrived (after a standstill before them), one commit. */
  #turn(): void {
    if (this.#phase === 'stopped' || this.#phase === 'starting') return
    const output = new TurnOutput()
    const inputs = this.#inputs
    this.#inputs = []
    const nowMs = this.#parts.clock.monotonicMs()
    const dueMs = this.engine.nextDeadlineMs() ?? Infinity
    const judgeAtMs = this.#standstill.judgeAtMs(dueMs, nowMs)
    if (judgeAtMs === dueMs) this.#judge(nowMs, output)
    for (const input of inputs) this.#run(input, output)
    if (judgeAtMs !== dueMs && judgeAtMs <= nowMs) this.#judge(nowMs, output)
    this.#commit(output)
    this.#armTimer()
  }

  #judge(nowMs: number, output: TurnOutput): void {
    this.#standstill.over()
    for (let due = this.engine.popDue(nowMs); due !== undefined; due = this.engine.popDue(nowMs)) {
      this.#run(due, output)
    }
  }

  /** One input and, before any other, the outcomes that the store gives at once. */
  #run(first: EngineInput, output: TurnOutput): void {
    const line: EngineInput[] = [first]
    for (let input = line.shift(); input !== undefined; input = line.shift()) {
      this.#trail.add(input)
      this.#parts.watch?.(input, this.engine.state)
      const step = this.engine.step(input, this.#time())
      output.add(step)
      if (step.fault !== undefined) this.#reportFault(step.fault)
      for (const { operationId, verb } of step.verbs) {
        output.verbs += 1
        let atOnce = true
        this.#parts.store.execute(operationId, verb, (outcome) => {
          const reply: EngineInput = { kind: 'outcome', operationId, outcome }
          if (atOnce) line.push(reply)
          else this.#take(reply)
        })
        atOnce = false
      }
    }
  }

  #time(): StepTime {
    const { clock } = this.#parts
    return {
      nowMs: clock.wallMs(),
      nowUs: this.#nextUs(),
      monotonicMs: clock.monotonicMs(),
    }
  }

  /** Strictly growing, even when the wall clock is set back. */
  #nextUs(): number {
    this.#lastUs = Math.max(this.#parts.clock.wallUs(), this.#lastUs + 1)
    return this.#lastUs
  }

  #commit(output: TurnOutput): void {
    const { store, sink, faults } = this.#parts
    const events = output.events.map((event) => this.#stamp(event))
    const deliveries = events.length === 0 ? [] : sink.deliveriesFor(events)
    const changes = [
      ...output.changes.values(),
      ...this.#roomChanges(output.effects),
      ...this.#lanes.takeChanges(),
    ]
    const empty = changes.length === 0 && events.length === 0 && output.verbs === 0
    if (empty && output.effects.length === 0) return
    faults.at('engine.commit.before')
    const committed = empty ? undefined : store.commit({ changes, events, deliveries })
    this.#releases.add(committed, () => {
      faults.at('engine.commit.after')
      for (const effect of output.effects) this.#performSafely(effect)
      if (events.length > 0) sink.committed(events, deliveries)
    })
    this.#measure(events)
  }

  /** Dialogs and media go into the same transaction as the legs, with what the effects of this turn will make of them. */
  #roomChanges(effects: readonly StepEffect[]): readonly StateChange[] {
    const { durable } = this.#parts
    if (durable === undefined) return []
    const promised = effects.flatMap((one) => (one.kind === 'signal' ? [one.effect] : []))
    return [...durable.signaling.takeChanges(promised), ...durable.media.takeChanges()]
  }

  #stamp(event: DomainEvent): StampedEvent {
    const { random, media } = this.#parts
    this.#sequence += 1
    return {
      eventId: random.uuid(),
      sequence: this.#sequence,
      legSequence: this.#lanes.next(event),
      occurredAtUs: this.#nextUs(),
      event,
      quality: event.type === 'leg-ended' ? media.quality(event.leg.legId) : undefined,
    }
  }

  /** A bug below must not keep the other effects of the turn from leaving: they are promised already. */
  #performSafely(effect: StepEffect): void {
    try {
      this.#perform(effect)
    } catch (error) {
      this.#parts.metrics.count('holdfast_effect_failures_total')
      const stack = error instanceof Error ? error.stack : String(error)
      this.#parts.log.error({ code: 'EFFECT_FAILED', effect: effect.kind, stack }, 'effect failed')
    }
  }

  #perform(effect: StepEffect): void {
    switch (effect.kind) {
      case 'signal':
        this.#parts.signaling.perform(effect.effect)
        return
      case 'media':
        this.#parts.media.perform(effect.command)
        return
      case 'record':
        this.#parts.recorder?.perform(effect.command)
        return
      case 'stream':
        this.#parts.streamer?.perform(effect.command)
        return
      case 'find-expired':
        void this.#findExpired(effect.beforeMs, effect.most)
        return
      case 'answer': {
        const resolve = this.#answers.get(effect.token)
        this.#answers.delete(effect.token)
        resolve?.(effect.answer)
      }
    }
  }

  async #findExpired(beforeMs: number, most: number): Promise<void> {
    const { recordings } = this.#parts.store
    // A disk that cannot be read is asked again in an hour.
    const found = await recordings.endedBefore(beforeMs, most).catch(() => [])
    this.#take({ kind: 'expired', recordings: found })
  }

  #armTimer(): void {
    const { timers, clock } = this.#parts
    const dueMs = this.engine.nextDeadlineMs()
    const atMs =
      dueMs === undefined ? undefined : this.#standstill.judgeAtMs(dueMs, clock.monotonicMs())
    if (this.#timer?.atMs === atMs) return
    if (this.#timer !== undefined) timers.clear(this.#timer.id)
    this.#timer = undefined
    if (atMs === undefined || this.#phase === 'stopped') return
    const id = timers.set(Math.max(0, atMs - clock.monotonicMs()), () => {
      this.#timer = undefined
      this.#turn()
    })
    this.#timer = { id, atMs }
  }

  #measure(events: readonly StampedEvent[]): void {
    const { metrics } = this.#parts
    for (const { event } of events) metrics.count('holdfast_events_total', { type: event.type })
    const { legs, queued, bridges } = this.engine.state.counts
    metrics.gauge('holdfast_legs', legs)
    metrics.gauge('holdfast_queued_calls', queued)
    metrics.gauge('holdfast_bridges', bridges)
  }

  #reportFault(fault: NonNullable<EngineStep['fault']>): void {
    const { log, metrics } = this.#parts
    metrics.count('holdfast_engine_faults_total')
    const { error, legId } = fault
    const stack = error instanceof Error ? error.stack : String(error)
    log.error(
      { code: 'ENGINE_FAULT', legId, stack, inputs: this.#trail.about(legId) },
      'a decision broke an invariant; the leg was ended',
    )
  }
}

const mediaKinds: Readonly<Record<MediaInput['kind'], true>> = {
  'media-leg-created': true,
  'media-leg-refused': true,
  'media-remote-refused': true,
  'reoffer-answered': true,
  'reoffer-refused': true,
  'media-dtmf': true,
  'playback-started': true,
  'playback-ended': true,
  'mix-playback-started': true,
  'mix-playback-ended': true,
  'machine-detected': true,
  'machine-greeting-ended': true,
  'mix-floor': true,
  'rtp-silent': true,
  'rtp-heard': true,
}

function isMediaInput(input: SignalingInput | MediaInput): input is MediaInput {
  return Object.hasOwn(mediaKinds, input.kind)
}
