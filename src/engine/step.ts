// The call logic: one input in, everything that follows from it out. No promise, socket, clock or random number below
// this line, so every race is decided by the order of inputs.
//
// A new command: its shape in ports/commands.ts; a row in src/calls/leg-commands.ts (who may, in which state); a file in
// commands/ named after it, which returns its answer or settles it in a verb's continuation; a case in commands.ts. In
// the file: `accept` first (client_state), then events in the order of C77, state by `ctx.move` only, others
// ended by `ctx.endSoon`. A new input from SIP or media: a case in inputs/. A new deadline: a name in `TimerName`, a case
// in inputs/timers.ts, and somebody who disarms it.

import type { LegId, OperationId } from '../base/ids.ts'
import type { RestoredDialog, RestoredMedia } from '../ports/durable.ts'
import type { CommandEnvelope } from '../ports/commands.ts'
import type { MediaInput } from '../ports/media-engine.ts'
import type { RecorderInput, RecordingView } from '../ports/recorder.ts'
import type { StreamInput } from '../ports/streaming.ts'
import type { SignalingInput } from '../ports/signaling.ts'
import type { LiveRows, VerbOutcome } from '../ports/store.ts'
import { settle } from './answers.ts'
import { takeOutcome } from './claims.ts'
import { subjectOf } from './command-subject.ts'
import { runWaiting, submit } from './commands.ts'
import {
  refusal,
  StepContext,
  type PendingVerb,
  type StepOutput,
  type StepTime,
} from './context.ts'
import { endLeg, forceEnd } from './end-leg.ts'
import { mediaInput } from './inputs/media.ts'
import { restore } from './inputs/restore.ts'
import { signalingInput } from './inputs/signaling.ts'
import { readTimer, timerInput } from './inputs/timers.ts'
import { failure } from './leg-ends.ts'
import { recordingInput, recordingsExpired } from './recordings.ts'
import { streamInput } from './streams.ts'
import {
  createEngineState,
  type CommandToken,
  type EngineState,
  type EngineWorld,
} from './state.ts'

export type EngineInput =
  | {
      readonly kind: 'command'
      readonly token: CommandToken
      readonly envelope: CommandEnvelope
    }
  | { readonly kind: 'signaling'; readonly input: SignalingInput }
  | { readonly kind: 'media'; readonly input: MediaInput }
  | { readonly kind: 'recorder'; readonly input: RecorderInput }
  | { readonly kind: 'stream'; readonly input: StreamInput }
  /** What the store found for `find-expired`. */
  | { readonly kind: 'expired'; readonly recordings: readonly RecordingView[] }
  /** A deadline that `popDue` gave out. */
  | { readonly kind: 'timer'; readonly timer: string }
  | {
      readonly kind: 'outcome'
      readonly operationId: OperationId
      readonly outcome: VerbOutcome
    }
  /** Once, before every other input. */
  | {
      readonly kind: 'restore'
      readonly rows: LiveRows
      /** What signaling and media could go on with. */
      readonly dialogs: readonly RestoredDialog[]
      readonly media: readonly RestoredMedia[]
    }

/** A broken invariant: which leg was ended for it, if one was. */
export interface StepFault {
  readonly error: unknown
  readonly legId: LegId | undefined
}

export interface EngineStep extends StepOutput {
  readonly fault: StepFault | undefined
}

export class Engine {
  readonly state: EngineState
  readonly #world: EngineWorld
  readonly #verbs = new Map<OperationId, PendingVerb>()

  /** `bootId` is unique per process life: operation ids are made from it. */
  constructor(world: EngineWorld, bootId: string) {
    this.#world = world
    this.state = createEngineState(bootId)
  }

  /** Monotonic ms of the earliest deadline. */
  nextDeadlineMs(): number | undefined {
    return this.state.timers.nextAt()
  }

  /** The earliest deadline at or before `monotonicMs`, taken out of the table, as an input. */
  popDue(monotonicMs: number): EngineInput | undefined {
    const timer = this.state.timers.popDue(monotonicMs)
    return timer === undefined ? undefined : { kind: 'timer', timer }
  }

  /** Verbs whose outcome is not known. */
  verbsUnderWay(): number {
    return this.#verbs.size
  }

  /** Decides one input. Never throws for a bug inside a decision: the leg it hit is fenced (ended) instead. */
  step(input: EngineInput, time: StepTime): EngineStep {
    const ctx = new StepContext(this.state, this.#verbs, this.#world, time)
    const subject = this.#subjectOf(input)
    let fault: StepFault | undefined
    try {
      this.#dispatch(ctx, input)
      drainEndings(ctx)
      runWaiting(ctx, ctx.takeLeftLines())
      drainEndings(ctx)
    } catch (error) {
      fault = { error, legId: subject }
      this.#fence(ctx, input, subject)
    }
    return { ...ctx.finish(), fault }
  }

  #dispatch(ctx: StepContext, input: EngineInput): void {
    switch (input.kind) {
      case 'command':
        submit(ctx, { token: input.token, envelope: input.envelope })
        return
      case 'signaling':
        signalingInput(ctx, input.input)
        return
      case 'media':
        mediaInput(ctx, input.input)
        return
      case 'recorder':
        recordingInput(ctx, input.input)
        return
      case 'stream':
        streamInput(ctx, input.input)
        return
      case 'expired':
        recordingsExpired(ctx, input.recordings)
        return
      case 'timer':
        timerInput(ctx, input.timer)
        return
      case 'outcome': {
        const free = takeOutcome(ctx, input.operationId, input.outcome)
        drainEndings(ctx)
        runWaiting(ctx, free)
        return
      }
      case 'restore':
        restore(ctx, input.rows, input)
    }
  }

  #subjectOf(input: EngineInput): LegId | undefined {
    switch (input.kind) {
      case 'command':
        return subjectOf(input.envelope.command)
      case 'signaling':
      case 'stream':
        return input.input.legId
      case 'media':
        return 'legId' in input.input ? input.input.legId : undefined
      case 'timer':
        return readTimer(input.timer).legId
      case 'outcome':
        return this.#verbs.get(input.operationId)?.legs[0]
      case 'recorder':
      case 'expired':
      case 'restore':
        return undefined
    }
  }

  /** The leg that the broken decision was about ends, come what may; everybody else goes on. */
  #fence(ctx: StepContext, input: EngineInput, subject: LegId | undefined): void {
    if (input.kind === 'command') {
      settle(ctx, { token: input.token, envelope: input.envelope }, refusal({ code: 'leg-ended' }))
    }
    const leg = subject === undefined ? undefined : ctx.living(subject)
    if (leg === undefined) return
    forceEnd(ctx, leg, failure(500))
    try {
      drainEndings(ctx)
      runWaiting(ctx, [leg])
    } catch {
      // The first failure is reported; the peers of a broken leg are ended by their own inputs.
    }
  }
}

function drainEndings(ctx: StepContext): void {
  for (let next = ctx.nextEnding(); next !== undefined; next = ctx.nextEnding()) {
    endLeg(ctx, next.leg, next.end)
  }
}
