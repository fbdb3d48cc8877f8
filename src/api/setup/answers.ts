// What the endpoints of applications, numbers and SIP users share: answers to changes, order and pages of lists.

import type { Result } from '../../base/result.ts'
import type { SetupRefusal, Stamps } from '../../ports/setup.ts'
import type { AnyReply, ApiContext } from '../context.ts'
import { pageMeta, pageOf } from '../paging.ts'
import type { Problem } from '../problems.ts'
import { Type } from '../schema.ts'

/** `pointer`: the body field that names what is taken already. */
export function setupProblem(why: SetupRefusal, pointer: string): Problem {
  switch (why) {
    case 'unknown':
      return { name: 'not-found', pointer: '/' }
    case 'from-file':
      return { name: 'defined-in-file' }
    case 'taken':
      return { name: 'already-taken', pointer }
    case 'application-unknown':
    case 'connection-unknown':
      return { name: why, pointer: '/connection_id' }
    case 'full':
      return { name: 'setup-full' }
    case 'unavailable':
      return { name: 'unavailable', retryAfterSecs: 1 }
  }
}

/** Answers a change with the object, or with why it was not made. */
export function answerChange<T>(
  context: ApiContext,
  reply: AnyReply,
  changed: Result<T, SetupRefusal>,
  how: { readonly object: (value: T) => object; readonly status?: 201; readonly taken?: string },
): AnyReply {
  if (!changed.ok) {
    return context.refuse(reply, [setupProblem(changed.why, how.taken ?? '/')])
  }
  return reply.code(how.status ?? 200).send({ data: how.object(changed.value) })
}

/** `sort` of the hosted API's connection lists. */
export const connectionSort = Type.Optional(
  Type.Enum(
    ['created_at', '-created_at', 'connection_name', '-connection_name', 'active', '-active'],
    { description: 'With a minus descending; absent: newest first.' },
  ),
)

interface Sortable extends Pick<Stamps, 'createdAtMs'> {
  readonly name: string
  readonly active: boolean
}

/** In the order that a list asks for; equals stay as they are. */
export function sorted<T extends Sortable>(
  all: readonly T[],
  sort: string | undefined,
): readonly T[] {
  const wanted = sort ?? '-created_at'
  const sign = wanted.startsWith('-') ? -1 : 1
  const order = orders[wanted.replace('-', '')]
  return order === undefined ? all : all.toSorted((a, b) => sign * order(a, b))
}

const orders: Readonly<Record<string, (a: Sortable, b: Sortable) => number>> = {
  created_at: (a, b) => a.createdAtMs - b.createdAtMs,
  connection_name: (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  active: (a, b) => Number(a.active) - Number(b.active),
}

/** One page of rows that are in memory anyway. */
export function pageAnswer<T>(
  rows: readonly T[],
  query: Parameters<typeof pageOf>[0],
  object: (row: T) => object,
): object {
  const page = pageOf(query)
  const first = (page.number - 1) * page.size
  return {
    data: rows.slice(first, first + page.size).map(object),
    meta: pageMeta(page, rows.length),
  }
}

/** Case does not matter. */
export function contains(text: string, wanted: string | undefined): boolean {
  return wanted === undefined || text.toLowerCase().includes(wanted.toLowerCase())
}

/** Fields of a PATCH that were given, under our names. */
export function given<T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }) {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Partial<T> // The same keys, less some.
}
