// What the transports hand upwards and how they are configured. TLS and WebSocket join as further names of the union.

import type { MessageLimits } from '../message/limits.ts'
import type { ParseError } from '../message/parse.ts'
import type { SipMessage } from '../message/types.ts'
import type { Doorman } from './doorman.ts'

export type TransportName = 'UDP' | 'TCP'

/** Where bytes came from: the shape the transaction layer publishes as its `Flow`. */
export interface TransportFlow {
  readonly transport: TransportName
  /** IP literals without brackets. */
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly connectionId: number | undefined
}

export interface TransportHandler {
  onMessage(message: SipMessage, flow: TransportFlow): void
  /** Bytes that are no proper message; requests among them can be answered. */
  onUnreadable(error: ParseError, flow: TransportFlow): void
  /** A TCP connection that had been open is gone; its watchers have been told before. */
  onFlowClosed(flow: TransportFlow): void
}

export interface TransportConfig {
  /** IP literal to bind. */
  readonly host: string
  /** 0: any port that is free for every transport. */
  readonly port: number
  readonly transports: readonly TransportName[]
  readonly limits: MessageLimits
  /** A message that started on a stream must be complete within this. */
  readonly halfOpenMs: number
  /** What a stranger opened must have brought its first message within this, whatever else it sends. */
  readonly silentMs: number
  /** A connection that never carried a dialog or registration is closed after this much silence. */
  readonly idleMs: number
  /** The same for one that did: calls wait in queues for hours without signalling. */
  readonly provenIdleMs: number
  /** Of one stranger; whoever the doorman knows may have as many as there is room for. */
  readonly connectionsPerSource: number
  /** When they are that many, the oldest that has carried nothing gives way to a new one. */
  readonly connectionsMax: number
  readonly connectTimeoutMs: number
  /** A peer that does not read is cut off when more than this waits for it. */
  readonly writeQueueBytes: number
  /** Decides about strangers; undefined lets everybody in. */
  readonly doorman?: Doorman | undefined
}
