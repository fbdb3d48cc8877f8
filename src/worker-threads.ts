// The threads beside the main one. They are started before the main thread has read its own sources, so that a start, and
// with it the silence of the calls of a former process, is shorter by what they take to load.

import { prepareThread, startThread, type StartThread } from './platform/threads.ts'

export interface WorkerThreads {
  readonly journal: StartThread
  readonly media: StartThread
  readonly audio: StartThread
  readonly speech: StartThread
  readonly recording: StartThread
  readonly streaming: StartThread
  readonly trace: StartThread
}

/** `.ts` in the repository, `.js` in the package: a thread is of the same kind as this file. */
const kind = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
const entry = (name: string): URL => new URL(`./${name}-worker${kind}`, import.meta.url)

const journal = entry('journal')
const media = entry('media')
const audio = entry('audio')
const speech = entry('speech')
const recording = entry('recording')
const streaming = entry('streaming')
const trace = entry('trace')

/** Threads that are loading already, in the order in which they are needed. */
export function prepareWorkers(): WorkerThreads {
  return {
    journal: prepareThread(journal),
    media: prepareThread(media),
    audio: prepareThread(audio),
    // Not yet: it has nothing to do with calls that are to be heard again soon.
    speech: (callbacks) => startThread(speech, callbacks),
    recording: (callbacks) => startThread(recording, callbacks),
    streaming: (callbacks) => startThread(streaming, callbacks),
    trace: (callbacks) => startThread(trace, callbacks),
  }
}

/** Threads that are started when they are asked for. */
export const workersOnDemand: WorkerThreads = {
  journal: (callbacks) => startThread(journal, callbacks),
  media: (callbacks) => startThread(media, callbacks),
  audio: (callbacks) => startThread(audio, callbacks),
  speech: (callbacks) => startThread(speech, callbacks),
  recording: (callbacks) => startThread(recording, callbacks),
  streaming: (callbacks) => startThread(streaming, callbacks),
  trace: (callbacks) => startThread(trace, callbacks),
}
