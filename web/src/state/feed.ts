// One live stream for the whole console: the statistics it tells are kept here, one signal for each queue, so that a
// figure that changes redraws its own tile; pages that follow events listen while they are open.
import { signal } from '@preact/signals'
import type { Signal } from '@preact/signals'
import { getAll } from '../api/client.ts'
import { openLive } from '../api/live.ts'
import type { Live, LiveState } from '../api/live.ts'
import type { ServerEvent } from '../api/sse.ts'
import type { CallEvent, QueueStatistics } from '../api/types.ts'
import { setServerTime } from './clock.ts'
import { role } from './session.ts'

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
  for (const item of items) {
    const name = item.queue_name
    if (name === null) {
      total.value = item
      continue
    }
    const known = queues.get(name)
    if (known !== undefined) known.value = item
    else {
      queues.set(name, signal(item))
      queueNames.value = [...queues.keys()].sort((a, b) => a.localeCompare(b))
    }
  }
}

/** All figures anew; queues that are gone go. */
export async function loadStatistics(): Promise<void> {
  const answer = await getAll<QueueStatistics>('/v2/queue_statistics')
  if (!answer.ok) {
    statisticsTrouble.value = answer.refusal.text
    return
  }
  statisticsTrouble.value = ''
  const names = new Set(answer.body.map((item) => item.queue_name))
  for (const name of queues.keys()) if (!names.has(name)) queues.delete(name)
  takeStatistics(answer.body)
  queueNames.value = [...queues.keys()].sort((a, b) => a.localeCompare(b))
}

function take({ type, data }: ServerEvent): void {
  const body: unknown = JSON.parse(data)
  switch (type) {
    case 'hello': {
      const { server_time: time, version } = body as { server_time: string; version: string } // As documented.
      setServerTime(Date.parse(time))
      serverVersion.value = version
      started()
      return
    }
    case 'statistics':
      return takeStatistics(itemsOf(body))
    case 'event':
      for (const { onEvent } of [...listeners]) onEvent?.(body as CallEvent) // As documented.
      return
    default:
  }
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
      onState: (state) => (liveState.value = state),
      onEvent: take,
      onReset: started,
      onSignedOut: () => {
        live = undefined
        role.value = 'nobody'
      },
    },
  )
  const hurry = (): void => live?.retryNow()
  addEventListener('online', hurry)
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') hurry()
  })
}

export function stopFeed(): void {
  live?.close()
  live = undefined
}
