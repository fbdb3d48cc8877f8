// The journal: everything the store wants on disk, in order, one transaction per turn of its thread. A transaction that
// fails is tried again unchanged after a pause, and no write behind it overtakes; the store is told meanwhile. Only events
// can be read then: they are those on disk, whatever waits.

import type { Timers } from '../../ports/timers.ts'
import {
  openDatabase,
  StoreRefused,
  textOf,
  type DataFiles,
  type OpenDatabase,
} from './database.ts'
import type { JournalReply, JournalRequest, StartJournal } from './protocol.ts'
import { createTables, type Tables } from './tables.ts'

/** Requests that share one transaction at most. */
const groupMax = 256
const retryMsMin = 50
const retryMsMax = 5000

type Queued = Exclude<JournalRequest, { kind: 'open' }>

export interface Journal {
  receive(request: JournalRequest): void
}

export interface JournalOptions {
  readonly timers: Timers
  readonly files: DataFiles
  readonly reply: (reply: JournalReply) => void
  /** Called inside each transaction before it is committed; tests make it fail here. */
  readonly beforeCommit?: () => void
}

export function createJournal({ timers, files, reply, beforeCommit }: JournalOptions): Journal {
  const queue: Queued[] = []
  let open: { file: OpenDatabase; tables: Tables } | undefined
  let scheduled = false
  let failing = false
  let retryMs = retryMsMin

  const schedule = (): void => {
    if (scheduled || open === undefined || queue.length === 0) return
    scheduled = true
    timers.soon(flush)
  }

  const flush = (): void => {
    scheduled = false
    if (open === undefined) return
    if (queue[0]?.kind === 'close') {
      open.file.close()
      open = undefined
      queue.length = 0
      return reply({ kind: 'closed' })
    }
    const end = queue.findIndex(({ kind }) => kind === 'close')
    const group = queue.slice(0, Math.min(groupMax, end === -1 ? groupMax : end))
    const { database } = open.file
    try {
      const outcome = transact(open, group)
      retryMs = retryMsMin
      failing = false
      // A clean-up with more to do goes behind what arrived meanwhile.
      queue.splice(0, group.length)
      queue.push(...outcome.again)
      for (const answer of outcome.replies) reply(answer)
      schedule()
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      failing = true
      reply({ kind: 'failing', why: textOf(error) })
      readPastWrites(open.tables)
      scheduled = true
      timers.set(retryMs, flush)
      retryMs = Math.min(retryMs * 2, retryMsMax)
    }
  }

  const readPastWrites = (tables: Tables): void => {
    const reads = queue.filter((request) => request.kind === 'events')
    for (const request of reads) {
      try {
        const page = tables.events(request.after, request.limit)
        queue.splice(queue.indexOf(request), 1)
        reply({ kind: 'events', id: request.id, page })
      } catch {
        // The disk does not even read: the request waits with the writes.
      }
    }
  }

  const transact = (
    { file, tables }: { file: OpenDatabase; tables: Tables },
    group: readonly Queued[],
  ): { replies: JournalReply[]; again: Queued[] } => {
    const done: number[] = []
    const replies: JournalReply[] = []
    const again: Queued[] = []
    file.database.exec('BEGIN IMMEDIATE')
    for (const request of group) {
      switch (request.kind) {
        case 'write':
          tables.write(request.batch)
          done.push(request.id)
          break
        case 'commands':
          tables.commands(request.records)
          done.push(request.id)
          break
        case 'inspect': {
          const found = tables.inspect(request.ask)
          replies.push({ kind: 'inspected', id: request.id, found })
          break
        }
        case 'progress':
          tables.progress(request.progress)
          done.push(request.id)
          break
        case 'pending': {
          const { after, limit, applicationId } = request
          const deliveries = tables.pending(after, limit, applicationId)
          replies.push({ kind: 'pending', id: request.id, deliveries })
          break
        }
        case 'apart': {
          const { applicationId, nowMs, limit } = request
          const deliveries = tables.apart(applicationId, nowMs, limit)
          replies.push({ kind: 'pending', id: request.id, deliveries })
          break
        }
        case 'owed':
          replies.push({ kind: 'owed', id: request.id, owed: tables.owed() })
          break
        case 'events': {
          const page = tables.events(request.after, request.limit)
          replies.push({ kind: 'events', id: request.id, page })
          break
        }
        case 'prune':
          if (tables.prune(request.olderThanMs)) again.push(request)
          else done.push(request.id)
          break
        case 'close':
          break
      }
    }
    beforeCommit?.()
    file.database.exec('COMMIT')
    return { replies: [{ kind: 'done', ids: done }, ...replies], again }
  }

  return {
    receive(request) {
      if (request.kind !== 'open') {
        queue.push(request)
        if (failing && open !== undefined) readPastWrites(open.tables)
        return schedule()
      }
      try {
        const file = openDatabase(request.directory, files)
        const tables = createTables(file.database)
        open = { file, tables }
        reply({ kind: 'opened', live: tables.live() })
      } catch (error) {
        const why = error instanceof StoreRefused ? error.message : `the store: ${textOf(error)}`
        reply({ kind: 'refused', why })
      }
    },
  }
}

/** A journal without a thread of its own, for tests and for one-off tools. */
export function journalInThread(options: Omit<JournalOptions, 'reply'>): StartJournal {
  return ({ onMessage }) => {
    let stopped = false
    const reply = (value: JournalReply): void => {
      if (!stopped) onMessage(value)
    }
    const journal = createJournal({ ...options, reply })
    return {
      post: (request) => journal.receive(structuredClone(request)),
      stop: () => {
        stopped = true
      },
    }
  }
}
