// Ending a session: our BYE, the peer's, both at once, and ends without a BYE (RFC 3261 §15).

import { assert } from '../../base/assert.ts'
import type { LegLoss } from '../../ports/signaling.ts'
import type { ServerTransaction } from '../transaction/types.ts'
import { customHeadersOf, wellKnownHeadersOf } from './capabilities.ts'
import type { Headers } from './capabilities.ts'
import type { SessionCore } from './core.ts'

/** RFC 3261 §15.1.1. The engine hears no more of this leg. */
export function sendBye(core: SessionCore, headers: Headers): void {
  if (core.phase === 'leaving' || core.phase === 'ended') return
  const unconfirmed = core.role === 'uas' && core.phase === 'answered'
  core.mute()
  core.phase = 'leaving'
  answerPendingInvite(core)
  // RFC 3261 §15: a callee sends no BYE before the ACK has come or the 2xx was given up.
  if (unconfirmed) {
    core.waitingBye = headers
    return
  }
  core.disarmAll()
  byeNow(core, headers)
}

/** The ACK came, or was given up: a BYE that waited for it goes out. True when there was one. */
export function releaseBye(core: SessionCore): boolean {
  const headers = core.waitingBye
  if (headers === undefined) return false
  byeNow(core, headers)
  return true
}

function byeNow(core: SessionCore, headers: Headers): void {
  assert(core.phase === 'leaving', 'BYE outside leaving')
  core.waitingBye = undefined
  core.disarmAll()
  // Whatever the answer is, also none: the dialog is over (RFC 3261 §15.1.1).
  core.request('BYE', headers, undefined, () => core.end())
}

/** BYE from the peer: 200 at once, whatever else is under way (RFC 3261 §15.1.2). */
export function onBye(core: SessionCore, transaction: ServerTransaction): void {
  const { headers } = transaction.request
  transaction.respond({ status: 200, headers: [] })
  answerPendingInvite(core)
  core.waitingBye = undefined
  if (core.phase !== 'leaving') {
    // RFC 3326: why the far end ended the call, told as it came.
    const reason = headers.all('Reason').map((value) => ({ name: 'Reason', value }))
    core.emit({
      kind: 'leg-bye',
      headers: [...customHeadersOf(headers), ...wellKnownHeadersOf(headers), ...reason],
    })
    core.end()
    return
  }
  // BYE glare: our own BYE is out as well. Its transaction ends by itself.
  core.end()
}

/** The dialog is dead or has to die without a BYE of the peer; `withBye` tells the peer all the same. */
export function lose(core: SessionCore, why: LegLoss, status: number, withBye: boolean): void {
  if (core.phase === 'leaving' || core.phase === 'ended') return
  core.emit({ kind: 'leg-lost', why, status })
  core.mute()
  answerPendingInvite(core)
  core.disarmAll()
  if (!withBye) {
    core.end()
    return
  }
  core.phase = 'leaving'
  byeNow(core, [])
}

// RFC 3261 §15.1.2: requests still pending in the dialog get 487.
function answerPendingInvite(core: SessionCore): void {
  const pending = core.incomingOffer
  core.incomingOffer = undefined
  if (pending !== undefined && !pending.transaction.finalSent) {
    pending.transaction.respond({ status: 487, headers: [] })
  }
}
