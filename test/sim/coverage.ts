// Which inputs met which states: counted at every step of the engine, for each of its machines. Everything that can arrive
// is listed here by name, held complete by the compiler, so that what was never met can be named too.

import { brandAs, type LegId, type OperationId } from '../../src/base/ids.ts'
import { legStateNames } from '../../src/calls/leg.ts'
import { subjectOf } from '../../src/engine/command-subject.ts'
import { readTimer } from '../../src/engine/inputs/timers.ts'
import type { EngineState, Leg, TimerName } from '../../src/engine/state.ts'
import type { EngineInput } from '../../src/engine/step.ts'
import type { Command } from '../../src/ports/commands.ts'
import type { MediaInput } from '../../src/ports/media-engine.ts'
import type { SignalingInput } from '../../src/ports/signaling.ts'
import type { QueueVerb, VerbOutcome } from '../../src/ports/store.ts'

type Names<T extends string> = Readonly<Record<T, true>>

const legCommands = {
  answer: true,
  bridge: true,
  'client-state-update': true,
  'conference-create': true,
  'conference-join': true,
  'conference-leave': true,
  'conference-role': true,
  'conference-gather': true,
  'switch-supervisor-role': true,
  enqueue: true,
  hangup: true,
  gather: true,
  'gather-stop': true,
  'leave-queue': true,
  'playback-start': true,
  'playback-stop': true,
  'send-dtmf': true,
  speak: true,
  'record-start': true,
  'record-stop': true,
  'record-pause': true,
  'record-resume': true,
  'streaming-start': true,
  'streaming-stop': true,
  'fork-start': true,
  'fork-stop': true,
  refer: true,
  reject: true,
  transfer: true,
} satisfies Partial<Names<Command['kind']>>

const conferenceCommands = {
  'conference-join': true,
  'conference-leave': true,
  'conference-hold': true,
  'conference-unhold': true,
  'conference-mute': true,
  'conference-unmute': true,
  'conference-role': true,
  'conference-play': true,
  'conference-stop': true,
  'conference-dtmf': true,
  'conference-gather': true,
  'conference-end': true,
  'conference-record-start': true,
  'conference-record-stop': true,
  'conference-record-pause': true,
  'conference-record-resume': true,
  'participant-update': true,
} satisfies Partial<Names<Command['kind']>>

const signaling: Names<SignalingInput['kind']> = {
  'incoming-call': true,
  'leg-cancelled': true,
  'leg-confirmed': true,
  'leg-progress': true,
  'leg-accepted': true,
  'leg-refused': true,
  'leg-bye': true,
  'leg-lost': true,
  'leg-reoffered': true,
  'leg-reanswered': true,
  'leg-info-dtmf': true,
  'refer-progress': true,
  'refer-received': true,
}

/** Those about a leg; the others are a conference's. */
const media: Names<Extract<MediaInput, { legId: LegId }>['kind']> = {
  'media-leg-created': true,
  'media-leg-refused': true,
  'media-remote-refused': true,
  'reoffer-answered': true,
  'reoffer-refused': true,
  'media-dtmf': true,
  'playback-started': true,
  'playback-ended': true,
  'machine-detected': true,
  'machine-greeting-ended': true,
  'mix-floor': true,
  'rtp-silent': true,
  'rtp-heard': true,
}

/** Where a deadline belongs; those of answers, of the world and of verbs meet no machine of a call. */
const timers: Readonly<Record<TimerName, 'leg' | 'conference' | 'none'>> = {
  'ring-limit': 'leg',
  'dial-timeout': 'leg',
  'time-limit': 'leg',
  gather: 'leg',
  'detect-machine': 'leg',
  'press-key': 'leg',
  'max-wait': 'leg',
  'first-command': 'leg',
  'forget-leg': 'leg',
  'rtp-loss': 'leg',
  probe: 'leg',
  'repeat-verb': 'leg',
  'conference-expiry': 'conference',
  'conference-forget': 'conference',
  'forget-answer': 'none',
  'collect-empty': 'none',
  'expire-recordings': 'none',
}

