// The one way out over HTTP to URLs that others named: one look-up, every address checked, the connection made to a
// checked address with Host and SNI of the URL, limits on time and size, no redirects, certificates verified.
// A name with one forbidden address is refused as a whole: it would be reachable by the next look-up otherwise.

import type { Agent as HttpAgent, IncomingMessage } from 'node:http'
import type { Agent as HttpsAgent, RequestOptions } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { urlToHttpOptions } from 'node:url'
import type { AddressMatcher } from '../ports/address-matcher.ts'
import type { HttpClient, HttpFailure, HttpOutcome, HttpRequest } from '../ports/http-client.ts'
import type { Resolver } from '../ports/resolver.ts'
import { bareHost, egressRule, refusalOf, type UrlRefusal } from './egress.ts'

// Not by `import`: that reads every name which the module exports, and with `WebSocket` the whole of Node's fetch,
// which nothing here uses and no start has to wait for.
const http = process.getBuiltinModule('node:http')
const https = process.getBuiltinModule('node:https')

/** Idle connections are kept a little shorter than most servers keep theirs. */
const idleMsMax = 4000
const socketsPerHostMax = 256
/** Of a URL that somebody names; a webhook by GET adds its whole event to it. */
const urlCharsMax = 4096
const requestUrlCharsMax = 65_536
/** URLs whose parts are kept, and how long they may be: webhooks go to the same few again and again. */
const targetsMax = 256
const targetCharsMax = 512

export interface HttpClientOptions {
  readonly resolver: Resolver
  /** Private networks that may be reached (`egress.allow`). */
  readonly allow: AddressMatcher
  /** Certificate authorities in place of the system's, PEM. */
  readonly ca?: string
}

export interface EgressClient extends HttpClient {
  /** What is wrong with a URL before anything is resolved; for checking commands. */
  checkUrl(url: string): UrlRefusal | undefined
  /** Ends idle and running connections. */
  close(): void
}

export function createHttpClient(options: HttpClientOptions): EgressClient {
  const { resolver, allow, ca } = options
  const mayReach = egressRule(allow)
  const pool = { keepAlive: true, timeout: idleMsMax, maxSockets: socketsPerHostMax }
  const agents = {
    http: new http.Agent(pool),
    https: new https.Agent({ ...pool, ...(ca && { ca }) }),
  }

  const checkUrl = (url: string): UrlRefusal | undefined =>
    url.length > urlCharsMax ? 'malformed' : refusalOf(url, mayReach)

  const targets = new Map<string, Target>()
  const targetOf = (url: string): Target | UrlRefusal => {
    const known = targets.get(url)
    if (known !== undefined) return known
    const refusal = url.length > requestUrlCharsMax ? 'malformed' : refusalOf(url, mayReach)
    if (refusal !== undefined) return refusal
    const target = readTarget(url)
    if (url.length > targetCharsMax) return target
    if (targets.size >= targetsMax) targets.clear()
    targets.set(url, target)
    return target
  }

  return {
    checkUrl,
    async request(request) {
      const target = targetOf(request.url)
      if (target === 'forbidden-address') return failed(target, 'not in egress.allow')
      if (typeof target === 'string') return failed('bad-url', target)
      const deadline = new Deadline(request.timeoutMs)
      try {
        const { host } = target
        // A literal was checked with its URL.
        if (target.isLiteral) return await exchange(request, { target, agents, deadline })
        const addresses = await deadline.orOver(resolver.resolve(host))
        if (addresses === undefined) return failed('timeout', 'while resolving the name')
        if (addresses.length === 0) return failed('name-resolution', host)
        const forbidden = addresses.find((address) => !mayReach(address))
        if (forbidden !== undefined) {
          return failed('forbidden-address', `${host} is ${forbidden}, not in egress.allow`)
        }
        const lookup = lookupAmong(addresses)
        return await exchange(request, { target, agents, deadline, lookup })
      } finally {
        deadline.clear()
      }
    },
    close() {
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}

/** What is needed of a URL that may be used. */
interface Target {
  readonly host: string
  readonly isLiteral: boolean
  readonly secure: boolean
  readonly options: RequestOptions
}

function readTarget(text: string): Target {
  const url = new URL(text)
  const host = bareHost(url.hostname)
  const { protocol, hostname, port, path } = urlToHttpOptions(url)
  const options = { protocol, hostname, port, path }
  return { host, isLiteral: isIP(host) !== 0, secure: protocol === 'https:', options }
}

/** The time of one request; cheaper than an AbortSignal, of which every request would make several listeners. */
class Deadline {
  over = false
  #act: (() => void) | undefined
  readonly #timer: NodeJS.Timeout

  constructor(ms: number) {
    this.#timer = setTimeout(() => {
      this.over = true
      this.#act?.()
    }, ms)
  }

  /** `act` takes the place of an earlier one. */
  whenOver(act: () => void): void {
    this.#act = act
    if (this.over) act()
  }

  orOver<T>(promise: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      this.whenOver(() => resolve(undefined))
      promise.then(resolve, reject)
    })
  }

  clear(): void {
    clearTimeout(this.#timer)
  }
}

