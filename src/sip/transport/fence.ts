// What stands between one broken message and everybody's calls. Parsers never throw; if something above them does, that
// is a bug of ours, and it must cost the one message or deadline that met it, not the process with every call in it.

import type { Log } from '../../ports/log.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { Timers } from '../../ports/timers.ts'

export interface Fence {
  /** Runs `act`; false when it threw, which is reported. `what` names the work in the log. */
  run(what: string, act: () => void): boolean
  /** The same timers, whose actions are run inside the fence. */
  timers(timers: Timers): Timers
}

export function createFence({ log, metrics }: { log: Log; metrics: Metrics }): Fence {
  const run = (what: string, act: () => void): boolean => {
    try {
      act()
      return true
    } catch (error) {
      metrics.count('holdfast_sip_faults_total')
      const stack = error instanceof Error ? error.stack : String(error)
      log.error({ code: 'SIP_FAULT', what, stack }, 'a SIP step broke an invariant')
      return false
    }
  }
  return {
    run,
    timers: (timers) => ({
      set: (delayMs, fire) => timers.set(delayMs, () => void run('deadline', fire)),
      clear: (id) => timers.clear(id),
      soon: (fire) => timers.soon(() => void run('turn', fire)),
    }),
  }
}
