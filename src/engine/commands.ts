// From a submitted command to its handler. The order is C63's: look-up of the call, repeats, (waiting for a verb
// that decides over the same legs), state by the matrix, then the handler's own rules.

import type { LegId } from '../base/ids.ts'
import { commandRule, type LegCommandName } from '../calls/leg-commands.ts'
import type { Command, CommandAnswer, Refusal } from '../ports/commands.ts'
import {
  answerRepeat,
  commandKey,
  recordRunning,
  requestKey,
  settle,
  type Request,
} from './answers.ts'
import { answer } from './commands/answer.ts'
import { bridge } from './commands/bridge.ts'
import { clientStateUpdate } from './commands/client-state-update.ts'
import { conferenceCommand } from './commands/conference.ts'
import { dial } from './commands/dial.ts'
import { enqueue } from './commands/enqueue.ts'
import { gather, gatherStop } from './commands/gather.ts'
import { hangup } from './commands/hangup.ts'
import { leaveQueue } from './commands/leave-queue.ts'
import { playbackStart } from './commands/playback-start.ts'
import { playbackStop } from './commands/playback-stop.ts'
import { queueCommand } from './commands/queue.ts'
import { queuedCallRemove, queuedCallUpdate } from './commands/queued-call.ts'
import { recordChange, recordStart } from './commands/record.ts'
import { recordingDelete } from './commands/recording-delete.ts'
import { refer } from './commands/refer.ts'
import { reject } from './commands/reject.ts'
import { switchSupervisorRole } from './commands/switch-supervisor-role.ts'
import { sendDtmf } from './commands/send-dtmf.ts'
import { speak } from './commands/speak.ts'
import { forkStart, forkStop, streamingStart, streamingStop } from './commands/streaming.ts'
import { transfer } from './commands/transfer.ts'
import { accept, legsIn } from './command-legs.ts'
import { subjectOf } from './command-subject.ts'
import { done, refusal, type StepContext } from './context.ts'
import { withPeer } from './make-bridge.ts'
import type { Leg, WaitingCommand } from './state.ts'

/** Takes a command as it arrives: answers, lets it wait, or runs it. */
export function submit(ctx: StepContext, request: Request): void {
  const { envelope } = request
  const repeat = requestKey(envelope)
  // The very same HTTP request again: its answer stands whatever became of the leg since.
  if (repeat !== undefined && envelope.request?.retry === true) {
    if (answerRepeat(ctx, request, repeat)) return
  }
  const subject = subjectOf(envelope.command)
  const unknown = subject === undefined ? undefined : refuseLookup(ctx, subject)
  if (unknown !== undefined) {
    settle(ctx, request, refusal(unknown))
    return
  }
  const key = commandKey(envelope)
  if (key !== undefined && answerRepeat(ctx, request, key)) return
  if (key !== undefined) recordRunning(ctx, request, key)
  else if (repeat !== undefined) recordRunning(ctx, request, repeat)
  const legs = legsIn(envelope.command).filter((legId) => ctx.state.legs.has(legId))
  const waiting: WaitingCommand = { envelope, token: request.token, legs }
  if (mayRun(ctx, waiting)) run(ctx, request)
  else for (const legId of legs) ctx.state.legs.get(legId)?.line.push(waiting)
}

/** Legs that nothing holds any more: their waiting commands run, oldest first. */
export function runWaiting(ctx: StepContext, free: readonly Leg[]): void {
  const legs = [...free]
  for (let leg = legs.shift(); leg !== undefined; leg = legs.shift()) {
    const [waiting] = leg.line
    if (waiting === undefined || !mayRun(ctx, waiting)) continue
    for (const legId of waiting.legs) {
      const line = ctx.state.legs.get(legId)?.line
      if (line?.[0] === waiting) line.shift()
    }
    run(ctx, { token: waiting.token, envelope: waiting.envelope })
    for (const legId of waiting.legs) {
      const touched = ctx.state.legs.get(legId)
      if (touched !== undefined) legs.push(touched)
    }
  }
}

