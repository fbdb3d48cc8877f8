// Queues as resources: create, update, delete (C18, C25, C53). The store decides; here it is only told.

import type { CommandAnswer, QueueCommand } from '../../ports/commands.ts'
import type { QueueVerb, VerbRefusal } from '../../ports/store.ts'
import { settle, type Request } from '../answers.ts'
import { accepted, done, refusal, type KnownOutcome, type StepContext } from '../context.ts'

type QueueResourceCommand = Extract<
  QueueCommand,
  { kind: 'queue-create' | 'queue-update' | 'queue-delete' }
>

export function queueCommand(
  ctx: StepContext,
  request: Request,
  command: QueueResourceCommand,
): undefined {
  ctx.verb([], verbFor(command, ctx.nowMs), (later, outcome) => {
    settle(later, request, tell(later, command, outcome))
  })
  return undefined
}

function verbFor(command: QueueResourceCommand, nowMs: number): QueueVerb {
  const { queueName } = command
  switch (command.kind) {
    case 'queue-create': {
      const { newQueueId: queueId, maxSize } = command
      return { kind: 'create-queue', queueName, queueId, maxSize, explicit: true, nowMs }
    }
    case 'queue-update':
      return { kind: 'update-queue', queueName, maxSize: command.maxSize, nowMs }
    case 'queue-delete':
      return { kind: 'delete-queue', queueName }
  }
}

function tell(
  ctx: StepContext,
  command: QueueResourceCommand,
  outcome: KnownOutcome,
): CommandAnswer {
  const { queueName } = command
  if (outcome.kind === 'created') {
    ctx.emit({ type: 'queue-created', queueName, queueId: outcome.queue.queueId })
    return accepted({ kind: 'queue', queue: outcome.queue })
  }
  if (outcome.kind === 'updated') {
    ctx.emit({ type: 'queue-updated', queueName, maxSize: outcome.queue.maxSize })
    return accepted({ kind: 'queue', queue: outcome.queue })
  }
  if (outcome.kind === 'deleted') {
    ctx.emit({ type: 'queue-deleted', queueName, collected: false })
    return done
  }
  return queueRefusal(outcome.kind === 'refused' ? outcome.why : 'queue-unknown')
}

function queueRefusal(why: VerbRefusal): CommandAnswer {
  switch (why) {
    case 'queue-exists':
    case 'queue-unknown':
    case 'queue-not-empty':
      return refusal({ code: why })
    case 'queue-full':
    case 'queue-size-fixed':
    case 'queue-empty':
    case 'already-queued':
    case 'not-queued':
      return refusal({ code: 'queue-unknown' })
  }
}
