// The order of all queues in memory, and the queue verbs over it: the one place where order, size, position and the
// claim are decided. `memory` is this book alone; `sqlite` writes down what the book says has changed.
// Every verb is all or nothing: it refuses before it touches anything.

import { assert, assertNever } from '../../base/assert.ts'
import type { LegId, OperationId, QueueId, QueueName } from '../../base/ids.ts'
import type {
  EntryFacts,
  LeftEntry,
  Page,
  Paged,
  QueuedCall,
  QueueRecord,
  QueueVerb,
  VerbOutcome,
  VerbRefusal,
} from '../../ports/store.ts'
import { Line } from './line.ts'
import { QueueIndex } from './queue-index.ts'

/** Size of a queue that an enqueue makes without naming one. */
const implicitMaxSize = 100
/** Outcomes remembered for repeats; the oldest is forgotten first. */
const outcomesMax = 4096

interface Queue {
  readonly id: QueueId
  readonly name: QueueName
  readonly explicit: boolean
  readonly createdAtMs: number
  readonly line: Line<Entry>
  maxSize: number
  updatedAtMs: number
  /**
   * Sum of `enqueuedAtMs - baseMs`, the base being the time of the first entry since the queue was empty: whole epoch
   * times would leave the exact integers at 5,000 entries, and rounding would gather with every caller.
   */
  waitOffsetSumMs: number
  baseMs: number
  idleSinceMs: number | undefined
}

interface Entry {
  slot: number
  /** Grows with every enqueue of the whole book: what a journal sorts by to find the order again. */
  readonly place: number
  readonly queue: Queue
  readonly enqueuedAtMs: number
  facts: EntryFacts
  alive: boolean
}

/** What changed since the last look, each key once with its latest value; undefined: it is gone. */
export interface BookChanges {
  readonly queues: readonly { readonly name: QueueName; readonly queue: QueueRecord | undefined }[]
  readonly entries: readonly { readonly legId: LegId; readonly entry: PlacedCall | undefined }[]
}

export interface PlacedCall {
  readonly place: number
  readonly queueName: QueueName
  readonly enqueuedAtMs: number
  readonly alive: boolean
  readonly facts: EntryFacts
}

type Verb<Kind extends QueueVerb['kind']> = Extract<QueueVerb, { kind: Kind }>

export class QueueBook {
  readonly #queues = new QueueIndex<Queue>()
  readonly #entries = new Map<LegId, Entry>()
  readonly #outcomes = new Map<OperationId, VerbOutcome>()
  readonly #dirtyQueues = new Set<QueueName>()
  readonly #dirtyEntries = new Set<LegId>()
  #placeNext = 1

  /** Runs one verb; the repeat of a remembered operation has no effect and gets the same outcome. */
  execute(operationId: OperationId, verb: QueueVerb): VerbOutcome {
    const earlier = this.#outcomes.get(operationId)
    if (earlier !== undefined) return earlier
    const outcome = this.#apply(verb)
    this.#outcomes.set(operationId, outcome)
    if (this.#outcomes.size > outcomesMax) {
      const [oldest] = this.#outcomes.keys()
      if (oldest !== undefined) this.#outcomes.delete(oldest)
    }
    return outcome
  }

  getQueue(name: QueueName): QueueRecord | undefined {
    const queue = this.#queues.get(name)
    return queue && recordOf(queue)
  }