function run(ctx: StepContext, request: Request): void {
  const answered = decide(ctx, request)
  if (answered !== undefined) settle(ctx, request, answered)
}

function mayRun(ctx: StepContext, waiting: WaitingCommand): boolean {
  return waiting.legs.every((legId) => {
    const leg = ctx.state.legs.get(legId)
    if (leg === undefined) return true
    const first = leg.line[0]
    if (leg.takenElsewhere || (first ?? waiting) !== waiting) return false
    return withPeer(ctx, leg).every(({ claim }) => claim === undefined)
  })
}

function refuseLookup(ctx: StepContext, legId: LegId): Refusal | undefined {
  const leg = ctx.state.legs.get(legId)
  // An inbound leg that its application has not been told of is nobody's business yet.
  if (leg === undefined || !leg.told) return { code: 'leg-unknown' }
  return leg.state.at === 'ended' ? { code: 'leg-ended' } : undefined
}

/** Undefined: the handler settles later, by a verb's outcome. */
function decide(ctx: StepContext, request: Request): CommandAnswer | undefined {
  const { command } = request.envelope
  const subject = subjectOf(command)
  if (subject === undefined) return decideWithoutLeg(ctx, request)
  const unknown = refuseLookup(ctx, subject)
  const leg = ctx.living(subject)
  if (unknown !== undefined || leg === undefined) return refusal(unknown ?? { code: 'leg-ended' })
  ctx.disarm('first-command', leg.legId)
  const matrixName = matrixNameOf(command)
  if (matrixName !== undefined) {
    const rule = commandRule(matrixName, leg.state.at)
    switch (rule) {
      case 'allowed':
      case 'allowed-elsewhere':
        break
      case 'no-op':
        accept(ctx, request, leg)
        return done
      case 'leg-ended':
      case 'not-answered':
      case 'no-audio-yet':
        return refusal({ code: rule })
      case 'wrong-direction':
        return refusal({ code: rule, command: matrixName })
      case 'not-queued':
        return refusal({ code: rule, legId: leg.legId })
    }
  }
  return decideForLeg(ctx, request, leg)
}

function decideForLeg(ctx: StepContext, request: Request, leg: Leg): CommandAnswer | undefined {
  const { command } = request.envelope
  switch (command.kind) {
    case 'answer':
      return answer(ctx, request, leg, command)
    case 'reject':
      return reject(ctx, request, leg, command)
    case 'hangup':
      return hangup(ctx, request, leg, command)
    case 'enqueue':
      return enqueue(ctx, request, leg, command)
    case 'leave-queue':
      return leaveQueue(ctx, request, leg)
    case 'bridge':
      return bridge(ctx, request, leg, command)
    case 'transfer':
      return transfer(ctx, request, leg, command)
    case 'refer':
      return refer(ctx, request, leg, command)
    case 'playback-start':
      return playbackStart(ctx, request, leg, command)
    case 'playback-stop':
      return playbackStop(ctx, request, leg, command)
    case 'speak':
      return speak(ctx, request, leg, command)
    case 'gather':
      return gather(ctx, request, leg, command)
    case 'gather-stop':
      return gatherStop(ctx, request, leg)
    case 'send-dtmf':
      return sendDtmf(ctx, request, leg, command)
    case 'client-state-update':
      return clientStateUpdate(ctx, request, leg)
    case 'switch-supervisor-role':
      return switchSupervisorRole(ctx, request, leg, command)
    case 'record-start':
      return recordStart(ctx, request, leg, command)
    case 'record-stop':
    case 'record-pause':
    case 'record-resume':
      return recordChange(ctx, request, leg, command)
    case 'streaming-start':
      return streamingStart(ctx, request, leg, command)
    case 'streaming-stop':
      return streamingStop(ctx, request, leg, command)
    case 'fork-start':
      return forkStart(ctx, request, leg, command)
    case 'fork-stop':
      return forkStop(ctx, request, leg)
    case 'conference-create':
    case 'conference-join':
    case 'conference-leave':
    case 'conference-role':
    case 'conference-gather':
      return conferenceCommand(ctx, request, command, leg)
    case 'dial':
    case 'conference-hold':
    case 'conference-unhold':
    case 'conference-mute':
    case 'conference-unmute':
    case 'conference-end':
    case 'conference-play':
    case 'conference-stop':
    case 'conference-dtmf':
    case 'participant-update':
    case 'queue-create':
    case 'queue-update':
    case 'queue-delete':
    case 'queued-call-update':
    case 'conference-record-start':
    case 'conference-record-stop':
    case 'conference-record-pause':
    case 'conference-record-resume':
    case 'queued-call-remove':
    case 'recording-delete':
      return decideWithoutLeg(ctx, request)
  }
}

