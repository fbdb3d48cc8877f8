// The transaction layer (RFC 3261 §17, RFC 6026) as the rooms above it see it.

import type { SipRequest, SipResponse, RequestParts, ResponseParts } from '../message/types.ts'

/** Where bytes came from or go to: a transport, an address, and for streams the connection itself (RFC 5626 "flow"). */
export interface Flow {
  readonly transport: 'UDP' | 'TCP'
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  /** Identifies one TCP connection while it lives; undefined on UDP. */
  readonly connectionId: number | undefined
}

/** Where a request goes: an address on a transport, preferring a living flow when one is named. */
export interface Destination {
  readonly transport: 'UDP' | 'TCP'
  readonly address: string
  readonly port: number
  readonly flow?: Flow
}

export interface ServerTransaction {
  readonly request: SipRequest
  readonly flow: Flow
  /**
   * Sends a response. Via, From, To, Call-ID and CSeq are copied from the request; `toTag` is added to To when the
   * request had none and the status is above 100. A 2xx to INVITE moves to Accepted (RFC 6026 §7.1) and is
   * retransmitted by the invite session, not here: it calls `respond` again with the same parts.
   */
  respond(parts: ResponseParts, toTag?: string): void
  /** A provisional or final response has been handed over. */
  readonly finalSent: boolean
}

export interface ServerTransactionEvents {
  /** CANCEL for this INVITE, already answered 200; the owner answers the INVITE with 487 if it has sent no final yet. */
  onCancel?: (cancel: SipRequest) => void
  /** Timer H: the ACK to our non-2xx never came. Timer L is silent. */
  onNoAck?: () => void
  onTransportFailure?: (error: Error) => void
}

export interface ClientTransaction {
  readonly branch: string
  /** The request as sent, with the Via this layer put on top. */
  readonly request: SipRequest
  readonly destination: Destination
  /** RFC 3261 §9.1: held until the first provisional, built from the INVITE; a no-op after a final response. */
  cancel(headers?: readonly (readonly [string, string])[]): void
}

export interface ClientTransactionEvents {
  /** Every provisional above 100 as well as 100, and the final responses. For INVITE every 2xx (forks, retransmissions) comes here. */
  onResponse: (response: SipResponse) => void
  /** Timer B or F, with nothing final heard; `heardProvisional` tells a dead host from a slow one. */
  onTimeout: (heardProvisional: boolean) => void
  onTransportFailure: (error: Error) => void
}

export interface TransactionUser {
  /** The request belongs to a dialog that lives here: its sender is no stranger. Missing: none does. */
  isInDialog?(request: SipRequest): boolean
  /** What a stranger's request is answered that is not worth a transaction, undefined when it is. Missing: all are. */
  answerToStranger?(request: SipRequest, flow: Flow): ResponseParts | undefined
  /** A request that starts a server transaction (never ACK, never CANCEL that matched, never a retransmission). */
  onRequest(transaction: ServerTransaction): ServerTransactionEvents
  /** ACK that matches no transaction: it belongs to a 2xx (RFC 3261 §13.2.2.4). */
  onAck(ack: SipRequest, flow: Flow): void
  /** 2xx to an INVITE that no client transaction knows any more. */
  onStray2xx(response: SipResponse, flow: Flow): void
  onFlowClosed(flow: Flow): void
}

export interface TransactionLayer {
  /**
   * Starts a client transaction; this layer adds the top Via, Max-Forwards 70 and Content-Length. Oversize UDP requests
   * (over 1,300 bytes) go by TCP as RFC 3261 §18.1.1 wants, falling back to UDP when TCP fails to connect.
   */
  send(parts: RequestParts, to: Destination, events: ClientTransactionEvents): ClientTransaction
  /** ACK to a 2xx: no transaction, its own branch. Returns a function that sends the same bytes again. */
  sendAck(parts: RequestParts, to: Destination): () => void
  /** The address to put into Contact and Via for that destination: configured advertise address or the local one. */
  localAddressFor(to: Destination): { readonly host: string; readonly port: number }
  /** Whether the TCP connection of that flow still stands; false for UDP. */
  isOpen(flow: Flow): boolean
  /** Living server and client transactions, for limits and leak checks. */
  readonly size: number
}