  pageQueues(page: Page): Paged<QueueRecord> {
    const from = (page.number - 1) * page.size
    const rows = this.#queues.slice(from, from + page.size).map(recordOf)
    return { rows, total: this.#queues.size }
  }

  getEntry(name: QueueName, legId: LegId): QueuedCall | undefined {
    const entry = this.#entries.get(legId)
    return entry?.queue.name === name ? callOf(entry, entry.queue.line.position(entry)) : undefined
  }

  pageEntries(name: QueueName, page: Page): Paged<QueuedCall> | undefined {
    const queue = this.#queues.get(name)
    if (queue === undefined) return undefined
    const rows: QueuedCall[] = []
    const from = (page.number - 1) * page.size + 1
    for (let position = from; position < from + page.size; position++) {
      const entry = queue.line.at(position)
      if (entry === undefined) break
      rows.push(callOf(entry, position))
    }
    return { rows, total: queue.line.size }
  }

  /** Everything, entries in the order of their queues; for a start and for tests. */
  everything(): { queues: readonly QueueRecord[]; entries: readonly QueuedCall[] } {
    const queues = this.#queues.slice(0, this.#queues.size)
    const entries = queues.flatMap((queue) =>
      Array.from({ length: queue.line.size }, (_, index) =>
        callOf(queue.line.at(index + 1)!, index + 1),
      ),
    )
    return { queues: queues.map(recordOf), entries }
  }

  /** Fills an empty book from a journal; entries must come in ascending `place`. */
  restore(queues: readonly QueueRecord[], entries: readonly PlacedCall[]): void {
    assert(this.#queues.size === 0, 'restore needs an empty book')
    for (const record of queues) {
      const { queueId, queueName, maxSize, explicit, createdAtMs, updatedAtMs, idleSinceMs } =
        record
      const queue: Queue = {
        ...emptyQueue(queueId, queueName, maxSize, explicit, createdAtMs),
        updatedAtMs,
        idleSinceMs,
      }
      this.#queues.add(queue)
      this.#queues.setIdle(queue, queue.idleSinceMs)
    }
    for (const placed of entries) {
      const queue = this.#queues.get(placed.queueName)
      assert(queue !== undefined, 'an entry without its queue')
      this.#insert({ ...placed, queue, slot: 0 })
      this.#placeNext = placed.place + 1
    }
    this.takeChanges()
  }

  takeChanges(): BookChanges {
    const queues = [...this.#dirtyQueues].map((name) => ({ name, queue: this.getQueue(name) }))
    const entries = [...this.#dirtyEntries].map((legId) => {
      const entry = this.#entries.get(legId)
      return { legId, entry: entry && placedOf(entry) }
    })
    this.#dirtyQueues.clear()
    this.#dirtyEntries.clear()
    return { queues, entries }
  }

  #apply(verb: QueueVerb): VerbOutcome {
    switch (verb.kind) {
      case 'create-queue':
        return this.#createQueue(verb)
      case 'update-queue':
        return this.#updateQueue(verb)
      case 'delete-queue':
        return this.#deleteQueue(verb)
      case 'enqueue':
        return this.#enqueue(verb)
      case 'claim-head':
        return this.#claimHead(verb)
      case 'leave':
        return this.#leaveAny(verb.legId, verb.nowMs)
      case 'leave-both':
        return this.#leaveBoth(verb)
      case 'end-entry':
        return this.#endEntry(verb)
      case 'set-keep':
        return this.#setKeep(verb)
      case 'remove-entry':
        return this.#removeEntry(verb)
      case 'collect-empty':
        return this.#collectEmpty(verb)
    }
    return assertNever(verb)
  }

  #createQueue(verb: Verb<'create-queue'>): VerbOutcome {
    if (this.#queues.get(verb.queueName) !== undefined) return refuse('queue-exists')
    const { queueId, queueName, maxSize, explicit, nowMs } = verb
    const queue = this.#addQueue(queueId, queueName, maxSize, explicit, nowMs)
    return { kind: 'created', queue: recordOf(queue) }
  }

  #updateQueue(verb: Verb<'update-queue'>): VerbOutcome {
    const queue = this.#queues.get(verb.queueName)
    if (queue === undefined) return refuse('queue-unknown')
    // C25: lower than the present size is fine, nobody is thrown out.
    queue.maxSize = verb.maxSize
    queue.updatedAtMs = verb.nowMs
    if (queue.line.size === 0) this.#setIdle(queue, verb.nowMs)
    this.#dirtyQueues.add(queue.name)
    return { kind: 'updated', queue: recordOf(queue) }
  }

