// What the store (main thread) and its journal (worker thread, or the same thread in tests) say to each other. Plain
// structured-clone values only. Requests are carried out in the order in which they are posted.

import type { ApplicationId, LegId, QueueName } from '../../base/ids.ts'
import type { StampedEvent } from '../../ports/events.ts'
import type {
  DeliveryProgress,
  DeliveryRow,
  EventMark,
  EventStart,
  OwedDeliveries,
  PendingDelivery,
  QueueRecord,
  StateTable,
} from '../../ports/store.ts'
import type { CommandRecord } from '../../ports/records.ts'
import type { PlacedCall } from '../order/queue-book.ts'
import type { Inspected, Inspection } from './records.ts'

export type JournalRequest =
  /** First, and once. Answered by `opened` or `refused`. */
  | { readonly kind: 'open'; readonly directory: string }
  | { readonly kind: 'write'; readonly id: number; readonly batch: JournalBatch }
  | {
      readonly kind: 'progress'
      readonly id: number
      readonly progress: readonly DeliveryProgress[]
    }
  | {
      readonly kind: 'pending'
      readonly id: number
      readonly after: number
      readonly limit: number
      readonly applicationId: ApplicationId | undefined
    }
  /** Answered by `pending`. */
  | {
      readonly kind: 'apart'
      readonly id: number
      readonly applicationId: ApplicationId
      readonly nowMs: number
      readonly limit: number
    }
  | { readonly kind: 'owed'; readonly id: number }
  | {
      readonly kind: 'events'
      readonly id: number
      readonly after: EventStart
      readonly limit: number
    }
  | { readonly kind: 'inspect'; readonly id: number; readonly ask: Inspection }
  | {
      readonly kind: 'commands'
      readonly id: number
      readonly records: readonly CommandRecord[]
    }
  | { readonly kind: 'prune'; readonly id: number; readonly olderThanMs: number }
  /** Answered by `closed` when everything before it is on disk. */
  | { readonly kind: 'close' }

export interface JournalBatch {
  /** `json` undefined: the row is gone. */
  readonly state: readonly {
    readonly table: StateTable
    readonly id: string
    readonly json: string | undefined
  }[]
  readonly queues: readonly {
    readonly name: QueueName
    readonly queue: QueueRecord | undefined
  }[]
  readonly entries: readonly { readonly legId: LegId; readonly entry: PlacedCall | undefined }[]
  readonly events: readonly {
    readonly sequence: number
    readonly eventId: string
    readonly occurredAtUs: number
    readonly legId: string | undefined
    readonly legSequence: number | undefined
    readonly type: string
    readonly json: string
    /** The call that it is told under, for looking up. */
    readonly call:
      | {
          readonly legUuid: string
          readonly sessionId: string
          readonly applicationId: string
        }
      | undefined
  }[]
  readonly deliveries: readonly DeliveryRow[]
}

export type JournalReply =
  | { readonly kind: 'opened'; readonly live: JournalLive }
  /** The data directory cannot be used; `why` is for the operator. */
  | { readonly kind: 'refused'; readonly why: string }
  /** These requests are on disk. */
  | { readonly kind: 'done'; readonly ids: readonly number[] }
  | {
      readonly kind: 'pending'
      readonly id: number
      readonly deliveries: readonly PendingDelivery[]
    }
  | { readonly kind: 'owed'; readonly id: number; readonly owed: readonly OwedDeliveries[] }
  | { readonly kind: 'events'; readonly id: number; readonly page: JournalEvents | undefined }
  | { readonly kind: 'inspected'; readonly id: number; readonly found: Inspected }
  /** A question that failed, or a `prune` that met damage; nothing but that is lost. */
  | { readonly kind: 'uninspected'; readonly id: number; readonly why: string }
  /** A write failed and will be tried again, unchanged; the next `done` says that it went well. */
  | { readonly kind: 'failing'; readonly why: string }
  | { readonly kind: 'closed' }

export interface JournalEvents {
  readonly from: EventMark
  readonly events: readonly (Omit<StampedEvent, 'event' | 'quality'> & { readonly json: string })[]
}

export interface JournalLive {
  readonly state: readonly {
    readonly table: StateTable
    readonly id: string
    readonly json: string
  }[]
  readonly queues: readonly QueueRecord[]
  readonly entries: readonly PlacedCall[]
  readonly lastSequence: number
}

export interface JournalLink {
  post(request: JournalRequest): void
  stop(): void
}

export interface JournalCallbacks {
  readonly onMessage: (reply: unknown) => void
  /** The journal died; nothing will be written any more. */
  readonly onGone: (why: string) => void
}

/** Starts a journal: a worker thread in the server, the same thread in tests. */
export type StartJournal = (callbacks: JournalCallbacks) => JournalLink
