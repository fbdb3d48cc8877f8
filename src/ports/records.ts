// What was said, kept for looking up: commands, webhooks and the attempts to deliver them. Everything is kept as long as the
// events (`events.keep_hours`); a question costs a bounded amount of work, in pieces between which calls have their turn.

import type { ApplicationId, LegUuid, SessionId } from '../base/ids.ts'
import type { StampedEvent } from './events.ts'
import type { DeliveryAttempt, DeliveryProgress, DeliveryRow, Page, Paged } from './store.ts'

/** One command on a call, taken or refused. */
export interface CommandRecord {
  /** When it came. */
  readonly occurredAtUs: number
  readonly name: string
  readonly legUuid: LegUuid
  readonly sessionId: SessionId
  readonly applicationId: ApplicationId
  readonly from: string
  readonly to: string
  readonly failed: boolean
  readonly metadata: Readonly<Record<string, unknown>>
}

/** Everything that is given must fit. */
export interface CallEventQuery {
  readonly legUuid?: string
  readonly sessionId?: string
  readonly applicationId?: string
  readonly type?: 'command' | 'webhook'
  readonly name?: string
  readonly from?: string
  readonly to?: string
  /** Of a webhook: given up; of a command: refused. */
  readonly failed?: boolean
  readonly status?: 'init' | 'in_progress' | 'completed'
  /** Both included. */
  readonly fromUs: number
  readonly toUs: number
}

export interface CallEventView {
  readonly type: 'command' | 'webhook'
  readonly name: string
  readonly legUuid: string
  readonly sessionId: string
  readonly occurredAtUs: number
  readonly metadata: Readonly<Record<string, unknown>>
}

export interface DeliveryQuery {
  readonly delivered?: boolean
  readonly eventTypes?: readonly string[]
  /** Text inside the event. */
  readonly webhookContains?: string
  /** Text inside the attempts. */
  readonly attemptsContain?: string
  readonly startedFromMs?: number
  readonly startedToMs?: number
  readonly finishedFromMs?: number
  readonly finishedToMs?: number
}

export interface DeliveryView {
  readonly deliveryId: string
  readonly delivered: boolean
  readonly startedAtMs: number
  readonly finishedAtMs: number
  /** The `data` object that was sent. */
  readonly data: Readonly<Record<string, unknown>>
  /** Newest first; the last 20. */
  readonly attempts: readonly AttemptView[]
}

export interface AttemptView extends Omit<DeliveryAttempt, 'exchangeJson'> {
  readonly exchange: AttemptExchange
}

export type HeaderList = readonly (readonly [name: string, value: string])[]

/** What went over the wire. */
export interface AttemptExchange {
  readonly requestHeaders: HeaderList
  readonly responseHeaders: HeaderList
  /** At most 10,000 bytes of the answer. */
  readonly responseBody: string
}

/** For the API. */
export interface CallRecords {
  /** Written soon; never waited for. */
  commandTaken(record: CommandRecord): void
  /** In order of occurrence; of more than 10,000 that fit the latest. */
  callEvents(query: CallEventQuery, page: Page): Promise<Paged<CallEventView>>
  /** Those that were tried at least once, the newest first; of more than 10,000 that fit the newest. */
  deliveries(query: DeliveryQuery, page: Page): Promise<Paged<DeliveryView>>
  delivery(id: string): Promise<DeliveryView | undefined>
  /** Sends it again, apart from all others. */
  redeliver(id: string): Promise<'started' | 'unknown' | 'unfinished'>
}

/** An event or a command of the past, by where it is kept. */
export interface RecordKey {
  readonly kind: 'event' | 'command'
  readonly at: number
  readonly occurredAtUs: number
}

/** `types`: the domain events that a name may be. */
export type StoredEventQuery = Omit<CallEventQuery, 'type'> & {
  readonly types: readonly string[] | undefined
}

export interface StoredDelivery {
  readonly row: DeliveryRow
  readonly state: DeliveryProgress['state']
  /** Newest first. */
  readonly attempts: readonly DeliveryAttempt[]
}

/** The same in the store, as rows. */
export interface RecordStore {
  recordCommands(records: readonly CommandRecord[]): Promise<void>
  /** The latest that fit, newest first, at most `limit`. */
  eventKeys(query: StoredEventQuery, limit: number): Promise<readonly RecordKey[]>
  commandKeys(query: CallEventQuery, limit: number): Promise<readonly RecordKey[]>
  events(sequences: readonly number[]): Promise<readonly StampedEvent[]>
  commands(ids: readonly number[]): Promise<readonly (CommandRecord & { readonly at: number })[]>
  deliveryKeys(query: DeliveryQuery, limit: number): Promise<readonly number[]>
  deliveries(sequences: readonly number[]): Promise<readonly StoredDelivery[]>
  delivery(id: string): Promise<StoredDelivery | undefined>
  /** A finished one becomes owed again, apart from its lane; undefined: it is not finished, or not there. */
  revive(id: string, nowMs: number): Promise<{ row: DeliveryRow; attempts: number } | undefined>
}
