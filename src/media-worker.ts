// Composition root of the media thread: real sockets, clock and timers around the engine's core. It is a thread of its
// own so that a slow store, a burst of API calls or a garbage collection elsewhere is never audible.

import { parentPort } from 'node:worker_threads'
import { assert } from './base/assert.ts'
import { AudioLoss, lossyDatagrams } from './drill/lossy-datagrams.ts'
import { MediaCore } from './media/embedded/core.ts'
import type { FromMediaThread, ToMediaThread } from './media/embedded/thread-port.ts'
import { QualityTable } from './media/embedded/quality-table.ts'
import { createClock } from './platform/clock.ts'
import { createDatagrams } from './platform/datagrams.ts'
import { createRandom } from './platform/random.ts'
import { hurry } from './platform/threads.ts'
import { createTimers } from './platform/timers.ts'
import type { Datagrams } from './ports/datagrams.ts'

const port = parentPort
assert(port !== null, 'media-worker.ts runs as a worker thread only')

hurry()
const say = (message: FromMediaThread): void => port.postMessage(message)
const clock = createClock()
const timers = createTimers(clock)
let core: MediaCore | undefined

/** Of a lab: with flags that the main thread sets. */
function datagramsOf(memory: SharedArrayBuffer | undefined): Datagrams {
  if (memory === undefined) return createDatagrams()
  const loss = new AudioLoss(memory)
  return lossyDatagrams(createDatagrams(), (_bytes, direction) => loss.isLost(direction))
}

port.on('message', (message: ToMediaThread) => {
  switch (message.kind) {
    case 'begin':
      core = new MediaCore({
        datagrams: datagramsOf(message.loss),
        clock,
        timers,
        random: createRandom(),
        table: new QualityTable(message.memory),
        settings: message.settings,
        post: (events) => say({ kind: 'events', events }),
      })
      return
    case 'commands':
      core?.receive(message.commands)
      return
    case 'end':
      core?.close()
      timers.close()
      say({ kind: 'ended' })
      return
  }
})
