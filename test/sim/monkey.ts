// API clients without manners: any command on any leg at any time, valid or not; the same command_id again, the same
// command twice at once, and the retries of an SDK that has not seen the first answer.

import {
  brandAs,
  type ConferenceId,
  type LegId,
  type ParticipantId,
  type QueueId,
  type QueueName,
} from '../../src/base/ids.ts'
import type {
  BridgeTarget,
  Command,
  DialCommand,
  GatherCommand,
  LegCommand,
  MachineDetectionOrder,
} from '../../src/ports/commands.ts'
import type { AudioReference, SpeechReference } from '../../src/ports/media-engine.ts'
import type { Random } from '../../src/ports/random.ts'
import { applicationId, pick, queueNames } from './application.ts'
import { dialOptions, type AskOptions, type Clients } from './clients.ts'
import { agentRingMs } from './people.ts'
import { momentIn, randomFor, type Plan } from './plan.ts'
import type { SimTime } from './time.ts'

export interface MonkeyParts {
  readonly plan: Plan
  readonly time: SimTime
  readonly random: Random
  readonly clients: Clients
  readonly agentUris: readonly string[]
  readonly legs: () => { readonly all: readonly LegId[]; readonly living: readonly LegId[] }
  readonly bridged: () => readonly LegId[]
  readonly conferences: () => readonly ConferenceId[]
}

const clip: AudioReference = { kind: 'url', url: 'http://10.0.3.1/clip.wav', cache: false }
const words: SpeechReference = {
  ...{ kind: 'speech', text: 'You are next.', ssml: false },
  ...{ voice: 'female', language: undefined },
}
const machineRules: Omit<MachineDetectionOrder['rules'], 'totalMs'> = {
  ...{ afterGreetingSilenceMs: 800, betweenWordsMs: 50, greetingMs: 3_500 },
  ...{ initialSilenceMs: 3_500, wordsMax: 5, wordMsMax: 3_500, silenceThreshold: 256 },
  greetingSilenceMs: 1_500,
}
const beepWhen = ['always', 'never', 'on_enter', 'on_exit'] as const
const plainHeaders = { customHeaders: [], sipHeaders: [], credentials: undefined }

export class Monkey {
  active = true
  readonly #parts: MonkeyParts
  /** Of the action that is being drawn. */
  #random: Random
  #lastCommandId = 'c0'
  #at = 0

  constructor(parts: MonkeyParts) {
    this.#parts = parts
    this.#random = parts.random
    const { plan, time, random } = parts
    for (let i = 0; i < plan.monkeyCommands; i++) {
      time.set(momentIn(plan, random), () => {
        if (plan.without.has(`command ${i}`)) return
        // Of its own: when others are left out, this one stays what it was.
        this.#random = randomFor(plan.seed, `command ${i}`)
        this.#at = i
        this.#act(i)
      })
    }
  }

  /** The command with this number. */
  #act(at: number): void {
    if (!this.active) return
    const { clients, time } = this.#parts
    const random = this.#random
    const command = this.#command()
    const options = this.#options()
    void clients.ask(command, options)
    // Twice at once, or a little later.
    if (random.below(6) > 0) return
    const second = withIdsOfItsOwn(command, randomFor(this.#parts.plan.seed, `repeat ${at}`))
    const again = (): void => {
      if (this.active) void clients.ask(second, repeatOf(options))
    }
    if (random.below(2) === 0) again()
    else time.set(random.below(50), again)
  }

  #options(): AskOptions {
    const random = this.#random
    const clientState = random.below(8) === 0 ? { clientState: random.token(4) } : {}
    const die = random.below(10)
    if (die < 2) this.#lastCommandId = random.token(6)
    if (die < 3) return { ...clientState, commandId: this.#lastCommandId }
    const hash = random.token(6)
    return die < 5 ? { ...clientState, request: { hash, retry: false } } : clientState
  }

  #command(): Command {
    const { plan } = this.#parts
    const random = this.#random
    if (random.below(100) < plan.conferencePercent) return this.#conference()
    const die = random.below(100)
    if (die < 73) return this.#legCommand(this.#leg())
    if (die < 85) return this.#dial()
    return this.#queueCommand()
  }

