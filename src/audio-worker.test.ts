import { test } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createIngestClient } from './media/audio/ingest-client.ts'
import { startThread } from './platform/threads.ts'

test('the worker decodes files into shared memory and survives rubbish', async (t) => {
  const client = createIngestClient({
    spawn: (callbacks) => startThread(new URL('./audio-worker.ts', import.meta.url), callbacks),
    // The thread is trusted to answer here; the runner's own limit ends the test if it does not.
    timers: { set: () => 0, clear: () => undefined, soon: (fire) => fire() },
    limits: { bytesMax: 100_000, secondsMax: 10 },
    timeoutMs: 10_000,
    waitingMax: 10,
  })
  t.after(() => client.close())
  // The thread does not keep the program alive; this does, until it has answered.
  const alive = new MessageChannel()
  alive.port1.on('message', () => undefined)
  t.after(() => alive.port1.close())
  const mp3 = readFileSync(new URL('../test/fixtures/tone-1000hz.mp3', import.meta.url))
  const [rubbish, tone] = await Promise.all([
    client.ingest(Uint8Array.of(1, 2, 3)),
    client.ingest(new Uint8Array(mp3)),
  ])
  assert.ok(!rubbish.ok && rubbish.why === 'file is neither WAV nor MP3')
  assert.ok(tone.ok)
  assert.ok(tone.value.samples > 7000)
  assert.ok(tone.value.pcmu.buffer instanceof SharedArrayBuffer)
})
