// A disk that outlives the process: what the journal of the sqlite store writes, kept as plain maps. Writes take time and
// are carried out in order; at a crash the first few of those under way are on it, and nobody was told.

import type { Random } from '../../src/ports/random.ts'
import type {
  DeliveryProgress,
  EventMark,
  PendingDelivery,
  StateTable,
} from '../../src/ports/store.ts'
import type { StampedEvent } from '../../src/ports/events.ts'
import type { Timers } from '../../src/ports/timers.ts'
import type {
  JournalBatch,
  JournalCallbacks,
  JournalLink,
  JournalLive,
  JournalReply,
  JournalRequest,
  StartJournal,
} from '../../src/store/sqlite/protocol.ts'
import type { FinishedRecording } from '../../src/ports/recorder.ts'
import { dueApart } from '../../src/store/order/deliveries.ts'
import {
  finishedRecordingOf,
  pageOfRecordings,
  recordingsEndedBefore,
} from '../../src/store/order/recordings.ts'
import type { Inspected, Inspection } from '../../src/store/sqlite/records.ts'
import type { StoreTroubles } from './store.ts'

export interface DiskDelivery extends PendingDelivery {
  readonly state: DeliveryProgress['state']
}

type Waiting = Exclude<JournalRequest, { kind: 'open' }>
type PlacedRow = JournalLive['entries'][number]
type QueueRow = JournalLive['queues'][number]

export class SimDisk {
  /** Every event that was ever written. */
  readonly events: StampedEvent[] = []
  readonly deliveries = new Map<string, DiskDelivery>()
  readonly queues = new Map<string, QueueRow>()
  readonly #state = new Map<string, { table: StateTable; id: string; json: string }>()
  readonly #entries = new Map<string, PlacedRow>()
  readonly #random: Random
  readonly #troubles: StoreTroubles
  #waiting: Waiting[] = []
  #link: JournalLink | undefined

  constructor(random: Random, troubles: StoreTroubles) {
    this.#random = random
    this.#troubles = troubles
  }

