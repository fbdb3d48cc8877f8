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
      const lastAttempt = progress.lastAttempt ?? before?.lastAttempt
      gathered.set(progress.deliveryId, { ...progress, lastAttempt })
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
