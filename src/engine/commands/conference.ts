// Commands on conferences that exist: who is on hold, muted, host, out. Create and join, which move a leg, have their own
// files. A refused command changes nothing: all named legs must be in the conference.

import { assert } from '../../base/assert.ts'
import { refuseMembers, type ConferenceInput } from '../../conferences/conference.ts'
import type { CommandAnswer, ConferenceCommand } from '../../ports/commands.ts'
import type { AudioReference } from '../../ports/media-engine.ts'
import type { Request } from '../answers.ts'
import { stepLiveConference } from '../conference-membership.ts'
import { findParticipant, viewOfParticipant, type LiveConference } from '../conference-state.ts'
import { accepted, done, refusal, type StepContext } from '../context.ts'
import type { Leg } from '../state.ts'
import { gather } from './gather.ts'
import { conferenceCreate } from './conference-create.ts'
import { conferenceDtmf, conferencePlay, conferenceStop } from './conference-audio.ts'
import { conferenceJoin } from './conference-join.ts'
import { conferenceRecord } from './conference-record.ts'

/** `leg` is the living leg of create, join and leave. */
export function conferenceCommand(
  ctx: StepContext,
  request: Request,
  command: ConferenceCommand,
  leg: Leg | undefined,
): CommandAnswer | undefined {
  if (command.kind === 'conference-create') {
    assert(leg, 'create has a leg')
    return conferenceCreate(ctx, request, leg, command)
  }
  const live = ctx.state.conferences.find(command.conference)
  if (live === undefined) return refusal({ code: 'conference-unknown' })
  switch (command.kind) {
    case 'conference-join':
      assert(leg, 'join has a leg')
      return conferenceJoin(ctx, request, leg, live, command)
    case 'conference-leave':
      return stepMembers(ctx, live, [command.legId], {
        kind: 'leave',
        legId: command.legId,
        beep: command.beep,
      })
    case 'conference-role': {
      const { legId, role, whisperTo } = command
      return stepMembers(ctx, live, [legId], { kind: 'role', legId, role, whisperTo })
    }
    case 'conference-gather': {
      const why = refuseMembers(live.machine, [command.legId])
      if (why !== undefined) return refusal({ code: why })
      assert(leg, 'gather has a leg')
      return gather(ctx, request, leg, command.gather)
    }
    case 'conference-play':
      return conferencePlay(ctx, live, command)
    case 'conference-stop':
      return conferenceStop(ctx, live, command)
    case 'conference-dtmf':
      return conferenceDtmf(ctx, live, command)
    case 'conference-hold': {
      const { legIds, audio } = command
      return stepMembers(ctx, live, legIds, { kind: 'hold', legIds, audio })
    }
    case 'conference-unhold':
      return stepMembers(ctx, live, command.legIds, { kind: 'unhold', legIds: command.legIds })
    case 'conference-mute':
      return stepMembers(ctx, live, command.legIds, { kind: 'mute', legIds: command.legIds })
    case 'conference-unmute':
      return stepMembers(ctx, live, command.legIds, { kind: 'unmute', legIds: command.legIds })
    case 'conference-end':
      return stepMembers(ctx, live, [], { kind: 'end' })
    case 'participant-update':
      return updateParticipant(ctx, live, command)
    case 'conference-record-start':
    case 'conference-record-stop':
    case 'conference-record-pause':
    case 'conference-record-resume':
      return conferenceRecord(ctx, live, command)
  }
}

function stepMembers(
  ctx: StepContext,
  live: LiveConference,
  legIds: readonly Leg['legId'][],
  input: ConferenceInput<AudioReference>,
): CommandAnswer {
  const why = refuseMembers(live.machine, legIds)
  if (why !== undefined) return refusal({ code: why })
  stepLiveConference(ctx, live.machine.conferenceId, input)
  return done
}

function updateParticipant(
  ctx: StepContext,
  live: LiveConference,
  command: Extract<ConferenceCommand, { kind: 'participant-update' }>,
): CommandAnswer {
  const { conferenceId, status } = live.machine
  const { endOnExit, softEndOnExit, beep } = command
  const before = findParticipant(live, command.participant)
  if (before === undefined) return refusal({ code: 'participant-unknown' })
  if (status === 'completed') return refusal({ code: 'conference-ended' })
  if (before.status === 'left') return refusal({ code: 'not-participant' })
  const { participantId } = before
  stepLiveConference(ctx, conferenceId, {
    kind: 'update',
    participantId,
    endOnExit,
    softEndOnExit,
    beep,
  })
  const after = ctx.state.conferences.get(conferenceId)
  const participant = after && findParticipant(after, participantId)
  assert(after && participant, 'an update loses nobody')
  return accepted({ kind: 'participant', participant: viewOfParticipant(after, participant) })
}
