// Composition root of the trace thread: what happened in calls is written to a file of its own, so that neither that file
// nor what is asked about it is ever in the way of a call.

import { parentPort } from 'node:worker_threads'
import { assert } from './base/assert.ts'
import { createClock } from './platform/clock.ts'
import { dataFiles, putAside } from './platform/data-files.ts'
import { giveWay } from './platform/threads.ts'
import { createTimers } from './platform/timers.ts'
import { TraceCore } from './trace/core.ts'
import type { FromTraceThread, ToTraceThread } from './trace/protocol.ts'
import { isDamage, TraceTables } from './trace/tables.ts'
import { eventData, webhookOf } from './webhooks/payloads.ts'

const port = parentPort
assert(port !== null, 'trace-worker.ts runs as a worker thread only')

giveWay()
const clock = createClock()
const timers = createTimers(clock)
let core: TraceCore | undefined

function open(file: string, trouble: (why: string) => void): TraceTables {
  dataFiles.touch(file)
  try {
    return new TraceTables(file)
  } catch (error) {
    // A full disk or a copy that is being made will pass: the thread ends, and is started again.
    if (!isDamage(error)) throw error
    trouble(`${file} could not be used (${String(error)}): it was renamed, and a new one begun`)
    putAside(file)
    dataFiles.touch(file)
    return new TraceTables(file)
  }
}

port.on('message', (message: ToTraceThread) => {
  if (message.op !== 'begin') {
    core?.receive(message)
    return
  }
  const { settings } = message
  core = new TraceCore({
    settings,
    open,
    putAside,
    render: (stamped) => {
      // Without links to recordings: they are signed, and die long before this is read.
      const webhook = webhookOf(stamped, settings.connectionCodecs)
      return webhook && { name: webhook.eventType, data: eventData(stamped, webhook) }
    },
    clock,
    timers,
    post: (said: FromTraceThread) => port.postMessage(said),
  })
})
