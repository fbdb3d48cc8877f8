// The one way out over HTTP to URLs that others named: one look-up, every address checked, the connection made to a
// checked address with Host and SNI of the URL, limits on time and size, no redirects, certificates verified.
// A name with one forbidden address is refused as a whole: it would be reachable by the next look-up otherwise.

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import type { AddressMatcher } from '../ports/address-matcher.ts'
import type { HttpClient, HttpFailure, HttpOutcome, HttpRequest } from '../ports/http-client.ts'
import type { Resolver } from '../ports/resolver.ts'
import { bareHost, egressRule, refusalOf, type UrlRefusal } from './egress.ts'

/** Idle connections are kept a little shorter than most servers keep theirs. */
const idleMsMax = 4000
const socketsPerHostMax = 256
/** Of a URL that somebody names; a webhook by GET adds its whole event to it. */
const urlCharsMax = 4096
const requestUrlCharsMax = 65_536

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
    http: new HttpAgent(pool),
    https: new HttpsAgent({ ...pool, ...(ca && { ca }) }),
  }

  const checkUrl = (url: string): UrlRefusal | undefined =>
    url.length > urlCharsMax ? 'malformed' : refusalOf(url, mayReach)

  return {
    checkUrl,
    async request(request) {
      const { url } = request
      const refusal = url.length > requestUrlCharsMax ? 'malformed' : refusalOf(url, mayReach)
      if (refusal === 'forbidden-address') return failed(refusal, 'not in egress.allow')
      if (refusal !== undefined) return failed('bad-url', refusal)
      const deadline = new AbortController()
      const late = setTimeout(() => deadline.abort(), request.timeoutMs)
      try {
        const host = bareHost(new URL(url).hostname)
        const addresses = await beforeAbort(resolver.resolve(host), deadline.signal)
        if (addresses === undefined) return failed('timeout', 'while resolving the name')
        if (addresses.length === 0) return failed('name-resolution', host)
        const forbidden = addresses.find((address) => !mayReach(address))
        if (forbidden !== undefined) {
          return failed('forbidden-address', `${host} is ${forbidden}, not in egress.allow`)
        }
        return await exchange(request, { addresses, agents, signal: deadline.signal })
      } finally {
        clearTimeout(late)
      }
    },
    close() {
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}

interface Route {
  readonly addresses: readonly string[]
  readonly agents: { readonly http: HttpAgent; readonly https: HttpsAgent }
  readonly signal: AbortSignal
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
  const url = new URL(request.url)
  const secure = url.protocol === 'https:'
  const length = body === undefined ? {} : { 'content-length': String(body.length) }
  const common = {
    method,
    headers: { ...headers, ...length },
    lookup: lookupAmong(route.addresses),
    signal: route.signal,
  }
  return new Promise((resolve) => {
    const outgoing = secure
      ? httpsRequest(url, { ...common, agent: route.agents.https })
      : httpRequest(url, { ...common, agent: route.agents.http })
    let answered = false
    outgoing.on('response', (response) => {
      answered = true
      readAnswer(response, request).then(resolve, (error: unknown) =>
        resolve(failureOf(error, route.signal, true)),
      )
    })
    outgoing.on('error', (error) => {
      if (answered) return
      const cut = ['ECONNRESET', 'EPIPE'].includes(codeOf(error))
      const stale = outgoing.reusedSocket && !route.signal.aborted && cut
      resolve(stale ? 'stale' : failureOf(error, route.signal, false))
    })
    outgoing.end(body)
  })
}

async function readAnswer(response: IncomingMessage, request: HttpRequest): Promise<HttpOutcome> {
  const { bodyBytesMax, truncateBody = false } = request
  const chunks: Buffer[] = []
  let size = 0
  let over = false
  for await (const chunk of response as AsyncIterable<Buffer>) {
    const room = bodyBytesMax - size
    chunks.push(chunk.subarray(0, room))
    size += Math.min(chunk.length, room)
    over = chunk.length > room
    // Leaving the loop destroys the connection: the rest is not read.
    if (over) break
  }
  if (over && !truncateBody) return failed('too-large', `more than ${bodyBytesMax} bytes`)
  const { rawHeaders, statusCode = 0 } = response
  const headers = Array.from(
    { length: rawHeaders.length / 2 },
    (_, index) => [rawHeaders[index * 2] ?? '', rawHeaders[index * 2 + 1] ?? ''] as const,
  )
  return { kind: 'answer', status: statusCode, headers, body: Buffer.concat(chunks) }
}

/** Answers only with addresses that were checked; Node then tries them in turn. */
function lookupAmong(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_host, options, done) => {
    if (options.all === true) done(null, all)
    else done(null, all[0]?.address ?? '', all[0]?.family ?? 4)
  }
}

function beforeAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
    promise.then(resolve, reject)
  })
}

function failed(why: HttpFailure, detail: string): HttpOutcome {
  return { kind: 'failed', why, detail }
}

function failureOf(error: unknown, signal: AbortSignal, answering: boolean): HttpOutcome {
  if (signal.aborted) return failed('timeout', 'no complete answer in time')
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
