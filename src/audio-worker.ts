// Composition root of the ingest thread: bytes of a file come in, a clip in shared memory goes out. Decoding and
// resampling take seconds of CPU, which neither the signalling nor the media thread can spare.

import { parentPort } from 'node:worker_threads'
import { assert } from './base/assert.ts'
import { refused } from './base/result.ts'
import type { IngestReply, IngestRequest } from './media/audio/ingest-client.ts'
import { ingestAudio } from './media/audio/ingest.ts'

const port = parentPort
assert(port !== null, 'audio-worker.ts runs as a worker thread only')

// The MP3 decoder reports every damaged frame on the console; the reply says what matters.
console.error = () => undefined

port.on('message', (request: IngestRequest) => {
  const reply = (outcome: IngestReply['outcome']) => {
    port.postMessage({ id: request.id, outcome } satisfies IngestReply)
  }
  ingestAudio(request.work.bytes, request.work.limits).then(reply, (error: unknown) => {
    reply(refused(`decoder failed: ${error instanceof Error ? error.message : String(error)}`))
  })
})
