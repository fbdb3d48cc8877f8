// Builds the HTTP application. Tests use `inject`, the composition root listens. The HTTP library does sockets, routing
// and life cycle; authentication, checking, error texts and headers are set up here once for all endpoints.

import swagger from '@fastify/swagger'
import fastify from 'fastify'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { unreachable } from '../base/assert.ts'
import type { Timers } from '../ports/timers.ts'
import { parseBody } from './body.ts'
import { ApiContext } from './context.ts'
import type { Api, ApiOptions } from './context.ts'
import { descriptionOptions } from './openapi.ts'
import { PathTable } from './paths.ts'
import { errorBody, RequestRefused, statusOf } from './problems.ts'
import type { Problem } from './problems.ts'
import { asksToListen } from './listen/route.ts'
import { rateLimiter } from './rate-limit.ts'
import { endpoints } from './routes.ts'
import { accessOf, forbidden } from './sessions/access.ts'
import { withoutSecrets } from './sessions/read-role.ts'
import { recordCommands } from './timelines/record-commands.ts'
import { checkAgainst } from './validate.ts'
import type { FieldSchema } from './validate.ts'

/** Path and query; longer ones are answered 414. Node's own limit for all headers together is above it. */
const urlCharsMax = 8192
const headerBytesMax = 65_536
const requestTimeoutMs = 60_000
const closeIdleEveryMs = 50
/** Requests that are under way when the server closes have so long. */
const lastRequestsMs = 2000

/** The HTTP application; call `ready()`, then `listen` or `inject`. */
export function createApi(options: ApiOptions): Api {
  const context = new ApiContext(options)
  const api: Api = fastify({
    logger: false,
    genReqId: () => options.random.uuid(),
    bodyLimit: options.config.limits.body_bytes,
    requestTimeout: requestTimeoutMs,
    return503OnClosing: false,
    http: {
      maxHeaderSize: headerBytesMax,
      // Where it is off, the request is an ordinary one and told so.
      shouldUpgradeCallback: (request) =>
        options.config.console.allow_listen && asksToListen(request),
    },
    routerOptions: { maxParamLength: headerBytesMax },
    clientErrorHandler: answerBrokenRequest,
    // Ours are set below. Without these the library reads its own, a validator that compiles schemas, at every start.
    schemaController: { compilersFactory: { buildValidator: unused, buildSerializer: unused } },
    frameworkErrors: (_error, request, reply) => {
      setCommonHeaders(request, reply)
      const problems = isOpen(context, request)
        ? [{ name: 'malformed-request', detail: 'Invalid characters in the request.' } as const]
        : [{ name: 'authentication-failed' } as const]
      void context.refuse(reply, problems)
    },
  })
  api.decorateRequest('rawBody', null)
  api.decorateRequest('apiKey', null)
  api.decorateRequest('access', null)
  readBodies(api, options)
  answerErrors(api, options)
  const paths = new PathTable()
  api.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) paths.add(one, url)
  })
  guard(api, context, paths)
  api.addHook('preSerialization', (request, _reply, payload, done) => {
    done(null, request.access?.session?.role === 'read' ? withoutSecrets(payload) : payload)
  })
  if (options.commandTraced !== undefined) {
    recordCommands(api as Api, options.clock, options.commandTraced)
  }
  // Streams and WebSockets would keep the server from closing.
  api.addHook('preClose', async () => {
    context.hub.close()
    context.listeners.close()
    closeConnections(api as Api, options.timers)
  })
  void api.register(swagger, descriptionOptions)
  void api.register(async (inner) => {
    for (const endpoint of endpoints) endpoint(inner as Api, context) // Same server, typed again.
    const open = { config: { open: true }, schema: { hide: true } }
    inner.get('/openapi.json', open, async (_request, reply) => reply.send(api.swagger()))
  })
  return api
}

const unused = (): never => unreachable('a schema compiler of the library')

/**
 * The library closes connections that are idle when it begins to close. Left are those whose request was still being
 * answered, as with a long poll: they would be kept for another minute. And those that never asked anything, which browsers
 * open ahead, or that do not come to the end of their request: they would hold the process for as long as they like.
 */
function closeConnections({ server }: Api, timers: Timers): void {
  if (!server.listening) return
  const again = (): void => {
    server.closeIdleConnections()
    next = timers.set(closeIdleEveryMs, again)
  }
  let next = timers.set(closeIdleEveryMs, again)
  const last = timers.set(lastRequestsMs, () => server.closeAllConnections())
  server.once('close', () => {
    timers.clear(next)
    timers.clear(last)
  })
}

