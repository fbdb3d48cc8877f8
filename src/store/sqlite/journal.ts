// The journal: everything the store wants on disk, in order, one transaction per turn of its thread. A transaction that
// fails is tried again unchanged after a pause, and no write behind it overtakes; the store is told meanwhile. Only events
// and records can be read then: they are those on disk, whatever waits. A question that fails is answered so, and takes no
// write with it.

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

interface Open {
  readonly file: OpenDatabase
  readonly tables: Tables
}

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
  let open: Open | undefined
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
      if (isDamage(error) && answerDamaged(open, group)) return schedule()
      failing = true
      reply({ kind: 'failing', why: textOf(error) })
      readPastWrites(open.tables)
      scheduled = true
      timers.set(retryMs, flush)
      retryMs = Math.min(retryMs * 2, retryMsMax)
    }
  }

  // A page that is damaged stays so, and SQLite takes no write in a transaction that has met one: whoever asks for what lies
  // there hears it, and the writes go on without the question. The others are asked again.
  const answerDamaged = ({ file, tables }: Open, group: readonly Queued[]): boolean => {
    const before = queue.length
    for (const request of group.filter(isQuestion)) {
      const why = damageMetBy(file.database, () => tryOut(tables, request))
      if (why === undefined) continue
      queue.splice(queue.indexOf(request), 1)
      reply({ kind: 'uninspected', id: request.id, why })
    }
    return queue.length < before
  }

  const readPastWrites = (tables: Tables): void => {
    for (const request of queue.filter(isRead)) {
      try {
        const answer = read(tables, request)
        queue.splice(queue.indexOf(request), 1)
        reply(answer)
      } catch {
        // The disk does not even read: the request waits with the writes.
      }
    }
  }

  const transact = (
    { file, tables }: Open,
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
        case 'inspect':
          replies.push(inspected(file.database, tables, request))
          break
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
        case 'events':
          replies.push(read(tables, request))
          break
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

type Inspect = Extract<Queued, { kind: 'inspect' }>
type Read = Extract<Queued, { kind: 'events' }> | Inspect

/** To be answered from what is on disk; a revival is a question that writes. */
function isRead(request: Queued): request is Read {
  return request.kind === 'events' || (request.kind === 'inspect' && request.ask.kind !== 'revive')
}

/** What can be left unanswered: nothing of it is new. To clean up is one, too. */
const questions = ['events', 'inspect', 'pending', 'apart', 'owed', 'prune'] as const
type Question = Extract<Queued, { kind: (typeof questions)[number] }>

function isQuestion(request: Queued): request is Question {
  return questions.some((kind) => kind === request.kind)
}

function tryOut(tables: Tables, request: Question): unknown {
  switch (request.kind) {
    case 'events':
      return tables.events(request.after, request.limit)
    case 'inspect':
      return tables.inspect(request.ask)
    case 'pending':
      return tables.pending(request.after, request.limit, request.applicationId)
    case 'apart':
      return tables.apart(request.applicationId, request.nowMs, request.limit)
    case 'owed':
      return tables.owed()
    case 'prune':
      return tables.prune(request.olderThanMs)
  }
}

/** Undefined: none. Whatever it does is undone. */
function damageMetBy(database: OpenDatabase['database'], work: () => unknown): string | undefined {
  try {
    database.exec('BEGIN')
    work()
    return undefined
  } catch (error) {
    return isDamage(error) ? textOf(error) : undefined
  } finally {
    if (database.isTransaction) database.exec('ROLLBACK')
  }
}

function read(tables: Tables, request: Read): JournalReply {
  const { id } = request
  return request.kind === 'events'
    ? { kind: 'events', id, page: tables.events(request.after, request.limit) }
    : { kind: 'inspected', id, found: tables.inspect(request.ask) }
}

// A question comes from outside and may be one that SQLite refuses, now and at every retry: were it thrown, the writes
// that share its transaction would be tried again with it for ever.
function inspected(
  database: OpenDatabase['database'],
  tables: Tables,
  request: Inspect,
): JournalReply {
  try {
    return read(tables, request)
  } catch (error) {
    // A disk that fails may have ended the transaction, and the writes before this have to be done again.
    if (!isRead(request) || !database.isTransaction) throw error
    return { kind: 'uninspected', id: request.id, why: textOf(error) }
  }
}

/** SQLITE_CORRUPT, extended codes included. */
function isDamage(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 11
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
