// A stage for end-to-end tests: the real server as a process, a webhook receiver, a WAV server, robot phones and the
// official client; everything said over HTTP is checked against the contract when the stage is taken down.
import assert from 'node:assert/strict'
import Telnyx from 'telnyx'
import type { CallEnd } from '../../src/lab/call.ts'
import type { IncomingCall } from '../../src/lab/incoming-call.ts'
import type { CallOptions, OutgoingCall } from '../../src/lab/outgoing-call.ts'
import type { Phone } from '../../src/lab/phone.ts'
import { createLab, type Lab, type LabPhoneOptions } from '../../src/lab/runner.ts'
import {
  startServer,
  type RunningServer,
  type ServerProgram,
} from '../../src/lab/server-process.ts'
import { createContractRecorder, type ContractRecorder } from '../contract/checker.ts'
import { startReceiver, type Delivery, type Receiver } from './receiver.ts'
import { startSoundServer, type SoundServer } from './sound-server.ts'
import { patience } from './patience.ts'

export const applicationId = '1000000001'
export const callerHz = 440
export const musicHz = 700
export const agentHz = 1000

export type Json = Readonly<Record<string, unknown>>

export interface StageOptions {
  /** Merged over the test configuration section by section. */
  readonly config?: Json
  /** Merged over the one application. */
  readonly application?: Json
  /** The receiver to use; the stage then leaves it open. */
  readonly receiver?: Receiver
  /** Data of an earlier start. */
  readonly dataDirectory?: string
  readonly program?: ServerProgram
  /** Lines of the log at level error that the test provokes. */
  readonly provokes?: RegExp
}

export interface Stage {
  readonly server: RunningServer
  readonly receiver: Receiver
  readonly lab: Lab
  readonly sounds: SoundServer
  readonly telnyx: Telnyx
  readonly recorder: ContractRecorder
  /** URL of ten seconds of 700 Hz. */
  readonly musicUrl: string
  /** A request with the key; recorded. `path` is below `/v2`. */
  request(method: string, path: string, body?: unknown): Promise<Answer>
  /** A call command that must be accepted. */
  command(id: string, action: string, body?: Json): Promise<void>
  /** A call command that must be refused with 422; its first error. */
  refused(id: string, action: string, body?: Json): Promise<ApiError>
  /** POST /calls that must be accepted; the leg's call_control_id. */
  dial(to: string, extra?: Json): Promise<string>
  /** The webhook of one leg, past or future. */
  event(id: string, type: string, fits?: (payload: Json) => boolean): Promise<Delivery>
  /** A phone on this server. */
  phone(options?: Partial<LabPhoneOptions>): Promise<Phone>
  /** A caller who says 440 Hz, up to `call.initiated`. */
  callIn(options?: Partial<LabPhoneOptions>, callOptions?: CallOptions): Promise<CallIn>
  /** The same, answered by command. */
  answered(options?: Partial<LabPhoneOptions>, callOptions?: CallOptions): Promise<CallIn>
  /** The same, answered and enqueued. */
  queueUp(queue: string, extra?: Json): Promise<CallIn>
  /** An agent phone that answers at once and says 1000 Hz, dialled by the API and answered. */
  dialAgent(extra?: Json, options?: Partial<LabPhoneOptions>): Promise<AgentIn>
  /** A queued caller and an agent, bridged. */
  conversation(queue: string, extra?: Json): Promise<{ caller: CallIn; agent: AgentIn }>
  /** Fails the test when anything said broke the contract. */
  close(options?: { readonly keepData?: boolean }): Promise<number | null>
}

export interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers: Headers
}

export interface ApiError {
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly source?: { readonly pointer?: string; readonly parameter?: string }
  readonly meta?: Json
}

export interface CallIn {
  readonly id: string
  readonly phone: Phone
  readonly call: OutgoingCall
  readonly initiated: Delivery
}

