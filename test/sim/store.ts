// The memory store made awkward: verbs that answer later (as a distributed store does), outcomes that are unknown although
// the verb happened, commits that stall. Order and content of what is decided stay those of the memory store.
import type { OperationId } from '../../src/base/ids.ts'
import type { Random } from '../../src/ports/random.ts'
import type { CommitBatch, QueueVerb, Store, VerbOutcome } from '../../src/ports/store.ts'
import type { Timers } from '../../src/ports/timers.ts'
import type { ServerProcess } from './process.ts'

export interface StoreTroubles {
  /** Verbs answer at once (memory, sqlite) or after a while (distributed). */
  distributed: boolean
  latencyMaxMs: number
  /** Per mille of distributed verbs whose outcome is lost after (or before) they happened. */
  unknown: number
  commitLatencyMaxMs: number
  /** Per mille of commits that stall for up to two seconds. */
  stalls: number
}

/** A store of a process that may die: afterwards nothing reaches it and nothing comes back. */
export function mortalStore(store: Store, process: ServerProcess): Store {
  const execute: Store['execute'] = (id, verb, done) => {
    if (process.alive) store.execute(id, verb, done)
  }
  return {
    execute,
    commit: process.waiting((batch) => store.commit(batch)),
    health: () => store.health(),
    getQueue: process.waiting((name) => store.getQueue(name)),
    pageQueues: process.waiting((page) => store.pageQueues(page)),
    getEntry: process.waiting((name, legId) => store.getEntry(name, legId)),
    pageEntries: process.waiting((name, page) => store.pageEntries(name, page)),
    recordings: {
      get: process.waiting((id) => store.recordings.get(id)),
      page: process.waiting((filter, page) => store.recordings.page(filter, page)),
      endedBefore: process.waiting((...args) => store.recordings.endedBefore(...args)),
    },
    loadLive: process.waiting(() => store.loadLive()),
    pendingDeliveries: process.waiting((...args) => store.pendingDeliveries(...args)),
    apartDeliveries: process.waiting((...args) => store.apartDeliveries(...args)),
    owedDeliveries: process.waiting(() => store.owedDeliveries()),
    readEvents: process.waiting((after, limit) => store.readEvents(after, limit)),
    recordProgress: process.waiting((progress) => store.recordProgress(progress)),
    prune: process.waiting((olderThanMs) => store.prune(olderThanMs)),
    close: () => store.close(),
  }
}

/** Wraps `store`; reads go straight through. */
export function troubledStore(
  store: Store,
  timers: Timers,
  random: Random,
  troubles: StoreTroubles,
): Store {
  let lastCommit: Promise<void> = Promise.resolve()
  const execute = (
    id: OperationId,
    verb: QueueVerb,
    done: (outcome: VerbOutcome) => void,
  ): void => {
    if (!troubles.distributed) return store.execute(id, verb, done)
    timers.set(random.below(troubles.latencyMaxMs + 1), () => {
      const lost = random.below(1_000) < troubles.unknown
      if (lost && random.below(2) === 0) return answerLater({ kind: 'unknown' })
      store.execute(id, verb, (outcome) => answerLater(lost ? { kind: 'unknown' } : outcome))
    })
    const answerLater = (outcome: VerbOutcome): void => {
      timers.set(random.below(troubles.latencyMaxMs + 1), () => done(outcome))
    }
  }
  const commit = (batch: CommitBatch): Promise<void> => {
    const stall = random.below(1_000) < troubles.stalls ? random.below(2_000) : 0
    const delay = random.below(troubles.commitLatencyMaxMs + 1) + stall
    const written = store.commit(batch)
    const waited = delay === 0 ? written : written.then(() => pause(timers, delay))
    // In order: no batch is acknowledged before the one handed over before it.
    lastCommit = Promise.all([lastCommit, waited]).then(() => undefined)
    return lastCommit
  }
  return new Proxy(store, {
    get(target, name, receiver) {
      if (name === 'execute') return execute
      if (name === 'commit') return commit
      const value: unknown = Reflect.get(target, name, receiver)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

function pause(timers: Timers, ms: number): Promise<void> {
  return new Promise((resolve) => timers.set(ms, resolve))
}
