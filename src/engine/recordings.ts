// Recordings of legs and conferences: the machine of calls/recording.ts wired to the recorder, rows and events. A
// recording is told when its file is closed, which is after the end of its call: `call.hangup` comes first.

import type { RecordingId } from '../base/ids.ts'
import { peerOf } from '../calls/bridge.ts'
import { isOpen, isRunning, stepRecording, type RecordingStepInput } from '../calls/recording.ts'
import type { CommandAnswer } from '../ports/commands.ts'
import type { LegFacts } from '../ports/events.ts'
import type {
  RecordedSound,
  RecorderInput,
  RecordingOrder,
  RecordingView,
} from '../ports/recorder.ts'
import { beepConference, beepId } from './beep.ts'
import { factsOfConference } from './conference-state.ts'
import { done, refusal, type StepContext } from './context.ts'
import { stepOverlay } from './leg-audio.ts'
import {
  factsOfRecording,
  fileNameOf,
  finishedRecording,
  type Recorded,
  type Recording,
} from './recording-state.ts'
import type { Leg } from './state.ts'

/** At one time, of one call or conference: each costs a file and an encoder. */
const recordingsMax = 4
/** How often recordings that are kept long enough are looked for. */
const EXPIRE_EVERY_MS = 3_600_000
/** As many go in one step, and the next ones after a pause. */
const EXPIRE_AT_ONCE = 500
const EXPIRE_PAUSE_MS = 1000

/** Begins to record the leg. */
export function recordLeg(ctx: StepContext, leg: Leg, order: RecordingOrder): void {
  startRecording(ctx, { kind: 'leg', legId: leg.legId }, ctx.facts(leg), order)
}

/** There is room for one more; the refusal otherwise. */
export function refuseRecording(ctx: StepContext, of: Recorded): CommandAnswer | undefined {
  const count = ctx.state.recordings.openOf(of).length
  return count < recordingsMax
    ? undefined
    : refusal({ code: 'recordings-max', most: recordingsMax })
}

/** Begins to record; `leg` is whose event tells of it. */
export function startRecording(
  ctx: StepContext,
  of: RecordedSound,
  leg: LegFacts,
  order: RecordingOrder,
): void {
  // An id that is known already comes from a request that was repeated; it is being recorded.
  if (ctx.state.recordings.get(order.recordingId) !== undefined) return
  const fileName = fileNameOf(order, leg.legUuid, ctx.nowUs)
  const at = 'recording'
  const begun = { startedAtUs: ctx.nowUs, endedAtUs: null, durationMs: 0, updatedAtMs: ctx.nowMs }
  remember(ctx, { order, of, leg, fileName, at, ...begun })
  ctx.record({ kind: 'start', order, of, fileName, paused: false, continued: false })
  if (order.beep) beep(ctx, of)
}

/**
 * Over whatever is heard, by both sides of a bridge; told to nobody. A leg to which the application plays something over
 * its audio keeps that instead: there is room for one.
 */
function beep(ctx: StepContext, of: RecordedSound): void {
  if (of.kind === 'conference') {
    beepConference(ctx, of.conferenceId, 'record')
    return
  }
  const leg = ctx.living(of.legId)
  if (leg === undefined) return
  const peerId = leg.state.at === 'bridged' ? peerOf(leg.state.bridge, leg.legId) : undefined
  for (const legId of peerId === undefined ? [leg.legId] : [leg.legId, peerId]) {
    const hearer = ctx.living(legId)
    if (hearer?.overlay.at !== 'idle') continue
    const reference = { kind: 'beep', which: 'record' } as const
    const track = { playbackId: beepId(ctx), audio: { reference }, loops: 1 }
    stepOverlay(ctx, hearer, { kind: 'set-background', track })
  }
}

/** stop, pause or resume by command: one recording, or (undefined) all of that call or conference. */
export function commandRecordings(
  ctx: StepContext,
  of: Recorded,
  recordingId: RecordingId | undefined,
  input: 'stop' | 'pause' | 'resume',
): CommandAnswer {
  const open = ctx.state.recordings.openOf(of).filter(({ at }) => isRunning(at))
  const meant = open.filter(({ order }) => (recordingId ?? order.recordingId) === order.recordingId)
  if (recordingId !== undefined && meant.length === 0) return refusal({ code: 'recording-unknown' })
  for (const recording of meant) step(ctx, recording, input)
  return done
}

/** The leg or the conference is over: its files are closed. */
export function endRecordings(ctx: StepContext, of: Recorded): void {
  for (const recording of ctx.state.recordings.openOf(of)) step(ctx, recording, 'stop')
}

