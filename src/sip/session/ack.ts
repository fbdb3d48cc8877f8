// ACK to a 2xx (RFC 3261 §13.2.2.4): built from the dialog of that 2xx, never from the INVITE's own Route, and sent
// again for every repetition of the 2xx. A 2xx that nobody wants is ACKed and then ended with BYE.

import type { Dialog } from '../dialog/dialog.ts'
import { dialogOfResponse } from '../dialog/dialog.ts'
import { cseqOf } from '../dialog/headers.ts'
import type { RequestParts, SipRequest, SipResponse } from '../message/types.ts'
import type { Destination, Flow } from '../transaction/types.ts'
import { PRODUCT } from './capabilities.ts'
import type { Headers } from './capabilities.ts'
import type { SessionCore, SessionRoom } from './core.ts'

/** Sends the ACK; the result sends the same bytes once more. `invite` is the request that the 2xx answers. */
export function sendAck(core: SessionCore, dialog: Dialog, invite: SipRequest): () => void {
  const cseq = cseqOf(invite.headers)?.number ?? 0
  const parts = dialog.ack(cseq, [...credentialsOf(invite), ['User-Agent', PRODUCT]])
  let again: (() => void) | undefined
  core.deliver(dialog, parts, (destination) => {
    if (destination !== undefined) again = core.room.layer.sendAck(parts, destination)
  })
  return () => again?.()
}

/** RFC 3261 §22.1: the ACK repeats the credentials of its INVITE. */
export function credentialsOf(invite: SipRequest): Headers {
  return ['Authorization', 'Proxy-Authorization'].flatMap((name) =>
    invite.headers.all(name).map((value) => [name, value] as const),
  )
}

/**
 * ACK and BYE for a 2xx that lost a race: a fork after the first 2xx, or one that crossed our CANCEL. Needs nothing but
 * the two messages, so it also ends calls that nobody remembers. The result repeats the ACK.
 */
export function ackAndBye(
  room: Pick<SessionRoom, 'layer' | 'locate'>,
  invite: SipRequest | RequestParts,
  response: SipResponse,
  flow?: Flow,
): () => void {
  const dialog = dialogOfResponse(invite, response, flow)
  if (dialog === undefined) return () => undefined
  let again: (() => void) | undefined
  const use = (destination: Destination | undefined): void => {
    if (destination === undefined) return
    const { localCSeq } = dialog.state
    again = room.layer.sendAck(dialog.ack(localCSeq, [['User-Agent', PRODUCT]]), destination)
    const bye = dialog.request('BYE', [['User-Agent', PRODUCT]])
    room.layer.send(bye, destination, {
      onResponse: () => undefined,
      onTimeout: () => undefined,
      onTransportFailure: () => undefined,
    })
  }
  const direct = dialog.directFlow()
  if (direct === undefined) room.locate(dialog.nextHop(), undefined, use)
  else {
    const { transport, remoteAddress, remotePort } = direct
    use({ transport, address: remoteAddress, port: remotePort, flow: direct })
  }
  return () => again?.()
}
