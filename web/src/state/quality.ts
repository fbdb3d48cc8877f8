// How well callers in view are heard: the newest audio sample of each, from the call's timeline. One question at a time and
// two a second at the most, whoever is in view, so that a long queue is no load for the server.
import { signal } from '@preact/signals'
import type { Signal } from '@preact/signals'
import { get, pathOf } from '../api/client.ts'
import type { Timeline } from '../api/types.ts'
import { latestQuality } from '../model/timeline.ts'
import type { Quality } from '../model/timeline.ts'

const pauseMs = 500
/** Of one caller; samples come every 5 s. */
const againMs = 10_000
const firstAgainMs = 2500

interface Watched {
  readonly quality: Signal<Quality | undefined>
  askedAtMs: number
  /** Where the next question goes on. */
  after: string
}

const watched = new Map<string, Watched>()
let timer: ReturnType<typeof setTimeout> | undefined

/** What is known of a caller; a row that is drawn asks before it is watched. */
export function qualityOf(id: string): Signal<Quality | undefined> {
  return entryOf(id).quality
}

function entryOf(id: string): Watched {
  const known = watched.get(id)
  if (known !== undefined) return known
  const fresh = { quality: signal<Quality | undefined>(undefined), askedAtMs: 0, after: '' }
  watched.set(id, fresh)
  return fresh
}

/** Returns the function that ends it. */
export function watchQuality(id: string): () => void {
  entryOf(id)
  timer ??= setTimeout(() => void askNext(), pauseMs)
  return () => watched.delete(id)
}

async function askNext(): Promise<void> {
  timer = undefined
  const due = [...watched].filter(([, { askedAtMs, quality }]) => {
    const pause = quality.peek() === undefined ? firstAgainMs : againMs
    return Date.now() - askedAtMs >= pause
  })
  const [next] = due.sort(([, a], [, b]) => a.askedAtMs - b.askedAtMs)
  if (next !== undefined && document.visibilityState === 'visible') await askOne(...next)
  if (watched.size > 0) timer ??= setTimeout(() => void askNext(), pauseMs)
}

async function askOne(id: string, one: Watched): Promise<void> {
  one.askedAtMs = Date.now()
  const path = pathOf`/v2/calls/${id}/timeline`
  const answer = await get<{ data: Timeline; meta: { next: string } }>(
    one.after === '' ? path : `${path}?after=${encodeURIComponent(one.after)}`,
  )
  if (!answer.ok) return
  one.after = answer.body.meta.next
  const quality = latestQuality(answer.body.data.items, id)
  if (quality !== undefined) one.quality.value = quality
}
