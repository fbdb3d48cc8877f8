// The call logic alone in a virtual world: real engine, driver and memory store; SIP and media are recorders that tests
// speak for. Names of legs are those the test gives, so histories read as stories.

import { brandAs, type ApplicationId, type LegId } from '../../src/base/ids.ts'
import { createCallControl, type CallLogic } from '../../src/engine/driver.ts'
import type { EngineSettings } from '../../src/engine/state.ts'
import type { Application } from '../../src/ports/applications.ts'
import type {
  Command,
  CommandAnswer,
  CommandEnvelope,
  DialCommand,
  DialOptions,
  FreshLeg,
  LegCommand,
} from '../../src/ports/commands.ts'
import type { RestoredDialog } from '../../src/ports/durable.ts'
import type { DomainEvent, StampedEvent } from '../../src/ports/events.ts'
import { noFaults } from '../../src/ports/faults.ts'
import type { MediaCommand, MediaInput } from '../../src/ports/media-engine.ts'
import type { IncomingCall, SignalingEffect, SignalingInput } from '../../src/ports/signaling.ts'
import type { QueueVerb, Store, VerbOutcome } from '../../src/ports/store.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { recordingLog, recordingMetrics, SeededRandom, settle, VirtualTime } from './virtual.ts'

export const appId = brandAs<ApplicationId>('1000000001')

/** A leg id is simply its name. */
export function leg(name: string): LegId {
  return brandAs<LegId>(name)
}

export function freshLeg(name: string): FreshLeg {
  return {
    legId: leg(name),
    legUuid: brandAs(`uuid-${name}`),
    sessionId: brandAs(`session-${name}`),
  }
}

export function application(changes: Partial<Application> = {}): Application {
  return {
    id: appId,
    name: 'default',
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
    ...changes,
  }
}

/** A store whose verbs can be held back or answered `unknown`, as a distributed one may. */
export class HoldableStore {
  readonly store: Store
  /** Outcomes held back, oldest first; the verb itself has been executed. */
  readonly held: { readonly verb: QueueVerb; readonly deliver: () => void }[] = []
  readonly executed: QueueVerb[] = []
  /** Outcomes wait for `release`. */
  holding = false
  /** So many next verbs are executed (or, with `lost`, are not) and answered `unknown`. */
  unknowns = 0
  lost = false
  healthy = true
  /** Commits stay open until `releaseCommits`. */
  holdCommits = false
  readonly #commits: (() => void)[] = []

