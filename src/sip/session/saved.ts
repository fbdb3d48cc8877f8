// What a restart needs of an invite session, as JSON data. An established one is its dialog, the descriptions agreed and
// the session timer; one whose INVITE still waits for our final response, or for the ACK to it, is the INVITE as well; an
// INVITE of ours is what CANCEL and the ACK to a crossing 2xx are made from.

import type { DialogState } from '../dialog/dialog.ts'
import { requestOf } from '../message/serialize.ts'
import type { SipRequest } from '../message/types.ts'
import type { SentRequest } from '../transaction/layer.ts'
import type { ClientTransaction, Destination, Flow } from '../transaction/types.ts'
import type { Headers } from './capabilities.ts'
import type { SessionTerms } from './timer-rules.ts'

export interface SavedSession {
  readonly phase: 'incoming' | 'answered' | 'confirmed'
  readonly dialog: DialogState
  readonly localSdp: string | undefined
  readonly remoteSdp: string | undefined
  readonly peerAllows: readonly string[]
  readonly terms: SessionTerms | undefined
  readonly termsAtMs: number
  /** The INVITE that we took in, until its 2xx is ACKed. */
  readonly invite: SavedRequest | undefined
  /** Our 2xx to it, sent or about to be sent. */
  readonly accept: SavedAccept | undefined
  /** For the ACK to repeated 2xx of our INVITE. */
  readonly ack: SavedAck | undefined
}

export interface SavedRequest {
  readonly method: string
  readonly uri: string
  readonly headers: Headers
  readonly body: string
}

export interface SavedAccept {
  readonly sdp: string
  readonly headers: Headers
  /** Wall ms; its repeats end 64 T1 later. */
  readonly atMs: number
}

export interface SavedAck {
  readonly cseq: number
  /** RFC 3261 §22.1: the credentials of the INVITE. */
  readonly credentials: Headers
}

/** An INVITE of ours without a final response. */
export interface SavedInvite {
  readonly request: SavedRequest
  readonly to: Destination
  readonly branch: string
  /** A provisional response has come. */
  readonly heard: boolean
}

export function saveRequest(request: SipRequest): SavedRequest {
  const { method, uri, headers, body } = request
  return { method, uri, headers: [...headers.entries()], body: Buffer.from(body).toString('utf8') }
}

export function savedRequest(saved: SavedRequest): SipRequest {
  return requestOf({ ...saved, body: new TextEncoder().encode(saved.body) })
}

export function saveInvite(transaction: ClientTransaction, heard: boolean): SavedInvite {
  const { request, branch, destination } = transaction
  return { request: saveRequest(request), to: destination, branch, heard }
}

/** The top Via is left to the layer, which makes the same one again. */
export function savedInvite(saved: SavedInvite): SentRequest {
  const { method, uri, headers, body } = saved.request
  const ownVia = headers.findIndex(([name]) => name.toLowerCase() === 'via')
  return {
    parts: {
      method,
      uri,
      headers: headers.filter((_, place) => place !== ownVia),
      body: new TextEncoder().encode(body),
    },
    to: withoutConnection(saved.to),
    branch: saved.branch,
    heard: saved.heard,
  }
}

/** The number of a connection means nothing in another process. */
export function withoutFlowId(flow: Flow): Flow {
  return { ...flow, connectionId: undefined }
}

function withoutConnection({ transport, address, port }: Destination): Destination {
  return { transport, address, port }
}
