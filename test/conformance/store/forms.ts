// Every form of the store that the suites run against, and shorthands for verbs.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext } from 'node:test'
import {
  brandAs,
  type LegId,
  type OperationId,
  type QueueId,
  type QueueName,
} from '../../../src/base/ids.ts'
import { createClock } from '../../../src/platform/clock.ts'
import { dataFiles } from '../../../src/platform/data-files.ts'
import { startThread } from '../../../src/platform/threads.ts'
import { createTimers } from '../../../src/platform/timers.ts'
import type {
  CommitBatch,
  EntryFacts,
  QueueVerb,
  Store,
  VerbOutcome,
} from '../../../src/ports/store.ts'
import { createMemoryStore } from '../../../src/store/memory/memory-store.ts'
import { journalInThread, type JournalOptions } from '../../../src/store/sqlite/journal.ts'
import { openSqliteStore, type RecordingStore } from '../../../src/store/sqlite/sqlite-store.ts'
import type { StartJournal } from '../../../src/store/sqlite/protocol.ts'

export interface StoreForm {
  readonly name: string
  /** Opens a fresh store that goes away with the test. `reopen` closes it cleanly and opens it again. */
  open(t: TestContext): Promise<OpenStore>
}

export interface OpenStore {
  readonly store: Store
  /** Undefined where nothing survives. */
  readonly reopen: (() => Promise<OpenStore>) | undefined
}

const directories: string[] = []
// Hooks run in the order they were named: a test's own would take the directory from a store that is not closed yet.
after(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true })
})

/** Goes away with the test file. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-store-'))
  directories.push(directory)
  return directory
}

export const workerJournal: StartJournal = (callbacks) =>
  startThread(new URL('../../../src/journal-worker.ts', import.meta.url), callbacks)

export function inThread(options?: Pick<JournalOptions, 'beforeCommit'>): StartJournal {
  return journalInThread({ timers: createTimers(createClock()), files: dataFiles, ...options })
}

export function openSqlite(directory: string, startJournal = inThread()): Promise<RecordingStore> {
  return openSqliteStore({ directory, startJournal, timers: createTimers(createClock()) })
}

function sqliteForm(name: string, start: () => StartJournal): StoreForm {
  return {
    name,
    async open(t) {
      const directory = temporaryDirectory()
      const open = async (): Promise<OpenStore> => {
        const store = await openSqlite(directory, start())
        t.after(() => store.close())
        const reopen = async (): Promise<OpenStore> => {
          await store.close()
          return open()
        }
        return { store, reopen }
      }
      return open()
    },
  }
}

export const forms: readonly StoreForm[] = [
  {
    name: 'memory',
    open: () =>
      Promise.resolve({ store: createMemoryStore({ clock: createClock() }), reopen: undefined }),
  },
  sqliteForm('sqlite', () => inThread()),
  sqliteForm('sqlite in its worker', () => workerJournal),
]

export const queue = (name: string): QueueName => brandAs<QueueName>(name)
export const leg = (name: string): LegId => brandAs<LegId>(name)
export const noChange: CommitBatch = { changes: [], events: [], deliveries: [] }

let operations = 0

/** Runs a verb under an operation id of its own. */
export function run(store: Store, verb: QueueVerb, operation?: string): VerbOutcome {
  let outcome: VerbOutcome | undefined
  const id = brandAs<OperationId>(operation ?? `op-${++operations}`)
  store.execute(id, verb, (given) => {
    outcome = given
  })
  if (outcome === undefined) throw new Error('the outcome must come before execute returns')
  return outcome
}

export function facts(name: string, over: Partial<EntryFacts> = {}): EntryFacts {
  return {
    legId: leg(name),
    legUuid: brandAs(`uuid-${name}`),
    sessionId: brandAs(`session-${name}`),
    applicationId: brandAs('1000000001'),
    from: '+15550100',
    to: '+15550199',
    clientState: null,
    keepAfterHangup: false,
    deadlineMs: undefined,
    ...over,
  }
}

export function enqueue(
  queueName: string,
  legName: string,
  nowMs: number,
  over: { maxSize?: number; keep?: boolean; deadlineMs?: number } = {},
): QueueVerb {
  const entry = facts(legName, {
    keepAfterHangup: over.keep ?? false,
    deadlineMs: over.deadlineMs,
  })
  const newQueueId = brandAs<QueueId>(`id-${queueName}-${nowMs}`)
  return {
    kind: 'enqueue',
    queueName: queue(queueName),
    newQueueId,
    maxSize: over.maxSize,
    entry,
    nowMs,
  }
}

export function create(name: string, nowMs: number, maxSize = 300, explicit = true): QueueVerb {
  const queueId = brandAs<QueueId>(`id-${name}-${nowMs}`)
  return { kind: 'create-queue', queueName: queue(name), queueId, maxSize, explicit, nowMs }
}

export function claim(queueName: string, issuer: string, nowMs: number): QueueVerb {
  return { kind: 'claim-head', queueName: queue(queueName), issuer: leg(issuer), nowMs }
}
