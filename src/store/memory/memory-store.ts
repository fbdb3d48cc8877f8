// The store without a disk: the queue book, and maps in place of tables. For the simulator and for tests of others.
// Rows are kept as JSON text, so that nobody can lean on object identity that a real journal would not keep.

import type { ApplicationId } from '../../base/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { StampedEvent } from '../../ports/events.ts'
import type {
  CommitBatch,
  DeliveryProgress,
  EventMark,
  LiveRows,
  OwedDeliveries,
  PendingDelivery,
  StateTable,
  Store,
} from '../../ports/store.ts'
import { dueApart } from '../order/deliveries.ts'
import { QueueBook } from '../order/queue-book.ts'
import {
  finishedRecordingOf,
  pageOfRecordings,
  recordingsEndedBefore,
} from '../order/recordings.ts'

const noneOwed = { count: 0, lastSequence: 0, apart: 0 }

interface Delivery extends PendingDelivery {
  readonly state: DeliveryProgress['state']
  readonly finishedAtMs: number | undefined
}

/** With a look, for tests, at what a journal would hold. */
export interface MemoryStore extends Store {
  /** Sequence numbers of all committed events, in commit order, as far as not pruned. */
  committedSequences(): readonly number[]
}

/** A store that forgets everything when the process ends; `commit` resolves in the next microtask. */
export function createMemoryStore({ clock }: { readonly clock: Clock }): MemoryStore {
  const book = new QueueBook()
  const rows = new Map<string, { table: StateTable; id: string; json: string }>()
  const events = new Map<number, { occurredAtUs: number; told: boolean; json: string }>()
  let pruned: EventMark = { sequence: 0, eventId: '' }
  const deliveries = new Map<string, Delivery>()
  let lastSequence = 0

  const apply = (batch: CommitBatch): void => {
    book.takeChanges()
    for (const change of batch.changes) {
      const { table, id } = change
      const key = `${table} ${id}`
      if (change.kind === 'delete') rows.delete(key)
      else rows.set(key, { table, id, json: JSON.stringify(change.row) })
    }
    for (const event of batch.events) {
      const { sequence, occurredAtUs } = event
      const told = event.legSequence !== undefined
      events.set(sequence, { occurredAtUs, told, json: JSON.stringify(event) })
      lastSequence = Math.max(lastSequence, sequence)
    }
    for (const row of batch.deliveries) {
      const start = { attempts: 0, nextAttemptAtMs: clock.wallMs(), finishedAtMs: undefined }
      deliveries.set(row.deliveryId, { row, state: 'pending', ...start })
    }
  }

  const finished = () =>
    [...rows.values()]
      .filter(({ table }) => table === 'finished-recording')
      .map(({ json }) => finishedRecordingOf(json))

  return {
    execute: (operationId, verb, done) => done(book.execute(operationId, verb)),
    commit: (batch) => {
      apply(batch)
      return Promise.resolve()
    },
    health: () => ({ ok: true, backlog: 0, why: '' }),
    getQueue: (name) => Promise.resolve(book.getQueue(name)),
    pageQueues: (page) => Promise.resolve(book.pageQueues(page)),
    getEntry: (name, legId) => Promise.resolve(book.getEntry(name, legId)),
    pageEntries: (name, page) => Promise.resolve(book.pageEntries(name, page)),
    recordings: {
      get: (id) => {
        const found = rows.get(`finished-recording ${id}`)
        return Promise.resolve(found && finishedRecordingOf(found.json))
      },
      page: (filter, page) => Promise.resolve(pageOfRecordings(finished(), filter, page)),
      endedBefore: (wallMs, limit) =>
        Promise.resolve(recordingsEndedBefore(finished(), wallMs, limit)),
    },
    loadLive: () => {
      const kept = [...rows.values()].filter(({ table }) => table !== 'finished-recording')
      const live = kept.map(({ table, id, json }) => {
        const row: unknown = JSON.parse(json)
        return { table, id, row }
      })
      const loaded: LiveRows = { rows: live, ...book.everything(), lastSequence }
      return Promise.resolve(loaded)
    },
    pendingDeliveries: (after, limit, applicationId) =>
      Promise.resolve(
        [...deliveries.values()]
          .filter(({ finishedAtMs, row }) => finishedAtMs === undefined && row.sequence > after)
          .filter(
            ({ row, state }) =>
              applicationId === undefined ||
              (row.applicationId === applicationId && state === 'pending'),
          )
          .sort((a, b) => a.row.sequence - b.row.sequence)
          .slice(0, limit)
          .map(pendingOf),
      ),
    apartDeliveries: (applicationId, nowMs, limit) => {
      const due = dueApart(deliveries.values(), applicationId, nowMs, limit)
      return Promise.resolve(due.map(pendingOf))
    },
    owedDeliveries: () => {
      const owed = new Map<ApplicationId, OwedDeliveries>()
      for (const { row, state } of deliveries.values()) {
        if (state !== 'pending' && state !== 'apart') continue
        const { applicationId, sequence } = row
        const sums = { ...(owed.get(applicationId) ?? noneOwed), applicationId }
        const { count, lastSequence, apart } = sums
        const more =
          state === 'apart'
            ? { apart: apart + 1 }
            : { count: count + 1, lastSequence: Math.max(lastSequence, sequence) }
        owed.set(applicationId, { ...sums, ...more })
      }
      return Promise.resolve([...owed.values()])
    },
    readEvents: (after, limit) => {
      const told = [...events.values()]
        .filter((event) => event.told)
        .map(({ json }) => eventOf(json))
      const behindAllBut = (count: number): EventMark => {
        const mark = told.at(-1 - count)
        return mark === undefined ? pruned : markOf(mark)
      }
      const start = after === 'newest' ? { last: 0 } : after
      const from = start === 'oldest' ? pruned : 'last' in start ? behindAllBut(start.last) : start
      const known = [pruned, ...told].some((mark) => isSameMark(from, mark))
      if (!known || from.sequence < pruned.sequence) return Promise.resolve(undefined)
      const behind = told.filter(({ sequence }) => sequence > from.sequence)
      return Promise.resolve({ from, events: behind.slice(0, limit) })
    },
    recordProgress: (progress) => {
      for (const step of progress) {
        const known = deliveries.get(step.deliveryId)
        if (known !== undefined) deliveries.set(step.deliveryId, { ...known, ...step })
      }
      return Promise.resolve()
    },
    prune: (olderThanMs) => {
      for (const [id, { finishedAtMs }] of deliveries) {
        if (finishedAtMs !== undefined && finishedAtMs < olderThanMs) deliveries.delete(id)
      }
      for (const [sequence, { occurredAtUs, told, json }] of events) {
        if (occurredAtUs >= olderThanMs * 1000) continue
        events.delete(sequence)
        if (told && sequence > pruned.sequence) pruned = markOf(eventOf(json))
      }
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
    committedSequences: () => [...events.keys()],
  }
}

function pendingOf({ row, attempts, nextAttemptAtMs }: Delivery): PendingDelivery {
  return { row, attempts, nextAttemptAtMs }
}

/** JSON has no undefined: missing figures come back as a missing key. */
function eventOf(json: string): StampedEvent {
  return { quality: undefined, ...(JSON.parse(json) as Omit<StampedEvent, 'quality'>) } // Our own text.
}

function markOf({ sequence, eventId }: StampedEvent): EventMark {
  return { sequence, eventId }
}

function isSameMark(one: EventMark, other: EventMark): boolean {
  return one.sequence === other.sequence && one.eventId === other.eventId
}