function decideWithoutLeg(ctx: StepContext, request: Request): CommandAnswer | undefined {
  const { command } = request.envelope
  switch (command.kind) {
    case 'dial':
      return dial(ctx, request, command)
    case 'conference-hold':
    case 'conference-unhold':
    case 'conference-mute':
    case 'conference-unmute':
    case 'conference-end':
    case 'conference-play':
    case 'conference-stop':
    case 'conference-dtmf':
    case 'participant-update':
    case 'conference-record-start':
    case 'conference-record-stop':
    case 'conference-record-pause':
    case 'conference-record-resume':
      return conferenceCommand(ctx, request, command, undefined)
    case 'queue-create':
    case 'queue-update':
    case 'queue-delete':
      return queueCommand(ctx, request, command)
    case 'queued-call-update':
      return queuedCallUpdate(ctx, request, command)
    case 'queued-call-remove':
      return queuedCallRemove(ctx, request, command)
    case 'recording-delete':
      return recordingDelete(ctx, command)
    case 'answer':
    case 'reject':
    case 'hangup':
    case 'enqueue':
    case 'leave-queue':
    case 'bridge':
    case 'transfer':
    case 'refer':
    case 'playback-start':
    case 'playback-stop':
    case 'speak':
    case 'gather':
    case 'gather-stop':
    case 'send-dtmf':
    case 'client-state-update':
    case 'switch-supervisor-role':
    case 'record-start':
    case 'record-stop':
    case 'record-pause':
    case 'record-resume':
    case 'streaming-start':
    case 'streaming-stop':
    case 'fork-start':
    case 'fork-stop':
    case 'conference-create':
    case 'conference-join':
    case 'conference-leave':
    case 'conference-role':
    case 'conference-gather':
      return refusal({ code: 'leg-unknown' })
  }
}

function matrixNameOf(command: Command): LegCommandName | undefined {
  switch (command.kind) {
    case 'answer':
    case 'reject':
    case 'hangup':
    case 'enqueue':
    case 'leave-queue':
    case 'bridge':
    case 'transfer':
    case 'refer':
    case 'playback-start':
    case 'playback-stop':
    case 'speak':
    case 'gather':
    case 'gather-stop':
    case 'send-dtmf':
    case 'client-state-update':
    case 'switch-supervisor-role':
    case 'record-start':
    case 'record-stop':
    case 'record-pause':
    case 'record-resume':
    case 'streaming-start':
    case 'streaming-stop':
    case 'fork-start':
    case 'fork-stop':
    case 'conference-join':
      return command.kind
    case 'conference-create':
      return 'conference-join'
    case 'conference-leave':
    case 'conference-role':
    case 'conference-gather':
    case 'dial':
    case 'conference-hold':
    case 'conference-unhold':
    case 'conference-mute':
    case 'conference-unmute':
    case 'conference-end':
    case 'conference-play':
    case 'conference-stop':
    case 'conference-dtmf':
    case 'participant-update':
    case 'queue-create':
    case 'queue-update':
    case 'queue-delete':
    case 'queued-call-update':
    case 'conference-record-start':
    case 'conference-record-stop':
    case 'conference-record-pause':
    case 'conference-record-resume':
    case 'queued-call-remove':
    case 'recording-delete':
      return undefined
  }
}