  #deleteQueue(verb: Verb<'delete-queue'>): VerbOutcome {
    const queue = this.#queues.get(verb.queueName)
    if (queue === undefined) return refuse('queue-unknown')
    if (queue.line.size > 0) return refuse('queue-not-empty')
    this.#queues.delete(queue)
    this.#dirtyQueues.add(queue.name)
    return { kind: 'deleted', queueId: queue.id }
  }

  #enqueue(verb: Verb<'enqueue'>): VerbOutcome {
    const { queueName, maxSize, entry: facts, nowMs } = verb
    const former = this.#entries.get(facts.legId)
    if (former?.queue.name === queueName) return refuse('already-queued')
    const present = this.#queues.get(queueName)
    if (present !== undefined) {
      if (maxSize !== undefined && maxSize !== present.maxSize) return refuse('queue-size-fixed')
      if (present.line.size >= present.maxSize) return refuse('queue-full')
    }
    // C3: a move leaves the former queue only when the new one takes the leg.
    const left = former && this.#take(former, nowMs)
    const queue =
      present ??
      this.#addQueue(verb.newQueueId, queueName, maxSize ?? implicitMaxSize, false, nowMs)
    const place = this.#placeNext++
    this.#insert({ slot: 0, place, queue, enqueuedAtMs: nowMs, facts, alive: true })
    return {
      kind: 'enqueued',
      queue: recordOf(queue),
      position: queue.line.size,
      averageWaitMs: Math.max(0, nowMs - queue.baseMs - queue.waitOffsetSumMs / queue.line.size),
      enqueuedAtMs: nowMs,
      created: present === undefined,
      left,
    }
  }

  #claimHead(verb: Verb<'claim-head'>): VerbOutcome {
    // C1: an unknown queue and an empty one must look alike.
    const line = this.#queues.get(verb.queueName)?.line
    const first = line?.at(1)
    const head = first?.facts.legId === verb.issuer ? line?.at(2) : first
    if (head === undefined) return refuse('queue-empty')
    // C9: the attempt on a dead head fails, so its issuer keeps its own place.
    // C33: otherwise the issuer leaves first, and the claimed caller moves up behind it.
    const own = head.alive ? this.#entries.get(verb.issuer) : undefined
    const issuerLeft = own && this.#take(own, verb.nowMs)
    return { kind: 'claimed', claimed: this.#take(head, verb.nowMs), issuerLeft }
  }

  #leaveAny(legId: LegId, nowMs: number): VerbOutcome {
    const entry = this.#entries.get(legId)
    return entry === undefined
      ? refuse('not-queued')
      : { kind: 'left', left: this.#take(entry, nowMs) }
  }

  #leaveBoth(verb: Verb<'leave-both'>): VerbOutcome {
    const entry = this.#entries.get(verb.legId)
    const left = entry && this.#take(entry, verb.nowMs)
    const other = this.#entries.get(verb.otherLegId)
    const otherLeft = other && this.#take(other, verb.nowMs)
    return { kind: 'left-both', left, otherLeft }
  }

  #endEntry(verb: Verb<'end-entry'>): VerbOutcome {
    const entry = this.#entries.get(verb.legId)
    if (entry === undefined) return refuse('not-queued')
    if (!entry.facts.keepAfterHangup) return { kind: 'left', left: this.#take(entry, verb.nowMs) }
    entry.alive = false
    this.#dirtyEntries.add(verb.legId)
    return { kind: 'kept' }
  }

  #setKeep(verb: Verb<'set-keep'>): VerbOutcome {
    const found = this.#find(verb.queueName, verb.legId)
    if (typeof found === 'string') return refuse(found)
    if (!found.alive && !verb.keepAfterHangup) {
      return { kind: 'keep-set', removed: this.#take(found, verb.nowMs) }
    }
    found.facts = { ...found.facts, keepAfterHangup: verb.keepAfterHangup }
    this.#dirtyEntries.add(verb.legId)
    return { kind: 'keep-set', removed: undefined }
  }

  #removeEntry(verb: Verb<'remove-entry'>): VerbOutcome {
    const found = this.#find(verb.queueName, verb.legId)
    if (typeof found === 'string') return refuse(found)
    return { kind: 'left', left: this.#take(found, verb.nowMs) }
  }

  #collectEmpty(verb: Verb<'collect-empty'>): VerbOutcome {
    const queues = this.#queues.takeIdle(verb.idleSinceMs, verb.explicitToo)
    for (const queue of queues) this.#dirtyQueues.add(queue.name)
    return { kind: 'collected', queues: queues.map(recordOf) }
  }

  #find(name: QueueName, legId: LegId): Entry | VerbRefusal {
    if (this.#queues.get(name) === undefined) return 'queue-unknown'
    const entry = this.#entries.get(legId)
    return entry?.queue.name === name ? entry : 'not-queued'
  }

  #addQueue(
    id: QueueId,
    name: QueueName,
    maxSize: number,
    explicit: boolean,
    nowMs: number,
  ): Queue {
    const queue = emptyQueue(id, name, maxSize, explicit, nowMs)
    this.#queues.add(queue)
    this.#queues.setIdle(queue, nowMs)
    this.#dirtyQueues.add(name)
    return queue
  }

  #insert(entry: Entry): void {
    const { queue } = entry
    if (queue.line.size === 0) {
      queue.baseMs = entry.enqueuedAtMs
      queue.waitOffsetSumMs = 0
    }
    queue.line.append(entry)
    queue.waitOffsetSumMs += entry.enqueuedAtMs - queue.baseMs
    this.#entries.set(entry.facts.legId, entry)
    this.#dirtyEntries.add(entry.facts.legId)
    if (queue.idleSinceMs !== undefined) this.#setIdle(queue, undefined)
  }

  #take(entry: Entry, nowMs: number): LeftEntry {
    const { queue, facts, enqueuedAtMs, alive } = entry
    const position = queue.line.position(entry)
    queue.line.remove(entry)
    queue.waitOffsetSumMs -= enqueuedAtMs - queue.baseMs
    this.#entries.delete(facts.legId)
    this.#dirtyEntries.add(facts.legId)
    if (queue.line.size === 0) this.#setIdle(queue, nowMs)
    const { name: queueName, id: queueId } = queue
    return { entry: facts, queueName, queueId, position, enqueuedAtMs, alive }
  }

  #setIdle(queue: Queue, sinceMs: number | undefined): void {
    queue.idleSinceMs = sinceMs
    this.#queues.setIdle(queue, sinceMs)
    this.#dirtyQueues.add(queue.name)
  }
}

