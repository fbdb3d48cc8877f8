// Progress on its way to the store: at most one write under way, and what happens meanwhile is gathered with the latest
// word per delivery. A store that is slow or failing never grows this beyond one row per owed webhook.

import type { DeliveryProgress, Store } from '../ports/store.ts'
import type { Timers } from '../ports/timers.ts'

export interface ProgressWriter {
  put(progress: DeliveryProgress): void
  /** Resolves when everything put so far is in the store. */
  flush(): Promise<void>
}

export function createProgressWriter(
  store: Pick<Store, 'recordProgress'>,
  timers: Timers,
): ProgressWriter {
  const gathered = new Map<string, DeliveryProgress>()
  let writing: Promise<void> | undefined
  let scheduled = false

  const write = (): void => {
    scheduled = false
    if (writing !== undefined || gathered.size === 0) return
    const batch = [...gathered.values()]
    gathered.clear()
    writing = store.recordProgress(batch).finally(() => {
      writing = undefined
      write()
    })
  }

  return {
    put(progress) {
      const before = gathered.get(progress.deliveryId)
      gathered.set(progress.deliveryId, before === undefined ? progress : merged(before, progress))
      if (scheduled) return
      scheduled = true
      timers.soon(write)
    },
    async flush() {
      write()
      // The write under way, and the one that follows it with what was gathered meanwhile.
      await writing
      await writing
    },
  }
}

/** Attempts that are written down of one delivery; older ones would be trimmed at once. */
const attemptsMax = 20

function merged(before: DeliveryProgress, now: DeliveryProgress): DeliveryProgress {
  const { earlier = [], lastAttempt: former } = before
  const { lastAttempt } = now
  if (former === undefined || lastAttempt === undefined) {
    return { ...now, earlier, lastAttempt: lastAttempt ?? former }
  }
  return { ...now, earlier: [...earlier, former].slice(1 - attemptsMax), lastAttempt }
}
