// The call logic alone on a bench: inputs are stepped one at a time against the real queue book, and everything that
// comes out is kept as short words, so that a test reads as a history. Store outcomes can be held back, as a distributed
// store would, and then let through one by one.

import assert from 'node:assert/strict'
import {
  brandAs,
  type ApplicationId,
  type ConferenceId,
  type LegId,
  type LegUuid,
  type OperationId,
  type ParticipantId,
  type QueueId,
  type QueueName,
  type SessionId,
} from '../../src/base/ids.ts'
import type { StepEffect } from '../../src/engine/context.ts'
import { Engine, type EngineInput } from '../../src/engine/step.ts'
import { createWorld } from '../../src/engine/world.ts'
import type { EngineSettings, EngineWorld, Leg } from '../../src/engine/state.ts'
import type { Application } from '../../src/ports/applications.ts'
import type {
  Command,
  CommandAnswer,
  ConferenceCommand,
  DialOptions,
  JoinOptions,
} from '../../src/ports/commands.ts'
import type { DomainEvent } from '../../src/ports/events.ts'
import type { AudioReference, MediaCommand, MediaInput } from '../../src/ports/media-engine.ts'
import type { FinishedRecording, RecorderCommand } from '../../src/ports/recorder.ts'
import type { StreamCommand } from '../../src/ports/streaming.ts'
import type { SignalingEffect, SignalingInput } from '../../src/ports/signaling.ts'
import type { QueueVerb, StateTable } from '../../src/ports/store.ts'
import { QueueBook } from '../../src/store/order/queue-book.ts'
import { finishedRecordingOf, recordingsEndedBefore } from '../../src/store/order/recordings.ts'

export const id = (name: string): LegId => brandAs<LegId>(name)
export const applicationId = brandAs<ApplicationId>('1000000001')

const application: Application = {
  id: applicationId,
  name: 'support',
  active: true,
  webhookEventUrl: '',
  webhookEventFailoverUrl: '',
  webhookTimeoutSecs: 0,
  numbers: ['*'],
  dtmfType: 'RFC 2833',
  firstCommandTimeout: false,
  firstCommandTimeoutSecs: 30,
  inboundChannelLimit: undefined,
  outboundChannelLimit: undefined,
  tags: [],
}

export const plainDial: DialOptions = {
  to: '+15550199',
  from: undefined,
  fromDisplayName: undefined,
  timeoutMs: 30_000,
  timeLimitMs: 14_400_000,
  customHeaders: [],
  sipHeaders: [],
  credentials: undefined,
  transport: undefined,
  privacy: false,
  codecs: undefined,
  audio: undefined,
  webhooks: undefined,
}

export const plainJoin: JoinOptions = {
  startOnEnter: false,
  endOnExit: false,
  softEndOnExit: false,
  hold: false,
  holdAudio: undefined,
  mute: false,
  role: 'none',
  whisperTo: [],
  beep: undefined,
}

export const audio = (name: string): AudioReference => ({
  kind: 'url',
  url: `http://127.0.0.1/${name}.wav`,
  cache: true,
})

export interface BenchOptions {
  readonly settings?: Partial<EngineSettings>
  readonly application?: Partial<Application>
  readonly checkDestination?: EngineWorld['checkDestination']
  readonly trunkNumber?: EngineWorld['trunkNumber']
}

export class Bench {
  readonly engine: Engine
  readonly book = new QueueBook()
  /** `type leg …` of every event. */
  readonly events: string[] = []
  readonly told: DomainEvent[] = []
  /** `kind leg …` of every SIP effect. */
  readonly sip: string[] = []
  readonly signals: SignalingEffect[] = []
  /** `kind leg …` of every media command. */
  readonly media: string[] = []
  readonly answers = new Map<number, CommandAnswer>()
  /** What a journal would hold. */
  readonly rows = new Map<string, { table: StateTable; id: string; json: string }>()
  /** Verbs that the store has not answered, when it is held back. */
  readonly held: { operationId: OperationId; verb: QueueVerb }[] = []
  holdStore = false
  /** Whose API key gives the commands. */
  keyName: string | undefined
  nowMs = 1_000_000
  readonly #options: BenchOptions
  #token = 0
  #parties = 0

