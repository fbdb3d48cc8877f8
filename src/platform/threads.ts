// Worker threads behind two functions and two callbacks, so that rooms that use one never see node:worker_threads.

import { setPriority } from 'node:os'
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

export type StartThread = (callbacks: ThreadCallbacks) => Thread

/**
 * Begins to load the module at `entry` at once; whoever takes the thread first gets that one, later ones are started when
 * they are asked for. What goes wrong meanwhile is told to the taker.
 */
export function prepareThread(entry: URL): StartThread {
  let early: Worker | undefined = new Worker(entry)
  let trouble: string | undefined
  early.unref()
  early.once('error', (error) => (trouble = String(error)))
  return (callbacks) => {
    if (early === undefined) return startThread(entry, callbacks)
    const thread = attach(early, callbacks, trouble)
    early = undefined
    return thread
  }
}

/** Starts the module at `entry` as a thread that does not keep the program alive by itself. */
export function startThread(entry: URL, callbacks: ThreadCallbacks): Thread {
  return attach(new Worker(entry), callbacks)
}

/** `trouble`: the thread died before anybody listened. */
function attach(worker: Worker, callbacks: ThreadCallbacks, trouble?: string): Thread {
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
  if (trouble !== undefined) queueMicrotask(() => gone(trouble))
  return {
    post: (value) => worker.postMessage(value),
    stop: () => {
      over = true
      void worker.terminate()
    },
  }
}

/** What a thread with deadlines asks for, and one that can wait; the range is -20 (first) to 19. */
const urgentNice = -10
const patientNice = 10

/**
 * Lets the calling thread go before the others where the system allows it: on Linux, with CAP_SYS_NICE. A machine that
 * is full of other work is then still not audible. Without the right nothing changes.
 */
export function hurry(): void {
  renice(urgentNice)
}

/** Lets the others go before the calling thread, which needs no right; on Linux only. */
export function giveWay(): void {
  renice(patientNice)
}

function renice(nice: number): void {
  // Elsewhere the number 0 means the whole process.
  if (process.platform !== 'linux') return
  try {
    setPriority(0, nice)
  } catch {
    // Not allowed: the thread takes its turn like all others.
  }
}
