// One call in the terminal: its steps as the server's trace has them, or, where no trace is kept, its events.

import { noSuch, piece } from '../client.ts'
import type { ApiClient } from '../client.ts'
import type { Context } from '../context.ts'
import { numberIn, recordIn, recordsIn, textIn } from '../json.ts'
import type { Json } from '../json.ts'
import { patiently } from '../patient.ts'
import type { Paint } from '../paint.ts'
import { clockTime, duration, eventWords, printable } from '../render.ts'

/** Longest wait of one request; a request that is cut loses nothing. */
const waitSecs = 20

/** Prints the call, and what comes, until it is over (`follow`). */
export async function showCall(context: Context, id: string, follow: boolean): Promise<undefined> {
  const client = context.api()
  const api = follow ? { ...client, get: patiently(context, client) } : client
  if (follow) context.line.stopping()
  const path = `/v2/calls/${piece(id)}/timeline`
  const first = await context.during('reading the call', api.get(path, { allow: [404, 503] }))
  if (first.status === 200) return showTimeline(context, api, path, follow, first.body)
  const call = await api.get(`/v2/calls/${piece(id)}`).catch(noSuch(`call ${id}`))
  return showEvents(context, api, recordIn(call.body, 'data'), follow)
}

async function showTimeline(
  context: Context,
  api: ApiClient,
  path: string,
  follow: boolean,
  first: Json,
): Promise<undefined> {
  const legs = new Legs(context)
  const all: Json[] = []
  let body = first
  for (;;) {
    const data = recordIn(body, 'data')
    const items = recordsIn(data, 'items')
    legs.take(recordsIn(data, 'legs'))
    for (const item of items) {
      if (context.json && !follow) all.push(item)
      else
        context.printLine(item, () =>
          timelineLine(context.paint, legs.letter(textIn(item, 'leg')), item),
        )
    }
    const after = textIn(recordIn(body, 'meta'), 'next')
    if (items.length === 0 && (!follow || legs.areOver)) {
      if (context.json && !follow) {
        context.print({ data: { ...data, items: all } }, () => '')
      } else if (!context.json) context.out.write(legs.lastWords())
      return
    }
    if (context.line.stopping().aborted) return
    const wait = follow && items.length === 0 ? waitSecs : 0
    const query = `?after=${piece(after)}${wait === 0 ? '' : `&wait_secs=${wait}`}`
    body = (await api.get(`${path}${query}`, { waitSecs: wait })).body
  }
}

/** The legs seen so far, each with a letter. */
class Legs {
  readonly #context: Context
  readonly #known = new Map<string, Json>()

  constructor(context: Context) {
    this.#context = context
  }

  /** New ones are introduced on a line of their own. */
  take(legs: readonly Json[]): void {
    const { json, out, paint } = this.#context
    for (const leg of legs) {
      const id = textIn(leg, 'call_control_id')
      const isNew = !this.#known.has(id)
      this.#known.set(id, leg)
      if (!isNew || json) continue
      const who = printable(
        `${textIn(leg, 'direction')} ${textIn(leg, 'from')} → ${textIn(leg, 'to')}`,
      )
      out.write(`${paint.bold(`leg ${this.letter(id)}`)}  ${who}  ${paint.dim(printable(id))}\n`)
    }
  }

  letter(id: string): string {
    const place = [...this.#known.keys()].indexOf(id)
    return place < 0 ? '?' : place < 26 ? String.fromCharCode(65 + place) : String(place + 1)
  }

  get areOver(): boolean {
    return this.#known.size > 0 && [...this.#known.values()].every(isOver)
  }

  /** How it stands with each leg. */
  lastWords(): string {
    const lines = [...this.#known].map(([id, leg]) => {
      const cause = textIn(leg, 'hangup_cause')
      const from = Date.parse(textIn(leg, 'started_at'))
      const to = Date.parse(textIn(leg, 'ended_at'))
      const lasted = Number.isFinite(to - from) ? `, ${duration((to - from) / 1000)}` : ''
      return `leg ${this.letter(id)}  ${textIn(leg, 'state')}${cause === '' ? '' : ` (${cause})`}${lasted}\n`
    })
    return lines.join('')
  }
}

function isOver(leg: Json): boolean {
  return textIn(leg, 'state') === 'ended'
}

