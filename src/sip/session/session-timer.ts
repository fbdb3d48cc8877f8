// The session timer of an established session (RFC 4028 §10): refresh at half time when it is our turn, give the
// session up shortly before it expires when nobody refreshed.

import { lose } from './bye.ts'
import type { SessionCore } from './core.ts'
import { refresh } from './refresh.ts'
import { expireAfterMs, refreshAfterMs } from './timer-rules.ts'
import type { SessionTerms } from './timer-rules.ts'

/** Starts anew with the terms of the exchange that has just succeeded. */
export function startSessionTimer(core: SessionCore, terms: SessionTerms): void {
  core.terms = terms
  if (terms.weRefresh) scheduleRefresh(core, refreshAfterMs(terms))
  else core.disarm('session-refresh')
  if (terms.expires) {
    core.arm('session-expiry', expireAfterMs(terms), () => lose(core, 'session-expired', 408, true))
  } else core.disarm('session-expiry')
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
