// Listening along to a call (C237): a WebSocket that carries what the call's two sides hear, and nothing back.

import type { FastifyRequest } from 'fastify'
import type { LegId } from '../../base/ids.ts'
import { callParams, callPath, legIdOf } from '../calls/path.ts'
import type { Api, ApiContext } from '../context.ts'
import { errorSchema, plainOperation } from '../operation.ts'
import type { Problem } from '../problems.ts'

const listenPath = `${callPath}/listen`
const listenUrl = /^\/v2\/calls\/[^/?]+\/listen(?:\?|$)/

/** As Node's HTTP server shows it before it has been routed. */
interface RawRequest {
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** Whether a request is to become a WebSocket; all others stay ordinary requests, whatever they would like to become. */
export function asksToListen({ url, headers }: RawRequest): boolean {
  return isWebSocket(headers) && listenUrl.test(url ?? '')
}

const schema = {
  ...plainOperation({
    tag: 'calls',
    summary: 'Listen to a call (WebSocket)',
    description: [
      'Binary messages of 20 ms: 160 bytes of PCMU at 8 kHz, what the peer of the call says and what it is sent, mixed, without whispers.',
      'Nothing in the call tells of it; the log and the timeline of the call do.',
      'Needs an API key or a session of role admin, and `console.allow_listen: true`; with a cookie also the `Origin` of this server.',
      'It goes on over queues, bridges and holds of the call. Closed with 1000 when the call ends, 1001 when the server stops, 1008 when the session ends, 1011 when no sound comes, 1013 when the listener is too slow.',
      'What the client sends is not looked at. An addition of ours (C237 to C239).',
    ].join(' '),
    path: callParams,
  }),
  response: {
    101: { type: 'null', description: 'The WebSocket.' },
    default: errorSchema,
  },
}

const noRoom: Problem = {
  name: 'unavailable',
  detail: 'As many listen to calls as may at one time (limits.listeners).',
  retryAfterSecs: 30,
}

/** GET /v2/calls/{call_control_id}/listen */
export function listenToCall(api: Api, context: ApiContext): void {
  const { listeners, options, tokens } = context
  api.get(listenPath, { schema, exposeHeadRoute: false }, async (request, reply) => {
    const legId = legIdOf(request.params)
    const refused = refusalOf(context, request, legId)
    if (refused?.name === 'upgrade-required') reply.header('upgrade', 'websocket')
    if (refused !== undefined) return context.refuse(reply, [refused])
    const session = request.access?.session
    const opened = listeners.open(
      {
        ...{ legId, keyName: request.apiKey?.name ?? '', remoteAddress: request.ip },
        by: session === undefined ? 'key' : 'session',
      },
      () => session === undefined || tokens.isLive(session, context.nowMs()),
      (on) => options.webSockets.accept(request.raw, on),
    )
    if (opened === 'full') return context.refuse(reply, [noRoom])
    if (opened === 'refused') return context.refuse(reply, [{ name: 'malformed-request' }])
    // The connection is no HTTP any more.
    return reply.hijack()
  })
}

/** In this order: who asks, from where, for which call, and how. */
function refusalOf(
  { options }: ApiContext,
  { access, headers }: FastifyRequest,
  legId: LegId,
): Problem | undefined {
  const { control, config } = options
  if (access?.role !== 'admin') return { name: 'read-only' }
  if (!config.console.allow_listen) return { name: 'listening-off' }
  const asks = isWebSocket(headers)
  if (asks && access.session !== undefined && !isOwnOrigin(headers, config.http.public_url)) {
    return { name: 'foreign-origin' }
  }
  const call = control.call(legId)
  if (call === undefined) return { name: 'not-found' }
  if (!call.alive) return { name: 'leg-ended' }
  if (call.answeredAtMs === undefined) return { name: 'not-answered' }
  if (asks) return undefined
  return options.listening.hasRoom() ? { name: 'upgrade-required' } : noRoom
}

/** RFC 6455 §4.2.1. */
function isWebSocket({ upgrade }: RawRequest['headers']): boolean {
  return typeof upgrade === 'string' && upgrade.toLowerCase() === 'websocket'
}

/**
 * RFC 6455 §10.2: browsers let any page open a WebSocket to anywhere, with the cookies of there, and say in Origin which
 * page it is. SameSite keeps our cookie from other sites, but not from other ports and subdomains of this one.
 */
function isOwnOrigin({ origin, host }: RawRequest['headers'], publicUrl: string): boolean {
  if (typeof origin !== 'string' || typeof host !== 'string' || !URL.canParse(origin)) return false
  const from = new URL(origin)
  if (from.host === host.toLowerCase()) return true
  return URL.canParse(publicUrl) && new URL(publicUrl).origin === from.origin
}
