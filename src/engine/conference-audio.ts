// What a conference plays: to everybody, through an audio queue of its own that sounds in the mix over those who speak, or
// to some participants, through the audio queues of their legs. Both are the queue of calls/playback.ts; the events say
// which of the two it was.

import { brandAs, type ConferenceId, type PlaybackId } from '../base/ids.ts'
import {
  silentPlayback,
  stepPlayback,
  type PlaybackEffect,
  type PlaybackInput,
  type Track,
} from '../calls/playback.ts'
import type { MediaInput } from '../ports/media-engine.ts'
import type { LegTrack } from './audio-state.ts'
import { rememberConference } from './conference-record.ts'
import { factsOfConference, type LiveConference } from './conference-state.ts'
import type { StepContext } from './context.ts'
import { isSpeech, playbackFacts } from './leg-audio.ts'

/** One input of the conference's audio queue, its wishes performed; nothing for a conference that is unknown. */
export function stepConferenceAudio(
  ctx: StepContext,
  conferenceId: ConferenceId,
  input: PlaybackInput<LegTrack>,
): void {
  const before = ctx.state.conferences.get(conferenceId)
  if (before === undefined) return
  const step = stepPlayback(before.audio, input)
  const live = { ...before, audio: step.state }
  if (step.state !== before.audio) rememberConference(ctx, live)
  for (const effect of step.effects) perform(ctx, live, effect)
}

/** The conference is over: everything that is played to it, or waits to be, ends. */
export function stopConferenceAudio(ctx: StepContext, conferenceId: ConferenceId): void {
  stepConferenceAudio(ctx, conferenceId, { kind: 'end-all', status: 'cancelled' })
}

/** After a restart: what was played is played again, from its beginning; what was told is not told twice. */
export function resumeConferenceAudio(ctx: StepContext, live: LiveConference): void {
  const { audio } = live
  if (audio.at !== 'idle') perform(ctx, live, { kind: 'play', track: audio.current })
}

/** What the media engine says of it. Beeps are nobody's track: nothing follows from their reports. */
export function conferencePlaybackInput(
  ctx: StepContext,
  input: Extract<MediaInput, { kind: 'mix-playback-started' | 'mix-playback-ended' }>,
): void {
  const { conferenceId, playbackId } = input
  if (input.kind === 'mix-playback-started') {
    stepConferenceAudio(ctx, conferenceId, { kind: 'media-started', playbackId })
    return
  }
  const { status, detail } = input
  stepConferenceAudio(ctx, conferenceId, { kind: 'media-ended', playbackId, status, detail })
}

/** The conference whose audio is silent. */
export function silentConference(): LiveConference['audio'] {
  return silentPlayback()
}

function perform(ctx: StepContext, live: LiveConference, effect: PlaybackEffect<LegTrack>): void {
  const { conferenceId } = live.machine
  switch (effect.kind) {
    case 'play': {
      const { audio, loops } = effect.track
      const playbackId = brandAs<PlaybackId>(effect.track.playbackId)
      ctx.media({ kind: 'mix-play', conferenceId, playbackId, audio: audio.reference, loops })
      return
    }
    case 'stop': {
      const playbackId = brandAs<PlaybackId>(effect.playbackId)
      ctx.media({ kind: 'mix-stop', conferenceId, playbackId })
      return
    }
    case 'started':
      tell(ctx, live, 'conference-playback-started', effect.track)
      return
    case 'ended':
      tell(ctx, live, 'conference-playback-ended', effect.track)
  }
}

function tell(
  ctx: StepContext,
  live: LiveConference,
  type: 'conference-playback-started' | 'conference-playback-ended',
  track: Track<LegTrack>,
): void {
  ctx.emit({
    type,
    conference: factsOfConference(live),
    playback: playbackFacts(track),
    spoken: isSpeech(track),
  })
}