  #legCommand(legId: LegId): Command {
    const random = this.#random
    const die = random.below(100)
    if (die < 4) return this.#answer(legId)
    if (die < 5) return { kind: 'reject', legId, cause: 'CALL_REJECTED' }
    if (die < 9) return { kind: 'hangup', legId, customHeaders: [] }
    if (die < 31) return this.#enqueue(legId)
    if (die < 39) return { kind: 'leave-queue', legId }
    if (die < 62) return this.#bridge(legId)
    if (die < 70) return this.#transfer(legId)
    if (die < 74) return { kind: 'refer', legId, target: this.#uri(), ...plainHeaders }
    if (die < 84) return this.#play(legId)
    if (die < 87) {
      const stop = pick(this.#random, ['all', 'current'] as const)
      return { kind: 'playback-stop', legId, stop, overlay: this.#random.below(3) === 0 }
    }
    if (die < 91) return this.#smallCommand(legId)
    return this.#createConference(legId)
  }

  #smallCommand(legId: LegId): LegCommand {
    const random = this.#random
    if (random.below(6) === 0) return { kind: 'client-state-update', legId }
    if (random.below(3) > 0) return this.#digits(legId)
    const role = pick(random, ['barge', 'whisper', 'monitor'] as const)
    return { kind: 'switch-supervisor-role', legId, role }
  }

  #digits(legId: LegId): LegCommand {
    const random = this.#random
    const die = random.below(10)
    if (die < 2) return { kind: 'gather-stop', legId }
    if (die < 3) return { kind: 'send-dtmf', legId, digits: '1w#', durationMs: 100 }
    return this.#gather(legId)
  }