  constructor(inner: Store) {
    this.store = {
      ...inner,
      execute: (operationId, verb, done) => {
        this.executed.push(verb)
        if (this.unknowns > 0) {
          this.unknowns -= 1
          if (!this.lost) inner.execute(operationId, verb, () => undefined)
          done({ kind: 'unknown' })
          return
        }
        inner.execute(operationId, verb, (outcome: VerbOutcome) => {
          if (this.holding) this.held.push({ verb, deliver: () => done(outcome) })
          else done(outcome)
        })
      },
      commit: async (batch) => {
        await inner.commit(batch)
        if (this.holdCommits) await new Promise<void>((resolve) => this.#commits.push(resolve))
      },
      health: () => ({ ok: this.healthy, backlog: 0, why: this.healthy ? '' : 'disk full' }),
    }
  }

  /** Lets one held outcome through: the oldest, or the oldest of a verb kind. */
  release(kind?: QueueVerb['kind']): void {
    const at = this.held.findIndex(({ verb }) => kind === undefined || verb.kind === kind)
    this.held.splice(at, 1)[0]?.deliver()
  }

  releaseCommits(): void {
    this.holdCommits = false
    for (const resolve of this.#commits.splice(0)) resolve()
  }
}

function roomsWith(dialogs: readonly RestoredDialog[]) {
  const up = dialogs.filter(({ at }) => at === 'up')
  const nothing = { takeChanges: () => [], onChange: () => undefined }
  return {
    signaling: { ...nothing, restore: () => dialogs },
    media: {
      ...nothing,
      restore: async () => up.map(({ legId }) => ({ legId, agreed: true })),
    },
  }
}

export interface LabOptions {
  readonly settings?: Partial<EngineSettings>
  readonly applications?: readonly Application[]
  /** The store of a former lab: a restart. */
  readonly from?: CallLab
  /** What signaling could go on with after it; media has the ports of those that are `up`. */
  readonly dialogs?: readonly RestoredDialog[]
}

export class CallLab {
  readonly time: VirtualTime
  readonly memory: Store
  readonly store: HoldableStore
  readonly logic: CallLogic
  readonly log = recordingLog()
  readonly metrics = recordingMetrics()
  readonly stamped: StampedEvent[] = []
  readonly signals: SignalingEffect[] = []
  readonly media: MediaCommand[] = []
  /** False: tests deliver media-leg-created themselves. */
  mediaAnswers = true
  destination: 'malformed' | 'forbidden-host' | 'no-trunk' | 'unknown-user' | undefined
  #told = 0
  #requests = 0

  constructor(options: LabOptions = {}) {
    this.time = options.from?.time ?? new VirtualTime()
    this.memory = options.from?.memory ?? createMemoryStore({ clock: this.time })
    this.store = new HoldableStore(this.memory)
    this.logic = createCallControl({
      settings: options.settings ?? {},
      applications: options.applications ?? [application()],
      clock: this.time,
      timers: this.time,
      random: new SeededRandom(options.from === undefined ? 1 : 2),
      store: this.store.store,
      signaling: {
        perform: (effect) => this.signals.push(effect),
        checkDestination: () => this.destination,
      },
      media: {
        perform: (command) => this.#performMedia(command),
        quality: () => undefined,
        capabilities: () => ({ mix: true, sharedPlayer: true, atomicLink: true }),
      },
      durable: roomsWith(options.dialogs ?? []),
      sink: {
        deliveriesFor: () => [],
        committed: (events) => this.stamped.push(...events),
      },
      log: this.log,
      metrics: this.metrics,
      faults: noFaults,
    })
  }

  /** Runs everything that waits for nothing but its turn. */
  async run(): Promise<void> {
    for (let i = 0; i < 4; i++) {
      this.time.drainSoon()
      await settle()
    }
  }

  async advance(ms: number): Promise<void> {
    await this.time.advanceAsync(ms)
    await this.run()
  }

  deliver(input: SignalingInput | MediaInput): void {
    this.logic.deliver(input)
  }

  async input(input: SignalingInput | MediaInput): Promise<void> {
    this.deliver(input)
    await this.run()
  }

  /** Without running: for commands of the same turn. */
  submit(command: Command, more: Partial<CommandEnvelope> = {}): Promise<CommandAnswer> {
    this.#requests += 1
    return this.logic.submit({
      command,
      clientState: undefined,
      commandId: undefined,
      request: { hash: `request ${this.#requests}`, retry: false },
      ...more,
    })
  }

  /** Submits, runs, and gives `ok`, or the code of the refusal. */
  async command(command: Command, more: Partial<CommandEnvelope> = {}): Promise<string> {
    const answer = this.submit(command, more)
    await this.run()
    return textOf(await answer)
  }

  async rings(name: string, changes: Partial<IncomingCall> = {}): Promise<LegId> {
    await this.input(incoming(name, changes))
    return leg(name)
  }

  /** An answered inbound call. */
  async caller(name: string, changes: Partial<IncomingCall> = {}): Promise<LegId> {
    await this.rings(name, changes)
    await this.command(commands.answer(name))
    return leg(name)
  }

  /** An answered outbound call. */
  async agent(name: string, changes: Partial<DialCommand> = {}): Promise<LegId> {
    await this.command(commands.dial(name, changes))
    await this.accepts(name)
    return leg(name)
  }

  accepts(name: string): Promise<void> {
    return this.input({
      kind: 'leg-accepted',
      legId: leg(name),
      sdp: `answer ${name}`,
      headers: [],
    })
  }

  bye(name: string): void {
    this.deliver({ kind: 'leg-bye', legId: leg(name), headers: [] })
  }

  async hangsUp(name: string): Promise<void> {
    this.bye(name)
    await this.run()
  }

  /** Events since the last look, short: `call-dequeued caller support bridged`. */
  told(): string[] {
    const since = this.stamped.slice(this.#told)
    this.#told = this.stamped.length
    return since.map(({ event }) => short(event))
  }

  /** Effects of a kind, for one leg. */
  signalled(kind: SignalingEffect['kind'], name: string): readonly SignalingEffect[] {
    return this.signals.filter((effect) => effect.kind === kind && effect.legId === name)
  }

  #performMedia(command: MediaCommand): void {
    this.media.push(command)
    if (command.kind !== 'create-leg' || !this.mediaAnswers) return
    this.deliver({
      kind: 'media-leg-created',
      legId: command.legId,
      sdp: `sdp of ${command.legId}`,
      offeredCodecs: command.offerSdp === undefined ? [] : ['PCMU'],
    })
  }
}

/** A started lab. */
export async function callLab(options: LabOptions = {}): Promise<CallLab> {
  const lab = new CallLab(options)
  await lab.logic.start()
  await lab.run()
  return lab
}

export function incoming(name: string, changes: Partial<IncomingCall> = {}): IncomingCall {
  return {
    kind: 'incoming-call',
    ...freshLeg(name),
    from: '+15550001',
    to: '+15550100',
    fromDisplayName: undefined,
    fromUri: 'sip:+15550001@test',
    toUri: 'sip:+15550100@test',
    source: { kind: 'open', name: '' },
    sdp: `offer ${name}`,
    customHeaders: [],
    sipHeaders: [],
    ...changes,
  }
}

export function dialOptions(changes: Partial<DialOptions> = {}): DialOptions {
  return {
    to: 'sip:agent@test',
    from: '+15550100',
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
    ...changes,
  }
}

type Of<K extends Command['kind']> = Extract<Command, { kind: K }>

/** Commands with everything optional left out. */
export const commands = {
  answer: (name: string): Of<'answer'> => ({
    kind: 'answer',
    legId: leg(name),
    customHeaders: [],
    sipHeaders: [],
    codecs: undefined,
    webhooks: undefined,
  }),
  reject: (name: string, cause: Of<'reject'>['cause'] = 'USER_BUSY'): Of<'reject'> => ({
    kind: 'reject',
    legId: leg(name),
    cause,
  }),
  hangup: (name: string): Of<'hangup'> => ({ kind: 'hangup', legId: leg(name), customHeaders: [] }),
  enqueue: (name: string, queue = 'support', changes: Partial<Of<'enqueue'>> = {}) =>
    ({
      kind: 'enqueue',
      legId: leg(name),
      queueName: brandAs(queue),
      newQueueId: brandAs(`id of ${queue}`),
      maxWaitMs: undefined,
      maxSize: undefined,
      keepAfterHangup: false,
      ...changes,
    }) satisfies LegCommand,
  leaveQueue: (name: string): Of<'leave-queue'> => ({ kind: 'leave-queue', legId: leg(name) }),
  bridgeQueue: (name: string, queue = 'support', changes: Partial<Of<'bridge'>> = {}) => ({
    ...bridgeBase(name),
    target: { kind: 'queue' as const, queueName: brandAs<never>(queue), legIdToo: undefined },
    ...changes,
  }),
  bridge: (name: string, other: string, changes: Partial<Of<'bridge'>> = {}): Of<'bridge'> => ({
    ...bridgeBase(name),
    target: { kind: 'leg', legId: leg(other) },
    ...changes,
  }),
  dial: (name: string, changes: Partial<DialCommand> = {}): DialCommand => ({
    kind: 'dial',
    fresh: freshLeg(name),
    applicationId: appId,
    dial: dialOptions(),
    retryOnTimeout: true,
    linkTo: undefined,
    bridgeIntent: false,
    bridgeOnAnswer: false,
    parkAfterUnbridge: false,
    preventDoubleBridge: false,
    ...changes,
  }),
  transfer: (name: string, to: string, changes: Partial<Of<'transfer'>> = {}): Of<'transfer'> => ({
    kind: 'transfer',
    legId: leg(name),
    fresh: freshLeg(to),
    dial: dialOptions(),
    earlyMedia: true,
    parkAfterUnbridge: false,
    muteDtmf: 'none',
    targetClientState: undefined,
    ...changes,
  }),
  conferenceCreate: (name: string, conference: string): Of<'conference-create'> => ({
    kind: 'conference-create',
    legId: leg(name),
    conferenceId: brandAs(`id of ${conference} by ${name}`),
    participantId: brandAs(`participant ${name} of ${conference}`),
    name: conference,
    durationMs: undefined,
    participantsMax: 10,
    startOnCreate: true,
    holdAudio: undefined,
    beep: 'never',
    region: undefined,
  }),
  conferenceJoin: (name: string, conference: string): Of<'conference-join'> => ({
    kind: 'conference-join',
    conference,
    legId: leg(name),
    participantId: brandAs(`participant ${name} of ${conference}`),
    options: {
      startOnEnter: true,
      endOnExit: false,
      softEndOnExit: false,
      hold: false,
      holdAudio: undefined,
      mute: false,
      role: 'none',
      whisperTo: [],
      beep: undefined,
    },
  }),
  conferenceEnd: (conference: string): Of<'conference-end'> => ({
    kind: 'conference-end',
    conference,
  }),
  play: (name: string): Of<'playback-start'> => ({
    kind: 'playback-start',
    legId: leg(name),
    playbackId: `music-${name}`,
    audio: { kind: 'url', url: 'http://127.0.0.1/m.wav', cache: true },
    loops: Infinity,
    overlay: false,
    stop: undefined,
    targetLegs: 'self',
  }),
  clientState: (name: string): Of<'client-state-update'> => ({
    kind: 'client-state-update',
    legId: leg(name),
  }),
  queueCreate: (queue: string, maxSize = 300): Of<'queue-create'> => ({
    kind: 'queue-create',
    queueName: brandAs(queue),
    newQueueId: brandAs(`id of ${queue}`),
    maxSize,
  }),
  queueDelete: (queue: string): Of<'queue-delete'> => ({
    kind: 'queue-delete',
    queueName: brandAs(queue),
  }),
  keep: (name: string, keepAfterHangup: boolean | undefined, queue = 'support') =>
    ({
      kind: 'queued-call-update',
      queueName: brandAs(queue),
      legId: leg(name),
      keepAfterHangup,
    }) satisfies Command,
  remove: (name: string, queue = 'support'): Of<'queued-call-remove'> => ({
    kind: 'queued-call-remove',
    queueName: brandAs(queue),
    legId: leg(name),
  }),
}

function bridgeBase(name: string) {
  return {
    kind: 'bridge',
    legId: leg(name),
    playRingtone: false,
    ringtone: 'us',
    muteDtmf: 'none',
    preventDoubleBridge: false,
    parkAfterUnbridge: false,
    holdAfterUnbridge: false,
  } as const
}

export function textOf(answer: CommandAnswer): string {
  return answer.ok ? 'ok' : answer.refusal.code
}

/** One event as a line. */
export function short(event: DomainEvent): string {
  switch (event.type) {
    case 'leg-ended':
      return `leg-ended ${event.leg.legId} ${event.cause} ${event.source} ${event.sipCause}`
    case 'call-enqueued':
      return `call-enqueued ${event.leg.legId} ${event.queueName} ${event.position}`
    case 'call-dequeued':
      return `call-dequeued ${event.leg.legId} ${event.queueName} ${event.reason}`
    case 'playback-ended':
      return `playback-ended ${event.leg.legId} ${event.status}`
    case 'conference-recording-saved':
      return `${event.type} ${event.conference.name}`
    case 'queue-created':
    case 'queue-updated':
    case 'queue-deleted':
      return `${event.type} ${event.queueName}`
    case 'gather-ended':
      return `gather-ended ${event.leg.legId} ${event.status} '${event.digits}'`
    case 'machine-detected':
    case 'machine-greeting-ended':
      return `${event.type} ${event.leg.legId} ${event.result}`
    case 'dtmf-received':
      return `dtmf-received ${event.leg.legId} ${event.digit}`
    case 'conference-created':
    case 'conference-ended':
    case 'conference-playback-started':
    case 'conference-playback-ended':
      return event.type
    case 'leg-initiated':
    case 'leg-answered':
    case 'leg-bridged':
    case 'leg-held':
    case 'leg-resumed':
    case 'playback-started':
    case 'speak-started':
    case 'speak-ended':
    case 'refer-started':
    case 'refer-completed':
    case 'refer-failed':
    case 'participant-joined':
    case 'participant-left':
    case 'participant-playback-started':
    case 'participant-playback-ended':
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
