// A whole telephone world for the test of one voice application: a server on free ports, callers and agents, time that
// can be moved and faults. Docs: docs/guides/testing.md.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Phone } from '../lab/phone.ts'
import type { AnswerPolicy } from '../lab/ua.ts'
import { createLab, type Lab as Phones } from '../lab/runner.ts'
import { serverMain, startServer, type RunningServer } from '../lab/server-process.ts'
import { secondsOf } from './duration.ts'
import { Events } from './events.ts'
import { Faults } from './fault-switches.ts'
import { dataOf, isJson, type Json } from './json.ts'
import { Agent, Caller, voiceOf, type Sound } from './people.ts'
import { Queue } from './queue.ts'
import { ask, patience, pause, type Answer } from './world.ts'

const connectionId = '1000000001'
const agentPassword = 'secret'
const atServerMs = 10_000
const logLinesMax = 10
/** Compiled code of the server, for the next start: throw-away data has none. */
const compiled = join(
  fileURLToPath(new URL('../..', import.meta.url)),
  'node_modules/.cache/holdfast-lab',
)

const program = {
  ...{ main: serverMain, env: { NODE_COMPILE_CACHE: compiled } },
  endsWithUs: true,
}

export interface LabOptions {
  /** Where the application under test takes its webhooks. Without it nothing is delivered; events are there all the same. */
  readonly webhookUrl?: string
  /** SIP users that agents log in as; an agent of another name is called at the address of the phone. */
  readonly agents?: readonly string[]
  /** Merged over the configuration of the server, section by section, in the words of docs/reference/configuration.md. */
  readonly config?: Json
}

export interface CallerOptions {
  /** As whom. Default: a number of its own. */
  readonly number?: string
  /** Default: `+15550100`. */
  readonly dials?: string
  /** What the caller says. Default: silence. */
  readonly says?: Sound
}

export interface AgentOptions {
  /** Default: `at-once`. */
  readonly answers?: 'at-once' | 'by-hand' | { readonly afterMs: number } | 'busy'
  readonly says?: Sound
}

/** Starts a server of its own for the test; end it with `stop`. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const { webhookUrl = '', agents = [], config = {} } = options
  const application = {
    ...{ id: connectionId, name: 'test', numbers: ['*'] },
    ...(webhookUrl === '' ? {} : { webhook_event_url: webhookUrl }),
  }
  const server = await startServer({
    program,
    config: {
      log: { level: 'warn' },
      lab: { enabled: true },
      applications: [application],
      sip_users: agents.map((username) => ({ username, password: agentPassword })),
      ...config,
    },
  })
  try {
    await keepPorts(server)
    return new Lab(server, await server.publicKey(), new Set(agents))
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** A restarted server is found where it was. */
async function keepPorts({ origin, sip, dataDirectory }: RunningServer): Promise<void> {
  const file = join(dataDirectory, 'holdfast.yaml')
  const config: unknown = JSON.parse(await readFile(file, 'utf8'))
  if (!isJson(config)) return
  const withPort = (section: unknown, port: number): Json => ({
    ...(isJson(section) ? section : {}),
    port,
  })
  const http = withPort(config['http'], Number(new URL(origin).port))
  const kept = { ...config, http, sip: withPort(config['sip'], sip.port) }
  await writeFile(file, JSON.stringify(kept))
}

export class Lab {
  readonly publicKey: string
  readonly connectionId = connectionId
  readonly events: Events
  readonly faults: Faults
  readonly #phones: Phones
  readonly #users: ReadonlySet<string>
  #server: RunningServer
  #running = true
  readonly #agents = new Map<string, Phone>()
  #callers = 0

