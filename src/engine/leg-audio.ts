// What is played to a leg: the audio queue of calls/playback.ts wired to media and events, and a second one that is mixed
// over it (C126). Everything ends with the leg (status call_hangup) and wherever media is joined (cancelled, C6); leaving
// a queue, a wait limit or a move to another queue leave it alone.

import { brandAs, type ConferenceId, type PlaybackId } from '../base/ids.ts'
import {
  stepPlayback,
  type PlaybackEffect,
  type PlaybackInput,
  type Track,
} from '../calls/playback.ts'
import type { DomainEvent, PlaybackFacts } from '../ports/events.ts'
import type { AudioReference } from '../ports/media-engine.ts'
import type { LegTrack } from './audio-state.ts'
import { factsOfConference } from './conference-state.ts'
import type { StepContext } from './context.ts'
import { watchPrompt } from './prompt.ts'
import type { Leg } from './state.ts'

export type LegAudioInput = PlaybackInput<LegTrack>

/** One input of the leg's audio queue, its wishes performed. */
export function stepAudio(ctx: StepContext, leg: Leg, input: LegAudioInput): void {
  const step = stepPlayback(leg.audio, input)
  if (step.state !== leg.audio) ctx.touch(leg)
  leg.audio = step.state
  for (const effect of step.effects) perform(ctx, leg, effect, false)
  watchPrompt(ctx, leg)
}

/** One input of the queue that is mixed over it. */
export function stepOverlay(ctx: StepContext, leg: Leg, input: LegAudioInput): void {
  const step = stepPlayback(leg.overlay, input)
  if (step.state !== leg.overlay) ctx.touch(leg)
  leg.overlay = step.state
  for (const effect of step.effects) perform(ctx, leg, effect, true)
}

/** After a restart: what was played is played again, from its beginning; what was told is not told twice. */
export function resumeAudio(ctx: StepContext, leg: Leg): void {
  const track = leg.audio.at === 'idle' ? leg.audio.background : leg.audio.current
  if (track !== undefined) perform(ctx, leg, { kind: 'play', track }, false)
  const { overlay } = leg
  if (overlay.at !== 'idle') perform(ctx, leg, { kind: 'play', track: overlay.current }, true)
}

/** Ends everything that is played or waits to be played to the leg; what had started has its `playback-ended`. */
export function stopAudio(ctx: StepContext, leg: Leg, status: 'cancelled' | 'call_hangup'): void {
  stepOverlay(ctx, leg, { kind: 'end-all', status })
  stepAudio(ctx, leg, { kind: 'end-all', status })
}

/** An answering machine is ready to record: what was said into its greeting ends, what waits is dropped (C109). */
export function stopForMachine(ctx: StepContext, leg: Leg): void {
  const stop = { kind: 'stop', which: 'all', status: 'cancelled_amd' } as const
  stepOverlay(ctx, leg, stop)
  stepAudio(ctx, leg, stop)
}

/** What the conference plays to this participant ends; what the call itself plays goes on. */
export function stopParticipantAudio(ctx: StepContext, leg: Leg, conferenceId: ConferenceId): void {
  const { audio } = leg
  const tracks = audio.at === 'idle' ? audio.waiting : [audio.current, ...audio.waiting]
  const own = tracks.filter((track) => track.audio.conferenceId === conferenceId)
  const playbackIds = new Set(own.map(({ playbackId }) => playbackId))
  if (own.length > 0) stepAudio(ctx, leg, { kind: 'stop-these', playbackIds })
}

/** The leg has answered: plays what dial or transfer asked for. True when the bridge must wait for its end. */
export function playAnswerAudio(ctx: StepContext, leg: Leg): boolean {
  const reference = leg.dial?.options.audio
  if (reference === undefined) return false
  // C27: whoever is being transferred to this leg stops hearing music when it answers, not only at the bridge.
  const waiter = leg.intent?.operation === 'transfer' ? ctx.living(leg.intent.other) : undefined
  if (waiter !== undefined) stopAudio(ctx, waiter, 'cancelled')
  const audio: LegTrack = { reference }
  stepAudio(ctx, leg, {
    kind: 'start',
    track: { playbackId: answerTrackOf(leg), audio, loops: 1 },
  })
  return true
}

