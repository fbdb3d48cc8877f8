// conference-create: a new conference with the leg as its first participant. The name must be free among active ones.

import { createConference } from '../../conferences/conference.ts'
import type { CommandAnswer, ConferenceCommand, JoinOptions } from '../../ports/commands.ts'
import { assert } from '../../base/assert.ts'
import type { Request } from '../answers.ts'
import { accept } from '../command-legs.ts'
import { silentConference } from '../conference-audio.ts'
import { openConference } from '../conference-membership.ts'
import { viewOfConference, type LiveConference } from '../conference-state.ts'
import { accepted, refusal, type StepContext } from '../context.ts'
import { parkLeft } from '../make-bridge.ts'
import type { Leg } from '../state.ts'
import { takeOut } from '../take-out.ts'
import { enterConference } from './conference-join.ts'

/** The creator has no special rights: it may leave, and it waits too when the conference has not started. */
const creatorOptions: JoinOptions = {
  startOnEnter: false,
  endOnExit: false,
  softEndOnExit: false,
  hold: false,
  holdAudio: undefined,
  mute: false,
  role: 'none',
  whisperTo: [],
  beep: undefined,
}

export function conferenceCreate(
  ctx: StepContext,
  request: Request,
  leg: Leg,
  command: Extract<ConferenceCommand, { kind: 'conference-create' }>,
): CommandAnswer | undefined {
  const { conferenceId, participantId, name } = command
  const taken = refusal({ code: 'conference-name-taken' })
  if (ctx.state.conferences.isTaken(name)) return taken
  return takeOut(ctx, request, leg, (later, left) => {
    // Asked again: two creations may have waited for the store at the same time.
    if (later.state.conferences.isTaken(name)) {
      parkLeft(later, left === undefined ? [] : [left])
      return taken
    }
    accept(later, request, leg)
    enterConference(later, leg, left, () => {
      const live = newConference(later, leg, command)
      openConference(later, live)
      return { live, participantId, options: creatorOptions }
    })
    const made = later.state.conferences.get(conferenceId)
    assert(made, 'just made')
    return accepted({ kind: 'conference', conference: viewOfConference(made) })
  })
}

function newConference(
  ctx: StepContext,
  leg: Leg,
  command: Extract<ConferenceCommand, { kind: 'conference-create' }>,
): LiveConference {
  const { conferenceId, name, startOnCreate, participantsMax, holdAudio, durationMs, beep } =
    command
  return {
    machine: createConference({
      conferenceId,
      name,
      startOnCreate,
      participantsMax,
      holdAudio,
      beep,
      durationMs,
      nowMs: ctx.nowMs,
    }),
    applicationId: leg.applicationId,
    region: command.region,
    creator: ctx.facts(leg),
    endedBySession: undefined,
    audio: silentConference(),
    floor: undefined,
  }
}
