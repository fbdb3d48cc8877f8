// A small contact centre, as anybody would write it for the hosted API: it verifies webhook signatures, answers callers,
// puts them into a queue with hold music, rings agents and bridges each to the head of the queue. Only the base URL says
// whose server it talks to.
//
//   TELNYX_BASE_URL=http://127.0.0.1:8080/v2 TELNYX_API_KEY=KEY… TELNYX_PUBLIC_KEY=… \
//   CONNECTION_ID=1000000001 AGENTS=sip:alice@localhost,sip:bob@localhost node examples/contact-centre/app.ts

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Telnyx from 'telnyx'
import { Dispatcher, type Agent } from './dispatcher.ts'
import { holdMusic } from './hold-music.ts'

export interface ContactCentreOptions {
  readonly baseURL: string
  readonly apiKey: string
  /** Base64 Ed25519 key of the server: signatures are checked with it. */
  readonly publicKey: string
  readonly connectionId: string
  readonly queueName: string
  /** Shown to agents as the calling number. */
  readonly from: string
  readonly agents: readonly string[]
  readonly agentRingSecs: number
  readonly host: string
  readonly port: number
  /** Told of every verified webhook once: for a wallboard. */
  readonly onNews?: (news: CallNews) => void
}

export interface CallNews {
  readonly type: string
  readonly callControlId: string
  readonly reason: string | undefined
  readonly position: number | undefined
}

export interface ContactCentre {
  readonly webhookUrl: string
  readonly dispatcher: Dispatcher
  readonly counts: { webhooks: number; answered: number; abandoned: number; refused: number }
  /** Names of commands that were answered with an error the application did not expect. */
  readonly surprises: string[]
  close(): Promise<void>
}

interface CallEvent {
  readonly data?: {
    readonly id?: string
    readonly event_type?: string
    readonly payload?: CallPayload
  }
}

interface CallPayload {
  readonly call_control_id?: string
  readonly direction?: string
  readonly client_state?: string | null
  readonly reason?: string
  readonly queue_position?: number
}

type Role = { readonly role: 'caller' } | { readonly role: 'agent'; readonly address: string }

/** Starts the webhook receiver and keeps ringing agents while callers wait. */
export async function startContactCentre(options: ContactCentreOptions): Promise<ContactCentre> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  const centre = new Centre(options, server, `http://${options.host}:${port}`)
  server.on('request', (request, response) => void centre.receive(request, response))
  return centre
}

class Centre implements ContactCentre {
  readonly dispatcher: Dispatcher
  readonly counts = { webhooks: 0, answered: 0, abandoned: 0, refused: 0 }
  readonly surprises: string[] = []
  readonly webhookUrl: string
  readonly #options: ContactCentreOptions
  readonly #server: Server
  readonly #origin: string
  readonly #telnyx: Telnyx
  readonly #seen = new Set<string>()
  #closed = false

  constructor(options: ContactCentreOptions, server: Server, origin: string) {
    this.#options = options
    this.#server = server
    this.#origin = origin
    this.webhookUrl = `${origin}/webhooks`
    this.dispatcher = new Dispatcher(options.agents)
    const { apiKey, baseURL, publicKey } = options
    this.#telnyx = new Telnyx({ apiKey, baseURL, publicKey })
  }

