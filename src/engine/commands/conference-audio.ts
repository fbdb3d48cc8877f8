// conference-play (files and words), conference-stop and conference-dtmf: with participants named for those alone, else for
// everybody. Everybody means the mix: who is on hold, or joins later, hears or misses it like a voice.

import { playbackTracksMax, trackCount } from '../../calls/playback.ts'
import { members, refuseMembers } from '../../conferences/conference.ts'
import type { CommandAnswer, ConferenceCommand } from '../../ports/commands.ts'
import type { LegTrack } from '../audio-state.ts'
import { stepConferenceAudio } from '../conference-audio.ts'
import type { LiveConference } from '../conference-state.ts'
import { done, refusal, type StepContext } from '../context.ts'
import { stepAudio, stopParticipantAudio } from '../leg-audio.ts'
import { pressKeys } from '../press-keys.ts'
import type { Leg } from '../state.ts'

type Named<Kind extends ConferenceCommand['kind']> = Extract<ConferenceCommand, { kind: Kind }>

/** The events come from the media engine's reports: nothing is told here. */
export function conferencePlay(
  ctx: StepContext,
  live: LiveConference,
  command: Named<'conference-play'>,
): CommandAnswer {
  const why = refuseMembers(live.machine, command.legIds)
  if (why !== undefined) return refusal({ code: why })
  const { conferenceId } = live.machine
  const { playbackId, audio: reference, loops } = command
  const legs = named(ctx, command.legIds)
  const queues = legs.length === 0 ? [live.audio] : legs.map(({ audio }) => audio)
  if (queues.some((queue) => trackCount(queue) >= playbackTracksMax)) {
    return refusal({ code: 'audio-queue-full', tracksMax: playbackTracksMax })
  }
  const audio: LegTrack = { reference, conferenceId }
  const input = { kind: 'start', track: { playbackId, audio, loops } } as const
  if (legs.length === 0) stepConferenceAudio(ctx, conferenceId, input)
  for (const leg of legs) stepAudio(ctx, leg, input)
  return done
}

/** Nothing playing is no error. Without names everything that the conference plays ends, to whomever. */
export function conferenceStop(
  ctx: StepContext,
  live: LiveConference,
  command: Named<'conference-stop'>,
): CommandAnswer {
  const why = refuseMembers(live.machine, command.legIds)
  if (why !== undefined) return refusal({ code: why })
  const { conferenceId } = live.machine
  if (command.legIds.length === 0) {
    stepConferenceAudio(ctx, conferenceId, { kind: 'stop', which: 'all' })
  }
  for (const leg of meant(ctx, live, command.legIds)) stopParticipantAudio(ctx, leg, conferenceId)
  return done
}

/** Keys towards the phones of the participants, each as its application says. */
export function conferenceDtmf(
  ctx: StepContext,
  live: LiveConference,
  command: Named<'conference-dtmf'>,
): CommandAnswer {
  const why = refuseMembers(live.machine, command.legIds)
  if (why !== undefined) return refusal({ code: why })
  const { digits, durationMs } = command
  for (const leg of meant(ctx, live, command.legIds)) pressKeys(ctx, leg, digits, durationMs)
  return done
}

function meant(ctx: StepContext, live: LiveConference, legIds: readonly Leg['legId'][]): Leg[] {
  const all = legIds.length === 0
  return named(ctx, all ? members(live.machine).map(({ legId }) => legId) : legIds)
}

function named(ctx: StepContext, legIds: readonly Leg['legId'][]): Leg[] {
  return [...new Set(legIds)].flatMap((legId) => ctx.living(legId) ?? [])
}
