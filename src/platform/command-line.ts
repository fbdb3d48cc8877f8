// What a program for people has of this machine: its two outputs, its input, signals, and HTTP to a server that the
// person named. Unlike `http-client.ts` it goes wherever it is told: whoever types the URL is the one whose network it is.

import { createInterface } from 'node:readline'
import { networkInterfaces } from 'node:os'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import { createClock } from './clock.ts'
import { createRandom } from './random.ts'

/** Standard output or standard error. */
export interface Output {
  readonly isTerminal: boolean
  /** Characters in a line of a terminal; 80 where nobody says. */
  readonly columns: number
  /** Text to somebody who no longer reads is dropped. */
  write(text: string): void
}

export interface WebRequest {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
}

export type WebOutcome =
  | { readonly kind: 'answer'; readonly status: number; readonly text: string }
  /** `why`: for people. `stopped`: the program is to end. */
  | { readonly kind: 'failed'; readonly why: string; readonly stopped: boolean }

export interface CommandLine {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly workingFolder: string
  readonly nodeVersion: string
  readonly out: Output
  readonly err: Output
  readonly clock: Clock
  readonly random: Random
  readonly inputIsTerminal: boolean
  /**
   * Aborted by SIGINT or SIGTERM, and when nobody reads the output any more. Whoever asks for it takes over from the
   * system, which ends a program at once; a second signal still does.
   */
  stopping(): AbortSignal
  /** Lines of standard input until its end or until the program is to stop. */
  lines(): AsyncIterable<string>
  web(request: WebRequest): Promise<WebOutcome>
  /** Resolves after `ms`, earlier when the program is to stop. */
  pause(ms: number): Promise<void>
  /** Calls `beat` every `ms` until the returned function is called; does not keep the program alive. */
  every(ms: number, beat: () => void): () => void
  /** Sets a variable for what this process starts next. */
  setVariable(name: string, value: string): void
}

/** 128 and the number of SIGINT, as shells have it. */
const interruptedCode = 130

export function createCommandLine(): CommandLine {
  const clock = createClock()
  let stop: AbortController | undefined
  const stopping = (): AbortSignal => {
    if (stop !== undefined) return stop.signal
    const controller = new AbortController()
    stop = controller
    const end = (): void => {
      if (controller.signal.aborted) process.exit(interruptedCode)
      controller.abort()
    }
    process.on('SIGINT', end)
    process.on('SIGTERM', end)
    return controller.signal
  }
  // `| head -1` is a way to say "that is enough": no error, no stack trace.
  const unread = (): void => {
    if (stop === undefined) process.exit(0)
    else stop.abort()
  }
  return {
    env: process.env,
    workingFolder: process.cwd(),
    nodeVersion: process.versions.node,
    out: outputOn(process.stdout, unread),
    err: outputOn(process.stderr, () => undefined),
    clock,
    random: createRandom(),
    inputIsTerminal: process.stdin.isTTY === true,
    stopping,
    lines: () => linesOf(stopping()),
    web: (request) => web(request, stop?.signal),
    pause: (ms) => pause(ms, stop?.signal),
    every: (ms, beat) => {
      const timer = setInterval(beat, ms)
      timer.unref()
      return () => clearInterval(timer)
    },
    setVariable: (name, value) => {
      process.env[name] = value
    },
  }
}

/** IPv4 addresses of this machine's interfaces, loopback ones last. */
export function localAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ family }) => family === 'IPv4')
  const outer = all.filter(({ internal }) => !internal)
  const inner = all.filter(({ internal }) => internal)
  return [...outer, ...inner].map(({ address }) => address)
}

function outputOn(stream: NodeJS.WriteStream, unread: () => void): Output {
  let broken = false
  stream.on('error', () => {
    if (broken) return
    broken = true
    unread()
  })
  return {
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns ?? 80
    },
    write: (text) => {
      if (!broken) stream.write(text)
    },
  }
}

async function* linesOf(stopping: AbortSignal): AsyncGenerator<string> {
  const reader = createInterface({ input: process.stdin, signal: stopping })
  try {
    for await (const line of reader) yield line
  } finally {
    reader.close()
    // An open terminal or pipe would keep the program alive.
    process.stdin.pause()
    process.stdin.unref?.()
  }
}

async function web(request: WebRequest, stopping: AbortSignal | undefined): Promise<WebOutcome> {
  const { method, url, headers = {}, body, timeoutMs } = request
  const late = AbortSignal.timeout(timeoutMs)
  const signal = stopping === undefined ? late : AbortSignal.any([late, stopping])
  try {
    const response = await fetch(url, {
      method,
      headers,
      signal,
      redirect: 'manual',
      ...(body === undefined ? {} : { body }),
    })
    return { kind: 'answer', status: response.status, text: await response.text() }
  } catch (error) {
    const stopped = stopping?.aborted === true
    return { kind: 'failed', why: late.aborted ? 'no answer in time' : whyOf(error), stopped }
  }
}

/** What a person says to the system's codes. */
const inWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ECONNRESET: 'the connection was cut',
  ENOTFOUND: 'that name is not known',
  EAI_AGAIN: 'the name could not be looked up just now',
  EHOSTUNREACH: 'no route to that host',
  ENETUNREACH: 'no route to that network',
  ETIMEDOUT: 'no answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'no answer in time',
  UND_ERR_SOCKET: 'the connection was cut',
}

function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  const inner = cause instanceof AggregateError ? cause.errors.at(-1) : cause
  const told = inner instanceof Error ? inner : error
  const code = 'code' in told && typeof told.code === 'string' ? told.code : ''
  return inWords[code] ?? (told.message || code)
}

function pause(ms: number, stopping: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (stopping?.aborted === true) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      stopping?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    stopping?.addEventListener('abort', done)
  })
}
