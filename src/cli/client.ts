// The public API over HTTP, for commands: an answer is data, everything else an error in words with its exit code.

import type { CommandLine, WebOutcome, WebRequest } from '../platform/command-line.ts'
import { CliError, exitCodes } from './exit-codes.ts'
import type { ApiFault } from './exit-codes.ts'
import { isRecord, recordsIn, recordIn, textIn } from './json.ts'
import type { Json } from './json.ts'
import { printable } from './render.ts'
import type { Settings } from './settings.ts'

/** Time for an answer, beside what the request itself asks to wait. */
const answerMs = 15_000
const pageSize = 250
const attemptsMax = 5
const busyMs = 1000

export interface ApiAnswer {
  readonly status: number
  readonly body: Json
}

export interface ApiClient {
  readonly origin: string
  /** The answer; of a refusal a CliError unless its status is in `allow`. `path` starts at the root. */
  get(
    path: string,
    how?: { readonly allow?: readonly number[]; readonly waitSecs?: number },
  ): Promise<ApiAnswer>
  post(path: string, body: Json): Promise<ApiAnswer>
  /** The text at a path that is not JSON; '' when it is refused. */
  text(path: string): Promise<string>
  /** All items of a list that is paged by number, at most `most`. */
  all(path: string, most?: number): Promise<readonly Json[]>
}

export function createClient(line: CommandLine, { origin, key }: Settings): ApiClient {
  const request = async (
    method: string,
    path: string,
    body: Json | undefined,
    allow: readonly number[],
    waitSecs: number,
  ): Promise<ApiAnswer> => {
    const outcome = await untilItHasTime(line, {
      method,
      url: `${origin}${path}`,
      headers: {
        ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      timeoutMs: answerMs + waitSecs * 1000,
    })
    if (outcome.kind === 'failed') {
      throw outcome.stopped ? new CliError(exitCodes.done, '') : unreachable(origin, outcome.why)
    }
    const answer = { status: outcome.status, body: decoded(outcome.text, origin) }
    const isGood = outcome.status >= 200 && outcome.status < 300
    if (isGood || allow.includes(outcome.status)) return answer
    throw refusal(answer, key)
  }
  const get: ApiClient['get'] = (path, { allow = [], waitSecs = 0 } = {}) =>
    request('GET', path, undefined, allow, waitSecs)
  return {
    origin,
    get,
    post: (path, body) => request('POST', path, body, [], 0),
    async text(path) {
      const outcome = await line.web({
        method: 'GET',
        url: `${origin}${path}`,
        timeoutMs: answerMs,
      })
      return outcome.kind === 'answer' && outcome.status === 200 ? outcome.text : ''
    },
    async all(path, most = Infinity) {
      const found: Json[] = []
      const joint = path.includes('?') ? '&' : '?'
      for (let page = 1; ; page++) {
        const { body } = await get(`${path}${joint}page[size]=${pageSize}&page[number]=${page}`)
        const items = recordsIn(body, 'data')
        found.push(...items)
        const pages = Number(recordIn(body, 'meta')['total_pages'] ?? 1)
        if (items.length === 0 || page >= pages || found.length >= most) return found.slice(0, most)
      }
    },
  }
}

/**
 * 503, and 429 of a request that only reads, say that nothing was done and that there is time in a moment (C83); one that
 * is about to stop says it for good.
 */
async function untilItHasTime(line: CommandLine, request: WebRequest): Promise<WebOutcome> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await line.web(request)
    const status = outcome.kind === 'answer' ? outcome.status : 0
    const isBusy = status === 503 || (status === 429 && request.method === 'GET')
    if (!isBusy || attempt === attemptsMax || !request.url.includes('/v2/')) return outcome
    await line.pause(busyMs)
  }
}

/** A path of which a piece is somebody's text. */
export function piece(text: string): string {
  return encodeURIComponent(text)
}

/** For `catch`: a 404 says what is not there, `queue support`. */
export function noSuch(what: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof CliError) || error.status !== 404) throw error
    const { status, faults } = error
    throw new CliError(exitCodes.refused, `there is no ${printable(what)}`, { status, faults })
  }
}

function decoded(text: string, origin: string): Json {
  if (text === '') return {}
  try {
    const body: unknown = JSON.parse(text)
    if (isRecord(body)) return body
  } catch {
    // Said below.
  }
  const hint = 'Is it a Holdfast server? --url names another one.'
  throw new CliError(exitCodes.unreachable, `${origin} does not answer like a Holdfast server`, {
    hint,
  })
}

function unreachable(origin: string, why: string): CliError {
  const hint = '`holdfast start` starts a server here; --url or HOLDFAST_URL name one elsewhere.'
  return new CliError(exitCodes.unreachable, `no server at ${origin}: ${why}`, { hint })
}

function refusal({ status, body }: ApiAnswer, key: string): CliError {
  const faults = recordsIn(body, 'errors').map((error): ApiFault => {
    const source = recordIn(error, 'source')
    return {
      code: textIn(error, 'code'),
      title: textIn(error, 'title'),
      detail: textIn(error, 'detail'),
      where: textIn(source, 'parameter') || textIn(source, 'pointer'),
    }
  })
  return new CliError(exitCodes.refused, `the server refused with ${status}`, {
    status,
    faults,
    ...(status === 401 ? { hint: keyHint(key) } : {}),
  })
}

function keyHint(key: string): string {
  const where = '--key, HOLDFAST_API_KEY, or the configuration file of the server (--config)'
  return key === '' ? `No API key was found: ${where}.` : `Another API key: ${where}.`
}
