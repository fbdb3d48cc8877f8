// Composition root of the streaming thread: connections to whatever clients name, and the sound that goes over them.

import { parentPort } from 'node:worker_threads'
import { assert } from './base/assert.ts'
import type { FromStreamingThread, ToStreamingThread } from './media/streaming/protocol.ts'
import { StreamingCore } from './media/streaming/streaming-core.ts'
import { addressMatcher } from './platform/address-matcher.ts'
import { createClock } from './platform/clock.ts'
import { createDatagrams } from './platform/datagrams.ts'
import { egressRule } from './platform/egress.ts'
import { createRandom } from './platform/random.ts'
import { createResolver } from './platform/resolver.ts'
import { createTimers } from './platform/timers.ts'
import { createWebSockets } from './platform/web-sockets.ts'

const port = parentPort
assert(port !== null, 'streaming-worker.ts runs as a worker thread only')

const clock = createClock()
const timers = createTimers(clock)
let core: StreamingCore | undefined

port.on('message', (message: ToStreamingThread) => {
  if (message.op !== 'begin') {
    core?.receive(message)
    return
  }
  const allow = addressMatcher(message.allow)
  core = new StreamingCore({
    sockets: createWebSockets({ resolver: createResolver(), allow }),
    datagrams: createDatagrams(),
    mayReach: egressRule(allow),
    clock,
    timers,
    random: createRandom(),
    post: (said: FromStreamingThread) => port.postMessage(said),
  })
})
