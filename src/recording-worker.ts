// Composition root of the recording thread: files on the disk and encoders, both of which may take their time.

import { parentPort } from 'node:worker_threads'
import { assert } from './base/assert.ts'
import type { FromRecordingThread, ToRecordingThread } from './media/recording/protocol.ts'
import { RecordingCore } from './media/recording/recording-core.ts'
import { createClock } from './platform/clock.ts'
import { recordingFolder } from './platform/recording-files.ts'
import { createTimers } from './platform/timers.ts'

const port = parentPort
assert(port !== null, 'recording-worker.ts runs as a worker thread only')

const timers = createTimers(createClock())
let core: RecordingCore | undefined

port.on('message', (message: ToRecordingThread) => {
  if (message.op === 'begin') {
    const post = (said: FromRecordingThread): void => port.postMessage(said)
    core = new RecordingCore({ folder: recordingFolder(message.folder), timers, post })
  } else {
    core?.receive(message)
  }
})
