// One dialog (RFC 3261 §12): who the two ends are, where requests go, and the sequence numbers both ways. Its whole
// state is plain JSON data, so that it can be stored with the call and continued by another process.

import type { HeaderFields, RequestParts, SipRequest, SipResponse } from '../message/types.ts'
import { tagOf } from '../message/headers/name-addr.ts'
import type { Destination, Flow } from '../transaction/types.ts'
import {
  addressRequest,
  contactUri,
  cseqOf,
  isBehindNat,
  readRoute,
  recordRoutesOf,
  withoutTag,
} from './headers.ts'

export interface DialogState {
  readonly role: 'uac' | 'uas'
  readonly callId: string
  readonly localTag: string
  /** Empty for a peer of RFC 2543 that sends no tag. */
  readonly remoteTag: string
  /** name-addr texts without tag, as they stand in From and To. */
  readonly localUri: string
  readonly remoteUri: string
  /** The peer's Contact URI. */
  remoteTarget: string
  /** name-addr texts in the order in which they go into Route; fixed once the dialog is confirmed. */
  routeSet: readonly string[]
  /** Our Contact header value. */
  readonly localContact: string
  localCSeq: number
  remoteCSeq: number | undefined
  /** Where the peer's last message that set the remote target came from, or where the INVITE that it answered went. */
  source: Flow | undefined
  /** The peer is behind a NAT: its Contact can not be reached, only `source` can. */
  behindNat: boolean
}

type Headers = readonly (readonly [name: string, value: string])[]

export class Dialog {
  readonly #state: DialogState

  constructor(state: DialogState) {
    this.#state = state
  }

  get state(): Readonly<DialogState> {
    return this.#state
  }

  /** A copy that JSON can carry. */
  snapshot(): DialogState {
    return { ...this.#state, routeSet: [...this.#state.routeSet] }
  }

  /**
   * A request within the dialog (RFC 3261 §12.2.1.1) with the next sequence number; never ACK or CANCEL.
   * `extra` must not name Route, From, To, Call-ID or CSeq.
   */
  request(method: string, extra: Headers, body?: Uint8Array): RequestParts {
    this.#state.localCSeq += 1
    return this.#build(method, this.#state.localCSeq, extra, body)
  }

  /** ACK to the 2xx of the INVITE that had this sequence number (RFC 3261 §13.2.2.4). */
  ack(cseq: number, extra: Headers, body?: Uint8Array): RequestParts {
    return this.#build('ACK', cseq, extra, body)
  }

  /** The URI whose host the next request is sent to: the first route, or the remote target. */
  nextHop(): string {
    const first = this.#state.routeSet[0]
    return first === undefined ? this.#state.remoteTarget : readRoute(first).uri
  }

  /** The flow to use in place of `nextHop`: a peer behind a NAT without a proxy between us. */
  directFlow(): Flow | undefined {
    const { routeSet, behindNat, source } = this.#state
    if (routeSet.length > 0 || source === undefined) return undefined
    // A stream is used again while it lives; the transaction layer connects anew when it does not.
    return behindNat || source.transport === 'TCP' ? source : undefined
  }

  /** Where a peer without proxies was heard over UDP last: the way out when nobody can look its Contact's name up. */
  heardAt(): Flow | undefined {
    const { routeSet, source } = this.#state
    return routeSet.length === 0 && source?.transport === 'UDP' ? source : undefined
  }

  /**
   * Takes the sequence number of an arriving request in. False: out of order, to be answered 500 (RFC 3261
   * §12.2.2). ACK and CANCEL repeat the INVITE's number and are not given here.
   */
  acceptSequence(request: SipRequest): boolean {
    const number = cseqOf(request.headers)?.number
    if (number === undefined) return false
    const last = this.#state.remoteCSeq
    if (last !== undefined && number <= last) return false
    this.#state.remoteCSeq = number
    return true
  }

  /** Target refresh (RFC 3261 §12.2, RFC 3311 §5.1): the peer's new Contact, and where it came from when known. */
  refreshTarget(headers: HeaderFields, source?: Flow): void {
    const contact = contactUri(headers)
    if (contact === undefined) return
    this.#state.remoteTarget = contact
    if (source === undefined) return
    this.#state.source = source
    this.#state.behindNat = isBehindNat(headers, contact, source)
  }

  /** The peer was heard over another TCP connection than before: true when requests go that way from now on. */
  moveTo(flow: Flow): boolean {
    const { source } = this.#state
    if (flow.transport !== 'TCP' || source?.transport !== 'TCP') return false
    if (flow.connectionId === source.connectionId) return false
    this.#state.source = flow
    return true
  }

  /** The 2xx fixes the route set and the target that a provisional response had given (RFC 3261 §13.2.2.4). */
  confirm(response: SipResponse): void {
    this.#state.routeSet = recordRoutesOf(response.headers).toReversed()
    this.refreshTarget(response.headers)
  }

  #build(method: string, cseq: number, extra: Headers, body: Uint8Array | undefined): RequestParts {
    const state = this.#state
    const { uri, routes } = addressRequest(state.remoteTarget, state.routeSet)
    const headers: (readonly [string, string])[] = routes.map((route) => ['Route', route] as const)
    headers.push(['From', `${state.localUri};tag=${state.localTag}`])
    headers.push([
      'To',
      state.remoteTag === '' ? state.remoteUri : `${state.remoteUri};tag=${state.remoteTag}`,
    ])
    headers.push(['Call-ID', state.callId], ['CSeq', `${cseq} ${method}`])
    headers.push(...extra)
    return body === undefined ? { method, uri, headers } : { method, uri, headers, body }
  }
}