function readBodies(api: Api, { checkUrl }: ApiOptions): void {
  api.removeAllContentTypeParsers()
  api.addContentTypeParser(
    '*',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      request.rawBody = body
      return parseBody(request.headers['content-type'], body)
    },
  )
  api.setValidatorCompiler(({ schema, httpPart }) => {
    const part = httpPart === 'querystring' ? 'query' : 'body'
    if (httpPart === 'params' || httpPart === 'headers') return (value) => ({ value })
    return (value) => {
      // JSON schema, as registered.
      const checked = checkAgainst(schema as FieldSchema, value, part, checkUrl)
      return checked.ok ? { value: checked.value } : { error: new RequestRefused(checked.problems) }
    }
  })
  // Answers are written by us; the library's serializer would drop what a schema does not name.
  api.setSerializerCompiler(() => (answer) => JSON.stringify(answer))
}

function guard(api: Api, context: ApiContext, paths: PathTable): void {
  const { options } = context
  const perSec = options.config.http.rate_limit_per_sec
  const limiter = rateLimiter(perSec, options.clock)
  api.addHook('onRequest', async (request, reply) => {
    setCommonHeaders(request, reply)
    const open = request.is404 ? !belowV2(request.url) : request.routeOptions.config.open === true
    const access = accessOf(options.apiKeys, context.tokens, request, context.nowMs())
    if (!open && access === undefined) {
      return context.refuse(reply, [{ name: 'authentication-failed' }])
    }
    const key = access?.key
    request.access = access ?? null
    request.apiKey = key ?? null
    if (perSec > 0 && key !== undefined) {
      const { allowed, limit, remaining } = limiter(key.name)
      reply.header('x-ratelimit-limit', String(limit))
      reply.header('x-ratelimit-remaining', String(remaining))
      reply.header('x-ratelimit-reset', '1')
      if (!allowed) return context.refuse(reply, [{ name: 'rate-limited', retryAfterSecs: 1 }])
    }
    const anyRole = request.routeOptions.config.anyRole === true
    const refused = access === undefined || open ? undefined : forbidden(access, request, anyRole)
    if (refused !== undefined) return context.refuse(reply, [refused])
    if (request.url.length > urlCharsMax) return context.refuse(reply, [{ name: 'path-too-long' }])
    if (!request.is404) return undefined
    const methods = paths.methodsOf(request.url.split('?', 1)[0] ?? '')
    if (methods.length === 0) return context.refuse(reply, [{ name: 'not-found' }])
    reply.header('allow', methods.join(', '))
    return context.refuse(reply, [{ name: 'method-not-allowed' }])
  })
}

function answerErrors(api: Api, options: ApiOptions): void {
  // The guard has answered before; this keeps the library's own text from ever showing.
  api.setNotFoundHandler((_request, reply) => {
    const problems = [{ name: 'not-found' }] as const
    void reply.code(statusOf(problems)).send(errorBody(problems))
  })
  api.setErrorHandler((error: FastifyError | RequestRefused, request, reply) => {
    const problems = problemsOf(error)
    if (statusOf(problems) >= 500) {
      const fields = {
        code: 'API_FAULT',
        requestId: request.id,
        error: error.stack ?? String(error),
      }
      options.log.error(fields, 'an endpoint failed')
    }
    void reply.code(statusOf(problems)).send(errorBody(problems))
  })
}

function problemsOf(error: FastifyError | RequestRefused): readonly Problem[] {
  if (error instanceof RequestRefused) return error.problems
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return [{ name: 'body-too-large' }]
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_ERR_CTP_INVALID_TYPE':
      return [{ name: 'not-json' }]
    default: {
      const status = error.statusCode ?? 500
      return [{ name: status >= 400 && status < 500 ? 'malformed-request' : 'internal' }]
    }
  }
}

// `request-id` is what the oldest Python client reads.
function setCommonHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-request-id', request.id)
  reply.header('request-id', request.id)
  reply.header('cache-control', 'no-store')
}

function belowV2(url: string): boolean {
  return /^\/v2([/?]|$)/.test(url)
}

function isOpen(context: ApiContext, request: FastifyRequest): boolean {
  const { options, tokens } = context
  const access = accessOf(options.apiKeys, tokens, request, context.nowMs())
  return !belowV2(request.raw.url ?? '') || access !== undefined
}

/** What is used of a connection whose bytes are no request. */
interface BrokenConnection {
  readonly writable: boolean
  destroy(): unknown
  end(text: string): unknown
}

// Bytes that are no HTTP request: there is nothing to route, but the answer has our form.
function answerBrokenRequest(error: Error & { code?: string }, socket: BrokenConnection): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const overflow = error.code === 'HPE_HEADER_OVERFLOW'
  const problems: readonly Problem[] = [{ name: overflow ? 'path-too-long' : 'malformed-request' }]
  const status = overflow ? '414 URI Too Long' : '400 Bad Request'
  const body = JSON.stringify(errorBody(problems))
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n${body}`,
  )
}
