// A call that was dialled into a conference (`conference_config`): until its answer its early media is heard there, with
// its answer it joins, and a conference named and not running is made for it. A conference that is over or full by then
// has no place for the call, which was made for nothing else: it is hung up (C148).

import { createConference, refuseJoin } from '../conferences/conference.ts'
import { silentConference } from './conference-audio.ts'
import { openConference } from './conference-membership.ts'
import type { LiveConference } from './conference-state.ts'
import { enterConference } from './commands/conference-join.ts'
import type { StepContext } from './context.ts'
import { answerAudioRuns } from './leg-audio.ts'
import { ownHangup } from './leg-ends.ts'
import { fulfilIntent } from './make-bridge.ts'
import { rivalIsHeard } from './ring-group.ts'
import type { DialConference } from '../ports/commands.ts'
import type { AudioReference } from '../ports/media-engine.ts'
import type { Leg } from './state.ts'

/**
 * The leg has answered, or what was played to it at its answer has ended: what was intended with it happens now, a bridge
 * or a conference.
 */
export function fulfilPlans(ctx: StepContext, leg: Leg): void {
  const { joins } = leg
  if (joins === undefined) {
    fulfilIntent(ctx, leg)
    return
  }
  if (leg.state.at !== 'parked' || answerAudioRuns(leg)) return
  leg.joins = undefined
  ctx.touch(leg)
  const running = conferenceOf(ctx, joins)
  const gone = running === undefined && joins.by === 'id'
  if (gone || (running !== undefined && refuseJoin(running.machine, leg.legId) !== undefined)) {
    ctx.endSoon(leg, ownHangup(leg))
    return
  }
  const { participantId, options } = joins
  enterConference(ctx, leg, undefined, () => {
    if (running !== undefined) return { live: running, participantId, options }
    const live = conferenceFor(ctx, leg, joins)
    openConference(ctx, live)
    return { live, participantId, options }
  })
}

/** An 18x with SDP: the conference hears it, as it would hear the phone. True when it does. */
export function passEarlyMediaToConference(ctx: StepContext, leg: Leg): boolean {
  const { joins } = leg
  if (joins === undefined || !joins.earlyMedia || leg.earlyPassed) return false
  if (rivalIsHeard(ctx, leg)) return false
  const { mute, hold, role } = joins.options
  const live = conferenceOf(ctx, joins)
  const unheard = mute || hold || role === 'monitor' || role === 'whisper'
  if (unheard || live?.machine.status !== 'in_progress') return false
  leg.earlyPassed = true
  const { conferenceId } = live.machine
  ctx.media({ kind: 'start', legId: leg.legId })
  ctx.media({ kind: 'mix-join', conferenceId, legId: leg.legId, hears: false, heard: true })
  return true
}

/** The running conference that is meant. */
function conferenceOf(ctx: StepContext, joins: DialConference): LiveConference | undefined {
  const live = ctx.state.conferences.find(joins.conference)
  return live === undefined || live.machine.status === 'completed' ? undefined : live
}

function conferenceFor(ctx: StepContext, leg: Leg, joins: DialConference): LiveConference {
  const { conference: name, conferenceId, startOnCreate, participantsMax, beep } = joins
  return {
    machine: createConference<AudioReference>({
      conferenceId,
      name,
      startOnCreate,
      participantsMax,
      holdAudio: undefined,
      beep,
      durationMs: undefined,
      nowMs: ctx.nowMs,
    }),
    applicationId: leg.applicationId,
    region: undefined,
    creator: ctx.facts(leg),
    endedBySession: undefined,
    audio: silentConference(),
    floor: undefined,
  }
}