function refuse(why: VerbRefusal): VerbOutcome {
  return { kind: 'refused', why }
}

function emptyQueue(
  id: QueueId,
  name: QueueName,
  maxSize: number,
  explicit: boolean,
  nowMs: number,
): Queue {
  const times = { createdAtMs: nowMs, updatedAtMs: nowMs, idleSinceMs: nowMs, baseMs: nowMs }
  return { id, name, explicit, maxSize, line: new Line<Entry>(), waitOffsetSumMs: 0, ...times }
}

function recordOf(queue: Queue): QueueRecord {
  return {
    queueId: queue.id,
    queueName: queue.name,
    maxSize: queue.maxSize,
    size: queue.line.size,
    enqueuedAtSumMs: queue.line.size * queue.baseMs + queue.waitOffsetSumMs,
    explicit: queue.explicit,
    createdAtMs: queue.createdAtMs,
    updatedAtMs: queue.updatedAtMs,
    idleSinceMs: queue.idleSinceMs,
  }
}

function callOf(entry: Entry, position: number): QueuedCall {
  const { queue, enqueuedAtMs, alive } = entry
  const { name: queueName, id: queueId } = queue
  return { entry: entry.facts, queueName, queueId, position, enqueuedAtMs, alive }
}

function placedOf(entry: Entry): PlacedCall {
  const { place, queue, enqueuedAtMs, alive, facts } = entry
  return { place, queueName: queue.name, enqueuedAtMs, alive, facts }
}