  constructor(server: RunningServer, publicKey: string, users: ReadonlySet<string>) {
    this.#server = server
    this.publicKey = publicKey
    this.#users = users
    this.#phones = createLab('127.0.0.1', patience())
    this.events = new Events((path) => this.get(path))
    this.faults = new Faults(
      async (fault) => void (await this.#must('POST', '/v2/lab/faults', fault)),
      async () => void (await this.#must('DELETE', '/v2/lab/faults')),
    )
  }

  /** `http://127.0.0.1:port/v2`: the `baseURL` of a client. */
  get baseURL(): string {
    return this.#server.baseURL
  }

  get apiKey(): string {
    return this.#server.apiKey
  }

  /** Host and port for a phone of your own. */
  get sip(): { readonly host: string; readonly port: number } {
    return this.#server.sip
  }

  /** What an application written for the hosted API reads from its environment. */
  get env(): Readonly<Record<string, string>> {
    return {
      TELNYX_BASE_URL: this.baseURL,
      TELNYX_API_KEY: this.apiKey,
      TELNYX_PUBLIC_KEY: this.publicKey,
      CONNECTION_ID: this.connectionId,
    }
  }

  /** Everything that the server has written to its log. */
  get log(): string {
    return this.#server.log()
  }

  /** GET of a path of the server. */
  get(path: string): Promise<Answer> {
    return this.request('GET', path)
  }

  /** Any request; `path` begins with `/v2`. */
  async request(method: string, path: string, body?: unknown): Promise<Answer> {
    this.#mustRun()
    try {
      return await ask(this.#server.origin, this.apiKey, { method, path, body })
    } catch (error) {
      const { child, log } = this.#server
      const end = child.exitCode ?? child.signalCode
      if (end === null || !this.#running) throw error
      const last = log().trim().split('\n').slice(-logLinesMax).join('\n')
      throw new Error(`the server has ended (${end}); its last words:\n${last}`, { cause: error })
    }
  }

  /** Somebody calls; resolves when the application has been told (`call.initiated`). */
  async caller(options: CallerOptions = {}): Promise<Caller> {
    this.#mustRun()
    this.#callers += 1
    const number = options.number ?? `+1555${String(1_000_000 + this.#callers)}`
    const { dials = '+15550100', says = 'silence' } = options
    const server = { port: this.sip.port }
    const phone = await this.#phones.phone({ user: number, server, voice: voiceOf(says) })
    const fits = { from: number, direction: 'incoming' }
    const told = this.events.next('call.initiated', fits, { within: atServerMs })
    for (;;) {
      const call = await phone.call(dials)
      const over = call.until(() => call.end !== undefined, 2 * atServerMs, 'at the server')
      const event = await Promise.race([told, over.then(() => undefined)])
      over.catch(() => undefined) // Of a call that goes on.
      if (event !== undefined) {
        return new Caller(number, phone, call, String(event.payload['call_control_id']))
      }
      // A server that is busy says so, and callers call again.
      if (call.end?.status !== 503) {
        told.catch(() => undefined) // It will never come.
        throw new Error(`the call of ${number} was not taken: ${call.describe()}`)
      }
      await pause(500)
    }
  }

  /** The caller's phone is not needed any more; a call that goes on is cut without a word. */
  forget(caller: Caller): void {
    this.#phones.powerCut(caller.phone)
  }

  /** A phone that the application can call. One of `agents` logs in; an earlier one of that name leaves. */
  async agent(name: string, { answers = 'at-once', says = 'silence' }: AgentOptions = {}) {
    this.#mustRun()
    const isUser = this.#users.has(name)
    const former = this.#agents.get(name)
    if (former !== undefined) await this.#leave(former)
    const phone = await this.#phones.phone({
      ...{ user: name, server: { port: this.sip.port } },
      ...(isUser ? { domain: 'localhost', password: agentPassword } : {}),
      ...{ voice: voiceOf(says), answer: policyOf(answers) },
    })
    this.#agents.set(name, phone)
    if (!isUser) return new Agent(name, phone, phone.contactUri)
    const status = await phone.register()
    if (status !== 200) throw new Error(`${name} could not log in: ${status}`)
    return new Agent(name, phone, `sip:${name}@localhost`)
  }

  queue(name: string): Queue {
    return new Queue(name, (path) => this.get(path))
  }

  /**
   * Lets so many seconds (or `'30m'`, `'1h30m'`) pass for calls, queues and webhooks; SIP and sound keep real time. Resolves
   * when everything that falls due by then has happened.
   */
  async skip(duration: number | string): Promise<void> {
    await this.#must('POST', '/v2/lab/skip', { seconds: secondsOf(duration) })
  }

  /** All calls end, all queues are empty, all faults are off, agents log out: for the next test. Time stays where it is. */
  async reset(): Promise<void> {
    await this.#must('POST', '/v2/lab/reset', {})
    for (const phone of [...this.#agents.values()]) await this.#leave(phone)
    this.#agents.clear()
    await this.events.catchUp()
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.#running = false
    await this.#server.kill()
  }

  /** After `kill`, or in place of the running server, which is killed: on the same data and the same ports. */
  async restart(): Promise<void> {
    if (this.#running) await this.kill()
    this.#server = await this.#server.again(program)
    this.#running = true
  }

  /** Ends phones and server; their data goes away. */
  async stop(): Promise<void> {
    this.#phones.close()
    this.#running = false
    await this.#server.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Logs out and hangs up its wires. */
  async #leave(phone: Phone): Promise<void> {
    if (phone.registeredSecs > 0) await phone.unregister()
    this.#phones.powerCut(phone)
  }

  #mustRun(): void {
    if (!this.#running) throw new Error('the server does not run: it was killed or stopped')
  }

  async #must(method: string, path: string, body?: Json): Promise<Json> {
    const answer = await this.request(method, path, body)
    if (answer.status >= 200 && answer.status < 300) return dataOf(answer.body)
    throw new Error(refusalOf(method, path, answer))
  }
}

/** What the server says is wrong. */
function refusalOf(method: string, path: string, { status, body }: Answer): string {
  const errors = isJson(body) && Array.isArray(body['errors']) ? body['errors'].filter(isJson) : []
  const details = errors.map(({ detail }) => String(detail)).join('; ')
  return `${method} ${path}: ${status} ${details === '' ? JSON.stringify(body) : details}`
}

function policyOf(answers: NonNullable<AgentOptions['answers']>): AnswerPolicy {
  switch (answers) {
    case 'at-once':
      return { kind: 'answer', afterMs: 0, before: 'ringing' }
    case 'by-hand':
      return { kind: 'manual' }
    case 'busy':
      return { kind: 'reject', status: 486, afterMs: 0 }
    default:
      return { kind: 'answer', afterMs: answers.afterMs, before: 'ringing' }
  }
}
