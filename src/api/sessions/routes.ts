// Sign-in of the console (C225): an API key or a read-only link is exchanged for a cookie that scripts cannot read. Every
// route below /v2 takes it like a key.

import { isoMillis } from '../../base/iso-time.ts'
import { findApiKey } from '../../config/credentials.ts'
import type { ApiKey } from '../../config/credentials.ts'
import type { AnyReply, Api, ApiContext } from '../context.ts'
import { bodyOperation, plainOperation } from '../operation.ts'
import { Type } from '../schema.ts'
import { cookieName } from './access.ts'
import { SignInAttempts } from './attempts.ts'
import type { Role } from './tokens.ts'

const sessionMs = 12 * 3_600_000
const current = '/v2/sessions/current'

const sessionSchema = Type.Object({
  record_type: Type.Literal('session'),
  role: Type.Union([Type.Literal('admin'), Type.Literal('read')]),
  expires_at: Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'null: an API key was presented, which does not expire.',
  }),
  may_listen: Type.Boolean({
    description:
      'Whether `GET /v2/calls/{call_control_id}/listen` is allowed: to role admin, where `console.allow_listen` is true.',
  }),
})

const createSchema = {
  ...bodyOperation({
    tag: 'system',
    summary: 'Sign in: exchange an API key or a read-only link for a cookie',
    description:
      'Give one of both. The cookie `holdfast_session` lives for 12 hours, with a link as long as the link. Requests with it that are not GET need the header `X-Holdfast-Console: 1`.',
    path: {},
    body: Type.Object({
      api_key: Type.Optional(Type.String({ maxLength: 512 })),
      link: Type.Optional(Type.String({ maxLength: 1024 })),
    }),
    ok: sessionSchema,
    created: true,
  }),
  security: [],
}

/** POST /v2/sessions */
export function createSession(api: Api, context: ApiContext): void {
  const { apiKeys, clock, random } = context.options
  const attempts = new SignInAttempts(clock)
  const config = { open: true }
  api.post('/v2/sessions', { schema: createSchema, config }, async (request, reply) => {
    const { api_key: text, link } = request.body
    if ((text === undefined) === (link === undefined)) {
      const detail = "Exactly one of 'api_key' and 'link' is needed."
      return context.refuse(reply, [{ name: 'parameter-refused', detail }])
    }
    const waitSecs = attempts.waitSecs(request.ip)
    if (waitSecs !== undefined) {
      return context.refuse(reply, [{ name: 'rate-limited', retryAfterSecs: waitSecs }])
    }
    const nowMs = clock.wallMs()
    const proved = provedBy(context, apiKeys, { text, link }, nowMs)
    if (proved === undefined) {
      attempts.failed(request.ip)
      return context.refuse(reply, [{ name: 'authentication-failed' }])
    }
    // A screen on a wall has nobody who signs in again: its session lives as long as its link.
    const expiresAtMs = link === undefined ? nowMs + sessionMs : proved.until
    const claims = { id: random.token(16), role: proved.role, expiresAtMs }
    const token = context.tokens.sign('session', claims, proved.key)
    setCookie(context, reply, token, Math.floor((expiresAtMs - nowMs) / 1000))
    return reply.code(201).send({ data: sessionObject(context, proved.role, expiresAtMs) })
  })
}

/** GET /v2/sessions/current */
export function currentSession(api: Api, context: ApiContext): void {
  const schema = plainOperation({
    tag: 'system',
    summary: 'Retrieve the session of this request',
    path: {},
    ok: sessionSchema,
  })
  api.get(current, { schema }, async (request, reply) => {
    const { access } = request
    if (access === null) return context.refuse(reply, [{ name: 'authentication-failed' }])
    return reply.send({ data: sessionObject(context, access.role, access.session?.expiresAtMs) })
  })
}

/** DELETE /v2/sessions/current */
export function endSession(api: Api, context: ApiContext): void {
  const schema = plainOperation({ tag: 'system', summary: 'Sign out', path: {} })
  api.delete(current, { schema, config: { anyRole: true } }, async (request, reply) => {
    const session = request.access?.session
    if (session !== undefined) context.tokens.end(session, context.nowMs())
    setCookie(context, reply, '', 0)
    return reply.code(204).send()
  })
}

const linkSchema = {
  ...bodyOperation({
    tag: 'system',
    summary: 'Make a link with which anybody may read until it expires',
    description:
      'For a screen on the wall. It shows what can be read with a key, but links to recordings and secrets in addresses (C229), and changes nothing. It is bound to the key of the request: to withdraw it, replace the key.',
    path: {},
    body: Type.Object({
      expires_in_secs: Type.Integer({ default: 604_800, minimum: 60, maximum: 31_536_000 }),
    }),
    ok: Type.Object({
      record_type: Type.Literal('read_only_link'),
      url: Type.String(),
      expires_at: Type.String(),
    }),
    created: true,
  }),
}

/** POST /v2/read_only_links */
export function createReadOnlyLink(api: Api, context: ApiContext): void {
  const { clock, config, random } = context.options
  api.post('/v2/read_only_links', { schema: linkSchema }, async (request, reply) => {
    const key = request.apiKey
    if (key === null) return context.refuse(reply, [{ name: 'authentication-failed' }])
    const expiresAtMs = clock.wallMs() + request.body.expires_in_secs * 1000
    const claims = { id: random.token(16), role: 'read', expiresAtMs } as const
    const link = context.tokens.sign('link', claims, key)
    // Behind the hash sign: browsers do not send it, so no proxy writes it into its log.
    const url = `${config.http.public_url.replace(/\/+$/, '')}/console/#link=${link}`
    const expires = isoMillis(expiresAtMs)
    return reply
      .code(201)
      .send({ data: { record_type: 'read_only_link', url, expires_at: expires } })
  })
}

interface Proved {
  readonly key: ApiKey
  readonly role: Role
  readonly until: number
}

function provedBy(
  context: ApiContext,
  keys: readonly ApiKey[],
  { text, link }: { readonly text: string | undefined; readonly link: string | undefined },
  nowMs: number,
): Proved | undefined {
  if (text !== undefined) {
    const key = findApiKey(keys, text)
    return key && { key, role: 'admin', until: Infinity }
  }
  const claims = link === undefined ? undefined : context.tokens.verify('link', link, nowMs)
  return claims && { key: claims.key, role: claims.role, until: claims.expiresAtMs }
}

// RFC 6265 §4.1.2. Secure only where the public address is https: a browser would not keep it otherwise.
function setCookie(context: ApiContext, reply: AnyReply, value: string, maxAgeSecs: number): void {
  const secure = context.options.config.http.public_url.startsWith('https:') ? '; Secure' : ''
  reply.header(
    'set-cookie',
    `${cookieName}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSecs}${secure}`,
  )
}

function sessionObject({ options }: ApiContext, role: Role, expiresAtMs: number | undefined) {
  return {
    ...{ record_type: 'session', role },
    expires_at: expiresAtMs === undefined ? null : isoMillis(expiresAtMs),
    may_listen: role === 'admin' && options.config.console.allow_listen,
  }
}
