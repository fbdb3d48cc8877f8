// enqueue: to the end of a queue, out of wherever the leg is. Place, size and refusals are the store verb's; nothing is
// changed here before its outcome, so that a refused enqueue changes nothing (C32).

import type { CommandAnswer, LegCommand } from '../../ports/commands.ts'
import type { EntryFacts, VerbRefusal } from '../../ports/store.ts'
import { waitDeadlineMs, waitLeftMs } from '../../queues/max-wait.ts'
import { settle, type Request } from '../answers.ts'
import { done, refusal, type KnownOutcome, type StepContext } from '../context.ts'
import { cancelIntents } from '../intents.ts'
import { withPeer } from '../make-bridge.ts'
import { detach, release, tellDequeued } from '../memberships.ts'
import type { Leg } from '../state.ts'
import { accept } from '../command-legs.ts'

type Enqueue = Extract<LegCommand, { kind: 'enqueue' }>

export function enqueue(
  ctx: StepContext,
  request: Request,
  leg: Leg,
  command: Enqueue,
): CommandAnswer | undefined {
  if (leg.state.at === 'queued' && leg.state.queueName === command.queueName) {
    return refusal({ code: 'already-queued' })
  }
  const entry = entryOf(ctx, request, leg, command)
  const verb = {
    kind: 'enqueue',
    queueName: command.queueName,
    newQueueId: command.newQueueId,
    maxSize: command.maxSize,
    entry,
    nowMs: ctx.nowMs,
  } as const
  ctx.verb(withPeer(ctx, leg), verb, (later, outcome) => {
    enqueued(later, { request, leg, command, deadlineMs: entry.deadlineMs }, outcome)
  })
  return undefined
}

interface Asked {
  readonly request: Request
  readonly leg: Leg
  readonly command: Enqueue
  readonly deadlineMs: number | undefined
}

function enqueued(ctx: StepContext, asked: Asked, outcome: KnownOutcome): void {
  const { request, leg, command } = asked
  if (outcome.kind === 'refused') {
    settle(ctx, request, enqueueRefusal(outcome.why, command))
    return
  }
  if (outcome.kind !== 'enqueued') return
  accept(ctx, request, leg)
  cancelIntents(ctx, leg)
  if (outcome.created) {
    const { queueName, queueId } = outcome.queue
    ctx.emit({ type: 'queue-created', queueName, queueId })
  }
  if (outcome.left !== undefined) tellDequeued(ctx, outcome.left, 'leave')
  const released = detach(ctx, leg)
  ctx.move(leg, { kind: 'queued', queueName: command.queueName })
  leg.clockAtEnqueueMs = ctx.clockSetMs
  // Counted from the moment of the verb, which is that of the entry's own deadline.
  const { deadlineMs } = asked
  if (deadlineMs !== undefined) ctx.arm('max-wait', leg.legId, waitLeftMs(ctx.nowMs, deadlineMs))
  ctx.emit({
    type: 'call-enqueued',
    leg: ctx.facts(leg),
    queueName: command.queueName,
    position: outcome.position,
    averageWaitSecs: Math.floor(outcome.averageWaitMs / 1000),
    enqueuedAtMs: outcome.enqueuedAtMs,
  })
  release(ctx, released)
  settle(ctx, request, done)
}

function entryOf(ctx: StepContext, request: Request, leg: Leg, command: Enqueue): EntryFacts {
  const { clientState } = request.envelope
  const newState = clientState === '' ? null : clientState
  return {
    legId: leg.legId,
    legUuid: leg.legUuid,
    sessionId: leg.sessionId,
    applicationId: leg.applicationId,
    from: leg.from,
    to: leg.to,
    clientState: newState === undefined ? leg.clientState : newState,
    keepAfterHangup: command.keepAfterHangup,
    deadlineMs: waitDeadlineMs(ctx.nowMs, command.maxWaitMs),
  }
}

function enqueueRefusal(why: VerbRefusal, command: Enqueue): CommandAnswer {
  switch (why) {
    case 'queue-full':
      return refusal({ code: 'queue-full', queueName: command.queueName })
    case 'queue-size-fixed':
    case 'already-queued':
      return refusal({ code: why })
    case 'queue-exists':
    case 'queue-unknown':
    case 'queue-not-empty':
    case 'queue-empty':
    case 'not-queued':
      return refusal({ code: 'queue-unknown' })
  }
}
