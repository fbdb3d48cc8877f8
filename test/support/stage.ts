// A stage for end-to-end tests: the real server as a process, a webhook receiver, a WAV server, robot phones and the
// official client; everything said over HTTP is checked against the contract when the stage is taken down.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Telnyx from 'telnyx'
import wavefile from 'wavefile'
import type { OutgoingCall } from '../../src/lab/outgoing-call.ts'
import type { Phone } from '../../src/lab/phone.ts'
import { createLab, type Lab, type LabPhoneOptions } from '../../src/lab/runner.ts'
import { startServer, type RunningServer } from '../../src/lab/server-process.ts'
import { createContractRecorder, type ContractRecorder } from '../contract/checker.ts'
import { startReceiver, type Delivery, type Receiver } from './receiver.ts'

export const applicationId = '1000000001'
export const callerHz = 440
export const musicHz = 700
export const agentHz = 1000

export interface Stage {
  readonly server: RunningServer
  readonly receiver: Receiver
  readonly lab: Lab
  readonly telnyx: Telnyx
  readonly recorder: ContractRecorder
  /** URL of ten seconds of 700 Hz. */
  readonly musicUrl: string
  /** A request with the key; recorded. */
  request(method: string, path: string, body?: unknown): Promise<Answer>
  /** A caller who says 440 Hz, up to `call.initiated`. */
  callIn(options?: Partial<LabPhoneOptions>): Promise<CallIn>
  /** The same, answered by command and enqueued. */
  queueUp(queue: string, extra?: Readonly<Record<string, unknown>>): Promise<CallIn>
  /** An agent phone that answers at once and says 1000 Hz, dialled by the API and answered. */
  dialAgent(extra?: Readonly<Record<string, unknown>>): Promise<AgentIn>
  /** Fails the test when anything said broke the contract. */
  close(): Promise<void>
}

export interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers: Headers
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
  readonly call: Awaited<ReturnType<Phone['nextCall']>>
}

/** Starts it all; `config` is merged over the test configuration section by section. */
export async function startStage(config: Readonly<Record<string, unknown>> = {}): Promise<Stage> {
  const receiver = await startReceiver()
  const music = await startMusic()
  const application = {
    id: applicationId,
    name: 'test',
    webhook_event_url: receiver.url,
    numbers: ['*'],
  }
  const server = await startServer({
    config: { log: { level: 'warn' }, applications: [application], ...config },
  })
  const recorder = createContractRecorder()
  const lab = createLab()
  const recorded: typeof fetch = (input, init) => recorder.fetch(input, init)
  const telnyx = new Telnyx({
    apiKey: server.apiKey,
    baseURL: server.baseURL,
    publicKey: await server.publicKey(),
    maxRetries: 0,
    fetch: recorded,
  })
  let callers = 0
  const request: Stage['request'] = async (method, path, body) => {
    const response = await recorded(`${server.baseURL}${path}`, {
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
  const command = async (id: string, action: string, body: unknown = {}): Promise<void> => {
    const answer = await request('POST', `/calls/${id}/actions/${action}`, body)
    assert.equal(answer.status, 200, `${action}: ${JSON.stringify(answer.body)}`)
  }
  const callIn: Stage['callIn'] = async (options = {}) => {
    const user = `caller${(callers += 1)}`
    const voice = { kind: 'tone', hz: callerHz } as const
    const port = server.sip.port
    const phone = await lab.phone({ user, server: { port }, voice, ...options })
    const call = await phone.call('+15550100')
    const initiated = await receiver.waitFor(
      ({ type, payload }) =>
        type === 'call.initiated' &&
        payload['from'] === (options.user ?? user) &&
        payload['direction'] === 'incoming',
    )
    return { id: String(initiated.payload['call_control_id']), phone, call, initiated }
  }
  return {
    server,
    receiver,
    lab,
    telnyx,
    recorder,
    musicUrl: music.url,
    request,
    callIn,
    queueUp: async (queue, extra = {}) => {
      const caller = await callIn()
      await command(caller.id, 'answer')
      await caller.call.answered(5_000)
      await command(caller.id, 'enqueue', { queue_name: queue, ...extra })
      return caller
    },
    dialAgent: async (extra = {}) => {
      const voice = { kind: 'tone', hz: agentHz } as const
      const answer = { kind: 'answer', afterMs: 0, before: 'ringing' } as const
      const user = `agent${(callers += 1)}`
      const phone = await lab.phone({ user, server: { port: server.sip.port }, voice, answer })
      const dialled = await request('POST', '/calls', {
        connection_id: applicationId,
        to: phone.contactUri,
        from: '+15550100',
        ...extra,
      })
      assert.equal(dialled.status, 200, JSON.stringify(dialled.body))
      const { call_control_id: id } = (dialled.body as { data: { call_control_id: string } }).data
      const call = await phone.nextCall(5_000)
      await receiver.waitFor(
        ({ type, payload }) => type === 'call.answered' && payload['call_control_id'] === id,
      )
      return { id, phone, call }
    },
    close: async () => {
      lab.close()
      await server.stop()
      await receiver.close()
      await music.close()
      for (const { raw } of receiver.deliveries) if (raw !== '') recorder.webhook(raw)
      recorder.assertClean()
    },
  }
}

async function startMusic(): Promise<{ url: string; close(): Promise<void> }> {
  const rateHz = 16_000
  const samples = Int16Array.from({ length: rateHz * 10 }, (_, i) =>
    Math.round(8_000 * Math.sin((2 * Math.PI * musicHz * i) / rateHz)),
  )
  const wav = new wavefile.WaveFile()
  wav.fromScratch(1, rateHz, '16', samples)
  const bytes = Buffer.from(wav.toBuffer())
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/music.wav')) response.writeHead(200).end(bytes)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/music.wav`,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
