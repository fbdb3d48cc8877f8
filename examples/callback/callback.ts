// Call-backs: callers may hang up and keep their place in line; whoever comes to them calls them back. Agents say that they
// are free with POST /next {"agent": "sip:alice@localhost"}, are rung, and get the next caller: alive or called back.
//
//   TELNYX_BASE_URL=http://127.0.0.1:8080/v2 TELNYX_API_KEY=KEY… TELNYX_PUBLIC_KEY=… node examples/callback/callback.ts

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Telnyx from 'telnyx'

export interface CallbackOptions {
  readonly baseURL: string
  readonly apiKey: string
  readonly publicKey: string
  readonly connectionId: string
  readonly queueName: string
  /** Shown to agents, and to those who are called back. */
  readonly from: string
  /** SIP domain of callers who are no numbers. */
  readonly domain: string
  readonly port: number
}

/** What a leg is for; travels in its client_state, so that the program remembers nothing itself. */
type Role =
  | { readonly role: 'caller' }
  | { readonly role: 'agent' }
  | { readonly role: 'called-back'; readonly agent: string }

interface CallEvent {
  readonly data?: {
    readonly id?: string
    readonly event_type?: string
    readonly payload?: {
      readonly call_control_id?: string
      readonly direction?: string
      readonly client_state?: string | null
    }
  }
}

interface Refusal {
  readonly code?: string
  readonly meta?: { readonly from?: string }
}

export interface RunningCallback {
  readonly port: number
  close(): Promise<void>
}

/** Starts the receiver of webhooks and of agents who are free. */
export async function startCallback(options: CallbackOptions): Promise<RunningCallback> {
  const { apiKey, baseURL, publicKey, connectionId, queueName, from } = options
  const telnyx = new Telnyx({ apiKey, baseURL, publicKey })
  const { actions } = telnyx.calls
  const seen = new Set<string>()

  const dial = (to: string, role: Role): Promise<unknown> =>
    telnyx.calls.dial({
      ...{ connection_id: connectionId, to, from, timeout_secs: 30 },
      client_state: Buffer.from(JSON.stringify(role)).toString('base64'),
    })

  /** The next in line for an agent. Whoever has hung up is taken out by the refusal, which says whom to call. */
  const next = async (agent: string): Promise<void> => {
    try {
      // The SDK's type asks for a call as well; a queue alone is what the API takes here.
      const body = { queue: queueName } as Parameters<typeof actions.bridge>[1]
      await actions.bridge(agent, body)
    } catch (error) {
      const { code, meta } = refusalOf(error)
      if (code === '90018' && meta?.from !== undefined) {
        const to = meta.from.startsWith('+') ? meta.from : `sip:${meta.from}@${options.domain}`
        await dial(to, { role: 'called-back', agent })
      } else await actions.hangup(agent, {}) // Nobody is in line.
    }
  }

  const handle = async ({ data }: CallEvent): Promise<void> => {
    const leg = data?.payload?.call_control_id
    const id = data?.id ?? ''
    if (leg === undefined || seen.has(id)) return
    seen.add(id)
    const role = roleOf(data?.payload?.client_state)
    switch (data?.event_type) {
      case 'call.initiated':
        if (data.payload?.direction !== 'incoming') return
        await actions.answer(leg, {
          client_state: Buffer.from('{"role":"caller"}').toString('base64'),
          command_id: `${id}:answer`,
        })
        return
      case 'call.answered':
        if (role?.role === 'caller') {
          const kept = { queue_name: queueName, keep_after_hangup: true }
          await actions.enqueue(leg, { ...kept, command_id: `${id}:enqueue` })
          const payload = 'Hang up if you like. You keep your place, and we call you back.'
          await actions.speak(leg, { payload, voice: 'female', command_id: `${id}:speak` })
        } else if (role?.role === 'agent') await next(leg)
        else if (role?.role === 'called-back')
          await actions.bridge(leg, { call_control_id_to_bridge_with: role.agent })
        return
      case 'call.hangup':
        // Not reached, or over: the agent gets the next one, or is let go.
        if (role?.role === 'called-back') await next(role.agent)
        return
      default:
        return
    }
  }

  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString('utf8')
    if (request.url === '/next') {
      const { agent } = JSON.parse(body) as { agent: string }
      await dial(agent, { role: 'agent' })
      response.writeHead(204).end()
      return
    }
    let event: CallEvent
    try {
      const headers = Object.entries(request.headers).filter(
        ([, value]) => typeof value === 'string',
      )
      event = (await telnyx.webhooks.unwrap(body, {
        headers: Object.fromEntries(headers) as Record<string, string>,
      })) as CallEvent
    } catch {
      response.writeHead(403).end()
      return
    }
    response.writeHead(200).end()
    // A leg that ended meanwhile refuses its command: normal in telephony.
    await handle(event).catch((error: unknown) => {
      if (!(error instanceof Telnyx.UnprocessableEntityError)) console.error(String(error))
    })
  }

  const server = createServer((request, response) => {
    receive(request, response).catch((error: unknown) => {
      console.error(String(error))
      if (!response.headersSent) response.writeHead(500).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(options.port, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function roleOf(state: string | null | undefined): Role | undefined {
  if (state === null || state === undefined || state === '') return undefined
  try {
    return JSON.parse(Buffer.from(state, 'base64').toString('utf8')) as Role
  } catch {
    return undefined
  }
}

/** The first error of a refused command. */
function refusalOf(error: unknown): Refusal {
  if (!(error instanceof Telnyx.APIError)) throw error
  const { errors } = error.error as { errors?: readonly Refusal[] }
  return errors?.[0] ?? {}
}

if (import.meta.main) {
  const { env } = process
  const { port } = await startCallback({
    baseURL: env['TELNYX_BASE_URL'] ?? 'http://127.0.0.1:8080/v2',
    apiKey: env['TELNYX_API_KEY'] ?? '',
    publicKey: env['TELNYX_PUBLIC_KEY'] ?? '',
    connectionId: env['CONNECTION_ID'] ?? '1000000001',
    queueName: env['QUEUE'] ?? 'support',
    from: env['FROM'] ?? '+15550100',
    domain: env['SIP_DOMAIN'] ?? 'localhost',
    port: Number(env['PORT'] ?? 9000),
  })
  console.log(`call-backs ready, webhooks at http://127.0.0.1:${port}/webhooks`)
}