/** What dial or transfer asked for is still being played to the leg; its bridge waits. */
export function answerAudioRuns(leg: Leg): boolean {
  const { audio } = leg
  return audio.at !== 'idle' && audio.current.playbackId === answerTrackOf(leg)
}

function answerTrackOf(leg: Leg): string {
  return `answer-${leg.legId}`
}

/** Conference hold music (undefined: none), below whatever the application plays; told to nobody. */
export function setHoldAudio(
  ctx: StepContext,
  leg: Leg,
  reference: AudioReference | undefined,
): void {
  if (reference === undefined) {
    stepAudio(ctx, leg, { kind: 'set-background', track: undefined })
    return
  }
  // Its own id each time: a late word about the former music must not end the present one.
  const playbackId = `hold-${ctx.freshName()}`
  const audio: LegTrack = { reference }
  stepAudio(ctx, leg, {
    kind: 'set-background',
    track: { playbackId, audio, loops: Infinity },
  })
}

function perform(
  ctx: StepContext,
  leg: Leg,
  effect: PlaybackEffect<LegTrack>,
  overlay: boolean,
): void {
  const { legId } = leg
  switch (effect.kind) {
    case 'play': {
      const { audio, loops } = effect.track
      const playbackId = brandAs<PlaybackId>(effect.track.playbackId)
      const kind = overlay ? 'play-over' : 'play'
      ctx.media({ kind, legId, playbackId, audio: audio.reference, loops })
      return
    }
    case 'stop': {
      const playbackId = brandAs<PlaybackId>(effect.playbackId)
      ctx.media({ kind: 'stop-playback', legId, playbackId })
      return
    }
    case 'started':
      if (tellOfParticipant(ctx, leg, 'participant-playback-started', effect.track)) return
      if (isSpeech(effect.track)) {
        ctx.emit({ type: 'speak-started', leg: ctx.facts(leg), speakId: trackId(effect.track) })
        return
      }
      ctx.emit({
        type: 'playback-started',
        leg: ctx.facts(leg),
        playback: playbackFacts(effect.track, overlay),
      })
      return
    case 'ended':
      if (tellOfParticipant(ctx, leg, 'participant-playback-ended', effect.track)) return
      if (isSpeech(effect.track)) {
        ctx.emit(speakEnded(ctx, leg, effect))
        return
      }
      ctx.emit({
        type: 'playback-ended',
        leg: ctx.facts(leg),
        playback: playbackFacts(effect.track, overlay),
        status: effect.status,
        detail: effect.detail,
      })
  }
}

/** Words have events of their own. */
export function isSpeech({ audio }: Track<LegTrack>): boolean {
  return audio.reference.kind === 'speech'
}

function trackId({ playbackId }: Track<LegTrack>): PlaybackId {
  return brandAs<PlaybackId>(playbackId)
}

/** C91: what was stopped or could not be said is `completed`, because the published list has no word for it. */
function speakEnded(
  ctx: StepContext,
  leg: Leg,
  { track, status, detail }: Extract<PlaybackEffect<LegTrack>, { kind: 'ended' }>,
): DomainEvent {
  return {
    type: 'speak-ended',
    leg: ctx.facts(leg),
    speakId: trackId(track),
    status: status === 'call_hangup' || status === 'cancelled_amd' ? status : 'completed',
    detail,
  }
}

export function playbackFacts(track: Track<LegTrack>, overlay = false): PlaybackFacts {
  const { reference } = track.audio
  return {
    playbackId: brandAs<PlaybackId>(track.playbackId),
    mediaUrl: reference.kind === 'url' ? reference.url : undefined,
    mediaName: reference.kind === 'media' ? reference.name : undefined,
    overlay,
  }
}

/** A track of a conference has events of its own. */
function tellOfParticipant(
  ctx: StepContext,
  leg: Leg,
  type: 'participant-playback-started' | 'participant-playback-ended',
  track: Track<LegTrack>,
): boolean {
  const { conferenceId } = track.audio
  const live = conferenceId === undefined ? undefined : ctx.state.conferences.get(conferenceId)
  if (live === undefined) return false
  ctx.emit({
    type,
    conference: factsOfConference(live),
    leg: ctx.facts(leg),
    playback: playbackFacts(track),
    spoken: isSpeech(track),
  })
  return true
}
