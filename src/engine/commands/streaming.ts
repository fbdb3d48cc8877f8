// streaming_start, streaming_stop, fork_start and fork_stop. A call has one of each at most (C200); what became of it is
// told by events.

import type { CommandAnswer, LegCommand } from '../../ports/commands.ts'
import type { Request } from '../answers.ts'
import { accept } from '../command-legs.ts'
import { done, refusal, type StepContext } from '../context.ts'
import type { Leg } from '../state.ts'
import { startFork, startStream, stopFork, stopStream } from '../streams.ts'

export function streamingStart(
  ctx: StepContext,
  request: Request,
  leg: Leg,
  command: Extract<LegCommand, { kind: 'streaming-start' }>,
): CommandAnswer {
  if (leg.stream !== undefined) return refusal({ code: 'already-streaming' })
  accept(ctx, request, leg)
  startStream(ctx, leg, command.order)
  return done
}

export function streamingStop(
  ctx: StepContext,
  request: Request,
  leg: Leg,
  command: Extract<LegCommand, { kind: 'streaming-stop' }>,
): CommandAnswer {
  const streamId = leg.stream?.order.streamId
  if (streamId === undefined || (command.streamId ?? streamId) !== streamId) {
    return refusal({ code: 'not-streaming' })
  }
  accept(ctx, request, leg)
  stopStream(ctx, leg)
  return done
}

export function forkStart(
  ctx: StepContext,
  request: Request,
  leg: Leg,
  command: Extract<LegCommand, { kind: 'fork-start' }>,
): CommandAnswer {
  if (leg.fork !== undefined) return refusal({ code: 'already-forking' })
  accept(ctx, request, leg)
  startFork(ctx, leg, command.order)
  return done
}

export function forkStop(ctx: StepContext, request: Request, leg: Leg): CommandAnswer {
  if (leg.fork === undefined) return refusal({ code: 'not-forking' })
  accept(ctx, request, leg)
  stopFork(ctx, leg)
  return done
}