  constructor(options: BenchOptions = {}) {
    this.#options = options
    const world = createWorld({
      applications: [{ ...application, ...options.application }],
      settings: options.settings ?? {},
      checkDestination: options.checkDestination ?? (() => undefined),
      trunkNumber: options.trunkNumber,
    })
    this.engine = new Engine(world, 'boot')
  }

  /** What the recorder was asked since the last look. */
  readonly recorder: RecorderCommand[] = []
  /** What the streamer was asked. */
  readonly streamer: StreamCommand[] = []

  /** One input and everything that the store says at once. Fails on a broken invariant. */
  step(input: EngineInput): void {
    const time = { nowMs: this.nowMs, nowUs: this.nowMs * 1000, monotonicMs: this.nowMs }
    const out = this.engine.step(input, time)
    if (out.fault !== undefined) throw out.fault.error
    for (const event of out.events) {
      this.told.push(event)
      this.events.push(eventWord(event))
    }
    const expired: Extract<StepEffect, { kind: 'find-expired' }>[] = []
    for (const effect of out.effects) {
      if (effect.kind === 'signal') {
        this.signals.push(effect.effect)
        this.sip.push(signalWord(effect.effect))
      } else if (effect.kind === 'media') this.media.push(mediaWord(effect.command))
      else if (effect.kind === 'record') this.recorder.push(effect.command)
      else if (effect.kind === 'stream') this.streamer.push(effect.command)
      else if (effect.kind === 'find-expired') expired.push(effect)
      else this.answers.set(effect.token, effect.answer)
    }
    for (const change of out.changes) {
      const key = `${change.table} ${change.id}`
      if (change.kind === 'delete') this.rows.delete(key)
      else
        this.rows.set(key, { table: change.table, id: change.id, json: JSON.stringify(change.row) })
    }
    for (const verb of out.verbs) this.held.push(verb)
    if (!this.holdStore) this.release()
    for (const { beforeMs, most } of expired) {
      const recordings = recordingsEndedBefore(this.finished(), beforeMs, most)
      this.step({ kind: 'expired', recordings })
    }
  }

  /** The recordings that the store knows. */
  finished(): readonly FinishedRecording[] {
    const rows = [...this.rows.values()].filter(({ table }) => table === 'finished-recording')
    return rows.map(({ json }) => finishedRecordingOf(json))
  }

  /** The store does what it was asked in order, but its answers come in the opposite order. */
  releaseReversed(): void {
    const asked = this.held.splice(0)
    const done = asked.map(({ operationId, verb }) => ({
      operationId,
      outcome: this.book.execute(operationId, verb),
    }))
    for (const { operationId, outcome } of done.reverse()) {
      this.step({ kind: 'outcome', operationId, outcome })
    }
  }

  /** The store answers what it was asked, in order. */
  release(): void {
    for (let next = this.held.shift(); next !== undefined; next = this.held.shift()) {
      const outcome = this.book.execute(next.operationId, next.verb)
      this.step({ kind: 'outcome', operationId: next.operationId, outcome })
    }
  }

  fromSip(input: SignalingInput): void {
    this.step({ kind: 'signaling', input })
  }

  fromMedia(input: MediaInput): void {
    this.step({ kind: 'media', input })
  }

  /** Submits; undefined while the answer is open. */
  command(command: Command, clientState?: string): CommandAnswer | undefined {
    return this.answers.get(this.submit(command, clientState))
  }

