// The naive store: arrays and scans, so plain that it is obviously right. The property test holds the real ones to it.

import { assertNever } from '../../../src/base/assert.ts'
import type {
  EntryFacts,
  LeftEntry,
  QueuedCall,
  QueueRecord,
  QueueVerb,
  VerbOutcome,
  VerbRefusal,
} from '../../../src/ports/store.ts'

interface ModelQueue {
  record: QueueRecord
  entries: { facts: EntryFacts; atMs: number; alive: boolean }[]
}

export class ModelStore {
  queues: ModelQueue[] = []

  records(): QueueRecord[] {
    const order = (a: QueueRecord, b: QueueRecord): number =>
      a.createdAtMs - b.createdAtMs || (a.queueName < b.queueName ? -1 : 1)
    return this.queues.map((queue) => this.#record(queue)).sort(order)
  }

  calls(name: string): QueuedCall[] {
    const queue = this.#queue(name)
    return (queue?.entries ?? []).map(({ facts, atMs, alive }, index) => ({
      entry: facts,
      queueName: queue!.record.queueName,
      queueId: queue!.record.queueId,
      position: index + 1,
      enqueuedAtMs: atMs,
      alive,
    }))
  }

  run(verb: QueueVerb): VerbOutcome {
    switch (verb.kind) {
      case 'create-queue': {
        if (this.#queue(verb.queueName)) return no('queue-exists')
        return { kind: 'created', queue: this.#record(this.#make(verb, verb.queueId)) }
      }
      case 'update-queue': {
        const queue = this.#queue(verb.queueName)
        if (!queue) return no('queue-unknown')
        const idle = queue.entries.length === 0 ? verb.nowMs : undefined
        const { maxSize, nowMs } = verb
        queue.record = { ...queue.record, maxSize, updatedAtMs: nowMs, idleSinceMs: idle }
        return { kind: 'updated', queue: this.#record(queue) }
      }
      case 'delete-queue': {
        const queue = this.#queue(verb.queueName)
        if (!queue) return no('queue-unknown')
        if (queue.entries.length > 0) return no('queue-not-empty')
        this.queues = this.queues.filter((other) => other !== queue)
        return { kind: 'deleted', queueId: queue.record.queueId }
      }
      case 'enqueue':
        return this.#enqueue(verb)
      case 'claim-head': {
        const entries = this.#queue(verb.queueName)?.entries ?? []
        const head = entries.find(({ facts }) => facts.legId !== verb.issuer)
        if (!head) return no('queue-empty')
        const issuerLeft = head.alive ? this.#take(verb.issuer, verb.nowMs) : undefined
        return { kind: 'claimed', claimed: this.#take(head.facts.legId, verb.nowMs)!, issuerLeft }
      }
      case 'leave': {
        const left = this.#take(verb.legId, verb.nowMs)
        return left ? { kind: 'left', left } : no('not-queued')
      }
      case 'leave-both': {
        const left = this.#take(verb.legId, verb.nowMs)
        return { kind: 'left-both', left, otherLeft: this.#take(verb.otherLegId, verb.nowMs) }
      }
      case 'end-entry': {
        const entry = this.#entry(verb.legId)
        if (!entry) return no('not-queued')
        if (!entry.facts.keepAfterHangup) {
          return { kind: 'left', left: this.#take(verb.legId, verb.nowMs)! }
        }
        entry.alive = false
        return { kind: 'kept' }
      }
      case 'set-keep': {
        const queue = this.#queue(verb.queueName)
        if (!queue) return no('queue-unknown')
        const entry = queue.entries.find(({ facts }) => facts.legId === verb.legId)
        if (!entry) return no('not-queued')
        if (!entry.alive && !verb.keepAfterHangup) {
          return { kind: 'keep-set', removed: this.#take(verb.legId, verb.nowMs) }
        }
        entry.facts = { ...entry.facts, keepAfterHangup: verb.keepAfterHangup }
        return { kind: 'keep-set', removed: undefined }
      }
      case 'remove-entry': {
        const queue = this.#queue(verb.queueName)
        if (!queue) return no('queue-unknown')
        if (!queue.entries.some(({ facts }) => facts.legId === verb.legId)) return no('not-queued')
        return { kind: 'left', left: this.#take(verb.legId, verb.nowMs)! }
      }
      case 'collect-empty': {
        const gone = this.queues.filter(
          ({ record }) =>
            record.idleSinceMs !== undefined &&
            record.idleSinceMs <= verb.idleSinceMs &&
            (verb.explicitToo || !record.explicit),
        )
        this.queues = this.queues.filter((queue) => !gone.includes(queue))
        return { kind: 'collected', queues: gone.map((queue) => this.#record(queue)) }
      }
    }
    return assertNever(verb)
  }

  #enqueue(verb: Extract<QueueVerb, { kind: 'enqueue' }>): VerbOutcome {
    const present = this.#queue(verb.queueName)
    if (present?.entries.some(({ facts }) => facts.legId === verb.entry.legId)) {
      return no('already-queued')
    }
    if (present && (verb.maxSize ?? present.record.maxSize) !== present.record.maxSize) {
      return no('queue-size-fixed')
    }
    if (present && present.entries.length >= present.record.maxSize) return no('queue-full')
    const left = this.#take(verb.entry.legId, verb.nowMs)
    const { queueName, maxSize = 100, nowMs } = verb
    const queue =
      present ?? this.#make({ queueName, maxSize, nowMs, explicit: false }, verb.newQueueId)
    queue.entries.push({ facts: verb.entry, atMs: nowMs, alive: true })
    queue.record = { ...queue.record, idleSinceMs: undefined }
    const waits = queue.entries.map(({ atMs }) => nowMs - atMs)
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length
    const position = queue.entries.length
    const record = this.#record(queue)
    return {
      kind: 'enqueued',
      queue: record,
      position,
      averageWaitMs: Math.max(0, mean),
      enqueuedAtMs: nowMs,
      created: present === undefined,
      left,
    }
  }

  #make(
    given: Pick<QueueRecord, 'queueName' | 'maxSize' | 'explicit'> & { nowMs: number },
    queueId: QueueRecord['queueId'],
  ): ModelQueue {
    const { queueName, maxSize, explicit, nowMs } = given
    const times = { createdAtMs: nowMs, updatedAtMs: nowMs, idleSinceMs: nowMs }
    const record = { queueId, queueName, maxSize, explicit, size: 0, enqueuedAtSumMs: 0, ...times }
    const queue = { record, entries: [] }
    this.queues.push(queue)
    return queue
  }

  #record({ record, entries }: ModelQueue): QueueRecord {
    const enqueuedAtSumMs = entries.reduce((sum, { atMs }) => sum + atMs, 0)
    return { ...record, size: entries.length, enqueuedAtSumMs }
  }

  #queue(name: string): ModelQueue | undefined {
    return this.queues.find(({ record }) => record.queueName === name)
  }

  #entry(legId: string) {
    return this.queues.flatMap(({ entries }) => entries).find(({ facts }) => facts.legId === legId)
  }

  #take(legId: string, nowMs: number): LeftEntry | undefined {
    for (const queue of this.queues) {
      const index = queue.entries.findIndex(({ facts }) => facts.legId === legId)
      const [entry] = index < 0 ? [] : queue.entries.splice(index, 1)
      if (entry === undefined) continue
      if (queue.entries.length === 0) queue.record = { ...queue.record, idleSinceMs: nowMs }
      const { queueName, queueId } = queue.record
      const { facts, atMs, alive } = entry
      return { entry: facts, queueName, queueId, position: index + 1, enqueuedAtMs: atMs, alive }
    }
    return undefined
  }
}

function no(why: VerbRefusal): VerbOutcome {
  return { kind: 'refused', why }
}
