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

const journal = new URL('./journal-worker.ts', import.meta.url)
const media = new URL('./media-worker.ts', import.meta.url)
const audio = new URL('./audio-worker.ts', import.meta.url)
const speech = new URL('./speech-worker.ts', import.meta.url)
const recording = new URL('./recording-worker.ts', import.meta.url)
const streaming = new URL('./streaming-worker.ts', import.meta.url)
const trace = new URL('./trace-worker.ts', import.meta.url)

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
