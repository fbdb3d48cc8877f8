// A step of the conference machine with its wishes performed: legs moved, media told, events emitted, row written,
// deadlines set. Those who are hung up with the conference end when the handler is through (`ctx.endSoon`).

import { brandAs, type ConferenceId } from '../base/ids.ts'
import {
  conferenceShownMs,
  stepConference,
  type ConferenceEffect,
  type ConferenceInput,
} from '../conferences/conference.ts'
import type { AudioReference } from '../ports/media-engine.ts'
import { beepConference } from './beep.ts'
import { stopConferenceAudio } from './conference-audio.ts'
import { rememberConference } from './conference-record.ts'
import {
  factsOfConference,
  restoredConference,
  type ConferenceRow,
  type LiveConference,
} from './conference-state.ts'
import type { StepContext } from './context.ts'
import { leftMs } from './deadlines-of-before.ts'
import { setHoldAudio, stopParticipantAudio } from './leg-audio.ts'
import { ownHangup } from './leg-ends.ts'
import { endRecordings } from './recordings.ts'
import type { Leg } from './state.ts'

/** Puts a new conference on record and says so; the creator's join is the next step. */
export function openConference(ctx: StepContext, live: LiveConference): void {
  const { conferenceId, expiresAtMs } = live.machine
  rememberConference(ctx, live)
  ctx.arm('conference-expiry', conferenceId, expiresAtMs - ctx.nowMs)
  ctx.emit({ type: 'conference-created', conference: factsOfConference(live) })
}

/** One input of a conference; an unknown one is nothing, since late inputs are normal. */
export function stepLiveConference(
  ctx: StepContext,
  conferenceId: ConferenceId,
  input: ConferenceInput<AudioReference>,
): void {
  const before = ctx.state.conferences.get(conferenceId)
  if (!before) return
  const step = stepConference(before.machine, input, ctx.nowMs)
  if (step.conference === before.machine) return
  const endedBy = step.conference.endedBy
  const session = endedBy === undefined ? undefined : ctx.state.legs.get(endedBy)?.sessionId
  // Who comes back and speaks is told anew, as the media engine sees it too.
  const hasFloorNoMore = input.kind === 'leave' && input.legId === before.floor
  const floor = hasFloorNoMore ? undefined : before.floor
  const live = { ...before, machine: step.conference, endedBySession: session, floor }
  rememberConference(ctx, live)
  for (const effect of step.effects) perform(ctx, live, effect)
}

/** The leg goes elsewhere or ends; nothing when it is in no conference. Afterwards it is parked. */
export function leaveConference(ctx: StepContext, leg: Leg): void {
  if (leg.state.at !== 'in-conference') return
  const { conferenceId } = leg.state
  stepLiveConference(ctx, conferenceId, { kind: 'leave', legId: leg.legId })
}

/** The leg speaks loudest; a late word about one that has left means nothing. */
export function floorChanged(ctx: StepContext, leg: Leg, conferenceId: ConferenceId): void {
  const live = ctx.state.conferences.get(conferenceId)
  if (leg.state.at !== 'in-conference' || leg.state.conferenceId !== conferenceId) return
  if (live === undefined || live.floor === leg.legId) return
  rememberConference(ctx, { ...live, floor: leg.legId })
  ctx.emit({ type: 'floor-changed', conference: factsOfConference(live), leg: ctx.facts(leg) })
}

/** The deadline `conference-expiry`: its life is over, whoever is in. */
export function expireConference(ctx: StepContext, id: string): void {
  stepLiveConference(ctx, brandAs<ConferenceId>(id), { kind: 'expire' })
}

/** The deadline `conference-forget`: a completed conference is no longer shown. */
export function forgetConference(ctx: StepContext, id: string): void {
  ctx.state.conferences.remove(brandAs<ConferenceId>(id))
  ctx.remove('conference', id)
}

/**
 * At a start: back on record with its deadline. A conference that still had participants is emptied by the ends of
 * their legs; without any it is ended here.
 */
export function restoreConference(ctx: StepContext, row: ConferenceRow): void {
  const live = restoredConference(row)
  const { conferenceId, status, createdAtMs, updatedAtMs, expiresAtMs } = live.machine
  ctx.state.conferences.put(live)
  if (status === 'completed') {
    const shownMs = leftMs(ctx.nowMs, updatedAtMs + conferenceShownMs, conferenceShownMs)
    ctx.arm('conference-forget', conferenceId, shownMs)
  } else {
    const lifeMs = expiresAtMs - createdAtMs
    ctx.arm('conference-expiry', conferenceId, leftMs(ctx.nowMs, expiresAtMs, lifeMs))
  }
}

function perform(
  ctx: StepContext,
  live: LiveConference,
  effect: ConferenceEffect<AudioReference>,
): void {
  const { conferenceId } = live.machine
  if (effect.kind === 'beep') {
    beepConference(ctx, conferenceId, effect.which)
    return
  }
  if (effect.kind === 'ended') {
    stopConferenceAudio(ctx, conferenceId)
    ctx.disarm('conference-expiry', conferenceId)
    endRecordings(ctx, { kind: 'conference', conferenceId })
    ctx.arm('conference-forget', conferenceId, conferenceShownMs)
    ctx.emit({
      type: 'conference-ended',
      conference: factsOfConference(live),
      reason: effect.reason,
    })
    return
  }
  const leg = ctx.living(effect.legId)
  if (!leg) return
  const { legId } = leg
  switch (effect.kind) {
    case 'joined': {
      const { participantId } = effect
      ctx.move(leg, { kind: 'joined', conferenceId, participantId })
      const conference = factsOfConference(live)
      ctx.emit({ type: 'participant-joined', conference, leg: ctx.facts(leg), participantId })
      return
    }
    case 'left': {
      const { participantId } = effect
      // What the conference plays to a participant ends with the stay; its calls' own audio goes on.
      stopParticipantAudio(ctx, leg, conferenceId)
      ctx.move(leg, { kind: 'parked' })
      const conference = factsOfConference(live)
      ctx.emit({ type: 'participant-left', conference, leg: ctx.facts(leg), participantId })
      return
    }
    case 'mix-join':
    case 'mix-set':
      ctx.media({
        kind: effect.kind,
        conferenceId,
        legId,
        hears: effect.hears,
        heard: effect.heard,
        only: effect.only,
      })
      return
    case 'mix-leave':
      ctx.media({ kind: 'mix-leave', conferenceId, legId })
      return
    case 'hold-audio':
      setHoldAudio(ctx, leg, effect.audio)
      return
    case 'hang-up':
      ctx.endSoon(leg, ownHangup(leg))
  }
}
