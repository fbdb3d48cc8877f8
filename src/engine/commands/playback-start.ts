// The playback-start command: one more track in the audio queue of the leg, of its peer, or of both.

import { peerOf } from '../../calls/bridge.ts'
import { playbackTracksMax, trackCount } from '../../calls/playback.ts'
import type { CommandAnswer, LegCommand, Refusal } from '../../ports/commands.ts'
import type { Request } from '../answers.ts'
import { accept } from '../command-legs.ts'
import { done, refusal, type StepContext } from '../context.ts'
import { stepAudio } from '../leg-audio.ts'
import type { Leg } from '../state.ts'

type PlaybackStart = Extract<LegCommand, { kind: 'playback-start' }>

/** The events come from the media engine's reports: nothing is told here. */
export function playbackStart(
  ctx: StepContext,
  request: Request,
  leg: Leg,
  command: PlaybackStart,
): CommandAnswer | undefined {
  const targets = targetsOf(ctx, leg, command.targetLegs)
  if (targets.length === 0) return refusal({ code: 'other-leg-unknown' })
  const why = refuseTrack(targets, command)
  if (why !== undefined) return refusal(why)
  accept(ctx, request, leg)
  const { playbackId, audio: reference, mediaName, loops } = command
  const which = command.stop
  for (const target of targets) {
    // There is no overlay queue, so stopping it stops nothing.
    if (which === 'current' || which === 'all') stepAudio(ctx, target, { kind: 'stop', which })
    const track = { playbackId, audio: { reference, mediaName }, loops }
    stepAudio(ctx, target, { kind: 'start', track })
  }
  return done
}

/** `both` without a peer is the leg alone; `opposite` without one is nobody. */
function targetsOf(ctx: StepContext, leg: Leg, meant: PlaybackStart['targetLegs']): readonly Leg[] {
  const peerId = leg.state.at === 'bridged' ? peerOf(leg.state.bridge, leg.legId) : undefined
  const peer = peerId === undefined ? undefined : ctx.living(peerId)
  const opposite = peer === undefined ? [] : [peer]
  switch (meant) {
    case 'self':
      return [leg]
    case 'opposite':
      return opposite
    case 'both':
      return [leg, ...opposite]
  }
}

function refuseTrack(targets: readonly Leg[], command: PlaybackStart): Refusal | undefined {
  if (command.overlay) {
    if (targets.some(({ audio }) => audio.at === 'idle')) return { code: 'no-overlay-base' }
    return { code: 'audio-refused', why: 'overlay playback is not supported' }
  }
  const full = targets.some(({ audio }) => trackCount(audio) >= playbackTracksMax)
  if (!full || command.stop === 'all') return undefined
  return { code: 'audio-refused', why: `more than ${playbackTracksMax} files wait on this call` }
}
