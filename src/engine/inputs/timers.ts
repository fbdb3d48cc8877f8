// Deadlines that have come. Each is a name and an id in the one heap of the process (StepContext.arm).

import { unreachable } from '../../base/assert.ts'
import { brandAs, type LegId, type OperationId } from '../../base/ids.ts'
import { collectCutoffMs, collectPeriodMs } from '../../queues/collect-empty.ts'
import { forgetAnswer } from '../answers.ts'
import { repeatVerb } from '../claims.ts'
import { expireConference, forgetConference } from '../conference-membership.ts'
import type { StepContext } from '../context.ts'
import { endLeg } from '../end-leg.ts'
import { gatherTimer } from '../gathers.ts'
import { dialTimedOut, failure, ringLimitReached, timeLimitReached } from '../leg-ends.ts'
import { forgetLeg, releaseKept } from '../legs.ts'
import { detectionTimer } from '../machine-detection.ts'
import { tellDequeued } from '../memberships.ts'
import { expireRecordings } from '../recordings.ts'
import { keyPressed } from '../press-keys.ts'
import type { Leg, LegEnd, TimerName } from '../state.ts'

const names: Readonly<Record<TimerName, 'leg' | 'other'>> = {
  'ring-limit': 'leg',
  'dial-timeout': 'leg',
  'time-limit': 'leg',
  gather: 'leg',
  'detect-machine': 'leg',
  'press-key': 'leg',
  'max-wait': 'leg',
  'first-command': 'leg',
  'forget-leg': 'leg',
  'forget-answer': 'other',
  'collect-empty': 'other',
  'repeat-verb': 'other',
  'rtp-loss': 'leg',
  probe: 'leg',
  'conference-expiry': 'other',
  'conference-forget': 'other',
  'expire-recordings': 'other',
}

export interface Timer {
  readonly name: TimerName
  readonly id: string
  /** When the id is that of a leg. */
  readonly legId: LegId | undefined
}

/** Takes a timer's key apart. */
export function readTimer(timer: string): Timer {
  const space = timer.indexOf(' ')
  const name = timer.slice(0, space)
  const id = timer.slice(space + 1)
  if (!isTimerName(name)) return unreachable(`a timer named ${name}`)
  return { name, id, legId: names[name] === 'leg' ? brandAs<LegId>(id) : undefined }
}

export function timerInput(ctx: StepContext, timer: string): void {
  const { name, id } = readTimer(timer)
  switch (name) {
    case 'ring-limit':
    case 'first-command':
      endIfLiving(ctx, id, ringLimitReached)
      return
    case 'dial-timeout':
      endIfLiving(ctx, id, dialTimedOut)
      return
    case 'time-limit':
      endIfLiving(ctx, id, timeLimitReached)
      return
    case 'gather':
      gatherTimer(ctx, brandAs<LegId>(id))
      return
    case 'detect-machine':
      detectionTimer(ctx, brandAs<LegId>(id))
      return
    case 'press-key':
      keyPressed(ctx, brandAs<LegId>(id))
      return
    case 'rtp-loss':
      endIfLiving(ctx, id, () => failure(480))
      return
    case 'probe':
      if (ctx.living(brandAs<LegId>(id)) !== undefined)
        ctx.signal({ kind: 'probe', legId: brandAs<LegId>(id) })
      return
    case 'max-wait':
      waitedLongEnough(ctx, brandAs<LegId>(id))
      return
    case 'forget-leg':
      forgetLeg(ctx, brandAs<LegId>(id))
      return
    case 'forget-answer':
      forgetAnswer(ctx, id)
      return
    case 'repeat-verb':
      repeatVerb(ctx, brandAs<OperationId>(id))
      return
    case 'collect-empty':
      collect(ctx)
      return
    case 'conference-expiry':
      expireConference(ctx, id)
      return
    case 'conference-forget':
      forgetConference(ctx, id)
      return
    case 'expire-recordings':
      expireRecordings(ctx)
  }
}

/** The periodic look at empty queues (C5); nothing at all when collection is off. */
export function armCollection(ctx: StepContext): void {
  const periodMs = collectPeriodMs(ctx.settings.collectEmptyAfterMs)
  if (periodMs !== undefined) ctx.arm('collect-empty', 'all', periodMs)
}

/**
 * max_wait_time_secs is over: out of the queue, parked, alive. Runs for kept dead calls too (C14). A verb that decides
 * over the leg at this moment goes first: the deadline is looked at again when it may be stepped.
 */
function waitedLongEnough(ctx: StepContext, legId: LegId): void {
  const leg = ctx.state.legs.get(legId)
  if (leg !== undefined && (leg.claim !== undefined || leg.takenElsewhere)) {
    ctx.arm('max-wait', legId, RECHECK_MS)
    return
  }
  if (leg !== undefined && leg.state.at !== 'queued' && leg.kept === undefined) return
  const held = leg?.state.at === 'queued' ? [leg] : []
  ctx.verb(held, { kind: 'leave', legId, nowMs: ctx.nowMs }, (later, outcome) => {
    if (outcome.kind !== 'left') return
    tellDequeued(later, outcome.left, 'timeout')
    if (leg?.state.at === 'queued') later.move(leg, { kind: 'parked' })
    else if (leg?.kept !== undefined) releaseKept(later, leg)
  })
}

/** Only with a distributed store, whose outcome is on its way. */
const RECHECK_MS = 50

function collect(ctx: StepContext): void {
  const { collectEmptyAfterMs, collectCreated } = ctx.settings
  const idleSinceMs = collectCutoffMs(ctx.nowMs, collectEmptyAfterMs)
  const verb = { kind: 'collect-empty', idleSinceMs, explicitToo: collectCreated } as const
  ctx.verb([], verb, (later, outcome) => {
    if (outcome.kind !== 'collected') return
    for (const { queueName } of outcome.queues) {
      later.emit({ type: 'queue-deleted', queueName, collected: true })
    }
  })
  armCollection(ctx)
}

function endIfLiving(ctx: StepContext, id: string, end: (leg: Leg) => LegEnd): void {
  const leg = ctx.living(brandAs<LegId>(id))
  if (leg !== undefined) endLeg(ctx, leg, end(leg))
}

function isTimerName(name: string): name is TimerName {
  return Object.hasOwn(names, name)
}
