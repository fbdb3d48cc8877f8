// Answering machine detection of a dialled leg. The media engine listens from the answer on; here is what it means: one
// verdict per leg, the end of the greeting after a machine, and what both end. It goes on wherever the call goes, and ends
// with the leg without a word (C107 to C110).

import type { LegId } from '../base/ids.ts'
import type { MachineDetectionOrder } from '../ports/commands.ts'
import type { MachineListening } from '../ports/media-engine.ts'
import type { StepContext } from './context.ts'
import { leftMs } from './deadlines-of-before.ts'
import { endGather } from './gathers.ts'
import { stopForMachine } from './leg-audio.ts'
import type { Leg, MachineDetection } from './state.ts'

export type AnsweredBy = 'human' | 'machine' | 'not_sure'
export type GreetingEnd = 'beep_detected' | 'ended' | 'not_sure'

/** The media engine has its own clock; this long after it should have spoken nobody waits for it any more. */
const GRACE_MS = 2000

/** The leg has answered. Nothing happens when nobody asked. */
export function startDetection(ctx: StepContext, leg: Leg): void {
  const order = leg.dial?.options.machineDetection
  if (order === undefined) return
  const listening = { from: 'answer', ...greetingOf(order) } as const
  listen(
    ctx,
    leg,
    { order, stage: 'answer', untilMs: ctx.steadyMs + order.rules.totalMs },
    listening,
  )
}

/** The verdict; after it is known, further ones mean nothing. */
export function machineDetected(ctx: StepContext, leg: Leg, result: AnsweredBy): void {
  const { machine } = leg
  if (machine?.stage !== 'answer') return
  const { order } = machine
  ctx.emit({ type: 'machine-detected', leg: ctx.facts(leg), result })
  if (result === 'machine' && order.mode !== 'detect') {
    waitFor(ctx, leg, { order, stage: 'greeting', untilMs: ctx.steadyMs + order.greetingListenMs })
  } else stopListening(ctx, leg)
}

/** The machine has finished its greeting, or took too long. */
export function machineGreetingEnded(ctx: StepContext, leg: Leg, result: GreetingEnd): void {
  const { machine } = leg
  if (machine?.stage !== 'greeting') return
  stopListening(ctx, leg)
  if (result === 'beep_detected') {
    stopForMachine(ctx, leg)
    endGather(ctx, leg, 'cancelled_amd')
  }
  // This mode tells of a beep and of nothing else.
  if (machine.order.mode === 'detect_beep' && result !== 'beep_detected') return
  ctx.emit({ type: 'machine-greeting-ended', leg: ctx.facts(leg), result })
}

/** The media engine has said nothing: its tap was taken off, or its thread is in trouble. */
export function detectionTimer(ctx: StepContext, legId: LegId): void {
  const leg = ctx.living(legId)
  if (leg?.machine?.stage === 'answer') machineDetected(ctx, leg, 'not_sure')
  else if (leg !== undefined) machineGreetingEnded(ctx, leg, 'not_sure')
}

/** After a restart: what was heard so far is lost, so who answered is not known; the rest of a greeting can be waited for. */
export function resumeDetection(ctx: StepContext, leg: Leg): void {
  const { machine } = leg
  if (machine === undefined) return
  const { greetingListenMs } = machine.order
  const restMs = leftMs(ctx.steadyMs, machine.untilMs, greetingListenMs)
  if (machine.stage === 'answer') machineDetected(ctx, leg, 'not_sure')
  else if (restMs <= 0) machineGreetingEnded(ctx, leg, 'not_sure')
  else {
    const { greeting } = greetingOf(machine.order)
    const again = { ...machine, untilMs: ctx.steadyMs + restMs }
    listen(ctx, leg, again, { from: 'greeting', greeting, greetingListenMs: restMs })
  }
}

/** The leg ends: who answered is nobody's business any more. */
export function dropDetection(ctx: StepContext, leg: Leg): void {
  leg.machine = undefined
  ctx.disarm('detect-machine', leg.legId)
}

function listen(
  ctx: StepContext,
  leg: Leg,
  machine: MachineDetection,
  listening: MachineListening,
): void {
  const { rules } = machine.order
  ctx.media({ kind: 'detect-machine', legId: leg.legId, listening, rules })
  waitFor(ctx, leg, machine)
}

function waitFor(ctx: StepContext, leg: Leg, machine: MachineDetection): void {
  leg.machine = machine
  ctx.arm('detect-machine', leg.legId, machine.untilMs - ctx.steadyMs + GRACE_MS)
  ctx.touch(leg)
}

function stopListening(ctx: StepContext, leg: Leg): void {
  dropDetection(ctx, leg)
  ctx.touch(leg)
  ctx.media({ kind: 'detect-machine-stop', legId: leg.legId })
}

function greetingOf({ mode, greetingListenMs }: MachineDetectionOrder) {
  const greeting = mode === 'detect' ? 'no' : mode === 'greeting_end' ? 'end' : 'beep'
  return { greeting, greetingListenMs } as const
}