  get entries(): readonly PlacedRow[] {
    return [...this.#entries.values()].sort((a, b) => a.place - b.place)
  }

  get finishedRecordings(): readonly FinishedRecording[] {
    return [...this.#state.values()]
      .filter(({ table }) => table === 'finished-recording')
      .map(({ json }) => finishedRecordingOf(json))
  }

  /** The rows of one table, parsed. */
  rows(table: StateTable): { readonly id: string; readonly row: unknown }[] {
    return [...this.#state.values()].flatMap((one) => {
      if (one.table !== table) return []
      const row: unknown = JSON.parse(one.json)
      return [{ id: one.id, row }]
    })
  }

  /** The journal of one process, which ends when `timers` fire no more. */
  startJournal(timers: Timers): StartJournal {
    return ({ onMessage }: JournalCallbacks) => {
      let busy = false
      const reply = (value: JournalReply): void => onMessage(value)
      const next = (): void => {
        if (busy || this.#link !== link || this.#waiting.length === 0) return
        busy = true
        timers.set(this.#delayMs(), () => {
          busy = false
          const request = this.#waiting.shift()
          if (request !== undefined) reply(this.#carryOut(request))
          next()
        })
      }
      const link: JournalLink = {
        post: (request) => {
          if (this.#link !== link) return
          if (request.kind === 'open') return reply({ kind: 'opened', live: this.#live() })
          this.#waiting.push(structuredClone(request))
          next()
        },
        stop: () => undefined,
      }
      this.#link = link
      return link
    }
  }

  /** The process is gone: some of its last writes had reached the disk. */
  crash(): void {
    const written = this.#random.below(this.#waiting.length + 1)
    for (const request of this.#waiting.splice(0, written)) this.#carryOut(request)
    this.#waiting = []
    this.#link = undefined
  }

  #delayMs(): number {
    const { commitLatencyMaxMs, stalls } = this.#troubles
    const stall = this.#random.below(1_000) < stalls ? this.#random.below(2_000) : 0
    return this.#random.below(commitLatencyMaxMs + 1) + stall
  }

  #carryOut(request: Waiting): JournalReply {
    switch (request.kind) {
      case 'write':
        this.#write(request.batch)
        return { kind: 'done', ids: [request.id] }
      case 'progress':
        for (const { deliveryId, attempts, nextAttemptAtMs, state } of request.progress) {
          const known = this.deliveries.get(deliveryId)
          if (known === undefined) continue
          this.deliveries.set(deliveryId, { ...known, attempts, nextAttemptAtMs, state })
        }
        return { kind: 'done', ids: [request.id] }
      case 'pending': {
        const { after, limit, applicationId, id } = request
        const inLanes = this.#owed('pending')
        const all = applicationId === undefined ? [...inLanes, ...this.#owed('apart')] : inLanes
        const deliveries = all
          .filter(({ row }) => row.sequence > after)
          .filter(({ row }) => applicationId === undefined || row.applicationId === applicationId)
          .sort((a, b) => a.row.sequence - b.row.sequence)
        return { kind: 'pending', id, deliveries: deliveries.slice(0, limit) }
      }
      case 'apart': {
        const { applicationId, nowMs, limit, id } = request
        const deliveries = dueApart(this.deliveries.values(), applicationId, nowMs, limit)
        return { kind: 'pending', id, deliveries }
      }
      case 'owed': {
        const inLanes = this.#owed('pending').map(({ row }) => row)
        const apart = this.#owed('apart').map(({ row }) => row)
        const ids = new Set([...inLanes, ...apart].map(({ applicationId }) => applicationId))
        const owed = [...ids].map((applicationId) => {
          const rows = inLanes.filter((row) => row.applicationId === applicationId)
          const sums = { count: rows.length, lastSequence: rows.at(-1)?.sequence ?? 0 }
          const others = apart.filter((row) => row.applicationId === applicationId)
          return { applicationId, ...sums, apart: others.length }
        })
        return { kind: 'owed', id: request.id, owed }
      }
      case 'events':
        return { kind: 'events', id: request.id, page: { from: beginning, events: [] } }
      case 'inspect':
        return {
          kind: 'inspected',
          id: request.id,
          found: this.#inspect(request.ask),
        }
      case 'commands':
      case 'prune':
        return { kind: 'done', ids: [request.id] }
      case 'close':
        return { kind: 'closed' }
    }
  }

  /** Recordings are looked up; of the rest nobody asks here. */
  #inspect(ask: Inspection): Inspected {
    const all = this.finishedRecordings
    const found = (rows: readonly FinishedRecording[], total = rows.length): Inspected => ({
      ...{ kind: 'recordings', total, next: undefined },
      rows: rows.map((row) => JSON.stringify(row)),
    })
    switch (ask.kind) {
      case 'recording':
        return found(all.filter(({ recordingId }) => recordingId === ask.id))
      case 'recordings-ended':
        return found(recordingsEndedBefore(all, ask.wallMs, ask.limit))
      case 'recordings': {
        const { rows, total } = pageOfRecordings(all, ask.filter, {
          number: 1,
          size: Number.MAX_SAFE_INTEGER,
        })
        return found(rows.slice(ask.skip, ask.skip + ask.size), total)
      }
      default:
        return { kind: 'keys', keys: [], next: undefined }
    }
  }

  #write(batch: JournalBatch): void {
    for (const { table, id, json } of batch.state) {
      const key = `${table} ${id}`
      if (json === undefined) this.#state.delete(key)
      else this.#state.set(key, { table, id, json })
    }
    for (const { name, queue } of batch.queues) {
      if (queue === undefined) this.queues.delete(name)
      else this.queues.set(name, queue)
    }
    for (const { legId, entry } of batch.entries) {
      if (entry === undefined) this.#entries.delete(legId)
      else this.#entries.set(legId, entry)
    }
    for (const { json, ...stamp } of batch.events) this.events.push({ ...stamp, ...eventOf(json) })
    for (const row of batch.deliveries) {
      const { deliveryId, createdAtMs } = row
      const start = { attempts: 0, nextAttemptAtMs: createdAtMs, state: 'pending' } as const
      this.deliveries.set(deliveryId, { row, ...start })
    }
  }

  #owed(wanted: 'pending' | 'apart'): PendingDelivery[] {
    const all = [...this.deliveries.values()].filter(({ state }) => state === wanted)
    return all.sort((a, b) => a.row.sequence - b.row.sequence)
  }

  #live(): JournalLive {
    return structuredClone({
      state: [...this.#state.values()].filter(({ table }) => table !== 'finished-recording'),
      queues: [...this.queues.values()],
      entries: this.entries,
      lastSequence: this.events.at(-1)?.sequence ?? 0,
    })
  }
}

const beginning: EventMark = { sequence: 0, eventId: '' }

/** JSON has no undefined: missing figures come back as a missing key. */
function eventOf(json: string): Pick<StampedEvent, 'event' | 'quality'> {
  return { quality: undefined, ...(JSON.parse(json) as Pick<StampedEvent, 'event'>) } // Our own.
}