/** The dialog of a UAS (RFC 3261 §12.1.1); undefined when From or Contact can not be used. */
export function dialogOfRequest(
  request: SipRequest,
  source: Flow,
  own: { readonly tag: string; readonly contact: string },
): Dialog | undefined {
  const { headers } = request
  const from = headers.first('From')
  const to = headers.first('To')
  const callId = headers.first('Call-ID')
  const target = contactUri(headers)
  if (from === undefined || to === undefined || callId === undefined || target === undefined)
    return undefined
  return new Dialog({
    role: 'uas',
    callId,
    localTag: own.tag,
    remoteTag: tagOf(from) ?? '',
    localUri: withoutTag(to),
    remoteUri: withoutTag(from),
    remoteTarget: target,
    routeSet: recordRoutesOf(headers),
    localContact: own.contact,
    localCSeq: 0,
    remoteCSeq: cseqOf(headers)?.number,
    source,
    behindNat: isBehindNat(headers, target, source),
  })
}

/**
 * The dialog of a UAC from a response with a To tag (RFC 3261 §12.1.2): the route set is the response's Record-Route
 * reversed, and nothing of the INVITE's own Route stays. Without a Contact the peer is reached where the INVITE went.
 * `sentTo` is where the INVITE went; over a registration's flow the peer's Contact may be unreachable.
 */
export function dialogOfResponse(
  invite: SipRequest | RequestParts,
  response: SipResponse,
  sentTo?: Destination,
): Dialog | undefined {
  const { headers } = response
  const from = headers.first('From')
  const to = headers.first('To')
  const callId = headers.first('Call-ID')
  const cseq = cseqOf(headers)?.number
  const own = firstOf(invite, 'Contact')
  if (from === undefined || to === undefined || callId === undefined || cseq === undefined)
    return undefined
  return new Dialog({
    role: 'uac',
    callId,
    localTag: tagOf(from) ?? '',
    remoteTag: tagOf(to) ?? '',
    localUri: withoutTag(from),
    remoteUri: withoutTag(to),
    remoteTarget: contactUri(headers) ?? invite.uri,
    routeSet: recordRoutesOf(headers).toReversed(),
    localContact: own ?? '',
    localCSeq: cseq,
    remoteCSeq: undefined,
    source: sentTo === undefined ? undefined : (sentTo.flow ?? placeOf(sentTo)),
    behindNat: sentTo?.flow !== undefined,
  })
}

/** An address that answered, as a flow without a connection. */
function placeOf({ transport, address, port }: Destination): Flow {
  const far = { transport, remoteAddress: address, remotePort: port }
  return { ...far, localAddress: '', localPort: 0, connectionId: undefined }
}

function firstOf(message: SipRequest | RequestParts, name: string): string | undefined {
  const wanted = name.toLowerCase()
  const { headers } = message
  if ('first' in headers) return headers.first(name)
  return headers.find(([one]) => one.toLowerCase() === wanted)?.[1]
}