  #gather(legId: LegId): GatherCommand {
    const random = this.#random
    return {
      ...{ kind: 'gather', legId, gatherId: random.uuid(), playbackId: random.uuid() },
      rules: {
        ...{ minimumDigits: 1, maximumDigits: 1 + random.below(5) },
        ...{ timeoutMs: pick(random, [2_000, 15_000]), interDigitMs: pick(random, [500, 8_000]) },
        ...{ initialMs: 1 + random.below(8_000), terminatingDigit: '#' },
        ...{ validDigits: pick(random, ['1', '234']), triesMax: 1 + random.below(3) },
      },
      ...(random.below(2) === 0
        ? { prompt: undefined, invalidPrompt: undefined }
        : { prompt: pick(random, [undefined, clip, words]), invalidPrompt: words }),
    }
  }

  #answer(legId: LegId): LegCommand {
    return {
      kind: 'answer',
      legId,
      customHeaders: [],
      sipHeaders: [],
      codecs: undefined,
      webhooks: undefined,
    }
  }

  #enqueue(legId: LegId): LegCommand {
    const { plan } = this.#parts
    const random = this.#random
    return {
      kind: 'enqueue',
      legId,
      queueName: pick(random, queueNames),
      newQueueId: brandAs<QueueId>(random.uuid()),
      maxWaitMs: random.below(2) === 0 ? random.below(6_000) + 1_000 : undefined,
      maxSize: random.below(6) === 0 ? plan.maxSize : undefined,
      keepAfterHangup: random.below(4) === 0,
    }
  }

  #bridge(legId: LegId): LegCommand {
    const random = this.#random
    return {
      kind: 'bridge',
      legId,
      target: this.#target(),
      playRingtone: random.below(3) === 0,
      ringtone: 'us',
      muteDtmf: pick(random, ['none', 'both', 'self', 'opposite'] as const),
      parkAfterUnbridge: random.below(3) === 0,
      holdAfterUnbridge: random.below(5) === 0,
      preventDoubleBridge: random.below(3) === 0,
    }
  }

  #target(): BridgeTarget {
    const random = this.#random
    if (random.below(2) === 0) return { kind: 'leg', legId: this.#leg() }
    const legIdToo = random.below(8) === 0 ? this.#leg() : undefined
    return { kind: 'queue', queueName: pick(random, queueNames), legIdToo }
  }

  #transfer(legId: LegId): LegCommand {
    const { clients } = this.#parts
    const random = this.#random
    return {
      kind: 'transfer',
      legId,
      fresh: clients.freshLeg(),
      dial: this.#destination(),
      earlyMedia: random.below(2) === 0,
      parkAfterUnbridge: random.below(3) === 0,
      muteDtmf: 'none',
      targetClientState: undefined,
    }
  }

  #machineDetection(): MachineDetectionOrder | undefined {
    // Of its own, so that what is drawn after it stays what it was.
    const random = randomFor(this.#parts.plan.seed, `machine ${this.#at}`)
    if (random.below(4) > 0) return undefined
    const mode = pick(random, ['detect', 'detect_beep', 'detect_words', 'greeting_end'] as const)
    const greetingListenMs = 500 + random.below(4_000)
    return { mode, greetingListenMs, rules: { ...machineRules, totalMs: random.below(3_000) } }
  }

  #play(legId: LegId): LegCommand {
    const random = this.#random
    const track = {
      legId,
      playbackId: random.uuid(),
      loops: random.below(2) === 0 ? 1 : Infinity,
      stop: pick(random, [undefined, 'current', 'all'] as const),
      targetLegs: pick(random, ['self', 'opposite', 'both'] as const),
    }
    if (random.below(3) === 0) return { kind: 'speak', speech: words, ...track }
    const audio: AudioReference = random.below(2) === 0 ? clip : { kind: 'media', name: 'moh' }
    if (random.below(3) > 0) return { kind: 'playback-start', audio, overlay: false, ...track }
    const stop = pick(random, [undefined, 'current', 'all', 'overlay'] as const)
    return { ...track, kind: 'playback-start', audio, overlay: true, stop, targetLegs: 'self' }
  }

  #dial(): Command {
    const { clients } = this.#parts
    const random = this.#random
    const linkTo = random.below(2) === 0 ? this.#leg() : undefined
    return {
      kind: 'dial',
      fresh: clients.freshLeg(),
      applicationId,
      dial: this.#destination(),
      retryOnTimeout: random.below(2) === 0,
      linkTo,
      bridgeIntent: linkTo !== undefined && random.below(2) === 0,
      bridgeOnAnswer: linkTo !== undefined && random.below(4) > 0,
      parkAfterUnbridge: random.below(3) === 0,
      preventDoubleBridge: random.below(3) === 0,
      ...this.#purpose(),
      ...this.#others(),
    }
  }

  /** Some ring several at the same time. */
  #others(): Pick<DialCommand, 'others'> {
    const { clients } = this.#parts
    const random = this.#random
    if (random.below(3) > 0) return {}
    const others = Array.from({ length: 1 + random.below(3) }, () => ({
      ...{ fresh: clients.freshLeg(), to: this.#uri(), sendDigits: undefined },
    }))
    return { others }
  }

  /** Some are dialled to supervise a call, or into a conference, running or not. */
  #purpose(): Pick<DialCommand, 'supervise' | 'joins'> {
    const random = this.#random
    const die = random.below(10)
    if (die < 5) {
      const role = pick(random, ['barge', 'whisper', 'monitor'] as const)
      const bridged = this.#parts.bridged()
      const target = bridged.length === 0 ? this.#leg() : pick(random, bridged)
      return { supervise: { target, role } }
    }
    if (die > 6) return {}
    const { options } = this.#join('', this.#leg())
    return {
      joins: {
        by: 'name',
        conference: `room${random.below(3)}`,
        conferenceId: brandAs<ConferenceId>(random.uuid()),
        participantId: brandAs<ParticipantId>(random.uuid()),
        earlyMedia: random.below(2) === 0,
        startOnCreate: random.below(2) === 0,
        participantsMax: 2 + random.below(4),
        beep: 'on_enter',
        options,
      },
    }
  }

  #destination(): ReturnType<typeof dialOptions> {
    const random = this.#random
    const audio = random.below(4) === 0 ? clip : undefined
    const timeoutMs = 1_000 + random.below(agentRingMs)
    const { timeLimitMs } = this.#parts.plan.limits
    const sendDigits = random.below(6) === 0 ? '12w#' : undefined
    const to = this.#uri()
    const options = { ...dialOptions(to, { timeoutMs, timeLimitMs }), audio, sendDigits }
    return { ...options, machineDetection: this.#machineDetection() }
  }

  #uri(): string {
    const { agentUris } = this.#parts
    const random = this.#random
    const others = ['sip:nobody@10.0.3.1:5060', 'sip:far@192.0.2.9', 'no uri', '+15550123']
    return random.below(8) === 0 ? pick(random, others) : pick(random, agentUris)
  }

  #createConference(legId: LegId): Command {
    const random = this.#random
    return {
      kind: 'conference-create',
      legId,
      conferenceId: brandAs<ConferenceId>(random.uuid()),
      participantId: brandAs<ParticipantId>(random.uuid()),
      name: `room${random.below(3)}`,
      durationMs: random.below(3) === 0 ? 1_000 + random.below(20_000) : undefined,
      participantsMax: 2 + random.below(4),
      startOnCreate: random.below(2) === 0,
      holdAudio: random.below(4) === 0 ? clip : undefined,
      beep: pick(random, beepWhen),
      region: undefined,
    }
  }

  #conference(): Command {
    const random = this.#random
    const known = this.#parts.conferences()
    const conference = known.length === 0 ? 'room0' : pick(random, [...known.slice(-3), 'room1'])
    const legId = this.#leg()
    const legIds = random.below(2) === 0 ? [] : [legId]
    const die = random.below(100)
    if (die < 50) return this.#join(conference, legId)
    if (die < 60) return { kind: 'conference-leave', conference, legId, beep: undefined }
    if (die < 65) return this.#conferenceAudio(conference, legId)
    if (die < 72) return { kind: 'conference-hold', conference, legIds, audio: clip }
    if (die < 79) return { kind: 'conference-unhold', conference, legIds }
    if (die < 84) return { kind: 'conference-mute', conference, legIds }
    if (die < 89) return { kind: 'conference-unmute', conference, legIds }
    if (die < 92) return { kind: 'conference-end', conference }
    return {
      kind: 'participant-update',
      conference,
      participant: legId,
      endOnExit: random.below(2) === 0,
      softEndOnExit: undefined,
      beep: undefined,
    }
  }

  /** What a conference plays and presses, and who is heard by whom. */
  #conferenceAudio(conference: string, legId: LegId): Command {
    const random = this.#random
    const legIds = random.below(2) === 0 ? [] : [legId]
    const die = random.below(6)
    if (die === 5) {
      const gather = this.#gather(legId)
      return { kind: 'conference-gather', conference, legId, gather }
    }
    if (die === 0) return { kind: 'conference-stop', conference, legIds }
    if (die === 1) {
      return { kind: 'conference-dtmf', conference, legIds, digits: '12#', durationMs: 250 }
    }
    if (die === 2) {
      const role = pick(random, ['none', 'barge', 'whisper', 'monitor'] as const)
      const whisperTo = random.below(2) === 0 ? undefined : [this.#leg()]
      return { kind: 'conference-role', conference, legId, role, whisperTo }
    }
    return {
      kind: 'conference-play',
      conference,
      legIds,
      playbackId: random.uuid(),
      audio: clip,
      loops: random.below(2) === 0 ? 1 : Infinity,
    }
  }

  #join(conference: string, legId: LegId): Extract<Command, { kind: 'conference-join' }> {
    const random = this.#random
    return {
      kind: 'conference-join',
      conference,
      legId,
      participantId: brandAs<ParticipantId>(random.uuid()),
      options: {
        startOnEnter: random.below(2) === 0,
        endOnExit: random.below(4) === 0,
        softEndOnExit: random.below(4) === 0,
        hold: random.below(3) === 0,
        holdAudio: random.below(4) === 0 ? clip : undefined,
        mute: random.below(3) === 0,
        role: pick(random, ['none', 'none', 'barge', 'whisper', 'monitor'] as const),
        whisperTo: random.below(2) === 0 ? [] : [this.#leg()],
        beep: pick(random, [undefined, ...beepWhen]),
      },
    }
  }

  #queueCommand(): Command {
    const { plan } = this.#parts
    const random = this.#random
    const queueName = pick(random, queueNames)
    const die = random.below(100)
    if (die < 25) {
      const newQueueId = brandAs<QueueId>(random.uuid())
      return { kind: 'queue-create', queueName, newQueueId, maxSize: plan.maxSize }
    }
    if (die < 35) return { kind: 'queue-update', queueName, maxSize: 1 + random.below(9) }
    if (die < 55) return { kind: 'queue-delete', queueName: this.#queueOr(queueName) }
    const legId = this.#leg()
    if (die < 80) {
      const keepAfterHangup = random.below(2) === 0
      return { kind: 'queued-call-update', queueName, legId, keepAfterHangup }
    }
    return { kind: 'queued-call-remove', queueName, legId }
  }

  #queueOr(queueName: QueueName): QueueName {
    return this.#parts.random.below(8) === 0 ? brandAs<QueueName>('no-such-queue') : queueName
  }

  /** Mostly one that lives, sometimes an old one, sometimes nobody. */
  #leg(): LegId {
    const random = this.#random
    const { all, living } = this.#parts.legs()
    const die = random.below(40)
    if (all.length === 0 || die === 0) return brandAs<LegId>('v3:unknown')
    return die < 4 || living.length === 0 ? pick(random, all) : pick(random, living)
  }
}

/** What a command starts has an id of its own in each request, as the API gives it: two requests never share one. */
function withIdsOfItsOwn(command: Command, random: Random): Command {
  if (command.kind === 'gather') {
    return { ...command, gatherId: random.uuid(), playbackId: random.uuid() }
  }
  return 'playbackId' in command ? { ...command, playbackId: random.uuid() } : command
}

function repeatOf(options: AskOptions): AskOptions {
  const { request } = options
  return request === undefined ? options : { ...options, request: { ...request, retry: true } }
}
