// The store in domain verbs. Order, size, position and the claim are decided by the queue verbs, in every form of the
// store, and nowhere else. `memory` and `sqlite` answer verbs synchronously; a distributed store answers later, and may
// answer `unknown` (it may have happened), which the engine answers by repeating the same operation id.

import type {
  ApplicationId,
  LegId,
  LegUuid,
  OperationId,
  QueueId,
  QueueName,
  SessionId,
} from '../base/ids.ts'
import type { HttpMethod, StampedEvent } from './events.ts'
import type { FinishedRecordings } from './recorder.ts'

/** What the queue keeps of a caller, besides the order. */
export interface EntryFacts {
  readonly legId: LegId
  readonly legUuid: LegUuid
  readonly sessionId: SessionId
  readonly applicationId: ApplicationId
  readonly from: string
  readonly to: string
  readonly clientState: string | null
  readonly keepAfterHangup: boolean
  /** Wall ms of the end of `max_wait_time_secs`; undefined: no limit. */
  readonly deadlineMs: number | undefined
}

export type QueueVerb =
  | {
      readonly kind: 'create-queue'
      readonly queueName: QueueName
      readonly queueId: QueueId
      readonly maxSize: number
      /** From POST /queues (true) or from an enqueue: `collect_created` looks at it. */
      readonly explicit: boolean
      readonly nowMs: number
    }
  | {
      readonly kind: 'update-queue'
      readonly queueName: QueueName
      readonly maxSize: number
      readonly nowMs: number
    }
  | { readonly kind: 'delete-queue'; readonly queueName: QueueName }
  /** Creates the queue when missing, appends, and leaves the queue the leg is in (a move), all or nothing. */
  | {
      readonly kind: 'enqueue'
      readonly queueName: QueueName
      /** Used when this verb creates the queue. */
      readonly newQueueId: QueueId
      /** Only what the client gave; a queue made here gets it or 100. */
      readonly maxSize: number | undefined
      readonly entry: EntryFacts
      readonly nowMs: number
    }
  /**
   * Takes the first entry that is not the issuer's. When it is alive, the issuer leaves its own queue in the same verb.
   * A dead entry (kept after hang-up) is taken as well: `alive` false; the issuer then stays where it is (C9).
   */
  | {
      readonly kind: 'claim-head'
      readonly queueName: QueueName
      readonly issuer: LegId
      readonly nowMs: number
    }
  /** Takes the entry of `legId` out of whatever queue it is in. */
  | { readonly kind: 'leave'; readonly legId: LegId; readonly nowMs: number }
  /** Both legs leave their queues together: a bridge of two queued legs. */
  | {
      readonly kind: 'leave-both'
      readonly legId: LegId
      readonly otherLegId: LegId
      readonly nowMs: number
    }
  /** The leg ended: a kept entry stays and is marked dead, any other leaves. */
  | { readonly kind: 'end-entry'; readonly legId: LegId; readonly nowMs: number }
  | {
      readonly kind: 'set-keep'
      readonly queueName: QueueName
      readonly legId: LegId
      readonly keepAfterHangup: boolean
      readonly nowMs: number
    }
  /** DELETE of one queued call, alive or not. */
  | {
      readonly kind: 'remove-entry'
      readonly queueName: QueueName
      readonly legId: LegId
      readonly nowMs: number
    }
  /** Removes queues that are empty and idle since `idleSinceMs` or longer. */
  | {
      readonly kind: 'collect-empty'
      readonly idleSinceMs: number
      readonly explicitToo: boolean
    }

/** An entry that has just left, as its `call.dequeued` tells it. */
export interface LeftEntry {
  readonly entry: EntryFacts
  readonly queueName: QueueName
  readonly queueId: QueueId
  /** Place held at the moment of leaving, from 1. */
  readonly position: number
  readonly enqueuedAtMs: number
  readonly alive: boolean
}

