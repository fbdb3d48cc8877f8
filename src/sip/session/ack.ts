// ACK to a 2xx (RFC 3261 §13.2.2.4): built from the dialog of that 2xx, never from the INVITE's own Route, and sent
// again for every repetition of the 2xx. A 2xx that nobody wants is ACKed and then ended with BYE.

import type { Dialog } from '../dialog/dialog.ts'
import { dialogOfResponse } from '../dialog/dialog.ts'
import { cseqOf } from '../dialog/headers.ts'
import type { RequestParts, SipRequest, SipResponse } from '../message/types.ts'
import type { Destination } from '../transaction/types.ts'
import { lose } from './bye.ts'
import { PRODUCT } from './capabilities.ts'
import type { Headers } from './capabilities.ts'
import { destinationOf, GIVE_UP_MS } from './core.ts'
import type { SessionCore, SessionRoom } from './core.ts'

/**
 * Sends the ACK; the result sends the same bytes once more. `invite` is the request that the 2xx answers. While there is
 * no address for it every repetition of the 2xx looks again; when none was found until the repetitions end, the peer has
 * given the call up (RFC 3261 §13.3.1.4), and so do we.
 */
export function sendAck(core: SessionCore, dialog: Dialog, invite: SipRequest): () => void {
  const cseq = cseqOf(invite.headers)?.number ?? 0
  const parts = dialog.ack(cseq, [...credentialsOf(invite), ['User-Agent', PRODUCT]])
  let again: (() => void) | undefined
  const find = (): void =>
    core.deliver(dialog, parts, (destination) => {
      if (destination !== undefined) {
        core.disarm('ack-way')
        again = core.room.layer.sendAck(parts, destination)
      } else if (core.established && !core.isArmed('ack-way')) {
        core.arm('ack-way', GIVE_UP_MS, () => lose(core, 'dialog-gone', 408, true))
      }
    })
  find()
  return () => (again ?? find)()
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
  sentTo?: Destination,
): () => void {
  const dialog = dialogOfResponse(invite, response, sentTo)
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
  const direct = sentTo?.flow === undefined ? undefined : dialog.directFlow()
  if (direct !== undefined) use(destinationOf(direct))
  else {
    const heard = dialog.heardAt()
    const fallback = heard === undefined ? undefined : destinationOf(heard)
    room.locate(dialog.nextHop(), undefined, (found) => use(found ?? fallback))
  }
  return () => again?.()
}
