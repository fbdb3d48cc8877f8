// One fault of a request as it is answered, and the envelope that all faults share.

import type { Refusal } from '../ports/commands.ts'
import { catalogue } from './errors.ts'
import type { ErrorName } from './errors.ts'

/** An entry of `errors`; what is undefined is the catalogue's, or absent. */
export interface Problem {
  readonly name: ErrorName
  readonly title?: string
  readonly detail?: string
  /** JSON pointer into the body. */
  readonly pointer?: string
  /** Name of a query parameter. */
  readonly parameter?: string
  readonly meta?: Readonly<Record<string, unknown>>
  readonly retryAfterSecs?: number
}

/** Carries problems through the HTTP library, which knows refusals before the endpoint only as errors. */
export class RequestRefused extends Error {
  readonly code = 'REQUEST_REFUSED'
  readonly problems: readonly Problem[]
  constructor(problems: readonly Problem[]) {
    super('request refused')
    this.problems = problems
  }
}

/** HTTP status of an answer with these problems: the first one's, because clients read only that. */
export function statusOf(problems: readonly Problem[]): number {
  const [first] = problems
  return first === undefined ? 500 : catalogue[first.name].status
}

/** `{"errors":[…]}`. */
export function errorBody(problems: readonly Problem[]): object {
  return {
    errors: problems.map((problem) => {
      const { code, title, detail } = catalogue[problem.name]
      const { pointer, parameter } = problem
      return {
        code,
        title: problem.title ?? title,
        detail: problem.detail ?? detail,
        ...(pointer === undefined ? {} : { source: { pointer } }),
        ...(parameter === undefined ? {} : { source: { parameter } }),
        ...(problem.meta === undefined ? {} : { meta: problem.meta }),
      }
    }),
  }
}

/** 10004 for a parameter of that name. */
export function missing(name: string): Problem {
  return {
    name: 'parameter-missing',
    detail: `The '${name}' parameter is required and cannot be blank.`,
  }
}

/** The problem that a refusal of the engine is; `destination` is the body field that named where to go. */
export function problemOf(refusal: Refusal, destination: '/to' | '/sip_address'): Problem {
  switch (refusal.code) {
    case 'leg-unknown':
    case 'other-leg-unknown':
    case 'other-leg-ended':
    case 'other-leg-not-answered':
    case 'bridge-with-self':
    case 'already-bridged':
    case 'not-participant':
      return { name: refusal.code, pointer: '/call_control_id' }
    case 'supervised-unknown':
    case 'supervised-ended':
    case 'supervised-not-bridged':
      return { name: refusal.code, pointer: '/supervise_call_control_id' }
    case 'link-unknown':
    case 'link-ended':
      return { name: refusal.code, pointer: '/link_to' }
    case 'application-unknown':
      return { name: refusal.code, pointer: '/connection_id' }
    case 'queue-exists':
      return { name: refusal.code, pointer: '/queue_name' }
    case 'queue-and-leg':
      return { name: refusal.code, pointer: '/queue' }
    case 'no-overlay-base':
      return { name: refusal.code, pointer: '/overlay' }
    case 'recording-unknown':
      return { name: refusal.code, pointer: '/recording_id' }
    case 'leg-ended':
    case 'no-audio-yet':
    case 'not-answered':
    case 'queue-size-fixed':
    case 'already-queued':
    case 'queue-unknown':
    case 'queue-not-empty':
    case 'queued-call-unknown':
    case 'conference-unknown':
    case 'conference-ended':
    case 'conference-name-taken':
    case 'already-participant':
    case 'participant-unknown':
    case 'not-supervising':
    case 'already-streaming':
    case 'not-streaming':
    case 'already-forking':
    case 'not-forking':
    case 'audio-queue-full':
      return { name: refusal.code }
    case 'wrong-direction':
    case 'not-queued':
    case 'queue-full':
    case 'queue-empty':
    case 'recordings-max':
    case 'kept-caller-gone':
    case 'conference-full':
    case 'channel-limit':
    case 'outbound-concurrent-limit':
    case 'outbound-rate-limit':
    case 'unavailable':
      return tellingProblem(refusal)
    case 'destination-refused': {
      const place = refusal.place === undefined ? '' : `/${refusal.place}`
      return { name: destinationProblems[refusal.why], pointer: `${destination}${place}` }
    }
  }
}

const destinationProblems = {
  malformed: 'destination-malformed',
  'forbidden-host': 'destination-forbidden',
  'no-trunk': 'destination-without-trunk',
  'unknown-user': 'destination-unknown-user',
  'forbidden-prefix': 'destination-prefix-forbidden',
  'forbidden-key-prefix': 'destination-key-prefix-forbidden',
} as const

type TellingCode =
  | 'wrong-direction'
  | 'not-queued'
  | 'queue-full'
  | 'queue-empty'
  | 'kept-caller-gone'
  | 'recordings-max'
  | 'conference-full'
  | 'channel-limit'
  | 'outbound-concurrent-limit'
  | 'outbound-rate-limit'
  | 'unavailable'

// Refusals whose text holds something of the occasion.
function tellingProblem(refusal: Extract<Refusal, { code: TellingCode }>): Problem {
  const name = refusal.code
  switch (refusal.code) {
    case 'wrong-direction':
      return { name, detail: directionDetail(refusal.command) }
    case 'not-queued':
      return { name, detail: `Call ${refusal.legId} isn't in a queue.` }
    case 'queue-full':
      return {
        name,
        detail: `The '${refusal.queueName}' queue is full and can't accept more calls.`,
      }
    case 'queue-empty':
      return {
        name,
        detail: `The '${refusal.queueName}' queue has no calls to bridge with.`,
        pointer: '/queue',
        meta: { reason: 'queue_empty' },
      }
    case 'kept-caller-gone':
      return { name, meta: keptCallerMeta(refusal.caller) }
    case 'conference-full': {
      const most = refusal.participantsMax
      return {
        name,
        detail: `The maximum allowed value of \`max_participants\` has been reached at ${most}.`,
      }
    }
    case 'channel-limit':
      return {
        name,
        detail: `The connection's limit of ${refusal.limit} simultaneous calls has been reached.`,
        pointer: '/connection_id',
      }
    case 'outbound-concurrent-limit':
      return {
        name,
        detail: `${limitOf(refusal.of)} limit of ${refusal.limit} simultaneous calls over trunks has been reached.`,
      }
    case 'outbound-rate-limit':
      return {
        name,
        detail: `${limitOf(refusal.of)} limit of ${refusal.limit} calls per minute over trunks has been reached.`,
        retryAfterSecs: refusal.retryAfterSecs,
      }
    case 'recordings-max': {
      const detail = `At most ${refusal.most} recordings can run at the same time.`
      return { name, detail }
    }
    case 'unavailable':
      return { name, retryAfterSecs: refusal.retryAfterSecs }
  }
}

function limitOf(whose: 'server' | 'key'): string {
  return whose === 'key' ? "Your API key's" : "The server's"
}

function directionDetail(command: string): string {
  return command === 'answer'
    ? catalogue['wrong-direction'].detail
    : `Call ${command} command can only be issued for inbound calls that are not answered yet.`
}

function keptCallerMeta(caller: Extract<Refusal, { code: 'kept-caller-gone' }>['caller']) {
  return {
    call_control_id: caller.legId,
    call_leg_id: caller.legUuid,
    call_session_id: caller.sessionId,
    connection_id: caller.applicationId,
    from: caller.from,
    to: caller.to,
    client_state: caller.clientState,
    queue: caller.queueName,
    wait_time_secs: caller.waitSecs,
  }
}
