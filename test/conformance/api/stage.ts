// What checks do things with: requests with the key, the official client, robot phones, and what the server told over
// webhooks. Nothing here knows whose server it is.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import Telnyx from 'telnyx'
import type { IncomingCall } from '../../../src/lab/incoming-call.ts'
import type { CallOptions, OutgoingCall } from '../../../src/lab/outgoing-call.ts'
import type { Phone } from '../../../src/lab/phone.ts'
import { createLab, type LabPhoneOptions } from '../../../src/lab/runner.ts'
import { startSoundServer, type SoundServer } from '../../support/sound-server.ts'
import { openWebhooks, type Delivery, type Webhooks } from './webhooks.ts'

export type Json = Readonly<Record<string, unknown>>

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Decoded JSON; undefined for an empty body. */
  readonly body: unknown
}

export interface TargetOptions {
  /** With `/v2`. */
  readonly baseUrl: string
  readonly key: string
  /** Call control application whose webhooks come to us. Without it no check that needs calls runs. */
  readonly connectionId?: string
  /** Where the phones send their calls. Likewise. */
  readonly sip?: { readonly host: string; readonly port: number }
  /** What callers dial to reach the application. */
  readonly dialled?: string
  /** Address of our side as the server sees it. Default 127.0.0.1. */
  readonly ourHost?: string
  /** How long a webhook is waited for. Default 10 s. */
  readonly patienceMs?: number
  /** An open receiver; the stage opens one of its own otherwise. */
  readonly webhooks?: Webhooks
}

export interface RequestOptions {
  readonly body?: unknown
  /** Sent as it is, instead of `body`. */
  readonly raw?: string | Uint8Array<ArrayBuffer>
  /** `undefined`: no key at all. */
  readonly authorization?: string | undefined
  /** `undefined`: no content type. */
  readonly contentType?: string | undefined
}

export interface Party {
  readonly id: string
  readonly phone: Phone
}
export interface Caller extends Party {
  readonly call: OutgoingCall
  readonly name: string
}
export interface CallInOptions extends CallOptions {
  readonly phone?: Partial<LabPhoneOptions>
}
export interface Agent extends Party {
  readonly call: IncomingCall
}

