// Gathers wired to the leg: the rules of calls/gather.ts with events, prompts in the leg's audio queue, and one timer.
// A gather goes on wherever the call goes (C102); it ends with itself, with the next one, by gather-stop or with the leg.

import type { LegId } from '../base/ids.ts'
import {
  beginGather,
  gatherDueMs,
  stepGather,
  type GatherInput,
  type GatherOrder,
  type GatherStep,
  type GatherStop,
} from '../calls/gather.ts'
import type { AudioReference } from '../ports/media-engine.ts'
import type { LegTrack } from './audio-state.ts'
import type { StepContext } from './context.ts'
import { leftMs } from './deadlines-of-before.ts'
import { stepAudio } from './leg-audio.ts'
import { promptStands } from './prompt.ts'
import type { Leg } from './state.ts'

/** Begins one; one that runs ends first, as cancelled. */
export function startGather(ctx: StepContext, leg: Leg, order: GatherOrder<AudioReference>): void {
  endGather(ctx, leg, 'cancelled')
  take(ctx, leg, order.gatherId, beginGather(order, ctx.steadyMs))
}

/** A key of the far end. */
export function gatherKey(ctx: StepContext, leg: Leg, digit: string): void {
  step(ctx, leg, { kind: 'key', digit })
}

/** Nothing happens when none runs. */
export function endGather(ctx: StepContext, leg: Leg, status: GatherStop): void {
  step(ctx, leg, { kind: 'stop', status })
}

/** A deadline has come, or the prompt has left the audio queue. */
export function gatherTimer(ctx: StepContext, legId: LegId): void {
  const leg = ctx.living(legId)
  if (leg?.gather === undefined) return
  if (leg.gather.promptId !== undefined && !promptStands(leg)) {
    step(ctx, leg, { kind: 'prompt-over' })
  } else step(ctx, leg, { kind: 'time' })
}

/** After a restart: what fell due meanwhile is due now. */
export function resumeGather(ctx: StepContext, leg: Leg): void {
  const { gather } = leg
  if (gather === undefined) return
  const { keyByMs, endByMs, digits, prompt, rules } = gather
  const firstMs = prompt === undefined ? rules.initialMs : rules.timeoutMs
  const again = (untilMs: number | undefined, wholeMs: number): number | undefined =>
    untilMs && ctx.steadyMs + leftMs(ctx.steadyMs, untilMs, wholeMs)
  leg.gather = {
    ...gather,
    keyByMs: again(keyByMs, digits === '' ? firstMs : rules.interDigitMs),
    endByMs: again(endByMs, rules.timeoutMs),
  }
  ctx.touch(leg)
  ctx.arm('gather', leg.legId, 0)
}

function step(ctx: StepContext, leg: Leg, input: GatherInput): void {
  const { gather } = leg
  if (gather !== undefined) take(ctx, leg, gather.gatherId, stepGather(gather, input, ctx.steadyMs))
}

function take(
  ctx: StepContext,
  leg: Leg,
  gatherId: string,
  { state, effects }: GatherStep<AudioReference>,
): void {
  // Kept before the effects: stopping the prompt looks at it.
  leg.gather = state
  ctx.touch(leg)
  for (const effect of effects) {
    switch (effect.kind) {
      case 'play': {
        const audio: LegTrack = { reference: effect.audio }
        const track = { playbackId: effect.promptId, audio, loops: 1 }
        stepAudio(ctx, leg, { kind: 'start', track })
        break
      }
      case 'stop-prompt':
        stepAudio(ctx, leg, { kind: 'stop-these', playbackIds: new Set([effect.promptId]) })
        break
      case 'ended': {
        const { status, digits } = effect
        ctx.emit({ type: 'gather-ended', leg: ctx.facts(leg), gatherId, status, digits })
        break
      }
    }
  }
  const dueMs = state && gatherDueMs(state)
  if (dueMs !== undefined) ctx.arm('gather', leg.legId, dueMs - ctx.steadyMs)
  else ctx.disarm('gather', leg.legId)
}