/** The recorder has closed a file. */
export function recordingInput(ctx: StepContext, input: RecorderInput): void {
  const recording = ctx.state.recordings.get(input.recordingId)
  if (recording === undefined) return
  const { durationMs } = input
  step(ctx, { ...recording, durationMs }, input.outcome === 'saved' ? 'closed' : 'broken')
}

/** Row and file of a finished recording go. False: they have gone already. */
export function deleteRecording(ctx: StepContext, recording: RecordingView): boolean {
  const { recordingId, fileName } = recording
  if (!ctx.state.recordings.noteDeleted(recordingId)) return false
  ctx.remove('finished-recording', recordingId)
  ctx.record({ kind: 'delete', fileName })
  return true
}

/** At a start: back on record. Whether it goes on is decided when the calls have been. */
export function restoreRecording(ctx: StepContext, recording: Recording): void {
  ctx.state.recordings.put(recording)
}

/** After a restart: what was under way goes on in its file, or is closed where its call did not go on. */
export function resumeRecordings(ctx: StepContext): void {
  for (const recording of ctx.state.recordings.all()) {
    const { order, of, fileName, at } = recording
    const paused = at !== 'recording'
    ctx.record({ kind: 'start', order, of, fileName, paused, continued: true })
    // By its own word, or because its call or conference has ended just now, at this start.
    if (at === 'closing') ctx.record({ kind: 'stop', recordingId: order.recordingId })
  }
  if (ctx.settings.recordingsKeptMs > 0) ctx.arm('expire-recordings', 'all', 0)
}

/** The deadline `expire-recordings`: the store is asked what has been kept long enough. */
export function expireRecordings(ctx: StepContext): void {
  ctx.findExpired(ctx.nowMs - ctx.settings.recordingsKeptMs, EXPIRE_AT_ONCE)
}

/** The store's answer: they go, file and row, a piece at a time so that no call waits for it. */
export function recordingsExpired(ctx: StepContext, expired: readonly RecordingView[]): void {
  for (const recording of expired) deleteRecording(ctx, recording)
  const isMore = expired.length >= EXPIRE_AT_ONCE
  ctx.arm('expire-recordings', 'all', isMore ? EXPIRE_PAUSE_MS : EXPIRE_EVERY_MS)
}

function step(ctx: StepContext, before: Recording, input: RecordingStepInput): void {
  const { recordingId } = before.order
  const { at, effect } = stepRecording(before.at, input)
  if (at === before.at) return
  const endedAtUs = before.endedAtUs ?? (isRunning(at) ? null : ctx.nowUs)
  const recording = { ...before, at, endedAtUs, updatedAtMs: ctx.nowMs }
  remember(ctx, recording)
  switch (effect) {
    case 'pause':
    case 'resume':
    case 'stop':
      ctx.record({ kind: effect, recordingId })
      return
    case 'saved':
      tellSaved(ctx, recording, endedAtUs ?? ctx.nowUs)
      return
    case 'failed':
      ctx.emit({ type: 'recording-failed', leg: factsNow(ctx, recording), recordingId })
      return
    case undefined:
      return
  }
}

function tellSaved(ctx: StepContext, recording: Recording, endedAtUs: number): void {
  const { of } = recording
  const facts = factsOfRecording(recording, endedAtUs)
  const leg = factsNow(ctx, recording)
  if (of.kind === 'leg') {
    ctx.emit({ type: 'recording-saved', leg, recording: facts })
    return
  }
  const live = ctx.state.conferences.get(of.conferenceId)
  const { applicationId } = recording.leg
  const conference =
    live === undefined
      ? { conferenceId: of.conferenceId, name: '', applicationId, creator: recording.leg }
      : factsOfConference(live)
  ctx.emit({ type: 'conference-recording-saved', conference, recording: facts })
}

/** The leg as it is now, for its client_state and webhook addresses; as it was, when nothing is known of it any more. */
function factsNow(ctx: StepContext, { of, leg }: Recording): LegFacts {
  // A conference is told under its creator as it was at the creation.
  const known = of.kind === 'leg' ? ctx.state.legs.get(of.legId) : undefined
  return known === undefined ? leg : ctx.facts(known)
}

/** What is over moves, in this step's commit, to where it is only looked up. */
function remember(ctx: StepContext, recording: Recording): void {
  const { recordingId } = recording.order
  if (isOpen(recording.at)) {
    ctx.state.recordings.put(recording)
    ctx.put('recording', recordingId, recording)
    return
  }
  ctx.state.recordings.remove(recording)
  ctx.remove('recording', recordingId)
  const endedAtUs = recording.endedAtUs ?? ctx.nowUs
  ctx.put('finished-recording', recordingId, finishedRecording(recording, endedAtUs))
}