/** What the store says of a leg, by verb. */
const outcomes: readonly (readonly [QueueVerb['kind'], readonly VerbOutcome['kind'][]])[] = [
  ['enqueue', ['enqueued', 'refused', 'unknown']],
  ['claim-head', ['claimed', 'refused', 'unknown']],
  ['leave', ['left', 'refused', 'unknown']],
  ['leave-both', ['left-both', 'unknown']],
  ['end-entry', ['left', 'kept', 'refused', 'unknown']],
  ['set-keep', ['keep-set', 'refused', 'unknown']],
  ['remove-entry', ['left', 'refused', 'unknown']],
]

export interface Machine {
  readonly name: string
  readonly states: readonly string[]
  readonly inputs: readonly string[]
}

const timersOf = (whose: 'leg' | 'conference'): string[] =>
  Object.entries(timers).flatMap(([name, of]) => (of === whose ? [`timer ${name}`] : []))

/** What arrives about a leg and is no command. */
const legInputs: readonly string[] = [
  ...Object.keys(signaling).map((kind) => `sip ${kind}`),
  ...Object.keys(media).map((kind) => `media ${kind}`),
  ...timersOf('leg'),
  ...outcomes.flatMap(([verb, kinds]) => kinds.map((kind) => `store ${verb} ${kind}`)),
]
/** What can end or move a leg while the store decides over it, or while something is played to it. */
const legEnds: readonly string[] = [
  'sip leg-bye',
  'sip leg-lost',
  'media media-leg-refused',
  'timer max-wait',
  'timer time-limit',
  'timer rtp-loss',
]
const commandsOn = (kinds: object): string[] => Object.keys(kinds).map((kind) => `command ${kind}`)

export const machines: readonly Machine[] = [
  {
    name: 'leg',
    states: [...legStateNames, 'unknown'],
    inputs: [...commandsOn(legCommands), ...legInputs],
  },
  {
    name: 'claim',
    states: ['free', 'claiming', 'taken elsewhere', 'end waits'],
    inputs: [...commandsOn(legCommands), ...legEnds],
  },
  {
    name: 'bridge',
    states: ['alone', 'issuer', 'other', 'intends', 'awaited'],
    inputs: legInputs,
  },
  {
    name: 'membership',
    states: ['outside', 'hears and is heard', 'muted', 'held', 'held and muted', 'awaits start'],
    inputs: legInputs,
  },
  {
    name: 'audio',
    states: ['idle', 'idle over music', 'loading', 'playing'],
    inputs: [
      'command playback-start',
      'command playback-stop',
      'command speak',
      'media playback-started',
      'media playback-ended',
      ...legEnds,
    ],
  },
  {
    name: 'conference',
    states: ['init', 'in_progress', 'completed', 'unknown'],
    inputs: [
      ...commandsOn(conferenceCommands),
      ...timersOf('conference'),
      'media mix-playback-started',
      'media mix-playback-ended',
      'media mix-floor',
    ],
  },
]

export class Coverage {
  /** `machine: state < input` with its count. */
  readonly met = new Map<string, number>()
  /** Inputs stepped, of all kinds. */
  inputs = 0
  readonly #verbs = new Map<
    OperationId,
    { readonly kind: string; readonly legId: LegId | undefined }
  >()

  /** A verb goes to the store; its outcome names it by id only. */
  asked(id: OperationId, verb: QueueVerb): void {
    this.#verbs.set(id, { kind: verb.kind, legId: legOfVerb(verb) })
  }

  see(input: EngineInput, state: EngineState): void {
    this.inputs += 1
    const { what, legId } = this.#read(input)
    if (legId !== undefined) this.#seeLeg(what, state.legs.get(legId), state)
    const conference = conferenceOf(input)
    if (conference === undefined) return
    const status = state.conferences.find(conference)?.machine.status ?? 'unknown'
    this.#count('conference', status, what)
  }

