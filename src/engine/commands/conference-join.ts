// conference-join, and the one way a leg gets into a conference: out of its queue (call-dequeued bridged), its bridge (the
// peer by its own setting) or its former conference, its intents cancelled and its audio stopped, then in.

import { refuseJoin, type JoinRefusal } from '../../conferences/conference.ts'
import type {
  CommandAnswer,
  ConferenceCommand,
  JoinOptions,
  Refusal,
} from '../../ports/commands.ts'
import type { ParticipantId } from '../../base/ids.ts'
import type { LeftEntry } from '../../ports/store.ts'
import type { Request } from '../answers.ts'
import { accept } from '../command-legs.ts'
import { stepLiveConference } from '../conference-membership.ts'
import type { LiveConference } from '../conference-state.ts'
import { done, refusal, type StepContext } from '../context.ts'
import { cancelIntents } from '../intents.ts'
import { stopAudio } from '../leg-audio.ts'
import { parkLeft } from '../make-bridge.ts'
import { detach, release, tellDequeued } from '../memberships.ts'
import type { Leg } from '../state.ts'
import { takeOut } from '../take-out.ts'

export function conferenceJoin(
  ctx: StepContext,
  request: Request,
  leg: Leg,
  live: LiveConference,
  command: Extract<ConferenceCommand, { kind: 'conference-join' }>,
): CommandAnswer | undefined {
  const { conferenceId } = live.machine
  const early = refuseJoin(live.machine, leg.legId)
  if (early !== undefined) return refusal(joinRefusal(early, live))
  return takeOut(ctx, request, leg, (later, left) => {
    // Asked again: while the store answered, the conference may have ended or filled.
    const now = later.state.conferences.get(conferenceId)
    const why = now === undefined ? 'conference-ended' : refuseJoin(now.machine, leg.legId)
    if (now === undefined || why !== undefined) {
      parkLeft(later, left === undefined ? [] : [left])
      return refusal(joinRefusal(why ?? 'conference-ended', now ?? live))
    }
    accept(later, request, leg)
    const { participantId, options } = command
    enterConference(later, leg, left, () => ({ live: now, participantId, options }))
    return done
  })
}

export interface Entering {
  readonly live: LiveConference
  readonly participantId: ParticipantId
  readonly options: JoinOptions
}

/**
 * Moves the leg into a conference that takes it (`refuseJoin` was asked). `open` is called when the leg is free and its
 * former stay is told, so that a conference made here is told in its place.
 */
export function enterConference(
  ctx: StepContext,
  leg: Leg,
  left: LeftEntry | undefined,
  open: () => Entering,
): void {
  stopAudio(ctx, leg, 'cancelled')
  const released = detach(ctx, leg)
  if (left !== undefined) tellDequeued(ctx, left, 'bridged')
  ctx.move(leg, { kind: 'parked' })
  cancelIntents(ctx, leg)
  const { live, participantId, options } = open()
  stepLiveConference(ctx, live.machine.conferenceId, {
    kind: 'join',
    participantId,
    legId: leg.legId,
    legUuid: leg.legUuid,
    entrance: options,
  })
  release(ctx, released)
}

function joinRefusal(why: JoinRefusal, live: LiveConference): Refusal {
  if (why !== 'conference-full') return { code: why }
  return { code: why, participantsMax: live.machine.participantsMax }
}