/** One step of a call on one line. */
export function timelineLine(paint: Paint, letter: string, item: Json): string {
  const lane = textIn(item, 'lane')
  const painted = lanePaint(paint, lane)(lane.padEnd(7))
  const words = printable(textIn(item, 'summary') || textIn(item, 'kind'))
  return `${paint.dim(clockTime(textIn(item, 'at')))}  ${letter}  ${painted}  ${words}`
}

function lanePaint(paint: Paint, lane: string): (text: string) => string {
  switch (lane) {
    case 'sip':
      return paint.cyan
    case 'command':
      return paint.yellow
    case 'event':
      return paint.green
    case 'webhook':
      return paint.magenta
    default:
      return paint.dim
  }
}

// ---- without a trace

async function showEvents(
  context: Context,
  api: ApiClient,
  call: Json,
  follow: boolean,
): Promise<undefined> {
  const session = textIn(call, 'call_session_id')
  // The cursor first: what happens while the past is read comes twice rather than never.
  const now = await api.get('/v2/events?after=newest')
  const told = await api.all(`/v2/call_events?filter[application_session_id]=${piece(session)}`)
  const events = told.filter((one) => textIn(one, 'type') === 'webhook').map(eventOfRecord)
  const items = events.map(itemOfEvent)
  if (context.json && !follow) {
    context.print({ data: { ...call, items } }, () => '')
    return
  }
  if (!context.json) {
    const note = 'No timeline is kept of this call (`trace.enabled`); these are its events.'
    context.out.write(`${context.paint.dim(note)}\n`)
  }
  const legs = new Map<string, number>()
  const show = (item: Json): void => {
    const leg = textIn(item, 'leg')
    if (!legs.has(leg)) legs.set(leg, legs.size)
    const letter = String.fromCharCode(65 + (legs.get(leg) ?? 0))
    context.printLine(item, () => timelineLine(context.paint, letter, item))
  }
  items.forEach(show)
  if (!follow || isHungUp(events, session)) return
  await followEvents(
    context,
    api,
    session,
    textIn(recordIn(now.body, 'meta'), 'next'),
    events,
    show,
  )
}

async function followEvents(
  context: Context,
  api: ApiClient,
  session: string,
  from: string,
  past: readonly Json[],
  show: (item: Json) => void,
): Promise<void> {
  const seen = new Set(past.map((event) => textIn(event, 'id')))
  const events = [...past]
  let after = from
  while (!context.line.stopping().aborted && !isHungUp(events, session)) {
    const path = `/v2/events?after=${piece(after)}&wait_secs=${waitSecs}`
    const { body } = await api.get(path, { waitSecs })
    after = textIn(recordIn(body, 'meta'), 'next')
    for (const event of recordsIn(body, 'data')) {
      const isOurs = textIn(recordIn(event, 'payload'), 'call_session_id') === session
      if (!isOurs || seen.has(textIn(event, 'id'))) continue
      events.push(event)
      show(itemOfEvent(event))
    }
  }
}

/** As many legs have ended as have begun. */
function isHungUp(events: readonly Json[], session: string): boolean {
  const count = (type: string): number =>
    events.filter(
      (event) =>
        textIn(event, 'event_type') === type &&
        textIn(recordIn(event, 'payload'), 'call_session_id') === session,
    ).length
  return count('call.hangup') > 0 && count('call.hangup') >= count('call.initiated')
}

/** A `call_event` holds the webhook as it was sent. */
function eventOfRecord(record: Json): Json {
  const metadata = recordIn(record, 'metadata')
  const data = recordIn(metadata, 'data')
  const event = Object.keys(data).length > 0 ? data : metadata
  return numberIn(event, 'leg_sequence') > 0 || textIn(event, 'event_type') !== ''
    ? event
    : {
        event_type: textIn(record, 'name'),
        occurred_at: textIn(record, 'event_timestamp'),
        payload: metadata,
      }
}

function itemOfEvent(event: Json): Json {
  const payload = recordIn(event, 'payload')
  const type = textIn(event, 'event_type')
  return {
    at: textIn(event, 'occurred_at'),
    lane: 'event',
    leg: textIn(payload, 'call_control_id'),
    kind: type,
    summary: `${type}  ${eventWords(event)}`.trimEnd(),
    detail: payload,
  }
}
