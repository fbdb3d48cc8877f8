// A call's history as lanes: SIP, commands, events, webhooks and the state of the audio, one after the other in time.

import type { Lane, Timeline, TimelineItem } from '../api/types.ts'

export const lanes: readonly Lane[] = ['sip', 'command', 'event', 'webhook', 'media']

export const laneNames: Readonly<Record<Lane, string>> = {
  sip: 'SIP',
  command: 'Commands',
  event: 'Events',
  webhook: 'Webhooks',
  media: 'Audio',
}

/** One row: an item, and how long after the row before it. */
export interface TimelineRow {
  readonly item: TimelineItem
  readonly atMs: number
  readonly sinceStartMs: number
  /** Which of the call's legs, from 1; 0 when it concerns none. */
  readonly legNumber: number
}

/** Items of the chosen lanes in the order of time; those of one moment keep the server's order. */
export function timelineRows(
  timeline: Timeline,
  chosen: ReadonlySet<Lane>,
): readonly TimelineRow[] {
  const times = timeline.items.map(({ at }) => Date.parse(at))
  const startMs = times.length === 0 ? 0 : Math.min(...times)
  const numbers = new Map(timeline.legs.map((leg, index) => [leg.call_control_id, index + 1]))
  return timeline.items
    .map((item, index) => {
      const atMs = times[index] ?? startMs
      const legNumber = numbers.get(item.leg) ?? 0
      return { item, atMs, sinceStartMs: atMs - startMs, legNumber }
    })
    .filter(({ item }) => chosen.has(item.lane))
    .sort((a, b) => (a.item.at < b.item.at ? -1 : a.item.at > b.item.at ? 1 : 0))
}

/** `+0.000 s`, `+12.304 s`, `+3:05.120`. */
export function offsetText(ms: number): string {
  if (ms < 60_000) return `+${(ms / 1000).toFixed(3)} s`
  const minutes = Math.floor(ms / 60_000)
  return `+${minutes}:${((ms % 60_000) / 1000).toFixed(3).padStart(6, '0')}`
}

/** More items of the same call; what is known already is not taken twice. */
export function appended(timeline: Timeline, more: Timeline): Timeline {
  const known = new Set(timeline.items.map(({ cursor }) => cursor))
  const fresh = more.items.filter(({ cursor }) => !known.has(cursor))
  return { ...more, items: [...timeline.items, ...fresh] }
}

/** How well a leg is heard, from its latest sample. */
export interface Quality {
  readonly lossPercent: number
  readonly jitterMs: number | null
}

/** Of the newest audio sample of a leg; undefined while there is none. */
export function latestQuality(items: readonly TimelineItem[], leg: string): Quality | undefined {
  const sample = items.findLast((item) => item.kind === 'sample' && item.leg === leg)
  const inbound = sample?.detail['inbound']
  if (typeof inbound !== 'object' || inbound === null) return undefined
  const figures = new Map<string, unknown>(Object.entries(inbound))
  const number = (name: string): number | undefined => {
    const value = figures.get(name)
    return typeof value === 'number' ? value : undefined
  }
  const received = number('packets')
  if (received === undefined) return undefined
  const lost = number('lost') ?? 0
  const all = received + lost
  return {
    lossPercent: all === 0 ? 0 : (lost / all) * 100,
    jitterMs: number('jitter_ms') ?? null,
  }
}
