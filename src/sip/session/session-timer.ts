// The session timer of an established session (RFC 4028 §10): refresh at half time when it is our turn, give the
// session up shortly before it expires when nobody refreshed.

import { lose } from './bye.ts'
import { ACCEPT } from './capabilities.ts'
import type { SessionCore } from './core.ts'
import { refresh } from './refresh.ts'
import { expireAfterMs, refreshAfterMs } from './timer-rules.ts'
import type { SessionTerms } from './timer-rules.ts'

/** After a restart the sockets are bound first. */
const RESUMED_REFRESH_MIN_MS = 1000

/** Starts anew with the terms of the exchange that has just succeeded. */
export function startSessionTimer(core: SessionCore, terms: SessionTerms): void {
  core.terms = terms
  core.termsAtMs = core.room.clock.wallMs()
  core.room.changed()
  if (terms.weRefresh) scheduleRefresh(core, refreshAfterMs(terms))
  else core.disarm('session-refresh')
  if (terms.expires) {
    core.arm('session-expiry', expireAfterMs(terms), () => lose(core, 'session-expired', 408, true))
  } else core.disarm('session-expiry')
}

/**
 * Goes on with terms agreed at `atMs`, in a former process perhaps, by whose clock nobody is given up: it may have been set
 * since. The peer has the whole time once more; one that is gone is found by the engine, which probes who is not heard.
 */
export function resumeSessionTimer(core: SessionCore, terms: SessionTerms, atMs: number): void {
  const agoMs = core.room.clock.wallMs() - atMs
  core.terms = terms
  core.termsAtMs = atMs
  if (terms.weRefresh) {
    // A refresh too many costs nothing, one that is late the call.
    const leftMs = agoMs < 0 ? 0 : refreshAfterMs(terms) - agoMs
    scheduleRefresh(core, Math.max(RESUMED_REFRESH_MIN_MS, leftMs))
  }
  if (!terms.expires) return
  core.arm('session-expiry', expireAfterMs(terms), () => lose(core, 'session-expired', 408, true))
}

/** Asks whether the peer still knows the call: a refresh by UPDATE when it takes one, else OPTIONS (RFC 3261 §11). */
export function probe(core: SessionCore): void {
  if (!core.established) return
  if (core.peerAllows.has('UPDATE')) return scheduleRefresh(core, 0)
  core.request('OPTIONS', [['Accept', ACCEPT]], undefined, (outcome) => {
    if (!core.established) return
    if (outcome.kind !== 'response') return lose(core, 'dialog-gone', 408, true)
    const { status } = outcome.response
    // RFC 3261 §12.2.1.2; every other answer comes from somebody who knows the dialog.
    if (status === 481 || status === 408) lose(core, 'dialog-gone', status, status !== 481)
  })
}

function scheduleRefresh(core: SessionCore, delayMs: number): void {
  core.arm('session-refresh', delayMs, () => {
    refresh(core, (result) => {
      switch (result.kind) {
        case 'refreshed':
          startSessionTimer(core, result.terms)
          return
        case 'gone':
          lose(core, 'dialog-gone', result.status, result.status !== 481)
          return
        case 'failed': {
          // Refused for a reason of its own: the session still lives. Try again in the second half, until expiry.
          const terms = core.terms
          if (terms !== undefined && core.established)
            scheduleRefresh(core, refreshAfterMs(terms) / 4)
          return
        }
      }
    })
  })
}
