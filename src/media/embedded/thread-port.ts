// The media thread seen from the signalling thread: starts it, hands over its settings and the shared quality table,
// and then only passes batches on. Threads come from outside, so this file knows nothing of worker_threads.

import type { CoreSettings, MediaWorkerPort, WorkerCommand, WorkerEvent } from './protocol.ts'
import { qualityBytes, QualityTable } from './quality-table.ts'

export type ToMediaThread =
  | {
      readonly kind: 'begin'
      readonly settings: CoreSettings
      readonly memory: SharedArrayBuffer
      /** Of a lab: what is lost on the way. */
      readonly loss: SharedArrayBuffer | undefined
    }
  | { readonly kind: 'commands'; readonly commands: readonly WorkerCommand[] }
  /** Closes everything; answered by `ended`. */
  | { readonly kind: 'end' }

export type FromMediaThread =
  { readonly kind: 'events'; readonly events: readonly WorkerEvent[] } | { readonly kind: 'ended' }

export interface MediaThread {
  post(value: unknown): void
  /** Ends the thread at once. */
  stop(): void
}

export type StartMediaThread = (callbacks: {
  readonly onMessage: (value: unknown) => void
  readonly onGone: (why: string) => void
}) => MediaThread

export interface ThreadMediaWorker extends MediaWorkerPort {
  readonly table: QualityTable
  /** Closes all sockets, then ends the thread. Peers are told nothing: their calls may go on in the next process. */
  close(): Promise<void>
}

/**
 * Starts the media thread. `legsMax`: legs at one time, and those of the last minute. `onGone`: the thread died by
 * itself; no audio flows any more and the process should end.
 */
export function startMediaWorker(
  start: StartMediaThread,
  settings: CoreSettings,
  legsMax: number,
  onGone: (why: string) => void,
  loss?: SharedArrayBuffer,
): ThreadMediaWorker {
  const memory = new SharedArrayBuffer(qualityBytes(legsMax))
  let listener: ((events: readonly WorkerEvent[]) => void) | undefined
  let ended: (() => void) | undefined
  let gone = false
  const thread = start({
    onMessage: (value) => {
      // Our own thread speaks only FromMediaThread.
      const message = value as FromMediaThread
      if (message.kind === 'events') listener?.(message.events)
      else ended?.()
    },
    onGone: (why) => {
      gone = true
      ended?.()
      onGone(why)
    },
  })
  const post = (message: ToMediaThread): void => thread.post(message)
  post({ kind: 'begin', settings, memory, loss })
  return {
    table: new QualityTable(memory),
    post: (commands) => post({ kind: 'commands', commands }),
    onEvents: (heard) => {
      listener = heard
    },
    close: async () => {
      if (gone) return
      const over = new Promise<void>((resolve) => {
        ended = resolve
      })
      post({ kind: 'end' })
      await over
      thread.stop()
    },
  }
}
