// Calls of a former process at a start: which go on, and what their peers hear. A leg goes on when its row says that it
// was answered, its dialog stands and its ports could be had; every other one ends once, honestly (C29).

import type { LegId } from '../base/ids.ts'
import { dtmfPaths, peerOf } from '../calls/bridge.ts'
import { hearing, type Participant } from '../conferences/participant.ts'
import { memberOf } from '../conferences/conference.ts'
import type { RestoredDialog, RestoredMedia } from '../ports/durable.ts'
import type { AudioReference } from '../ports/media-engine.ts'
import type { StepContext } from './context.ts'
import { leftMs } from './deadlines-of-before.ts'
import { resumeGather } from './gathers.ts'
import { resumeAudio } from './leg-audio.ts'
import { resumeDetection } from './machine-detection.ts'
import type { Leg } from './state.ts'

/** A caller who was ringing may try again at once: the next process takes calls in a moment. */
const RETRY_AFTER_SECS = 2
/**
 * Legs are asked whether they are there only when no audio came meanwhile, not all in the same moment, and after a BYE that
 * was sent while nobody was here has had the time to be repeated (at most T2, 4 s, RFC 3261 §17.1.2.2, but mostly sooner).
 */
const PROBE_AFTER_MS = 3000
const PROBE_SPREAD_MS = 10_000

export class FormerCalls {
  readonly #dialogs: ReadonlyMap<LegId, RestoredDialog>
  readonly #media: ReadonlyMap<LegId, RestoredMedia>

  constructor(dialogs: readonly RestoredDialog[], media: readonly RestoredMedia[]) {
    this.#dialogs = new Map(dialogs.map((one) => [one.legId, one]))
    this.#media = new Map(media.map((one) => [one.legId, one]))
  }

  goesOn(leg: Leg): boolean {
    const { at } = leg.state
    if (at === 'ringing-in' || at === 'dialing' || at === 'ended') return false
    return this.#dialogs.get(leg.legId)?.at === 'up' && this.#media.has(leg.legId)
  }

  /** Audio as it was, and a look whether the peer is still there. `place` of `count`: probes are spread. */
  resume(ctx: StepContext, leg: Leg, place: number, count: number): void {
    const { legId } = leg
    const remoteSdp = this.#dialogs.get(legId)?.remoteSdp
    // The answer was on disk with the dialog, and the process ended before the media side had it.
    if (this.#media.get(legId)?.agreed === false && remoteSdp !== undefined) {
      ctx.media({ kind: 'set-remote', legId, sdp: remoteSdp, stage: 'final' })
    }
    ctx.media({ kind: 'start', legId })
    if (leg.timeLimitAtMs !== undefined) {
      const wholeMs = leg.timeLimitAtMs - (leg.answeredAtMs ?? leg.startedAtMs)
      ctx.arm('time-limit', legId, leftMs(ctx.nowMs, leg.timeLimitAtMs, wholeMs))
    }
    this.#rejoin(ctx, leg)
    resumeAudio(ctx, leg)
    resumeGather(ctx, leg)
    resumeDetection(ctx, leg)
    leg.unheard = true
    ctx.arm('probe', legId, PROBE_AFTER_MS + Math.floor((place * PROBE_SPREAD_MS) / count))
  }

  /** What the far end of a leg that does not go on is told. */
  dismiss(ctx: StepContext, legId: LegId): void {
    switch (this.#dialogs.get(legId)?.at) {
      case 'up':
        ctx.signal({ kind: 'bye', legId, headers: [] })
        return
      case 'ringing-in':
        ctx.signal({ kind: 'refuse', legId, status: 500, retryAfterSecs: RETRY_AFTER_SECS })
        return
      // Its CANCEL is on the way by itself.
      case 'dialing':
      case undefined:
        return
    }
  }

  /** Dialogs and ports whose leg is not `known` as living: the process ended between its end and theirs. */
  dismissStrays(ctx: StepContext, known: ReadonlySet<LegId>): void {
    for (const legId of this.#dialogs.keys()) if (!known.has(legId)) this.dismiss(ctx, legId)
    for (const legId of this.#media.keys()) {
      if (!known.has(legId)) ctx.media({ kind: 'release', legId })
    }
  }

  #rejoin(ctx: StepContext, leg: Leg): void {
    const { legId, state } = leg
    if (state.at === 'bridged' && state.bridge.issuer === legId) {
      const other = ctx.living(peerOf(state.bridge, legId))
      if (other === undefined || !this.goesOn(other)) return
      const paths = dtmfPaths(state.bridge)
      ctx.media({
        kind: 'link',
        a: legId,
        b: other.legId,
        dtmfToA: paths.toIssuer,
        dtmfToB: paths.toOther,
      })
    }
    if (state.at !== 'in-conference') return
    const { conferenceId } = state
    const machine = ctx.state.conferences.get(conferenceId)?.machine
    const member = memberIn(ctx, leg)
    if (machine === undefined || member === undefined) return
    ctx.media({
      kind: 'mix-join',
      conferenceId,
      legId,
      ...hearing(member, machine.status === 'init'),
    })
  }
}

/** The leg's seat in the conference that its state names. */
export function memberIn(ctx: StepContext, leg: Leg): Participant<AudioReference> | undefined {
  if (leg.state.at !== 'in-conference') return undefined
  const machine = ctx.state.conferences.get(leg.state.conferenceId)?.machine
  return machine === undefined ? undefined : memberOf(machine, leg.legId)
}

/** Bridges as they were: one object for both legs. A leg whose peer says otherwise is parked. */
export function rejoinBridges(ctx: StepContext, legs: readonly Leg[]): void {
  for (const leg of legs) {
    if (leg.state.at !== 'bridged') continue
    const { bridge } = leg.state
    const peer = ctx.living(peerOf(bridge, leg.legId))
    const isMutual =
      peer?.state.at === 'bridged' &&
      peer.state.bridge.issuer === bridge.issuer &&
      peer.state.bridge.other === bridge.other
    if (!isMutual) leg.state = { at: 'parked' }
    else if (bridge.issuer === leg.legId) {
      peer.state = { at: 'bridged', bridge }
      ctx.state.counts.bridges += 1
    }
  }
}

/** Bridges that were still to come: their ends are judged as if the process had not ended. */
export function reviveIntents(ctx: StepContext, legs: readonly Leg[]): void {
  for (const leg of legs) {
    if (leg.intent === undefined) continue
    const other = ctx.living(leg.intent.other)
    if (leg.state.at === 'ended' || other === undefined) leg.intent = undefined
    else other.awaiting.add(leg.legId)
  }
}
