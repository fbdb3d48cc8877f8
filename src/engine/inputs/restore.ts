// The start after a stop or a crash. Queues and the entries of dead kept calls go on. Legs of the former run have lost
// their dialogs and media: each ends once, honestly (C29), its entry first. Everything that ended before is remembered.

import { brandAs, type LegId } from '../../base/ids.ts'
import type { LiveRows, QueuedCall } from '../../ports/store.ts'
import { waitLeftMs } from '../../queues/max-wait.ts'
import type { AnswerRow } from '../answers.ts'
import { restoreConference } from '../conference-membership.ts'
import type { LiveConference } from '../conference-state.ts'
import type { StepContext } from '../context.ts'
import { endLeg } from '../end-leg.ts'
import type { LegRow } from '../leg-row.ts'
import { dialogLost } from '../leg-ends.ts'
import { indexLeg, newLeg } from '../legs.ts'
import { tellDequeued } from '../memberships.ts'
import type { Leg } from '../state.ts'
import { armCollection } from './timers.ts'

export function restore(ctx: StepContext, live: LiveRows): void {
  armCollection(ctx)
  const entries = new Map(live.entries.map((entry) => [entry.entry.legId, entry]))
  const legs: Leg[] = []
  for (const { table, row } of live.rows) {
    // Rows are our own JSON, written by the modules named here.
    if (table === 'answer') restoreAnswer(ctx, row as AnswerRow)
    if (table === 'conference') restoreConference(ctx, row as LiveConference)
    if (table === 'leg') legs.push(restoreLeg(row as LegRow))
  }
  legs.sort((a, b) => a.order - b.order)
  for (const leg of legs) rememberLeg(ctx, leg, entries.get(leg.legId))
  for (const entry of live.entries) restoreEntry(ctx, entry)
  for (const leg of legs) {
    if (leg.state.at !== 'ended') endLeg(ctx, leg, dialogLost(0))
  }
}

function restoreLeg(row: LegRow): Leg {
  const birth = {
    legId: brandAs<LegId>(row.legId),
    legUuid: brandAs<Leg['legUuid']>(row.legUuid),
    sessionId: brandAs<Leg['sessionId']>(row.sessionId),
    applicationId: brandAs<Leg['applicationId']>(row.applicationId),
    direction: row.direction,
    from: row.from,
    to: row.to,
    tags: row.tags,
    startedAtUs: row.startedAtUs,
    startedAtMs: row.startedAtMs,
    state: row.state,
    clientState: row.clientState,
    webhooks: row.webhooks ?? undefined,
    delayedOffer: row.delayedOffer,
    invite: row.invite ?? undefined,
    dial: undefined,
  }
  const leg = newLeg(birth, row.order)
  leg.answeredAtMs = row.answeredAtMs ?? undefined
  leg.endedAtMs = row.endedAtMs ?? undefined
  leg.told = row.told
  leg.held = row.held
  leg.kept = row.kept === null ? undefined : brandAs(row.kept)
  return leg
}

function rememberLeg(ctx: StepContext, leg: Leg, entry: QueuedCall | undefined): void {
  ctx.state.nextLegOrder = Math.max(ctx.state.nextLegOrder, leg.order)
  ctx.state.legs.set(leg.legId, leg)
  if (leg.state.at === 'ended') {
    const endedForMs = ctx.nowMs - (leg.endedAtMs ?? ctx.nowMs)
    ctx.arm('forget-leg', leg.legId, ctx.settings.rememberEndedMs - endedForMs)
    return
  }
  // The store knows who stands in which queue; former bridges have no peer to be released.
  if (entry !== undefined && entry.alive) leg.state = { at: 'queued', queueName: entry.queueName }
  else if (leg.state.at === 'queued' || leg.state.at === 'bridged') leg.state = { at: 'parked' }
  else if (leg.state.at === 'in-conference' && !inConference(ctx, leg)) leg.state = { at: 'parked' }
  indexLeg(ctx, leg)
}

function inConference(ctx: StepContext, leg: Leg): boolean {
  if (leg.state.at !== 'in-conference') return false
  return ctx.state.conferences.get(leg.state.conferenceId) !== undefined
}

/** Dead kept entries keep their place and their deadline (C14, C28); a live one without a leg has lost its caller. */
function restoreEntry(ctx: StepContext, entry: QueuedCall): void {
  const { legId, deadlineMs } = entry.entry
  if (!entry.alive) {
    if (deadlineMs !== undefined) ctx.arm('max-wait', legId, waitLeftMs(ctx.nowMs, deadlineMs))
    return
  }
  if (ctx.state.legs.has(legId)) return
  ctx.verb([], { kind: 'leave', legId, nowMs: ctx.nowMs }, (later, outcome) => {
    if (outcome.kind === 'left') tellDequeued(later, outcome.left, 'hangup')
  })
}

function restoreAnswer(ctx: StepContext, row: AnswerRow): void {
  const answer = { ok: true, value: row.value } as const
  ctx.state.answers.set(row.key, { at: 'stored', answer, untilMs: row.untilMs })
  ctx.arm('forget-answer', row.key, row.untilMs - ctx.nowMs)
}