export interface ConformanceStage {
  readonly telnyx: Telnyx
  readonly webhooks: Webhooks
  readonly hasCalls: boolean
  readonly connectionId: string
  /** A name nobody else uses. */
  unique(prefix: string): string
  /** Runs `make` the first time; later callers share what came of it, a failure as well. */
  once<T>(name: string, make: () => Promise<T>): Promise<T>
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>
  get(path: string): Promise<Answer>
  /** The body of a success, undecoded. */
  bytes(path: string): Promise<Buffer>
  post(path: string, body?: unknown): Promise<Answer>
  /** A call command. */
  command(id: string, action: string, body?: unknown): Promise<Answer>
  /** A call command that must be accepted. */
  ok(id: string, action: string, body?: unknown): Promise<void>
  event(id: string, type: string, fits?: (payload: Json) => boolean): Promise<Delivery>
  soundUrl(hz: number, ms?: number): Promise<string>
  /** How often that sound was fetched. */
  soundFetches(url: string): Promise<number>
  phone(options?: Partial<LabPhoneOptions>): Promise<Phone>
  /** A call that came in and is not answered. */
  callIn(options?: CallInOptions): Promise<Caller>
  /** A call that came in and was answered. */
  answered(options?: CallInOptions): Promise<Caller>
  /** A leg of our own that was answered by a phone. */
  dialled(extra?: Json, phone?: Phone): Promise<Agent>
  /** Dials a phone that answers, and waits for nothing: its webhooks may go anywhere. */
  dialledQuietly(extra?: Json): Promise<{ readonly id: string }>
  /** An outgoing leg that rings for ever. */
  ringing(extra?: Json): Promise<Party>
  /** Runs something whose calls nobody needs afterwards: they are hung up, but for those of `once`. */
  apart<T>(run: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

const silence = { kind: 'silence' } as const

/** Makes the stage; what it opens is closed by `close`. */
export async function openStage(options: TargetOptions): Promise<ConformanceStage> {
  const host = options.ourHost ?? '127.0.0.1'
  const webhooks = options.webhooks ?? (await openWebhooks(host))
  const lab = createLab(host)
  const memory = new Map<string, Promise<unknown>>()
  let sounds: Promise<SoundServer> | undefined
  // A server may keep what an earlier run made.
  const run = Math.random().toString(36).slice(2, 8)
  let count = 0
  const unique = (prefix: string): string => `${prefix}-${run}-${(count += 1)}`

  const request: ConformanceStage['request'] = async (method, path, ask = {}) => {
    const authorization = 'authorization' in ask ? ask.authorization : `Bearer ${options.key}`
    const body = ask.raw ?? (ask.body === undefined ? undefined : JSON.stringify(ask.body))
    const type =
      'contentType' in ask ? ask.contentType : body === undefined ? undefined : 'application/json'
    const response = await fetch(`${options.baseUrl}${path}`, {
      method,
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(type === undefined ? {} : { 'content-type': type }),
      },
      // Bytes get no content type from fetch, texts would.
      ...(body === undefined ? {} : { body: typeof body === 'string' ? Buffer.from(body) : body }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: decoded(text) }
  }
  const post: ConformanceStage['post'] = (path, body = {}) => request('POST', path, { body })
  const command: ConformanceStage['command'] = (id, action, body = {}) =>
    post(`/calls/${id}/actions/${action}`, body)
  const ok: ConformanceStage['ok'] = async (id, action, body) => {
    let answer = await command(id, action, body)
    // A busy server says so and has done nothing; clients ask again.
    for (let left = 5; answer.status === 503 && left > 0; left -= 1) {
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      answer = await command(id, action, body)
    }
    assert.equal(answer.status, 200, `${action}: ${answer.text}`)
  }
  const event: ConformanceStage['event'] = (id, type, fits = () => true) =>
    webhooks.next(
      (one) => one.type === type && one.payload['call_control_id'] === id && fits(one.payload),
      `${type} of ${id}`,
      options.patienceMs,
    )
  const connectionId = options.connectionId ?? ''
  const phones: Phone[] = []
  // Calls that go on cost packets, fifty a second each way: whoever makes phones is remembered.
  const maker = new AsyncLocalStorage<Phone[]>()
  const keep = (phone: Phone): void => void (maker.getStore() ?? phones).push(phone)
  const people = peopleOf({ options, lab, keep, webhooks, unique, post, ok, event })
  return {
    telnyx: new Telnyx({ apiKey: options.key, baseURL: options.baseUrl, maxRetries: 0 }),
    webhooks,
    hasCalls: options.sip !== undefined && options.connectionId !== undefined,
    connectionId,
    unique,
    once: async <T>(name: string, make: () => Promise<T>): Promise<T> => {
      const known = memory.get(name) ?? maker.run(phones, make)
      memory.set(name, known)
      return known as Promise<T> // Put there under the same name by the same caller.
    },
    request,
    get: (path) => request('GET', path),
    bytes: async (path) => {
      const headers = { authorization: `Bearer ${options.key}` }
      const response = await fetch(`${options.baseUrl}${path}`, { headers })
      assert.equal(response.status, 200, path)
      return Buffer.from(await response.arrayBuffer())
    },
    post,
    command,
    ok,
    event,
    soundUrl: async (hz, ms) => (await (sounds ??= startSoundServer(host))).url(hz, ms),
    soundFetches: async (url) => (await (sounds ??= startSoundServer(host))).fetches(url),
    ...people,
    apart: async (run) => {
      const own: Phone[] = []
      try {
        return await maker.run(own, run)
      } finally {
        for (const call of own.flatMap(({ liveCalls }) => liveCalls)) call.hangUp()
        phones.push(...own)
      }
    },
    close: async () => {
      // The server should not keep calls whose phones are gone.
      const calls = phones.flatMap(({ liveCalls }) => liveCalls)
      for (const call of calls) call.hangUp()
      await Promise.allSettled(calls.map((call) => call.ended(2_000)))
      lab.close()
      await (await sounds)?.close()
      if (options.webhooks === undefined) await webhooks.close()
    },
  }
}

interface Basics extends Pick<ConformanceStage, 'webhooks' | 'unique' | 'post' | 'ok' | 'event'> {
  readonly options: TargetOptions
  /** Hears of every phone that is made. */
  readonly keep: (phone: Phone) => void
  readonly lab: ReturnType<typeof createLab>
}
type People = Pick<
  ConformanceStage,
  'phone' | 'callIn' | 'answered' | 'dialled' | 'dialledQuietly' | 'ringing'
>

function peopleOf({ options, lab, keep, webhooks, unique, post, ok, event }: Basics): People {
  const phone: ConformanceStage['phone'] = async (more = {}) => {
    const { host, port } = options.sip ?? { host: '127.0.0.1', port: 5060 }
    const server = { port, address: host }
    const made = await lab.phone({
      user: unique('phone'),
      server,
      voice: silence,
      decode: false,
      ...more,
    })
    keep(made)
    return made
  }
  const callIn: ConformanceStage['callIn'] = async ({ phone: more = {}, ...how } = {}) => {
    const name = unique('caller')
    const caller = await phone({ user: name, ...more })
    const told = webhooks.next(
      ({ type, payload }) => type === 'call.initiated' && String(payload['from']).includes(name),
      `call.initiated of ${name}`,
      20_000,
    )
    for (;;) {
      const call = await caller.call(options.dialled ?? '+15550100', how)
      // A busy server says 503 and Retry-After: 1; real callers obey.
      const busy = call.until(() => call.end?.status === 503, 20_000, 'let in')
      const initiated = await Promise.race([told, busy.then(() => undefined)])
      busy.catch(() => undefined) // The call goes on: nobody waits for this any more.
      if (initiated !== undefined) {
        return { id: String(initiated.payload['call_control_id']), phone: caller, call, name }
      }
      await new Promise((resolve) => setTimeout(resolve, 1_000))
    }
  }
  const dial = async (callee: Phone, extra: Json): Promise<string> => {
    const answer = await post('/calls', {
      connection_id: options.connectionId,
      to: callee.contactUri,
      from: '+15550100',
      ...extra,
    })
    assert.equal(answer.status, 200, answer.text)
    const { data } = answer.body as { data: { call_control_id: string } } // As published for 200.
    return data.call_control_id
  }
  return {
    phone,
    callIn,
    answered: async (how) => {
      const caller = await callIn(how)
      await ok(caller.id, 'answer')
      await caller.call.answered(5_000)
      return caller
    },
    dialled: async (extra = {}, given) => {
      const callee = given ?? (await phone())
      const id = await dial(callee, extra)
      const call = await callee.nextCall(5_000)
      await event(id, 'call.answered')
      return { id, phone: callee, call }
    },
    dialledQuietly: async (extra = {}) => ({ id: await dial(await phone(), extra) }),
    ringing: async (extra = {}) => {
      const callee = await phone({ answer: { kind: 'manual' } })
      const id = await dial(callee, extra)
      const call = await callee.nextCall(5_000)
      call.ring()
      return { id, phone: callee }
    },
  }
}

function decoded(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
