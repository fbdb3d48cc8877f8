// The live stream, kept up: it connects, reads, notices when nothing comes any more, says since when what is shown is old,
// and connects again, a little later each time. It goes on after the last event it has seen; where the server no longer
// knows that one, whoever listens is told to load everything anew.

import { said } from './client.ts'
import { createEventReader } from './sse.ts'
import type { ServerEvent } from './sse.ts'

export type LiveState =
  | { readonly at: 'connecting' }
  | { readonly at: 'live' }
  /** What is on the screen is as old as `sinceMs`; the next try comes at `retryAtMs`. `why`: the server's words, if any. */
  | {
      readonly at: 'stale'
      readonly sinceMs: number
      readonly retryAtMs: number
      readonly why: string
    }

/** What it needs of the browser; tests give their own. */
export interface LiveParts {
  fetch(
    path: string,
    init: { headers: Record<string, string>; signal: AbortSignal },
  ): Promise<Response>
  set(ms: number, run: () => void): unknown
  clear(timer: unknown): void
  nowMs(): number
  random(): number
}

export interface LiveListener {
  onState(state: LiveState): void
  onEvent(event: ServerEvent): void
  /** The gap cannot be filled: load everything again. */
  onReset(): void
  /** The session is over; it does not try again. */
  onSignedOut(): void
}

export interface Live {
  /** For the moment when the network is back, or the tab is looked at again. */
  retryNow(): void
  close(): void
}

/** The server's heartbeat comes every 10 s. */
const silenceMsMax = 20_000
const backoffMsMin = 500
const backoffMsMax = 15_000

/** Pause before the n-th try in a row (from 0), with a quarter of chance, so that a hundred walls do not come at once. */
export function backoffMs(tries: number, random: number): number {
  const full = Math.min(backoffMsMax, backoffMsMin * 2 ** Math.min(tries, 10))
  return Math.round(full * (0.75 + random * 0.5))
}

/** Starts at once. `seenMs`: what is on the screen already is of that time. */
export function openLive(
  path: string,
  parts: LiveParts,
  listener: LiveListener,
  seenMs = parts.nowMs(),
): Live {
  let lastId = ''
  let lastSeenMs = seenMs
  let tries = 0
  let closed = false
  let timer: unknown
  let connection: AbortController | undefined

  const later = (why: string): void => {
    if (closed) return
    const pauseMs = backoffMs(tries++, parts.random())
    const retryAtMs = parts.nowMs() + pauseMs
    listener.onState({ at: 'stale', sinceMs: lastSeenMs, retryAtMs, why })
    timer = parts.set(pauseMs, connect)
  }

  const take = (event: ServerEvent): void => {
    if (event.lastId !== '') lastId = event.lastId
    if (event.type !== 'reset') return listener.onEvent(event)
    lastId = ''
    listener.onReset()
  }

  const read = async (response: Response, abort: AbortController): Promise<void> => {
    const body = response.body
    if (body === null) return
    const feed = createEventReader(take)
    const decoder = new TextDecoder()
    const watch = (): void => {
      parts.clear(timer)
      timer = parts.set(silenceMsMax, () => abort.abort())
    }
    watch()
    for await (const bytes of body) {
      if (abort.signal.aborted) return
      lastSeenMs = parts.nowMs()
      tries = 0
      watch()
      feed(decoder.decode(bytes, { stream: true }))
    }
  }

  const connect = (): void => {
    const abort = new AbortController()
    connection = abort
    const headers: Record<string, string> = { accept: 'text/event-stream' }
    if (lastId !== '') headers['last-event-id'] = lastId
    parts.clear(timer)
    timer = parts.set(silenceMsMax, () => abort.abort())
    let why = ''
    const attempt = async (): Promise<void> => {
      const response = await parts.fetch(path, { headers, signal: abort.signal })
      if (response.status === 401 || response.status === 403) {
        closed = true
        return listener.onSignedOut()
      }
      if (response.status === 410) {
        lastId = ''
        listener.onReset()
      }
      if (!response.ok) {
        why = said(await response.text(), response.status)
        return
      }
      listener.onState({ at: 'live' })
      await read(response, abort)
    }
    const ended = (): void => {
      if (connection !== abort) return
      connection = undefined
      parts.clear(timer)
      later(why)
    }
    attempt().then(ended, ended) // Whatever ended it, the next try tells more than the reason.
  }

  listener.onState({ at: 'connecting' })
  connect()
  return {
    retryNow: () => {
      if (closed || connection !== undefined) return
      parts.clear(timer)
      tries = 0
      connect()
    },
    close: () => {
      closed = true
      parts.clear(timer)
      const open = connection
      connection = undefined
      open?.abort()
    },
  }
}
