// All deadlines of a process in one heap behind one Node timer: a hundred thousand waiting calls cost one timer.

import { DeadlineHeap } from '../base/heap.ts'
import type { Clock } from '../ports/clock.ts'
import type { TimerId, Timers } from '../ports/timers.ts'

/** Longest delay of a Node timer; a later deadline is looked at again then. */
const nodeDelayMsMax = 2 ** 31 - 1

export interface PlatformTimers extends Timers {
  /** Deadlines that have not fired; 0 after a clean stop. */
  pending(): number
  /** The next deadline, by the clock's monotonic milliseconds. */
  nextAt(): number | undefined
  /** Fires what is due now: for a clock that was moved. */
  fireDue(): void
  /** Drops all deadlines. */
  close(): void
}

export function createTimers(clock: Clock): PlatformTimers {
  const heap = new DeadlineHeap<TimerId>()
  const actions = new Map<TimerId, () => void>()
  let idNext: TimerId = 1
  let nodeTimer: NodeJS.Timeout | undefined
  let armedForMs = Infinity

  const arm = (): void => {
    const nextMs = heap.nextAt()
    if (nextMs === undefined) return disarm()
    if (nextMs === armedForMs) return
    clearTimeout(nodeTimer)
    armedForMs = nextMs
    const delayMs = Math.ceil(Math.max(0, nextMs - clock.monotonicMs()))
    nodeTimer = setTimeout(fireDue, Math.min(delayMs, nodeDelayMsMax))
  }

  const disarm = (): void => {
    clearTimeout(nodeTimer)
    nodeTimer = undefined
    armedForMs = Infinity
  }

  // The present moment is read once, so that an action that sets a timer of 0 ms cannot keep this loop running.
  function fireDue(): void {
    disarm()
    const nowMs = clock.monotonicMs()
    try {
      for (let id = heap.popDue(nowMs); id !== undefined; id = heap.popDue(nowMs)) {
        const action = actions.get(id)
        actions.delete(id)
        action?.()
      }
    } finally {
      arm()
    }
  }

  return {
    set(delayMs, fire) {
      const id = idNext++
      actions.set(id, fire)
      heap.set(id, clock.monotonicMs() + delayMs)
      arm()
      return id
    },
    clear(id) {
      if (!heap.delete(id)) return
      actions.delete(id)
      arm()
    },
    soon(fire) {
      setImmediate(fire)
    },
    pending: () => heap.size,
    nextAt: () => heap.nextAt(),
    fireDue,
    close() {
      for (const id of actions.keys()) heap.delete(id)
      actions.clear()
      disarm()
    },
  }
}