  submit(command: Command, clientState?: string, commandId?: string): number {
    this.#token += 1
    const { keyName } = this
    const envelope = { command, clientState, commandId, request: undefined, keyName }
    this.step({ kind: 'command', token: this.#token, envelope })
    return this.#token
  }

  /** Submits and expects success. */
  ok(command: Command, clientState?: string): void {
    assert.deepEqual(this.command(command, clientState)?.ok, true, command.kind)
  }

  /** Submits and expects this refusal. */
  refused(command: Command, code: string): void {
    const answer = this.command(command)
    assert.equal(answer?.ok === false && answer.refusal.code, code, command.kind)
  }

  /** Virtual time goes on; deadlines fire one after the other. */
  pass(ms: number): void {
    const end = this.nowMs + ms
    for (;;) {
      const next = this.engine.nextDeadlineMs()
      if (next === undefined || next > end) break
      this.nowMs = Math.max(this.nowMs, next)
      const due = this.engine.popDue(this.nowMs)
      if (due !== undefined) this.step(due)
    }
    this.nowMs = end
  }

  /** A fresh process that finds what this one has written; the calls named are still there. */
  restarted(...up: readonly string[]): Bench {
    const next = new Bench(this.#options)
    next.nowMs = this.nowMs
    const [looked, loaded] = [new Map(this.rows), new Map(this.rows)]
    for (const [key, { table }] of this.rows) {
      if (table === 'finished-recording') loaded.delete(key)
      else looked.delete(key)
    }
    for (const [key, row] of looked) next.rows.set(key, row)
    next.step({
      kind: 'restore',
      dialogs: up.map((name) => ({ legId: id(name), at: 'up', remoteSdp: undefined })),
      media: up.map((name) => ({ legId: id(name), agreed: true })),
      rows: {
        rows: [...loaded.values()].map(({ table, id: key, json }) => ({
          table,
          id: key,
          row: JSON.parse(json) as unknown,
        })),
        queues: [],
        entries: [],
        lastSequence: 0,
      },
    })
    return next
  }

  leg(name: string): Leg {
    const leg = this.engine.state.legs.get(id(name))
    assert(leg, `no leg ${name}`)
    return leg
  }

  state(name: string): Leg['state']['at'] {
    return this.leg(name).state.at
  }

  /** An inbound call that rings; `offer` false: its INVITE had no SDP. */
  rings(name: string, offer = true): void {
    this.fromSip({
      kind: 'incoming-call',
      legId: id(name),
      legUuid: brandAs<LegUuid>(`uuid-${name}`),
      sessionId: brandAs<SessionId>(`session-${name}`),
      from: `+1555${name}`,
      to: '+15550100',
      fromDisplayName: undefined,
      fromUri: `sip:${name}@127.0.0.1`,
      toUri: 'sip:+15550100@127.0.0.1',
      source: { kind: 'open', name: '' },
      sdp: offer ? 'offer' : undefined,
      customHeaders: [],
      sipHeaders: [],
    })
    this.fromMedia({
      kind: 'media-leg-created',
      legId: id(name),
      sdp: `sdp-${name}`,
      offeredCodecs: ['PCMU'],
    })
  }

  /** An inbound call, answered and parked. */
  parked(...names: string[]): void {
    for (const name of names) {
      this.rings(name)
      this.ok({
        kind: 'answer',
        legId: id(name),
        customHeaders: [],
        sipHeaders: [],
        codecs: undefined,
        webhooks: undefined,
      })
    }
  }

  enqueue(name: string, queue = 'support'): void {
    this.ok({
      kind: 'enqueue',
      legId: id(name),
      queueName: brandAs<QueueName>(queue),
      newQueueId: brandAs<QueueId>(`queue-${queue}`),
      maxWaitMs: undefined,
      maxSize: undefined,
      keepAfterHangup: false,
    })
  }

  bridgeCommand(name: string, other: string, parkAfterUnbridge = false): Command {
    return {
      kind: 'bridge',
      legId: id(name),
      target: { kind: 'leg', legId: id(other) },
      playRingtone: false,
      ringtone: 'us',
      muteDtmf: 'none',
      preventDoubleBridge: false,
      parkAfterUnbridge,
      holdAfterUnbridge: false,
    }
  }

  bridge(name: string, other: string, parkAfterUnbridge = false): void {
    this.ok(this.bridgeCommand(name, other, parkAfterUnbridge))
  }

  transferCommand(
    name: string,
    target: string,
    more: Partial<Extract<Command, { kind: 'transfer' }>> = {},
  ): Command {
    return {
      kind: 'transfer',
      legId: id(name),
      fresh: {
        legId: id(target),
        legUuid: brandAs<LegUuid>(`uuid-${target}`),
        sessionId: brandAs<SessionId>(`session-${target}`),
      },
      dial: plainDial,
      earlyMedia: true,
      parkAfterUnbridge: false,
      muteDtmf: 'none',
      targetClientState: undefined,
      ...more,
    }
  }

  /** The media side has made the outbound leg: its INVITE leaves. */
  invited(name: string): void {
    this.fromMedia({
      kind: 'media-leg-created',
      legId: id(name),
      sdp: `sdp-${name}`,
      offeredCodecs: [],
    })
  }

  progress(name: string, status: number, sdp?: string): void {
    this.fromSip({ kind: 'leg-progress', legId: id(name), status, sdp })
  }

  accepted(name: string): void {
    this.fromSip({ kind: 'leg-accepted', legId: id(name), sdp: 'answer', headers: [] })
  }

  refusedBy(name: string, status: number): void {
    const legId = id(name)
    this.fromSip({ kind: 'leg-refused', legId, status, reason: '', unheard: false })
  }

  bye(name: string): void {
    this.fromSip({ kind: 'leg-bye', legId: id(name), headers: [] })
  }

  play(
    name: string,
    playbackId: string,
    more: Partial<Extract<Command, { kind: 'playback-start' }>> = {},
  ): Command {
    return {
      kind: 'playback-start',
      legId: id(name),
      playbackId,
      audio: audio(playbackId),
      loops: 1,
      overlay: false,
      stop: undefined,
      targetLegs: 'self',
      ...more,
    }
  }

  playbackStarted(name: string, playbackId: string): void {
    this.fromMedia({
      kind: 'playback-started',
      legId: id(name),
      playbackId: brandAs(playbackId),
    })
  }

  playbackEnded(
    name: string,
    playbackId: string,
    status: 'completed' | 'failed' | 'file_not_found' = 'completed',
  ): void {
    this.fromMedia({
      kind: 'playback-ended',
      legId: id(name),
      playbackId: brandAs(playbackId),
      status,
      detail: '',
    })
  }

  createConference(
    name: string,
    conference: string,
    more: Partial<Extract<ConferenceCommand, { kind: 'conference-create' }>> = {},
  ): Command {
    this.#parties += 1
    return {
      kind: 'conference-create',
      legId: id(name),
      conferenceId: brandAs<ConferenceId>(`id-${conference}-${this.#parties}`),
      participantId: brandAs<ParticipantId>(`p${this.#parties}-${name}`),
      name: conference,
      durationMs: undefined,
      participantsMax: 250,
      startOnCreate: true,
      holdAudio: undefined,
      beep: 'never',
      region: undefined,
      ...more,
    }
  }

  joinConference(name: string, conference: string, options: Partial<JoinOptions> = {}): Command {
    this.#parties += 1
    return {
      kind: 'conference-join',
      conference,
      legId: id(name),
      participantId: brandAs<ParticipantId>(`p${this.#parties}-${name}`),
      options: { ...plainJoin, ...options },
    }
  }

  /** What has come out since the last call, and forgets it. */
  since(what: 'events' | 'sip' | 'media'): string[] {
    return this[what].splice(0)
  }

  /** Forgets what came out so far. */
  forget(): void {
    this.events.length = 0
    this.sip.length = 0
    this.media.length = 0
  }
}

function eventWord(event: DomainEvent): string {
  switch (event.type) {
    case 'call-dequeued':
    case 'leg-ended':
      return `${event.type} ${event.leg.legId} ${'reason' in event ? event.reason : event.cause}`
    case 'gather-ended':
      return `${event.type} ${event.leg.legId} ${event.status} '${event.digits}'`
    case 'machine-detected':
    case 'machine-greeting-ended':
      return `${event.type} ${event.leg.legId} ${event.result}`
    case 'speak-started':
      return `${event.type} ${event.leg.legId} ${event.speakId}`
    case 'speak-ended':
      return `${event.type} ${event.leg.legId} ${event.speakId} ${event.status}`
    case 'playback-started':
      return `${event.type} ${event.leg.legId} ${event.playback.playbackId}`
    case 'playback-ended':
      return `${event.type} ${event.leg.legId} ${event.playback.playbackId} ${event.status}`
    case 'refer-started':
    case 'refer-completed':
    case 'refer-failed':
      return `${event.type} ${event.leg.legId} ${event.sipStatus}`
    case 'conference-playback-started':
    case 'conference-playback-ended': {
      const { spoken, playback } = event
      return `${event.type}${spoken ? ' (spoken)' : ''} ${playback.playbackId}`
    }
    case 'participant-playback-started':
    case 'participant-playback-ended':
      return `${event.type} ${event.leg.legId} ${event.playback.playbackId}`
    case 'conference-created':
      return `${event.type} ${event.conference.name}`
    case 'conference-ended':
      return `${event.type} ${event.conference.name} ${event.reason}`
    case 'conference-recording-saved':
      return `${event.type} ${event.conference.name}`
    case 'queue-created':
    case 'queue-updated':
    case 'queue-deleted':
      return `${event.type} ${event.queueName}`
    case 'leg-initiated':
    case 'leg-answered':
    case 'leg-bridged':
    case 'leg-held':
    case 'leg-resumed':
    case 'call-enqueued':
    case 'dtmf-received':
    case 'participant-joined':
    case 'participant-left':
    case 'floor-changed':
    case 'recording-saved':
    case 'recording-failed':
    case 'streaming-started':
    case 'streaming-stopped':
    case 'streaming-failed':
    case 'fork-started':
    case 'fork-stopped':
    case 'rtp-silent':
    case 'rtp-heard':
      return `${event.type} ${event.leg.legId}`
  }
}

function signalWord(effect: SignalingEffect): string {
  const status = 'status' in effect ? ` ${effect.status}` : ''
  return `${effect.kind} ${effect.legId}${status}`
}

function mediaWord(command: MediaCommand): string {
  switch (command.kind) {
    case 'mix-play':
      return `mix-play ${command.audio.kind === 'beep' ? `beep ${command.audio.which}` : command.playbackId}`
    case 'mix-stop':
      return `mix-stop ${command.playbackId}`
    case 'supervise': {
      const who = command.supervisors.map((one) => `${one.legId} ${one.role} ${one.target}`)
      return `supervise ${command.a} ${command.b}: ${who.join(', ')}`
    }
    case 'link':
    case 'unlink':
      return `${command.kind} ${command.a} ${command.b}`
    case 'play':
    case 'play-over':
    case 'stop-playback':
      return `${command.kind} ${command.legId} ${command.playbackId}`
    case 'send-dtmf':
      return `send-dtmf ${command.legId} ${command.digits}${command.inBand === true ? ' as tones' : ''}`
    case 'hear': {
      const { source } = command
      const heard = source.kind === 'leg' ? `leg ${source.legId}` : source.kind
      return `hear ${command.legId} ${heard}`
    }
    case 'mix-join':
    case 'mix-set': {
      const ears = `${command.hears ? 'hears' : 'deaf'} ${command.heard ? 'heard' : 'unheard'}`
      const only = command.only === undefined ? '' : ` only ${command.only.join()}`
      return `${command.kind} ${command.legId} ${ears}${only}`
    }
    case 'detect-machine': {
      const { from, greeting, greetingListenMs } = command.listening
      return `detect-machine ${command.legId} ${from} ${greeting} ${greetingListenMs}`
    }
    case 'detect-machine-stop':
    case 'create-leg':
    case 'set-remote':
    case 'reoffer':
    case 'start':
    case 'mix-leave':
    case 'release':
      return `${command.kind} ${command.legId}`
  }
}
