// Worker threads behind two functions and two callbacks, so that rooms that use one never see node:worker_threads.

import { Worker } from 'node:worker_threads'

export interface ThreadCallbacks {
  readonly onMessage: (value: unknown) => void
  /** The thread died without having been stopped; called once. */
  readonly onGone: (why: string) => void
}

export interface Thread {
  post(value: unknown): void
  /** Ends the thread at once, whatever it is doing; no callback follows. */
  stop(): void
}

/** Starts the module at `entry` as a thread that does not keep the program alive by itself. */
export function startThread(entry: URL, callbacks: ThreadCallbacks): Thread {
  const worker = new Worker(entry)
  let over = false
  const gone = (why: string) => {
    if (over) return
    over = true
    callbacks.onGone(why)
  }
  worker.on('message', (value: unknown) => {
    if (!over) callbacks.onMessage(value)
  })
  worker.on('error', (error) => gone(error instanceof Error ? error.message : String(error)))
  worker.on('exit', (code) => gone(`exit code ${code}`))
  worker.unref()
  return {
    post: (value) => worker.postMessage(value),
    stop: () => {
      over = true
      void worker.terminate()
    },
  }
}