interface Route {
  readonly target: Target
  readonly agents: { readonly http: HttpAgent; readonly https: HttpsAgent }
  readonly deadline: Deadline
  /** Missing for a literal, which nobody looks up. */
  readonly lookup?: LookupFunction
}

/** A kept connection may be closed by the peer while we write: one more attempt on a new one. */
async function exchange(request: HttpRequest, route: Route): Promise<HttpOutcome> {
  const first = await exchangeOnce(request, route)
  return first === 'stale' ? asOutcome(await exchangeOnce(request, route)) : first
}

function asOutcome(result: HttpOutcome | 'stale'): HttpOutcome {
  return result === 'stale' ? failed('connect', 'the connection was closed') : result
}

function exchangeOnce(request: HttpRequest, route: Route): Promise<HttpOutcome | 'stale'> {
  const { method, body, headers } = request
  const { target, agents, deadline, lookup } = route
  const length = body === undefined ? {} : { 'content-length': String(body.length) }
  const options = {
    ...target.options,
    method,
    headers: { ...headers, ...length },
    ...(lookup && { lookup }),
  }
  return new Promise((resolve) => {
    const outgoing = target.secure
      ? https.request({ ...options, agent: agents.https })
      : http.request({ ...options, agent: agents.http })
    let answered = false
    deadline.whenOver(() => outgoing.destroy(new Error('no complete answer in time')))
    outgoing.on('response', (response) => {
      answered = true
      readAnswer(response, request, (result) =>
        resolve(result instanceof Error ? failureOf(result, deadline.over, true) : result),
      )
    })
    outgoing.on('error', (error) => {
      if (answered) return
      const cut = ['ECONNRESET', 'EPIPE'].includes(codeOf(error))
      const stale = cut && outgoing.reusedSocket && !deadline.over
      resolve(stale ? 'stale' : failureOf(error, deadline.over, false))
    })
    outgoing.end(body)
  })
}

/** `done` hears the answer or what broke it; only the first word counts. */
function readAnswer(
  response: IncomingMessage,
  request: HttpRequest,
  done: (result: HttpOutcome | Error) => void,
): void {
  const { bodyBytesMax, truncateBody = false } = request
  const chunks: Buffer[] = []
  let size = 0
  const finish = (): void => {
    const { rawHeaders, statusCode = 0 } = response
    const headers = Array.from(
      { length: rawHeaders.length / 2 },
      (_, index) => [rawHeaders[index * 2] ?? '', rawHeaders[index * 2 + 1] ?? ''] as const,
    )
    done({ kind: 'answer', status: statusCode, headers, body: Buffer.concat(chunks) })
  }
  response.on('data', (chunk: Buffer) => {
    const room = bodyBytesMax - size
    if (chunk.length <= room) {
      chunks.push(chunk)
      size += chunk.length
      return
    }
    chunks.push(chunk.subarray(0, room))
    if (truncateBody) finish()
    else done(failed('too-large', `more than ${bodyBytesMax} bytes`))
    // The rest is not read: the connection goes.
    response.destroy()
  })
  response.on('end', finish)
  response.on('error', done)
  response.on('close', () => done(new Error('the connection was closed')))
}

/** Answers only with addresses that were checked; Node then tries them in turn. */
function lookupAmong(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_host, options, done) => {
    if (options.all === true) done(null, all)
    else done(null, all[0]?.address ?? '', all[0]?.family ?? 4)
  }
}

function failed(why: HttpFailure, detail: string): HttpOutcome {
  return { kind: 'failed', why, detail }
}

function failureOf(error: unknown, over: boolean, answering: boolean): HttpOutcome {
  if (over) return failed('timeout', 'no complete answer in time')
  const code = codeOf(error)
  const known = failureByCode[code]
  const detail = code === '' ? String(error) : code
  if (known !== undefined) return failed(known, detail)
  if (code.startsWith('HPE_')) return failed('broken-answer', detail)
  if (/^(?:CERT_|ERR_TLS|ERR_SSL|EPROTO|CRL_)/.test(code)) return failed('certificate', detail)
  return failed(answering ? 'broken-answer' : 'connect', detail)
}

const failureByCode: Readonly<Record<string, HttpFailure>> = {
  CERT_HAS_EXPIRED: 'certificate-expired',
  CERT_NOT_YET_VALID: 'certificate-expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate-name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate-untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate-untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate-untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate-untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate-untrusted',
  CERT_UNTRUSTED: 'certificate-untrusted',
  ERR_INVALID_URL: 'bad-url',
  ERR_INVALID_CHAR: 'bad-url',
}

/** Of several addresses tried in turn the last word counts. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors.at(-1))
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : ''
}
