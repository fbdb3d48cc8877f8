// Texts for people: tables, lengths of time, moments, and what an event says in a few words. Pure.

import Table from 'cli-table3'
import { numberIn, recordIn, textIn } from './json.ts'
import type { Json } from './json.ts'
import type { Paint } from './paint.ts'

const noBorders = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
}

/** Text from elsewhere, or text of ours that is painted already. */
export type Cell = string | { readonly painted: string }

/** Columns under their heads; ends with a line break. `right`: indexes of columns of numbers. */
export function table(
  paint: Paint,
  heads: readonly string[],
  rows: readonly (readonly Cell[])[],
  right: readonly number[] = [],
): string {
  const printed = new Table({
    head: heads.map((head) => (head === '' ? '' : paint.dim(head))),
    chars: noBorders,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: heads.map((_head, index) => (right.includes(index) ? 'right' : 'left')),
  })
  for (const row of rows) {
    printed.push(row.map((cell) => (typeof cell === 'string' ? printable(cell) : cell.painted)))
  }
  const lines = printed.toString().split('\n')
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`
}

/** Without control characters: what comes from callers must not steer a terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, '\u{fffd}')
}

/** `0:42`, `12:05`, `1:02:03`. */
export function duration(secs: number): string {
  const whole = Math.max(0, Math.floor(secs))
  const two = (value: number): string => String(value).padStart(2, '0')
  const minutes = Math.floor(whole / 60) % 60
  const hours = Math.floor(whole / 3600)
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}

/** `14:03:07.123` of a moment written in ISO 8601, in this machine's time zone; other texts stay. */
export function clockTime(iso: string): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return printable(iso)
  const two = (value: number): string => String(value).padStart(2, '0')
  const ms = String(at.getMilliseconds()).padStart(3, '0')
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${ms}`
}

/** `3 calls`, `1 call`. */
export function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`
}

/** The fields of a webhook's payload that say what happened, beside its type. */
export function eventWords(event: Json): string {
  const payload = recordIn(event, 'payload')
  const from = textIn(payload, 'from')
  const to = textIn(payload, 'to')
  const parts: string[] = []
  const type = textIn(event, 'event_type')
  if (type === 'call.initiated')
    parts.push(`${textIn(payload, 'direction')} ${from} → ${to}`.trim())
  const said = [
    ['queue', 'queue'],
    ['current_position', 'position'],
    ['queue_position', 'position'],
    ['reason', 'reason'],
    ['digit', 'key'],
    ['digits', 'keys'],
    ['result', 'result'],
    ['hangup_cause', 'cause'],
    ['hangup_source', 'by'],
    ['sip_hangup_cause', 'SIP'],
    ['media_url', 'audio'],
    ['conference_id', 'conference'],
    ['recording_id', 'recording'],
  ] as const
  for (const [field, word] of said) {
    const value = textIn(payload, field)
    if (value !== '') parts.push(`${word} ${value}`)
  }
  const wait = payload['wait_time_secs']
  if (typeof wait === 'number') parts.push(`waited ${duration(wait)}`)
  return printable(parts.join(', '))
}

/** The event on one line. */
export function eventLine(paint: Paint, event: Json): string {
  const leg = textIn(recordIn(event, 'payload'), 'call_control_id')
  const head = `${paint.dim(clockTime(textIn(event, 'occurred_at')))}  ${paint.bold(textIn(event, 'event_type').padEnd(24))}`
  return `${head}  ${paint.cyan(shortId(leg))}  ${eventWords(event)}`.trimEnd()
}

/** How a delivery went, on one line; `attempt` is the last one. */
export function deliveryLine(paint: Paint, delivery: Json): string {
  const attempts = Array.isArray(delivery['attempts']) ? delivery['attempts'] : []
  const last: unknown = attempts.at(-1)
  const http = recordIn(last, 'http')
  const status = numberIn(recordIn(http, 'response'), 'status')
  const url = textIn(recordIn(http, 'request'), 'url')
  const tookMs = Date.parse(textIn(last, 'finished_at')) - Date.parse(textIn(last, 'started_at'))
  const ok = textIn(delivery, 'status') === 'delivered'
  const answer = status === 0 ? 'no answer' : String(status)
  const mark = ok ? paint.green(`✔ ${answer}`) : paint.red(`✖ ${answer}`)
  const tries = attempts.length > 1 ? `, attempt ${attempts.length}` : ''
  const type = textIn(recordIn(delivery, 'webhook'), 'event_type')
  const took = Number.isFinite(tookMs) ? ` in ${tookMs} ms` : ''
  return `${' '.repeat(14)}${mark}  ${type} → ${printable(url)}${took}${tries}`
}

/** The end of an id, which is where ids differ; enough for people to tell calls apart. */
export function shortId(id: string): string {
  return printable(id.length > 10 ? `…${id.slice(-8)}` : id)
}
