// INVITEs of a former process that nobody had answered: each is cancelled, and a 2xx that crosses the CANCEL is ACKed and
// ended, so that no phone goes on ringing for a call that has been told as over.

import type { SipResponse } from '../message/types.ts'
import { tagOf } from '../message/headers/name-addr.ts'
import { ackAndBye } from '../session/ack.ts'
import type { SessionRoom } from '../session/core.ts'
import { savedInvite } from '../session/saved.ts'
import type { SavedInvite } from '../session/saved.ts'
import type { SipTransactions } from '../transaction/layer.ts'
import type { ClientTransaction } from '../transaction/types.ts'

export class DanglingInvites {
  readonly invites: readonly SavedInvite[]
  #open: number

  constructor(invites: readonly SavedInvite[]) {
    this.invites = invites
    this.#open = invites.length
  }

  /** Sends the CANCELs; `over` is called when the last INVITE has its final response or is given up. */
  cancel(layer: SipTransactions, room: SessionRoom, over: () => void): void {
    for (const saved of this.invites) {
      this.#cancelOne(saved, layer, room, () => {
        this.#open -= 1
        if (this.#open === 0) over()
      })
    }
  }

  #cancelOne(
    saved: SavedInvite,
    layer: SipTransactions,
    room: SessionRoom,
    ended: () => void,
  ): void {
    const acknowledged = new Map<string, () => void>()
    let isOver = false
    const end = (): void => {
      if (!isOver) ended()
      isOver = true
    }
    const onFinal = (response: SipResponse): void => {
      const tag = tagOf(response.headers.first('To')) ?? ''
      if (response.status < 300) {
        const again = acknowledged.get(tag)
        if (again === undefined)
          acknowledged.set(
            tag,
            ackAndBye(room, transaction.request, response, transaction.destination),
          )
        else again()
      }
      end()
    }
    const transaction: ClientTransaction = layer.resumeInvite(savedInvite(saved), {
      onResponse: (response) => {
        if (response.status >= 200) onFinal(response)
      },
      onTimeout: end,
      onTransportFailure: end,
    })
    transaction.cancel()
  }
}