export type VerbOutcome =
  | { readonly kind: 'created'; readonly queue: QueueRecord }
  | { readonly kind: 'updated'; readonly queue: QueueRecord }
  | { readonly kind: 'deleted'; readonly queueId: QueueId }
  | {
      readonly kind: 'enqueued'
      readonly queue: QueueRecord
      readonly position: number
      readonly averageWaitMs: number
      /** Wall clock ms from which the wait counts. */
      readonly enqueuedAtMs: number
      /** This verb made the queue. */
      readonly created: boolean
      /** The entry in the queue that the leg came from. */
      readonly left: LeftEntry | undefined
    }
  | {
      readonly kind: 'claimed'
      readonly claimed: LeftEntry
      /** The issuer's own former entry. */
      readonly issuerLeft: LeftEntry | undefined
    }
  | { readonly kind: 'left'; readonly left: LeftEntry }
  | {
      readonly kind: 'left-both'
      readonly left: LeftEntry | undefined
      readonly otherLeft: LeftEntry | undefined
    }
  | { readonly kind: 'kept' }
  | { readonly kind: 'keep-set'; readonly removed: LeftEntry | undefined }
  | { readonly kind: 'collected'; readonly queues: readonly QueueRecord[] }
  | { readonly kind: 'refused'; readonly why: VerbRefusal }
  /** Timed out after it may have happened. Never from memory or sqlite. */
  | { readonly kind: 'unknown' }

export type VerbRefusal =
  | 'queue-exists'
  | 'queue-unknown'
  | 'queue-not-empty'
  | 'queue-full'
  | 'queue-size-fixed'
  | 'queue-empty'
  | 'already-queued'
  | 'not-queued'

export interface QueueRecord {
  readonly queueId: QueueId
  readonly queueName: QueueName
  readonly maxSize: number
  readonly size: number
  /** Sum over the entries of `enqueuedAtMs`, so that the mean wait is read in O(1). */
  readonly enqueuedAtSumMs: number
  readonly explicit: boolean
  readonly createdAtMs: number
  readonly updatedAtMs: number
  /** Wall ms since when it is empty and unused; undefined while it has entries. */
  readonly idleSinceMs: number | undefined
}

export interface QueuedCall {
  readonly entry: EntryFacts
  readonly queueName: QueueName
  readonly queueId: QueueId
  readonly position: number
  readonly enqueuedAtMs: number
  readonly alive: boolean
}

export interface Page {
  /** From 1. */
  readonly number: number
  /** 1 to 250. */
  readonly size: number
}

export interface Paged<T> {
  readonly rows: readonly T[]
  readonly total: number
}

/** Rows of the engine's own state: opaque JSON to the store. */
export type StateChange =
  | { readonly kind: 'put'; readonly table: StateTable; readonly id: string; readonly row: unknown }
  | { readonly kind: 'delete'; readonly table: StateTable; readonly id: string }

export type StateTable =
  | 'leg'
  | 'recording'
  /** A `FinishedRecording`: looked up by `recordings`, never loaded at a start. */
  | 'finished-recording'
  | 'bridge'
  | 'conference'
  | 'answer'
  | 'registration'
  | 'dialog'
  | 'media'
  | 'media-file'
  | 'lane'
  | 'application'
  | 'number'
  | 'connection'
  | 'credential'
  | 'statistics'

export interface CommitBatch {
  readonly changes: readonly StateChange[]
  readonly events: readonly StampedEvent[]
  readonly deliveries: readonly DeliveryRow[]
}

/** One webhook that is owed. Its body is fixed; attempt number, URL and signature are made per attempt. */
export interface DeliveryRow {
  /** The event's UUID: `data.id`. */
  readonly deliveryId: string
  /** The event's sequence number: order inside a lane. */
  readonly sequence: number
  /** Events of one lane (a leg, or a conference) are delivered in order. */
  readonly lane: string
  readonly applicationId: ApplicationId
  readonly eventType: string
  readonly legId: LegId | undefined
  readonly url: string
  readonly failoverUrl: string
  readonly method: HttpMethod
  readonly timeoutMs: number
  /** Own schedule of the command, or undefined for the standard one. */
  readonly retriesMs: readonly number[] | undefined
  /** The `data` object of the envelope as JSON text. */
  readonly dataJson: string
  readonly createdAtMs: number
}

export interface DeliveryProgress {
  readonly deliveryId: string
  /** Attempts made so far. */
  readonly attempts: number
  readonly nextAttemptAtMs: number
  /** `apart`: owed, and tried on its own; the later ones of its lane do not wait for it. */
  readonly state: 'pending' | 'apart' | 'delivered' | 'failed'
  readonly finishedAtMs: number | undefined
  /** The latest attempt, for the record. */
  readonly lastAttempt: DeliveryAttempt | undefined
  /** Those between the last recorded one and the latest, oldest first. */
  readonly earlier?: readonly DeliveryAttempt[]
}

