// The start after a stop or a crash. Queues, entries, answers and conferences are as they were; calls go on where their
// dialog and their audio could be had again (former-calls.ts), and nothing of it is told to anybody. What cannot go on
// ends once, honestly (C29), its entry first. Deadlines are stored as absolute times: what fell due meanwhile is due now.

import { brandAs, type LegId } from '../../base/ids.ts'
import type { RestoredDialog, RestoredMedia } from '../../ports/durable.ts'
import type { LiveRows, QueuedCall } from '../../ports/store.ts'
import { waitLeftMs } from '../../queues/max-wait.ts'
import { leftMs } from '../deadlines-of-before.ts'
import type { AnswerRow } from '../answers.ts'
import { restoredAudio } from '../audio-row.ts'
import { resumeConferenceAudio } from '../conference-audio.ts'
import { restoreConference } from '../conference-membership.ts'
import type { ConferenceRow } from '../conference-state.ts'
import type { StepContext } from '../context.ts'
import type { Recording } from '../recording-state.ts'
import { restoreRecording, resumeRecordings } from '../recordings.ts'
import { endLeg } from '../end-leg.ts'
import { FormerCalls, memberIn, rejoinBridges, reviveIntents } from '../former-calls.ts'
import type { LegRow } from '../leg-row.ts'
import { dialogLost } from '../leg-ends.ts'
import { indexLeg, newLeg } from '../legs.ts'
import { tellDequeued } from '../memberships.ts'
import { fulfilPlans } from '../planned-join.ts'
import { recountOutbound } from '../outbound-limits.ts'
import type { Leg } from '../state.ts'
import { resumeStreams } from '../streams.ts'
import { reviveSupervision, superviseBridge } from '../supervision.ts'
import { referInput } from './refer.ts'
import { armCollection } from './timers.ts'

/** What signaling and media could go on with. */
export interface RestoredRooms {
  readonly dialogs: readonly RestoredDialog[]
  readonly media: readonly RestoredMedia[]
}

export function restore(ctx: StepContext, live: LiveRows, rooms: RestoredRooms): void {
  armCollection(ctx)
  const entries = new Map(live.entries.map((entry) => [entry.entry.legId, entry]))
  const legs: Leg[] = []
  for (const { table, row } of live.rows) {
    // Rows are our own JSON, written by the modules named here.
    if (table === 'answer') restoreAnswer(ctx, row as AnswerRow)
    if (table === 'conference') restoreConference(ctx, row as ConferenceRow)
    if (table === 'leg') legs.push(restoreLeg(row as LegRow))
    if (table === 'recording') restoreRecording(ctx, row as Recording)
  }
  legs.sort((a, b) => a.order - b.order)
  for (const leg of legs) rememberLeg(ctx, leg, entries.get(leg.legId))
  recountOutbound(ctx, legs)
  rejoinBridges(ctx, legs)
  reviveIntents(ctx, legs)
  reviveSupervision(ctx, legs)
  for (const entry of live.entries) restoreEntry(ctx, entry)
  goOn(ctx, legs, new FormerCalls(rooms.dialogs, rooms.media))
  resumeRecordings(ctx)
}

