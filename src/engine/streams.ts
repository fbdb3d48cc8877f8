// Streams and forks of a leg: the machine of calls/streaming.ts wired to the streamer, the leg's row and events. They go
// wherever the leg goes (queue, bridge, conference, hold) and end with it, before its `call.hangup` (C200).

import { stepStream, type StreamStepInput } from '../calls/streaming.ts'
import type { ForkOrder, StreamInput, StreamOrder } from '../ports/streaming.ts'
import type { StepContext } from './context.ts'
import type { Leg } from './state.ts'

const STOPPED_EARLY = 'stopped before it was connected'

/** Begins to stream the leg, which is not streamed yet. */
export function startStream(ctx: StepContext, leg: Leg, order: StreamOrder): void {
  leg.stream = { order, at: 'connecting' }
  ctx.touch(leg)
  ctx.stream({ kind: 'start', order, leg: streamedLeg(leg) })
}

/** Ends the leg's stream by command. */
export function stopStream(ctx: StepContext, leg: Leg): void {
  if (leg.stream === undefined) return
  ctx.stream({ kind: 'stop', streamId: leg.stream.order.streamId })
  step(ctx, leg, 'stop', STOPPED_EARLY)
}

/** Begins to copy the leg's sound, which is not copied yet: there is nobody to wait for. */
export function startFork(ctx: StepContext, leg: Leg, order: ForkOrder): void {
  leg.fork = order
  ctx.touch(leg)
  ctx.stream({ kind: 'fork', order, legId: leg.legId })
  ctx.emit({ type: 'fork-started', leg: ctx.facts(leg) })
}

export function stopFork(ctx: StepContext, leg: Leg): void {
  if (leg.fork === undefined) return
  ctx.stream({ kind: 'stop', streamId: leg.fork.streamId })
  forkOver(ctx, leg)
}

/** The leg is over: what leaves it is, too. */
export function endStreams(ctx: StepContext, leg: Leg): void {
  stopStream(ctx, leg)
  stopFork(ctx, leg)
}

/** After a restart, of a leg that goes on: connected anew under the same id, and nothing is told of it (C204). */
export function resumeStreams(ctx: StepContext, leg: Leg): void {
  if (leg.stream !== undefined) {
    ctx.stream({ kind: 'start', order: leg.stream.order, leg: streamedLeg(leg) })
  }
  if (leg.fork !== undefined) ctx.stream({ kind: 'fork', order: leg.fork, legId: leg.legId })
}

/** A key of the far end, for those who listen there. */
export function tellStream(ctx: StepContext, leg: Leg, digit: string): void {
  if (leg.stream === undefined) return
  ctx.stream({ kind: 'dtmf', streamId: leg.stream.order.streamId, digit })
}

/** The streamer's word; about a stream that is over here already it means nothing. */
export function streamInput(ctx: StepContext, input: StreamInput): void {
  const leg = ctx.living(input.legId)
  if (leg === undefined) return
  const { streamId } = input
  if (leg.fork?.streamId === streamId && input.kind === 'stream-ended') forkOver(ctx, leg)
  if (leg.stream?.order.streamId !== streamId) return
  if (input.kind === 'stream-started') step(ctx, leg, 'connected', '')
  else step(ctx, leg, input.outcome === 'closed' ? 'closed' : 'broke', input.why)
}

function forkOver(ctx: StepContext, leg: Leg): void {
  leg.fork = undefined
  ctx.touch(leg)
  ctx.emit({ type: 'fork-stopped', leg: ctx.facts(leg) })
}

function step(ctx: StepContext, leg: Leg, input: StreamStepInput, why: string): void {
  if (leg.stream === undefined) return
  const { order } = leg.stream
  const { at, told } = stepStream(leg.stream.at, input)
  leg.stream = at === undefined ? undefined : { order, at }
  ctx.touch(leg)
  const { streamId, url, track } = order
  const facts = { leg: ctx.facts(leg), stream: { streamId, url, track } }
  if (told === 'failed') ctx.emit({ type: 'streaming-failed', ...facts, why })
  else if (told !== undefined) ctx.emit({ type: `streaming-${told}`, ...facts })
}

function streamedLeg(leg: Leg) {
  const { legId, sessionId, from, to, clientState, tags } = leg
  return { legId, sessionId, from, to, clientState, tags }
}
