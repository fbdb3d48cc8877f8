// The media engine's two halves in one thread, for simulation under virtual time: the same code, the same batches,
// each delivered in a turn of its own as a message port would.

import type { Timers } from '../../ports/timers.ts'
import { MediaCore } from './core.ts'
import type { CoreDependencies } from './core.ts'
import type { MediaWorkerPort, WorkerEvent } from './protocol.ts'

export interface InlineMediaWorker extends MediaWorkerPort {
  readonly core: MediaCore
}

/** A MediaWorkerPort whose other end runs here; `core.close()` ends it. */
export function createInlineMediaWorker(deps: Omit<CoreDependencies, 'post'>): InlineMediaWorker {
  const timers: Timers = deps.timers
  let listener: ((events: readonly WorkerEvent[]) => void) | undefined
  const core = new MediaCore({ ...deps, post: (events) => timers.soon(() => listener?.(events)) })
  return {
    core,
    post: (commands) => timers.soon(() => core.receive(commands)),
    onEvents: (heard) => {
      listener = heard
    },
  }
}
