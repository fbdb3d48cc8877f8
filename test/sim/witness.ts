// Stands between the troubles and the memory store, and between the engine and the troubles: holds every verb's outcome to
// the naive model of the conformance suite (first in, first out; sizes; refusals), and knows which verbs and commits are
// still under way, so that others know when the books must agree.

import { isDeepStrictEqual } from 'node:util'
import type { LegId, OperationId } from '../../src/base/ids.ts'
import type { CommitBatch, QueueVerb, Store, VerbOutcome } from '../../src/ports/store.ts'
import { ModelStore } from '../conformance/store/model.ts'
import { BrokenPromise } from './checkers.ts'
import type { SimDisk } from './disk.ts'

type Done = (outcome: VerbOutcome) => void

export class Witness {
  model = new ModelStore()
  /** Legs whose entry was ever to be kept. */
  readonly everKept = new Set<LegId>()
  /** Commits handed over and not acknowledged. */
  commits = 0
  /** The latest event that is on disk. */
  committedSequence = 0
  readonly #seen = new Map<OperationId, VerbOutcome>()
  readonly #open = new Set<OperationId>()
  /** The engine hands a verb over, repeats included. */
  onAsk: (id: OperationId, verb: QueueVerb) => void = () => undefined
  readonly #broken: (why: unknown) => void
  readonly #trace: (what: string) => void

  constructor(broken: (why: unknown) => void, trace: (what: string) => void) {
    this.#broken = broken
    this.#trace = trace
  }

  /** Verbs whose outcome the engine does not know. */
  get verbs(): number {
    return this.#open.size
  }

  /** The process is gone, and with it what was not on `disk`. */
  restart(disk: SimDisk): void {
    this.commits = 0
    this.#open.clear()
    this.#seen.clear()
    this.committedSequence = disk.events.at(-1)?.sequence ?? 0
    this.model = new ModelStore()
    for (const record of disk.queues.values()) {
      const entries = disk.entries.filter(({ queueName }) => queueName === record.queueName)
      this.model.queues.push({
        record: { ...record, size: 0, enqueuedAtSumMs: 0 },
        entries: entries.map(({ facts, enqueuedAtMs, alive }) => {
          return { facts: { ...facts }, atMs: enqueuedAtMs, alive }
        }),
      })
    }
  }

  /** Below the troubles: what really happens. */
  inner(store: Store): Store {
    const execute = (id: OperationId, verb: QueueVerb, done: Done): void => {
      store.execute(id, verb, (outcome) => {
        this.#compare(id, verb, outcome)
        done(outcome)
      })
    }
    return withVerbs(store, { execute })
  }

  /** Above the troubles: what the engine sees. */
  outer(store: Store): Store {
    const execute = (id: OperationId, verb: QueueVerb, done: Done): void => {
      this.onAsk(id, verb)
      // Empty queues are collected for ever.
      if (verb.kind !== 'collect-empty') this.#open.add(id)
      store.execute(id, verb, (outcome) => {
        if (outcome.kind !== 'unknown') this.#open.delete(id)
        done(outcome)
      })
    }
    const commit = async (batch: CommitBatch): Promise<void> => {
      this.commits += 1
      await store.commit(batch)
      this.commits -= 1
      const last = batch.events.at(-1)
      if (last !== undefined) this.committedSequence = last.sequence
    }
    return withVerbs(store, { execute, commit })
  }

  #compare(id: OperationId, verb: QueueVerb, outcome: VerbOutcome): void {
    const known = this.#seen.get(id)
    const expected = known ?? this.model.run(verb)
    if (known === undefined) {
      this.#seen.set(id, structuredClone(expected))
      const who = 'legId' in verb ? verb.legId : verb.kind === 'claim-head' ? verb.issuer : ''
      this.#trace(`verb ${id} ${verb.kind} ${who} ${outcome.kind}`)
    }
    if (verb.kind === 'enqueue' && verb.entry.keepAfterHangup) this.everKept.add(verb.entry.legId)
    if (verb.kind === 'set-keep' && verb.keepAfterHangup) this.everKept.add(verb.legId)
    if (isDeepStrictEqual(inOrder(outcome), inOrder(expected))) return
    const said = `${JSON.stringify(outcome)}, not ${JSON.stringify(expected)}`
    this.#broken(new BrokenPromise(`the store answers ${JSON.stringify(verb)} with ${said}`))
  }
}

/** The order of collected queues means nothing, nor do the last bits of a mean. */
function inOrder(outcome: VerbOutcome): VerbOutcome {
  if (outcome.kind === 'enqueued') {
    return { ...outcome, averageWaitMs: Math.round(outcome.averageWaitMs) }
  }
  if (outcome.kind !== 'collected') return outcome
  const queues = [...outcome.queues].sort((a, b) => (a.queueName < b.queueName ? -1 : 1))
  return { kind: 'collected', queues }
}

function withVerbs(store: Store, own: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, name, receiver) {
      if (Object.hasOwn(own, name)) return Reflect.get(own, name) as unknown
      const value: unknown = Reflect.get(target, name, receiver)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
