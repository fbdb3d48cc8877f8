// The playback-start command: one more track in the audio queue of the leg, of its peer, or of both; with `overlay` in
// the queue that is mixed over it (C126).

import { peerOf } from '../../calls/bridge.ts'
import { playbackTracksMax, trackCount } from '../../calls/playback.ts'
import type { CommandAnswer, LegCommand, Refusal } from '../../ports/commands.ts'
import type { Request } from '../answers.ts'
import { accept } from '../command-legs.ts'
import { done, refusal, type StepContext } from '../context.ts'
import { stepAudio, stepOverlay } from '../leg-audio.ts'
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
  const { playbackId, audio: reference, loops } = command
  const track = { playbackId, audio: { reference }, loops }
  const step = command.overlay ? stepOverlay : stepAudio
  for (const target of targets) {
    stopFirst(ctx, target, command)
    step(ctx, target, { kind: 'start', track })
  }
  return done
}

/** C127: `current` and `all` mean the queue that the new audio goes to, `overlay` the one that is mixed over it. */
function stopFirst(ctx: StepContext, target: Leg, { stop, overlay }: PlaybackStart): void {
  if (stop === undefined) return
  if (stop === 'overlay') stepOverlay(ctx, target, { kind: 'stop', which: 'all' })
  else (overlay ? stepOverlay : stepAudio)(ctx, target, { kind: 'stop', which: stop })
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
  const { overlay, stop } = command
  if (overlay && targets.some(({ audio }) => audio.at === 'idle'))
    return { code: 'no-overlay-base' }
  if (stop === 'all' || (overlay && stop === 'overlay')) return undefined
  const full = targets.some(
    (one) => trackCount(overlay ? one.overlay : one.audio) >= playbackTracksMax,
  )
  return full ? { code: 'audio-queue-full', tracksMax: playbackTracksMax } : undefined
}
