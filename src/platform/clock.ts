// The real clock.

import type { Clock } from '../ports/clock.ts'

/** How far the microsecond clock may drift from the system's before it is set anew. */
const driftUsMax = 5000

/** Wall and monotonic time of this machine; `wallUs` grows by at least one microsecond per call. */
export function createClock(): Clock {
  let offsetUs = Date.now() * 1000 - performance.now() * 1000
  let lastUs = 0
  return {
    wallMs: () => Date.now(),
    wallUs: () => {
      const systemUs = Date.now() * 1000
      let us = Math.floor(performance.now() * 1000 + offsetUs)
      // The system's clock was set: follow it, but never backwards.
      if (Math.abs(us - systemUs) > driftUsMax) {
        offsetUs = systemUs - performance.now() * 1000
        us = systemUs
      }
      lastUs = Math.max(lastUs + 1, us)
      return lastUs
    },
    monotonicMs: () => performance.now(),
  }
}
