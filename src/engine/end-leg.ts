// The one way a leg ends. Exactly one `leg-ended`, and before it what ends with the leg: audio, its place in a queue, its
// conference, its intents; after it the judgement over its peer.

import type { DomainEvent } from '../ports/events.ts'
import type { LeftEntry } from '../ports/store.ts'
import { cancelIntents } from './intents.ts'
import type { KnownOutcome, PendingVerb, StepContext } from './context.ts'
import { endGather } from './gathers.ts'
import { stopAudio } from './leg-audio.ts'
import { retireLeg } from './legs.ts'
import { dropDetection } from './machine-detection.ts'
import { detach, release, tellDequeued } from './memberships.ts'
import { endRecordings } from './recordings.ts'
import { failReferral } from './referral.ts'
import type { Leg, LegEnd } from './state.ts'
import { endStreams } from './streams.ts'
import { dismissSupervisors } from './supervision.ts'

/**
 * Ends the leg; nothing happens when it has ended. While a verb decides over the leg, the end waits for its outcome
 * (the first reason wins). A queued leg asks the store first, because the entry may have been claimed already.
 */
export function endLeg(ctx: StepContext, leg: Leg, end: LegEnd): void {
  if (leg.state.at === 'ended') return
  leg.deferredEnd ??= end
  if (leg.claim !== undefined || leg.takenElsewhere) return
  if (leg.state.at !== 'queued') {
    finishEnd(ctx, leg, undefined)
    return
  }
  ctx.verb([leg], { kind: 'end-entry', legId: leg.legId, nowMs: ctx.nowMs }, (later, outcome) => {
    entryEnded(later, leg, outcome)
  })
}

function entryEnded(ctx: StepContext, leg: Leg, outcome: KnownOutcome): void {
  if (leg.state.at === 'ended') return
  if (outcome.kind === 'left') {
    finishEnd(ctx, leg, outcome.left)
    return
  }
  if (outcome.kind === 'kept' && leg.state.at === 'queued') {
    leg.kept = leg.state.queueName
    finishEnd(ctx, leg, undefined)
    return
  }
  if (leg.state.at === 'queued' && foreignClaimUnderWay(ctx, leg)) {
    holdForClaim(ctx, leg)
    return
  }
  finishEnd(ctx, leg, undefined)
}

/** Nothing more is decided over the leg until that claim's outcome is here (claims.ts lets it go). */
export function holdForClaim(ctx: StepContext, leg: Leg): void {
  leg.takenElsewhere = true
  ctx.state.taken.add(leg.legId)
}

/** Somebody's claim on this leg's queue has no known outcome yet: it may have taken this very entry. */
export function foreignClaimUnderWay(ctx: StepContext, leg: Leg): boolean {
  if (leg.state.at !== 'queued') return false
  for (const { verb } of ctx.verbs.values()) {
    if (verb.kind === 'claim-head' && verb.queueName === leg.state.queueName) return true
  }
  return false
}

/** The caller's entry was taken before its own enqueue is known here: that one is told first (distributed stores only). */
export function enqueueUnderWay(
  ctx: StepContext,
  caller: Leg | undefined,
  taken: LeftEntry,
): PendingVerb | undefined {
  if (caller?.claim === undefined) return undefined
  if (caller.state.at === 'queued' && caller.state.queueName === taken.queueName) return undefined
  const pending = ctx.verbs.get(caller.claim)
  const arrives = pending?.verb.kind === 'enqueue' && pending.verb.queueName === taken.queueName
  return arrives ? pending : undefined
}

/** The store decides over an enqueue of this leg: its outcome finds the leg as it is now, and ends it when that is due. */
export function moveUnderWay(ctx: StepContext, leg: Leg): boolean {
  return leg.claim !== undefined && ctx.verbs.get(leg.claim)?.verb.kind === 'enqueue'
}