  async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET' && request.url === '/hold-music.wav') {
      response.writeHead(200, { 'content-type': 'audio/wav' }).end(holdMusic())
      return
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString('utf8')
    let event: CallEvent
    try {
      event = (await this.#telnyx.webhooks.unwrap(body, {
        headers: headersOf(request),
      })) as CallEvent
    } catch {
      this.counts.refused++
      response.writeHead(403).end()
      return
    }
    // Answer first: a slow command must not make the server repeat the webhook.
    response.writeHead(200).end()
    await this.#handle(event)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  async #handle({ data }: CallEvent): Promise<void> {
    const id = data?.id ?? ''
    const leg = data?.payload?.call_control_id
    if (this.#closed || leg === undefined || this.#seen.has(id)) return
    this.#seen.add(id)
    this.counts.webhooks++
    this.#options.onNews?.({
      type: data?.event_type ?? '',
      callControlId: leg,
      reason: data?.payload?.reason,
      position: data?.payload?.queue_position,
    })
    const role = roleOf(data?.payload?.client_state)
    switch (data?.event_type) {
      case 'call.initiated':
        if (data.payload?.direction === 'incoming') await this.#greet(leg, id)
        return
      case 'call.answered':
        if (role?.role === 'caller') await this.#queue(leg, id)
        if (role?.role === 'agent') await this.#connect(leg, role.address, id)
        return
      case 'call.enqueued':
        this.dispatcher.callerWaits(leg)
        return this.#ringAgents()
      case 'call.dequeued':
        this.dispatcher.callerLeft(leg)
        if (data.payload?.reason === 'bridged') this.counts.answered++
        if (data.payload?.reason === 'hangup') this.counts.abandoned++
        return
      case 'call.hangup':
        if (role?.role === 'agent') return this.#free(role.address)
        return
      default:
        return
    }
  }

  async #greet(leg: string, id: string): Promise<void> {
    await this.#try('answer', () =>
      this.#telnyx.calls.actions.answer(leg, {
        client_state: stateOf({ role: 'caller' }),
        command_id: `${id}:answer`,
      }),
    )
  }

  async #queue(leg: string, id: string): Promise<void> {
    await this.#try('enqueue', () =>
      this.#telnyx.calls.actions.enqueue(leg, {
        queue_name: this.#options.queueName,
        command_id: `${id}:enqueue`,
      }),
    )
    await this.#try('playback_start', () =>
      this.#telnyx.calls.actions.startPlayback(leg, {
        audio_url: `${this.#origin}/hold-music.wav`,
        loop: 'infinity',
        command_id: `${id}:music`,
      }),
    )
  }

  async #ringAgents(): Promise<void> {
    await Promise.all(this.dispatcher.agentsToRing().map((agent) => this.#ring(agent)))
  }

  async #ring(agent: Agent): Promise<void> {
    const dialled = await this.#try('dial', () =>
      this.#telnyx.calls.dial({
        connection_id: this.#options.connectionId,
        to: agent.address,
        from: this.#options.from,
        timeout_secs: this.#options.agentRingSecs,
        client_state: stateOf({ role: 'agent', address: agent.address }),
      }),
    )
    if (!dialled) agent.state = 'free'
  }

  async #connect(leg: string, address: string, id: string): Promise<void> {
    const agent = this.dispatcher.find(address)
    if (agent !== undefined) agent.state = 'talking'
    try {
      // The SDK's type asks for a call as well; a queue alone is what the API takes here.
      const body = { queue: this.#options.queueName, command_id: `${id}:bridge` }
      await this.#telnyx.calls.actions.bridge(
        leg,
        body as Parameters<Telnyx['calls']['actions']['bridge']>[1],
      )
    } catch (error) {
      // The callers hung up while the agent was on the way: an ordinary race. Nobody is in line, so let the agent go.
      if (!(error instanceof Telnyx.UnprocessableEntityError))
        this.surprises.push(`bridge: ${String(error)}`)
      await this.#try('hangup', () => this.#telnyx.calls.actions.hangup(leg, {}))
    }
  }

  async #free(address: string): Promise<void> {
    const agent = this.dispatcher.find(address)
    if (agent === undefined) return
    agent.state = 'free'
    await this.#ringAgents()
  }

  /** Runs one command; a leg that ended in the meantime is normal in telephony and no surprise. */
  async #try(name: string, command: () => Promise<unknown>): Promise<boolean> {
    try {
      await command()
      return true
    } catch (error) {
      const gone = error instanceof Telnyx.UnprocessableEntityError
      if (!gone && !this.#closed) this.surprises.push(`${name}: ${String(error)}`)
      return false
    }
  }
}

function stateOf(role: Role): string {
  return Buffer.from(JSON.stringify(role)).toString('base64')
}

function roleOf(state: string | null | undefined): Role | undefined {
  if (state === null || state === undefined || state === '') return undefined
  try {
    return JSON.parse(Buffer.from(state, 'base64').toString('utf8')) as Role
  } catch {
    return undefined
  }
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === 'string') headers[name] = value
  }
  return headers
}

if (import.meta.main) {
  const { env } = process
  const centre = await startContactCentre({
    baseURL: env['TELNYX_BASE_URL'] ?? 'http://127.0.0.1:8080/v2',
    apiKey: env['TELNYX_API_KEY'] ?? '',
    publicKey: env['TELNYX_PUBLIC_KEY'] ?? '',
    connectionId: env['CONNECTION_ID'] ?? '1000000001',
    queueName: env['QUEUE'] ?? 'support',
    from: env['FROM'] ?? '+15550100',
    agents: (env['AGENTS'] ?? '').split(',').filter((agent) => agent !== ''),
    agentRingSecs: 20,
    host: '127.0.0.1',
    port: Number(env['PORT'] ?? 9000),
  })
  console.log(`contact centre ready, webhooks at ${centre.webhookUrl}`)
}
