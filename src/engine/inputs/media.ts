// What the media engine reports, one case each. Inputs for ended legs are late and mean nothing.

import type { MediaInput } from '../../ports/media-engine.ts'
import { conferencePlaybackInput } from '../conference-audio.ts'
import { floorChanged } from '../conference-membership.ts'
import type { StepContext } from '../context.ts'
import { endLeg } from '../end-leg.ts'
import { failure } from '../leg-ends.ts'
import { machineDetected, machineGreetingEnded } from '../machine-detection.ts'
import type { Leg } from '../state.ts'
import { hearKey } from './dtmf.ts'
import { playbackInput } from './playback.ts'

export function mediaInput(ctx: StepContext, input: MediaInput): void {
  if (input.kind === 'mix-playback-started' || input.kind === 'mix-playback-ended') {
    conferencePlaybackInput(ctx, input)
    return
  }
  const leg = ctx.living(input.legId)
  if (leg === undefined) return
  switch (input.kind) {
    case 'media-leg-created':
      mediaReady(ctx, leg, input)
      return
    case 'media-leg-refused':
      endLeg(ctx, leg, failure(input.status))
      return
    case 'media-remote-refused':
      // An unusable early answer only means silence until the final one.
      if (leg.state.at !== 'dialing') endLeg(ctx, leg, failure(488))
      return
    case 'reoffer-answered':
      reofferAnswered(ctx, leg, input)
      return
    case 'reoffer-refused':
      ctx.signal({ kind: 'refuse-offer', legId: leg.legId, status: 488 })
      return
    case 'media-dtmf':
      {
        const by = input.inBand === true ? 'tone' : 'event'
        hearKey(ctx, leg, { digit: input.digit, by, passOnMs: undefined })
      }
      return
    case 'playback-started':
    case 'playback-ended':
      playbackInput(ctx, leg, input)
      return
    case 'machine-detected':
      machineDetected(ctx, leg, input.result)
      return
    case 'machine-greeting-ended':
      machineGreetingEnded(ctx, leg, input.result)
      return
    case 'mix-floor':
      floorChanged(ctx, leg, input.conferenceId)
      return
    case 'rtp-silent':
      fellSilent(ctx, leg, input.silentMs)
      return
    case 'rtp-heard':
      ctx.disarm('rtp-loss', leg.legId)
      if (leg.unheard) {
        // It goes on from a former process: nobody was told of silence.
        leg.unheard = false
        ctx.disarm('probe', leg.legId)
        return
      }
      ctx.emit({ type: 'rtp-heard', leg: ctx.facts(leg) })
  }
}

type MediaReady = Extract<MediaInput, { kind: 'media-leg-created' }>

/** The leg has its RTP identity: an inbound call rings and is told now, an outbound INVITE leaves. */
function mediaReady(ctx: StepContext, leg: Leg, input: MediaReady): void {
  switch (leg.state.at) {
    case 'ringing-in':
      if (!leg.told) announce(ctx, leg, input)
      return
    case 'dialing':
      invite(ctx, leg, input.sdp)
      return
    case 'parked':
    case 'queued':
    case 'bridged':
    case 'in-conference':
    case 'ended':
      return
  }
}

function announce(ctx: StepContext, leg: Leg, input: MediaReady): void {
  leg.localSdp = input.sdp
  leg.sdpByCodec = input.sdpByCodec
  leg.told = true
  ctx.touch(leg)
  ctx.emit({
    type: 'leg-initiated',
    leg: ctx.facts(leg),
    state: 'parked',
    callerIdName: leg.invite?.callerIdName,
    offeredCodecs: input.offeredCodecs,
    customHeaders: leg.invite?.customHeaders ?? [],
    sipHeaders: leg.invite?.sipHeaders ?? [],
    fromSipUri: leg.invite?.fromUri,
    toSipUri: leg.invite?.toUri,
  })
  ctx.signal({ kind: 'ring', legId: leg.legId })
  const application = ctx.application(leg)
  if (application?.firstCommandTimeout === true) {
    ctx.arm('first-command', leg.legId, application.firstCommandTimeoutSecs * 1000)
  }
}

function invite(ctx: StepContext, leg: Leg, sdp: string): void {
  const options = leg.dial?.options
  if (options === undefined) return
  ctx.signal({
    kind: 'invite',
    legId: leg.legId,
    to: leg.to,
    from: leg.from,
    fromDisplayName: options.fromDisplayName,
    sdp,
    headers: [...options.customHeaders, ...options.sipHeaders],
    credentials: options.credentials,
    transport: options.transport,
    privacy: options.privacy,
  })
}

function reofferAnswered(
  ctx: StepContext,
  leg: Leg,
  input: Extract<MediaInput, { kind: 'reoffer-answered' }>,
): void {
  ctx.signal({ kind: 'accept-offer', legId: leg.legId, sdp: input.sdp })
  if (leg.held === input.held) return
  leg.held = input.held
  // Whoever is held may well be silent; after the hold silence is told anew.
  if (input.held) ctx.disarm('rtp-loss', leg.legId)
  ctx.touch(leg)
  ctx.emit({ type: input.held ? 'leg-held' : 'leg-resumed', leg: ctx.facts(leg) })
}

/** Told always; hung up only where the configuration says after how long (a held leg may be silent for good reason). */
function fellSilent(ctx: StepContext, leg: Leg, silentMs: number): void {
  leg.unheard = false
  ctx.emit({ type: 'rtp-silent', leg: ctx.facts(leg), silentMs })
  const limitMs = ctx.settings.rtpLossHangupMs
  if (limitMs > 0 && !leg.held) ctx.arm('rtp-loss', leg.legId, limitMs - silentMs)
}