function goOn(ctx: StepContext, legs: readonly Leg[], former: FormerCalls): void {
  const living = legs.filter((leg) => leg.state.at !== 'ended')
  former.dismissStrays(ctx, new Set(living.map(({ legId }) => legId)))
  const going = living.filter((leg) => former.goesOn(leg))
  going.forEach((leg, place) => former.resume(ctx, leg, place, going.length))
  const stays = new Set(going)
  for (const leg of living) {
    if (stays.has(leg)) continue
    former.dismiss(ctx, leg.legId)
    endLeg(ctx, leg, dialogLost(0))
  }
  for (const leg of going) {
    resumeStreams(ctx, leg)
    // The NOTIFY that said how it went may have come while nobody was here.
    if (leg.referring)
      referInput(ctx, leg, { kind: 'refer-progress', legId: leg.legId, status: 408 })
    fulfilPlans(ctx, leg)
    if (leg.state.at === 'bridged' && leg.state.bridge.issuer === leg.legId) {
      superviseBridge(ctx, leg)
    }
  }
  for (const live of ctx.state.conferences.all()) resumeConferenceAudio(ctx, live)
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
    keyName: row.keyName ?? undefined,
  }
  const leg = newLeg(birth, row.order)
  leg.answeredAtMs = row.answeredAtMs ?? undefined
  leg.endedAtMs = row.endedAtMs ?? undefined
  leg.told = row.told
  leg.held = row.held
  leg.kept = row.kept === null ? undefined : brandAs(row.kept)
  leg.intent = row.intent ?? undefined
  leg.timeLimitAtMs = row.timeLimitAtMs ?? undefined
  leg.audio = restoredAudio(row.audio)
  leg.gather = row.gather ?? undefined
  leg.machine = row.machine ?? undefined
  leg.stream = row.stream ?? undefined
  leg.fork = row.fork ?? undefined
  // A tone that was laid over a moment is not begun again.
  leg.overlay = { ...restoredAudio(row.overlay), background: undefined }
  leg.supervises = row.supervises ?? undefined
  leg.joins = row.joins ?? undefined
  leg.referring = row.referring
  leg.referral = row.referral ?? undefined
  leg.referredBy = row.referredBy === null ? undefined : brandAs(row.referredBy)
  return leg
}

/** A wait that cannot be is one by another clock: it is right again, or will be, by the clock that comes. */
const WAIT_BELIEVED_MS = 86_400_000

function rememberLeg(ctx: StepContext, leg: Leg, entry: QueuedCall | undefined): void {
  ctx.state.nextLegOrder = Math.max(ctx.state.nextLegOrder, leg.order)
  ctx.state.legs.set(leg.legId, leg)
  if (leg.state.at === 'ended') {
    const { rememberEndedMs } = ctx.settings
    const untilMs = (leg.endedAtMs ?? ctx.nowMs) + rememberEndedMs
    ctx.arm('forget-leg', leg.legId, leftMs(ctx.nowMs, untilMs, rememberEndedMs))
    return
  }
  // The store knows who stands in which queue.
  if (entry !== undefined && entry.alive) leg.state = { at: 'queued', queueName: entry.queueName }
  else if (leg.state.at === 'queued') leg.state = { at: 'parked' }
  else if (leg.state.at === 'in-conference' && memberIn(ctx, leg) === undefined)
    leg.state = { at: 'parked' }
  indexLeg(ctx, leg)
}

/** Entries keep their place and their deadline (C14, C28, C29); a live one without a leg has lost its caller. */
function restoreEntry(ctx: StepContext, entry: QueuedCall): void {
  const { legId, deadlineMs } = entry.entry
  const waitedMs = ctx.nowMs - entry.enqueuedAtMs
  const leg = ctx.state.legs.get(legId)
  if (leg !== undefined && waitedMs >= 0 && waitedMs < WAIT_BELIEVED_MS)
    leg.clockAtEnqueueMs = ctx.clockSetMs
  if (!entry.alive || ctx.state.legs.has(legId)) {
    if (deadlineMs === undefined) return
    const wholeMs = deadlineMs - entry.enqueuedAtMs
    // A place without a call can well be kept for longer than an hour by nobody.
    const keptMs = Math.min(wholeMs, waitLeftMs(ctx.nowMs, deadlineMs))
    const restMs = entry.alive ? leftMs(ctx.nowMs, deadlineMs, wholeMs) : keptMs
    ctx.arm('max-wait', legId, restMs)
    return
  }
  ctx.verb([], { kind: 'leave', legId, nowMs: ctx.nowMs }, (later, outcome) => {
    if (outcome.kind === 'left') tellDequeued(later, outcome.left, 'hangup')
  })
}

function restoreAnswer(ctx: StepContext, row: AnswerRow): void {
  const answer = { ok: true, value: row.value } as const
  ctx.state.answers.set(row.key, { at: 'stored', answer, untilMs: row.untilMs })
  const { rememberAnswersMs } = ctx.settings
  ctx.arm('forget-answer', row.key, leftMs(ctx.nowMs, row.untilMs, rememberAnswersMs))
}
