// One live stream for the whole console: the statistics it tells are kept here, one signal for each queue, so that a
// figure that changes redraws its own tile; pages that follow events listen while they are open.
import { batch, signal } from '@preact/signals'
import type { Signal } from '@preact/signals'
import { getAll } from '../api/client.ts'
import { openLive } from '../api/live.ts'
import type { Live, LiveState } from '../api/live.ts'
import type { ServerEvent } from '../api/sse.ts'
import type { CallEvent, QueueStatistics } from '../api/types.ts'
import { setServerTime, standAt } from './clock.ts'
import { tell } from './notices.ts'
import { sessionEnded } from './session.ts'

export const liveState = signal<LiveState>({ at: 'connecting' })
export const serverVersion = signal('')
export const total = signal<QueueStatistics | undefined>(undefined)
export const queueNames = signal<readonly string[]>([])
/** Statistics could not be read: the server's words. */
export const statisticsTrouble = signal('')

const queues = new Map<string, Signal<QueueStatistics>>()

export interface FeedListener {
  onEvent?(event: CallEvent): void
  /** Connected (again): events may have been missed before. */
  onStart?(): void
}

const listeners = new Set<FeedListener>()
/** Whose figures were told while all were on their way: those that come may be older. */
const toldMeanwhile = new Set<string | null>()
let loads = 0
let live: Live | undefined

/** Returns the function that ends it. */
export function follow(listener: FeedListener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function statisticsOf(queueName: string): Signal<QueueStatistics> | undefined {
  return queues.get(queueName)
}

/** New figures of some queues; the others stay. */
export function takeStatistics(items: readonly QueueStatistics[]): void {
  batch(() => {
    statisticsTrouble.value = ''
    for (const item of items) {
      const name = item.queue_name
      const known = name === null ? undefined : queues.get(name)
      if (name === null) total.value = item
      else if (known === undefined) queues.set(name, signal(item))
      else known.value = item
    }
    if (queues.size !== queueNames.value.length) nameQueues()
  })
}

const order = new Intl.Collator(undefined, { numeric: true })

function nameQueues(): void {
  queueNames.value = [...queues.keys()].sort((a, b) => order.compare(a, b))
}

/** All figures anew; queues that are gone go. */
export async function loadStatistics(): Promise<void> {
  const mine = ++loads
  toldMeanwhile.clear()
  const answer = await getAll<QueueStatistics>('/v2/queue_statistics')
  if (mine !== loads) return // Another one was started meanwhile.
  if (!answer.ok) {
    statisticsTrouble.value = answer.refusal.text
    // It has just started and still counts: it says so with 503.
    if (answer.refusal.status === 503 && live !== undefined)
      setTimeout(() => void loadStatistics(), 1000)
    return
  }
  const names = new Set(answer.body.map((item) => item.queue_name))
  batch(() => {
    for (const name of queues.keys())
      if (!names.has(name) && !toldMeanwhile.has(name)) queues.delete(name)
    takeStatistics(answer.body.filter((item) => !toldMeanwhile.has(item.queue_name)))
    nameQueues()
  })
}

function take({ type, data }: ServerEvent): void {
  const body: unknown = JSON.parse(data)
  switch (type) {
    case 'hello': {
      const { server_time: time, version } = body as { server_time: string; version: string } // As documented.
      setServerTime(Date.parse(time))
      takeVersion(version)
      started()
      return
    }
    case 'statistics': {
      const items = itemsOf(body)
      for (const { queue_name: name } of items) toldMeanwhile.add(name)
      return takeStatistics(items)
    }
    case 'event':
      for (const { onEvent } of [...listeners]) onEvent?.(body as CallEvent) // As documented.
      return
    default:
  }
}

/** Pages of an older server would stay on a wall for ever: they are loaded anew, except under somebody's hands. */
function takeVersion(version: string): void {
  const before = serverVersion.value
  serverVersion.value = version
  if (before === '' || before === version) return
  if (document.querySelector('dialog[open]') === null) location.reload()
  else tell('The server was updated: load this page anew when you are done.', true)
}

/** One object, a list of them, or a list in `data`. */
function itemsOf(body: unknown): readonly QueueStatistics[] {
  if (Array.isArray(body)) return body
  if (typeof body === 'object' && body !== null && 'data' in body) return itemsOf(body.data)
  return [body as QueueStatistics] // As documented.
}

function started(): void {
  void loadStatistics()
  for (const { onStart } of [...listeners]) onStart?.()
}

/** Opens the stream; a second call does nothing while it is open. */
export function startFeed(): void {
  if (live !== undefined) return
  live = openLive(
    '/v2/live',
    {
      fetch: (path, init) => fetch(path, { ...init, credentials: 'same-origin' }),
      set: (ms, run) => setTimeout(run, ms),
      clear: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>), // Its own.
      nowMs: () => Date.now(),
      random: () => Math.random(),
    },
    {
      onState: (state) => {
        liveState.value = state
        if (state.at === 'stale') standAt(state.sinceMs)
        if (state.at === 'live') standAt(undefined)
      },
      onEvent: take,
      onReset: started,
      onSignedOut: () => {
        live = undefined
        sessionEnded()
      },
    },
    restingSinceMs,
  )
  restingSinceMs = undefined
}

/**
 * A browser has six connections to one server, all tabs together: one that nobody looks at gives its own back after a
 * while. What it showed then stands still until it is looked at again.
 */
const restAfterMs = 15_000
let restTimer: ReturnType<typeof setTimeout> | undefined
let restingSinceMs: number | undefined

/** The network is back, or somebody began or ceased to look. */
export function attendFeed(): void {
  clearTimeout(restTimer)
  if (document.visibilityState === 'hidden') restTimer = setTimeout(rest, restAfterMs)
  else if (restingSinceMs === undefined) live?.retryNow()
  else startFeed()
}

function rest(): void {
  if (live === undefined) return
  const state = liveState.peek()
  stopFeed()
  restingSinceMs = state.at === 'stale' ? state.sinceMs : Date.now()
  standAt(restingSinceMs)
  liveState.value = { at: 'connecting' }
}

export function stopFeed(): void {
  live?.close()
  live = undefined
  restingSinceMs = undefined
}