/** The end itself, when the store has given the entry (or there was none). */
export function finishEnd(ctx: StepContext, leg: Leg, left: LeftEntry | undefined): void {
  const end = leg.deferredEnd
  if (end === undefined || leg.state.at === 'ended') return
  const before = leg.state.at
  leg.deferredEnd = undefined
  dropDetection(ctx, leg)
  endGather(ctx, leg, 'call_hangup')
  stopAudio(ctx, leg, 'call_hangup')
  endStreams(ctx, leg)
  if (left !== undefined) tellDequeued(ctx, left, 'hangup')
  const released = detach(ctx, leg)
  ctx.move(leg, { kind: 'ended' })
  leg.endedAtMs = ctx.nowMs
  if (leg.line.length > 0) ctx.leavesLine(leg)
  disarmAll(ctx, leg)
  retireLeg(ctx, leg)
  sayFarewell(ctx, leg, before, end)
  endRecordings(ctx, { kind: 'leg', legId: leg.legId })
  ctx.media({ kind: 'release', legId: leg.legId })
  if (leg.told) ctx.emit(legEnded(ctx, leg, end))
  failReferral(ctx, leg, end)
  cancelIntents(ctx, leg)
  dismissSupervisors(ctx, leg)
  release(ctx, released)
}

function legEnded(ctx: StepContext, leg: Leg, end: LegEnd): DomainEvent {
  return {
    type: 'leg-ended',
    leg: ctx.facts(leg),
    cause: end.cause,
    source: end.source,
    sipCause: end.sipCause,
    customHeaders: end.heard,
    answered: leg.answeredAtMs !== undefined,
  }
}

/** CANCEL while it dials, a refusal while it rings, BYE after. */
function sayFarewell(ctx: StepContext, leg: Leg, before: Leg['state']['at'], end: LegEnd): void {
  const { tell } = end
  if (tell.kind === 'nothing') return
  const { legId } = leg
  if (before === 'dialing') ctx.signal({ kind: 'cancel', legId })
  else if (before === 'ringing-in') {
    ctx.signal({ kind: 'refuse', legId, status: tell.status, headers: tell.headers })
  } else {
    const { headers, reason } = tell
    ctx.signal({ kind: 'bye', legId, headers, ...(reason === undefined ? {} : { reason }) })
  }
}

function disarmAll(ctx: StepContext, leg: Leg): void {
  for (const name of [
    'ring-limit',
    'dial-timeout',
    'time-limit',
    'first-command',
    'gather',
    'press-key',
  ] as const) {
    ctx.disarm(name, leg.legId)
  }
  ctx.disarm('rtp-loss', leg.legId)
  ctx.disarm('probe', leg.legId)
  if (leg.kept === undefined) ctx.disarm('max-wait', leg.legId)
}

/**
 * Ends a leg that a broken decision has left in any shape: no waiting, no verb that could fail again in `then`. Its
 * entry, if it has one, is ended apart.
 */
export function forceEnd(ctx: StepContext, leg: Leg, end: LegEnd): void {
  const entryLeft = leg.state.at === 'queued'
  leg.claim = undefined
  leg.takenElsewhere = false
  leg.deferredEnd ??= end
  if (entryLeft) {
    const verb = { kind: 'end-entry', legId: leg.legId, nowMs: ctx.nowMs } as const
    ctx.verb([], verb, (later, outcome) => {
      if (outcome.kind === 'left') tellDequeued(later, outcome.left, 'hangup')
    })
  }
  try {
    finishEnd(ctx, leg, undefined)
  } catch {
    if (leg.endedAtMs !== undefined) return
    leg.state = { at: 'ended' }
    leg.endedAtMs = ctx.nowMs
    retireLeg(ctx, leg)
    ctx.touch(leg)
    ctx.signal({ kind: 'bye', legId: leg.legId, headers: [] })
    endStreams(ctx, leg)
    endRecordings(ctx, { kind: 'leg', legId: leg.legId })
    ctx.media({ kind: 'release', legId: leg.legId })
    if (leg.told) ctx.emit(legEnded(ctx, leg, end))
  }
}
