// What of this machine the library needs: time to wait, free ports, and HTTP to the server it has started.

import { createServer } from 'node:net'
import { createClock } from '../platform/clock.ts'
import { createTimers } from '../platform/timers.ts'

const clock = createClock()
const timers = createTimers(clock)

export function nowMs(): number {
  return clock.monotonicMs()
}

/** Milliseconds of real time. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => timers.set(ms, resolve))
}

/** Waits `HOLDFAST_TEST_PATIENCE` times as long as told before something counts as missing: for slow machines. */
export function patience(): number {
  return Math.max(1, Number(process.env['HOLDFAST_TEST_PATIENCE']) || 1)
}

/** A TCP port on loopback that nobody listens on: for the application under test, which the server has to know. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

export interface Answer {
  readonly status: number
  /** Decoded; undefined when empty. */
  readonly body: unknown
}

/** A request with the key; the transport's error when nobody listens. */
export async function ask(
  origin: string,
  apiKey: string,
  request: { readonly method: string; readonly path: string; readonly body?: unknown },
): Promise<Answer> {
  const { method, path, body } = request
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${apiKey}`,
      // A kept connection would be that of a server that was killed.
      connection: 'close',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) }
}