  #seeLeg(what: string, leg: Leg | undefined, state: EngineState): void {
    this.#count('leg', leg?.state.at ?? 'unknown', what)
    if (leg === undefined || leg.state.at === 'ended') return
    this.#count('claim', claimOf(leg), what)
    this.#count('bridge', bridgeOf(leg), what)
    this.#count('membership', membershipOf(leg, state), what)
    const music = leg.audio.background !== undefined
    this.#count('audio', leg.audio.at === 'idle' && music ? 'idle over music' : leg.audio.at, what)
  }

  #count(machine: string, state: string, what: string): void {
    const key = pairKey(machine, state, what)
    this.met.set(key, (this.met.get(key) ?? 0) + 1)
  }

  #read(input: EngineInput): { readonly what: string; readonly legId: LegId | undefined } {
    switch (input.kind) {
      case 'command': {
        const { command } = input.envelope
        return { what: `command ${command.kind}`, legId: subjectOf(command) }
      }
      case 'signaling':
        return { what: `sip ${input.input.kind}`, legId: input.input.legId }
      case 'media': {
        const legId = 'legId' in input.input ? input.input.legId : undefined
        return { what: `media ${input.input.kind}`, legId }
      }
      case 'timer': {
        const { name, id, legId } = readTimer(input.timer)
        const ofVerb =
          name === 'repeat-verb' ? this.#verbs.get(brandAs<OperationId>(id)) : undefined
        return { what: `timer ${name}`, legId: legId ?? ofVerb?.legId }
      }
      case 'outcome': {
        const verb = this.#verbs.get(input.operationId)
        return { what: `store ${verb?.kind} ${input.outcome.kind}`, legId: verb?.legId }
      }
      case 'stream':
        return { what: input.input.kind, legId: input.input.legId }
      case 'recorder':
        return { what: input.input.kind, legId: undefined }
      case 'expired':
        return { what: 'expired', legId: undefined }
      case 'restore':
        return { what: 'restore', legId: undefined }
    }
  }
}

export function pairKey(machine: string, state: string, input: string): string {
  return `${machine}: ${state} < ${input}`
}

function legOfVerb(verb: QueueVerb): LegId | undefined {
  if (verb.kind === 'enqueue') return verb.entry.legId
  if (verb.kind === 'claim-head') return verb.issuer
  return 'legId' in verb ? verb.legId : undefined
}

function claimOf(leg: Leg): string {
  if (leg.takenElsewhere) return 'taken elsewhere'
  if (leg.deferredEnd !== undefined) return 'end waits'
  return leg.claim === undefined ? 'free' : 'claiming'
}

function bridgeOf(leg: Leg): string {
  if (leg.state.at === 'bridged') {
    return leg.state.bridge.issuer === leg.legId ? 'issuer' : 'other'
  }
  if (leg.intent !== undefined) return 'intends'
  return leg.awaiting.size > 0 ? 'awaited' : 'alone'
}

function membershipOf(leg: Leg, state: EngineState): string {
  if (leg.state.at !== 'in-conference') return 'outside'
  const { conferenceId, participantId } = leg.state
  const live = state.conferences.get(conferenceId)
  const one = live?.machine.participants.find((each) => each.participantId === participantId)
  if (one === undefined) return 'outside'
  if (one.held) return one.muted ? 'held and muted' : 'held'
  if (live?.machine.status === 'init') return 'awaits start'
  return one.muted ? 'muted' : 'hears and is heard'
}

function conferenceOf(input: EngineInput): string | undefined {
  if (input.kind === 'timer') {
    const { name, id } = readTimer(input.timer)
    return timers[name] === 'conference' ? id : undefined
  }
  if (input.kind === 'media') {
    return 'conferenceId' in input.input ? input.input.conferenceId : undefined
  }
  if (input.kind !== 'command') return undefined
  const { command } = input.envelope
  return 'conference' in command ? command.conference : undefined
}
