// The first 2xx on our INVITE: the leg is answered, and what was intended with it happens.

import type { SignalingInput } from '../../ports/signaling.ts'
import { markAnswered } from '../answer-leg.ts'
import type { StepContext } from '../context.ts'
import { endLeg } from '../end-leg.ts'
import { playAnswerAudio } from '../leg-audio.ts'
import { failure } from '../leg-ends.ts'
import { startDetection } from '../machine-detection.ts'
import { fulfilPlans } from '../planned-join.ts'
import { pressKeys } from '../press-keys.ts'
import { recordLeg } from '../recordings.ts'
import { isOutOfRing, stopRivals } from '../ring-group.ts'
import type { Leg } from '../state.ts'
import { startStream } from '../streams.ts'
import { beginSupervising } from '../supervision.ts'

/** How long a key is held down, as `send_dtmf` has it by default. */
const ANSWER_KEY_MS = 250

export function legAccepted(
  ctx: StepContext,
  leg: Leg,
  input: Extract<SignalingInput, { kind: 'leg-accepted' }>,
): void {
  if (leg.state.at !== 'dialing') return
  const { legId } = leg
  ctx.signal({ kind: 'confirm', legId })
  if (isOutOfRing(leg)) {
    ctx.signal({ kind: 'bye', legId, headers: [] })
    return
  }
  ctx.disarm('dial-timeout', legId)
  if (input.sdp === undefined && !leg.earlyMedia) {
    // RFC 3261 §13.2.1: an offer in the INVITE must be answered; a call without media is none.
    answeredThenEnded(ctx, leg)
    return
  }
  stopRivals(ctx, leg)
  if (input.sdp !== undefined) {
    ctx.media({ kind: 'set-remote', legId, sdp: input.sdp, stage: 'final' })
  }
  ctx.media({ kind: 'start', legId })
  markAnswered(ctx, leg, input.headers)
  if (leg.dial !== undefined) {
    const { timeLimitMs } = leg.dial.options
    leg.timeLimitAtMs = ctx.nowMs + timeLimitMs
    ctx.arm('time-limit', legId, timeLimitMs)
  }
  if (leg.deferredEnd !== undefined) return
  startDetection(ctx, leg)
  const digits = leg.dial?.options.sendDigits
  // C129: first of all, and nothing waits for them: a menu at the far end listens from its answer on.
  if (digits !== undefined) pressKeys(ctx, leg, digits, ANSWER_KEY_MS)
  const record = leg.dial?.options.record
  if (record !== undefined) recordLeg(ctx, leg, record)
  const stream = leg.dial?.options.stream
  if (stream !== undefined) startStream(ctx, leg, stream)
  beginSupervising(ctx, leg)
  if (!playAnswerAudio(ctx, leg)) fulfilPlans(ctx, leg)
}

/** SIP stands, media does not: BYE, told as the failed attempt that it is. */
function answeredThenEnded(ctx: StepContext, leg: Leg): void {
  ctx.move(leg, { kind: 'answered' })
  endLeg(ctx, leg, failure(488))
}
