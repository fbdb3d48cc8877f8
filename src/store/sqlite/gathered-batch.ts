// What waits for a disk that is behind, as one batch: of each row only the newest text, and every event. A disk that takes
// nothing for hours then costs memory by what has changed, not by how often.

import type { JournalBatch } from './protocol.ts'

type Row<K extends 'state' | 'queues' | 'entries'> = JournalBatch[K][number]

export class GatheredBatch {
  readonly #state = new Map<string, Row<'state'>>()
  readonly #queues = new Map<string, Row<'queues'>>()
  readonly #entries = new Map<string, Row<'entries'>>()
  readonly #events: JournalBatch['events'][number][] = []
  readonly #deliveries: JournalBatch['deliveries'][number][] = []
  #size = 0

  /** Batches are added in commit order. */
  add({ state, queues, entries, events, deliveries }: JournalBatch): void {
    for (const row of state) putLast(this.#state, `${row.table} ${row.id}`, row)
    for (const row of queues) putLast(this.#queues, row.name, row)
    for (const row of entries) putLast(this.#entries, row.legId, row)
    for (const event of events) {
      this.#events.push(event)
      this.#size += event.json.length
    }
    for (const delivery of deliveries) {
      this.#deliveries.push(delivery)
      this.#size += delivery.dataJson.length
    }
  }

  /** Characters of its events and webhooks: rows replace each other, these add up. */
  get size(): number {
    return this.#size
  }

  get whole(): JournalBatch {
    return {
      state: [...this.#state.values()],
      queues: [...this.#queues.values()],
      entries: [...this.#entries.values()],
      events: this.#events,
      deliveries: this.#deliveries,
    }
  }
}

/** Rows stay in the order of their last change. */
function putLast<T>(rows: Map<string, T>, key: string, row: T): void {
  rows.delete(key)
  rows.set(key, row)
}
