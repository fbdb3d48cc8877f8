// Keys that we press on a leg, in the way its application says (`dtmf_type`): the media engine makes events (RFC 4733)
// or tones; as SIP INFO they leave here, one after the other at the pace of a hand, because nobody else would wait.

import { brandAs, type LegId } from '../base/ids.ts'
import type { StepContext } from './context.ts'
import type { Leg } from './state.ts'

/** Between two keys. */
const PAUSE_MS = 100
const WAITS_MS: Readonly<Record<string, number>> = { w: 500, W: 1000 }
/** Keys that may wait on one leg; more are dropped, like those of the media engine. */
const WAITING_MAX = 256

/** `digits` of `0-9A-D*#`, `w` (half a second) and `W` (a second). Keys that wait do not outlive the process (C105). */
export function pressKeys(ctx: StepContext, leg: Leg, digits: string, durationMs: number): void {
  const { legId } = leg
  const type = ctx.application(leg)?.dtmfType
  if (type !== 'SIP INFO') {
    const inBand = type === 'Inband' ? { inBand: true } : {}
    ctx.media({ kind: 'send-dtmf', legId, digits, durationMs, ...inBand })
    return
  }
  const idle = leg.pressing.length === 0
  for (const digit of digits) {
    if (leg.pressing.length < WAITING_MAX) leg.pressing.push({ digit, durationMs })
  }
  if (idle) pressNext(ctx, legId)
}

/** The first in the line; it stays there until its time is over. */
function pressNext(ctx: StepContext, legId: LegId): void {
  const key = ctx.living(legId)?.pressing[0]
  if (key === undefined) return
  const { digit, durationMs } = key
  const waitMs = WAITS_MS[digit]
  if (waitMs === undefined) ctx.signal({ kind: 'send-dtmf-info', legId, digit, durationMs })
  ctx.arm('press-key', legId, waitMs ?? durationMs + PAUSE_MS)
}

/** The time of a key is over. */
export function keyPressed(ctx: StepContext, id: string): void {
  const legId = brandAs<LegId>(id)
  ctx.living(legId)?.pressing.shift()
  pressNext(ctx, legId)
}
