import { test } from 'node:test'
import assert from 'node:assert/strict'
import { ok } from '../../base/result.ts'
import type { Timers } from '../../ports/timers.ts'
import { clipFromSamples } from './clip.ts'
import { createIngestClient } from './ingest-client.ts'
import type { IngestRequest } from './ingest-client.ts'
import type { JobThreadCallbacks } from './worker-jobs.ts'

const clip = clipFromSamples(new Int16Array(160))

/** A client whose threads and timers are moved by hand. */
function world() {
  const threads: {
    posted: IngestRequest[]
    stopped: boolean
    callbacks: JobThreadCallbacks
  }[] = []
  const alarms = new Map<number, () => void>()
  let nextTimer = 1
  const timers: Timers = {
    set: (_delayMs, fire) => {
      alarms.set(nextTimer, fire)
      return nextTimer++
    },
    clear: (id) => void alarms.delete(id),
    soon: (fire) => fire(),
  }
  const client = createIngestClient({
    spawn: (callbacks) => {
      const thread = { posted: [] as IngestRequest[], stopped: false, callbacks }
      threads.push(thread)
      return { post: (request) => thread.posted.push(request), stop: () => (thread.stopped = true) }
    },
    timers,
    limits: { bytesMax: 100, secondsMax: 10 },
    timeoutMs: 30_000,
    waitingMax: 2,
  })
  const reply = (thread: number, request: number) => {
    const id = threads[thread]!.posted[request]!.id
    threads[thread]!.callbacks.onMessage({ id, outcome: ok(clip) })
  }
  return { client, threads, alarms, reply }
}

test('files go to one thread, one after the other', async () => {
  const { client, threads, alarms, reply } = world()
  assert.equal(threads.length, 0)
  const first = client.ingest(Uint8Array.of(1))
  const second = client.ingest(Uint8Array.of(2))
  assert.equal(threads[0]!.posted.length, 1)
  reply(0, 0)
  assert.deepEqual(await first, ok(clip))
  assert.equal(threads[0]!.posted.length, 2)
  reply(0, 1)
  assert.deepEqual(await second, ok(clip))
  assert.equal(threads.length, 1)
  assert.equal(alarms.size, 0)
})

test('a file that takes too long loses its thread, the next gets a new one', async () => {
  const { client, threads, alarms, reply } = world()
  const slow = client.ingest(Uint8Array.of(1))
  const next = client.ingest(Uint8Array.of(2))
  ;[...alarms.values()][0]!()
  const outcome = await slow
  assert.ok(!outcome.ok && /longer than 30000 ms/.test(outcome.why))
  assert.equal(threads[0]!.stopped, true)
  reply(0, 0)
  threads[0]!.callbacks.onGone('late')
  reply(1, 0)
  assert.deepEqual(await next, ok(clip))
})

test('a thread that dies takes one file with it', async () => {
  const { client, threads, reply } = world()
  const guilty = client.ingest(Uint8Array.of(1))
  const next = client.ingest(Uint8Array.of(2))
  threads[0]!.callbacks.onGone('out of memory')
  const outcome = await guilty
  assert.ok(!outcome.ok && outcome.why === 'decoder failed: out of memory')
  reply(1, 0)
  assert.ok((await next).ok)
})

test('limits and closing', async () => {
  const { client, threads, alarms } = world()
  const large = await client.ingest(new Uint8Array(101))
  assert.ok(!large.ok && /larger than 100 bytes/.test(large.why))
  const asked = [1, 2, 3].map((byte) => client.ingest(Uint8Array.of(byte)))
  const tooMany = await client.ingest(Uint8Array.of(4))
  assert.ok(!tooMany.ok && /too many/.test(tooMany.why))
  client.close()
  for (const outcome of await Promise.all(asked)) {
    assert.ok(!outcome.ok && /closed/.test(outcome.why))
  }
  assert.equal(threads[0]!.stopped, true)
  assert.equal(alarms.size, 0)
  assert.ok(!(await client.ingest(Uint8Array.of(1))).ok)
})
