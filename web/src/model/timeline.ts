// A call's history as lanes: SIP, commands, events, webhooks and the state of the audio, one after the other in time.

import type { Lane, Timeline, TimelineItem, TimelineLeg } from '../api/types.ts'
import { partyText } from './format.ts'

export const lanes: readonly Lane[] = ['sip', 'command', 'event', 'webhook', 'media']

export const laneNames: Readonly<Record<Lane, string>> = {
  sip: 'SIP',
  command: 'Commands',
  event: 'Events',
  webhook: 'Webhooks',
  media: 'Audio',
}

/** One row: an item, and how long after the first one. */
export interface TimelineRow {
  readonly item: TimelineItem
  readonly atMs: number
  readonly sinceStartMs: number
  /** Which of the call's legs, from 1; 0 when it concerns none. */
  readonly legNumber: number
  /** The item in words; legs have their numbers in them. */
  readonly said: string
}

/** A row that says the same as before is the same object, so that nothing is drawn anew for it. */
const made = new WeakMap<TimelineItem, TimelineRow>()

function rowOf(fresh: TimelineRow): TimelineRow {
  const known = made.get(fresh.item)
  const isSame =
    known?.sinceStartMs === fresh.sinceStartMs &&
    known.legNumber === fresh.legNumber &&
    known.said === fresh.said
  if (isSame) return known
  made.set(fresh.item, fresh)
  return fresh
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
      const said = saidOf(item, numbers)
      return rowOf({ item, atMs, sinceStartMs: atMs - startMs, legNumber, said })
    })
    .filter(({ item }) => chosen.has(item.lane))
    .sort((a, b) => (a.item.at < b.item.at ? -1 : a.item.at > b.item.at ? 1 : 0))
}

const idForm = /v3:[\w-]{20,}/g

function saidOf(item: TimelineItem, numbers: ReadonlyMap<string, number>): string {
  const words = item.summary.replace(idForm, (id) => {
    const number = numbers.get(id)
    return number === undefined ? id : `leg ${number}`
  })
  return item.kind === 'sample' ? `${words}${levelsOf(item)}` : words
}

/** How loud it was, dBov: 0 is as loud as can be, -127 nothing at all. */
function levelsOf({ detail }: TimelineItem): string {
  const level = (way: string): string => {
    const figures = detail[way]
    const value =
      typeof figures === 'object' && figures !== null && 'level_dbov' in figures
        ? figures.level_dbov
        : null
    return typeof value === 'number' ? `${Math.round(value)}` : '–'
  }
  return `; level ${level('inbound')} dBov in, ${level('outbound')} out`
}

/** What is drawn between two lifelines of the ladder: from one place to another, counted from 0. */
export interface Rung {
  readonly from: number
  readonly to: number
}

/** More would leave no room between them. */
const ladderLegsMax = 5
const ourPlace = 1

/** The lifelines from left to right: the first leg, ourselves, the other legs. Undefined: there are too many. */
export function lifelines(legs: readonly TimelineLeg[]): readonly string[] | undefined {
  if (legs.length === 0 || legs.length > ladderLegsMax) return undefined
  const names = legs.map((leg, index) => {
    const party = partyText(leg.direction === 'incoming' ? leg.from : leg.to)
    return `${index + 1}: ${party}`
  })
  return names.toSpliced(ourPlace, 0, 'Holdfast')
}

/** Between whom a SIP message went. */
export function rungOf({ item, legNumber }: TimelineRow): Rung | undefined {
  if (item.lane !== 'sip' || legNumber === 0) return undefined
  const other = legNumber === 1 ? 0 : legNumber
  return item.detail['direction'] === 'in'
    ? { from: other, to: ourPlace }
    : { from: ourPlace, to: other }
}

/** A SIP message in a few letters: `INVITE, SDP` or `200 OK, SDP`. */
export function shortMessage({ detail }: TimelineItem): string {
  const { status, reason, method, text } = detail
  const name = typeof status === 'number' ? `${status} ${String(reason)}` : String(method)
  return /^content-type:\s*application\/sdp/im.test(String(text)) ? `${name}, SDP` : name
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