export interface AgentIn {
  readonly id: string
  readonly phone: Phone
  readonly call: IncomingCall
}

/** Starts it all. */
export async function startStage(options: StageOptions = {}): Promise<Stage> {
  const receiver = options.receiver ?? (await startReceiver())
  const sounds = await startSoundServer()
  const application = {
    id: applicationId,
    name: 'test',
    webhook_event_url: receiver.url,
    // A standstill of this process is no silent receiver: what was received would be sent, and counted, once more.
    webhook_timeout_secs: 20,
    numbers: ['*'],
    ...options.application,
  }
  const config = { log: { level: 'warn' }, applications: [application], ...options.config }
  const { dataDirectory, program } = options
  const startOptions = {
    config,
    ...(dataDirectory === undefined ? {} : { dataDirectory }),
    ...(program === undefined ? {} : { program }),
  }
  const server = await startServer(startOptions).catch(async (error: unknown) => {
    if (options.receiver === undefined) await receiver.close()
    await sounds.close()
    throw error
  })
  const recorder = createContractRecorder()
  const lab = createLab('127.0.0.1', patience)
  const telnyx = new Telnyx({
    apiKey: server.apiKey,
    baseURL: server.baseURL,
    publicKey: await server.publicKey(),
    maxRetries: 0,
    fetch: (input, init) => recorder.fetch(input, init),
  })
  const basics = { server, receiver, sounds, recorder, lab, telnyx }
  const requests = requestsOf(server, recorder)
  const people = peopleOf(basics, requests)
  return {
    ...basics,
    ...requests,
    ...people,
    musicUrl: sounds.url(musicHz),
    close: async ({ keepData = false } = {}) => {
      lab.close()
      // 0: the test itself has stopped it.
      const died = (server.child.exitCode ?? 0) !== 0
      const code = await server.stop({ keepData })
      if (options.receiver === undefined) await receiver.close()
      await sounds.close()
      assert.ok(!died, `the server died\n${server.log()}`)
      for (const { raw } of receiver.deliveries) if (raw !== '') recorder.webhook(raw)
      const errors = server.log().match(/^\{"level":"error".*$/gm) ?? []
      const unexpected = errors.filter((line) => options.provokes?.test(line) !== true)
      assert.deepEqual(unexpected, [], 'the server logged errors')
      recorder.assertClean()
      return code
    },
  }
}

type Requests = Pick<Stage, 'request' | 'command' | 'refused' | 'dial'>

function requestsOf(server: RunningServer, recorder: ContractRecorder): Requests {
  const request: Stage['request'] = async (method, path, body) => {
    const response = await recorder.fetch(`${server.baseURL}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${server.apiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const decoded = text === '' ? undefined : (JSON.parse(text) as unknown)
    return { status: response.status, body: decoded, headers: response.headers }
  }
  return {
    request,
    command: async (id, action, body = {}) => {
      const answer = await request('POST', `/calls/${id}/actions/${action}`, body)
      assert.equal(answer.status, 200, `${action}: ${JSON.stringify(answer.body)}`)
    },
    refused: async (id, action, body = {}) => {
      const answer = await request('POST', `/calls/${id}/actions/${action}`, body)
      assert.equal(answer.status, 422, `${action}: ${JSON.stringify(answer.body)}`)
      return firstError(answer)
    },
    dial: async (to, extra = {}) => {
      const answer = await request('POST', '/calls', {
        connection_id: applicationId,
        to,
        from: '+15550100',
        ...extra,
      })
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
      return String(dataOf(answer)['call_control_id'])
    },
  }
}

type Basics = Pick<Stage, 'server' | 'receiver' | 'lab'>
type People = Pick<
  Stage,
  'event' | 'phone' | 'callIn' | 'answered' | 'queueUp' | 'dialAgent' | 'conversation'
>

function peopleOf({ server, receiver, lab }: Basics, { command, dial }: Requests): People {
  let count = 0
  const nextName = (role: string): string => `${role}${(count += 1)}`
  const { port } = server.sip
  const phone: Stage['phone'] = (options = {}) =>
    lab.phone({ user: nextName('phone'), server: { port }, ...options })
  const callIn: Stage['callIn'] = async (options = {}, callOptions = {}) => {
    const user = options.user ?? nextName('caller')
    const voice = { kind: 'tone', hz: callerHz } as const
    const caller = await phone({ voice, ...options, user })
    const seen = new Set(receiver.deliveries.map(({ id }) => id))
    const told = receiver.waitFor(
      ({ type, id, payload }) =>
        type === 'call.initiated' &&
        payload['from'] === user &&
        payload['direction'] === 'incoming' &&
        !seen.has(id),
      20_000,
    )
    const { call, initiated } = await untilLetIn(() => caller.call('+15550100', callOptions), told)
    return { id: String(initiated.payload['call_control_id']), phone: caller, call, initiated }
  }
  const answered: Stage['answered'] = async (options, callOptions) => {
    const caller = await callIn(options, callOptions)
    await command(caller.id, 'answer')
    await caller.call.answered(5_000)
    return caller
  }
  const event: Stage['event'] = (id, type, fits = () => true) =>
    receiver.waitFor(
      (one) => one.type === type && one.payload['call_control_id'] === id && fits(one.payload),
    )
  const queueUp: Stage['queueUp'] = async (queue, extra = {}) => {
    const caller = await answered()
    await command(caller.id, 'enqueue', { queue_name: queue, ...extra })
    return caller
  }
  const dialAgent: Stage['dialAgent'] = async (extra = {}, options = {}) => {
    const voice = { kind: 'tone', hz: agentHz } as const
    const answer = { kind: 'answer', afterMs: 0, before: 'ringing' } as const
    const agent = await phone({ user: nextName('agent'), voice, answer, ...options })
    const id = await dial(agent.contactUri, extra)
    const call = await agent.nextCall(5_000)
    await event(id, 'call.answered')
    return { id, phone: agent, call }
  }
  const conversation: Stage['conversation'] = async (queue, extra = {}) => {
    const caller = await queueUp(queue)
    const agent = await dialAgent()
    await command(agent.id, 'bridge', { queue, ...extra })
    await event(agent.id, 'call.bridged')
    return { caller, agent }
  }
  return { event, phone, callIn, answered, queueUp, dialAgent, conversation }
}

/**
 * Calls, and calls again after a 503: on a machine that is busy with other things the server refuses calls for a moment,
 * with Retry-After: 1, and real callers obey.
 */
export async function untilLetIn(
  place: () => Promise<OutgoingCall>,
  told: Promise<Delivery>,
): Promise<{ readonly call: OutgoingCall; readonly initiated: Delivery }> {
  for (;;) {
    const call = await place()
    const refused = call.until(() => call.end?.status === 503, 20_000, 'no webhook, no 503')
    const initiated = await Promise.race([told, refused.then(() => undefined)])
    refused.catch(() => undefined) // The call goes on: nobody waits for this any more.
    if (initiated !== undefined) return { call, initiated }
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

/** How a call ends that must be refused: for its own sake, and not because the machine is busy. */
export async function refusalOf(place: () => Promise<OutgoingCall>): Promise<CallEnd> {
  for (;;) {
    const call = await place()
    const end = await call.ended(40_000)
    if (end.status !== 503) return end
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

/** The `data` object of an answer. */
export function dataOf({ body }: Answer): Json {
  return (body as { data: Json }).data // The contract checker has looked at its shape.
}

/** The `data` list of an answer. */
export function listOf({ body }: Answer): readonly Json[] {
  return (body as { data: readonly Json[] }).data // As above.
}

/** The first error of an answer. */
export function firstError({ body }: Answer): ApiError {
  const { errors } = body as { errors: readonly ApiError[] } // As above.
  const [error] = errors
  assert.ok(error, JSON.stringify(body))
  return error
}