export interface DeliveryAttempt {
  readonly url: string
  readonly startedAtMs: number
  readonly finishedAtMs: number
  /** HTTP status, or 0 when there was no answer. */
  readonly status: number
  /** Vendor's number of the failure (75xxx), or 0. */
  readonly errorCode: number
  /** Headers and answer, as JSON text: made once, and only handed on (ports/records.ts, `AttemptExchange`). */
  readonly exchangeJson?: string
}

export interface PendingDelivery {
  readonly row: DeliveryRow
  readonly attempts: number
  readonly nextAttemptAtMs: number
}

/** What an application is owed. */
export interface OwedDeliveries {
  readonly applicationId: ApplicationId
  /** In lanes. */
  readonly count: number
  /** The highest sequence among those in lanes. */
  readonly lastSequence: number
  /** Beside them, those that are tried apart. */
  readonly apart: number
}

/** Where a reader of events stands: behind the event of that sequence and id; `{0, ''}` is before the first ever. */
export interface EventMark {
  readonly sequence: number
  readonly eventId: string
}

/** Where reading begins: behind a mark, at the oldest event, behind the newest, or so that the last so many follow. */
export type EventStart = EventMark | 'oldest' | 'newest' | { readonly last: number }

export interface EventPage {
  /** The mark before the first event of the page. */
  readonly from: EventMark
  readonly events: readonly StampedEvent[]
}

export interface LiveRows {
  readonly rows: readonly {
    readonly table: StateTable
    readonly id: string
    readonly row: unknown
  }[]
  readonly queues: readonly QueueRecord[]
  readonly entries: readonly QueuedCall[]
  /** The highest event sequence ever committed. */
  readonly lastSequence: number
}

export interface Store {
  /**
   * Runs one queue verb. `operationId` makes a repeat harmless. `done` is called exactly once: before `execute` returns
   * for memory and sqlite. What the verb changed is part of the next `commit`.
   */
  execute(operationId: OperationId, verb: QueueVerb, done: (outcome: VerbOutcome) => void): void
  /**
   * Makes everything durable since the last call, in one transaction; batches are committed in call order. The promise
   * resolves when it is on disk. A failed batch is retried unchanged and in order for as long as it takes; `health` says so.
   */
  commit(batch: CommitBatch): Promise<void>
  health(): StoreHealth

  getQueue(name: QueueName): Promise<QueueRecord | undefined>
  /** By `created_at`, then name (C34). */
  pageQueues(page: Page): Promise<Paged<QueueRecord>>
  getEntry(name: QueueName, legId: LegId): Promise<QueuedCall | undefined>
  /** In queue order; undefined when there is no such queue. */
  pageEntries(name: QueueName, page: Page): Promise<Paged<QueuedCall> | undefined>

  /** What commits have put under `finished-recording`. */
  readonly recordings: FinishedRecordings

  /** Everything that a start needs; called once, before the first verb. */
  loadLive(): Promise<LiveRows>

  /**
   * Owed deliveries with `sequence` above `after`, in order, at most `limit`; those of one application without the ones
   * that are tried apart.
   */
  pendingDeliveries(
    after: number,
    limit: number,
    applicationId?: ApplicationId,
  ): Promise<readonly PendingDelivery[]>
  /**
   * Owed deliveries of one application that are tried apart and due at `nowMs` (wall), the earliest first; behind them
   * those more than an hour away, for which the clock was set back.
   */
  apartDeliveries(
    applicationId: ApplicationId,
    nowMs: number,
    limit: number,
  ): Promise<readonly PendingDelivery[]>
  /** Sums of the owed deliveries, one for each application that is owed any. */
  owedDeliveries(): Promise<readonly OwedDeliveries[]>
  /**
   * Committed events that have a `legSequence`, in commit order: those behind a mark, or from the oldest that is kept;
   * `newest` gives none and the mark of the last; `last` the latest that many. Undefined: the mark is none of this store's, or events behind it have
   * been pruned, so that the reader would miss some.
   */
  readEvents(after: EventStart, limit: number): Promise<EventPage | undefined>
  /** Batched by the implementation; order kept. */
  recordProgress(progress: readonly DeliveryProgress[]): Promise<void>
  /** Drops finished deliveries and events older than that. */
  prune(olderThanMs: number): Promise<void>
  close(): Promise<void>
}

export interface StoreHealth {
  readonly ok: boolean
  /** Batches handed over and not yet on disk. */
  readonly backlog: number
  readonly why: string
  /** True: what waits for a disk that takes nothing has reached its bound in memory. */
  readonly isFull?: boolean
}
