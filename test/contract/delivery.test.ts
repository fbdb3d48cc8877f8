// From event to receiver with nothing virtual: sink, SQLite, outbox, HTTP client, and the official SDK at the far end.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import Telnyx from 'telnyx'
import { addressMatcher } from '../../src/platform/address-matcher.ts'
import { createClock } from '../../src/platform/clock.ts'
import { createHttpClient } from '../../src/platform/http-client.ts'
import { createRandom } from '../../src/platform/random.ts'
import { createResolver } from '../../src/platform/resolver.ts'
import { createTimers } from '../../src/platform/timers.ts'
import type { StampedEvent } from '../../src/ports/events.ts'
import { Outbox } from '../../src/webhooks/outbox.ts'
import { createWebhookSigner, signInPool } from '../../src/webhooks/signature.ts'
import { createWebhookSink } from '../../src/webhooks/sink.ts'
import { openSqlite, temporaryDirectory } from '../conformance/store/forms.ts'
import { sampleEvents, sampleLeg, sampleOverrides, stamp } from '../support/events.ts'
import { startReceiver } from '../support/receiver.ts'
import { recordingMetrics, silentLog } from '../support/virtual.ts'
import { createContractRecorder } from './checker.ts'

test('events reach a receiver in order, signed, retried, and once more after a restart', async (t) => {
  const receiver = await startReceiver()
  t.after(() => receiver.close())
  const clock = createClock()
  const timers = createTimers(clock)
  const allow = addressMatcher(['127.0.0.0/8'])
  const http = createHttpClient({ resolver: createResolver(), allow })
  t.after(() => http.close())
  let key: string | undefined
  const file = { read: () => key, write: (text: string) => (key = text) }
  const signer = createWebhookSigner(file, createRandom(), signInPool)
  const directory = temporaryDirectory()
  const retriesMsByEvent = { 'call.enqueued': [5, 5, 5] }
  const urls = { url: receiver.url, urlByEvent: {}, retriesMsByEvent }
  const leg = sampleLeg({ webhooks: { ...sampleOverrides, ...urls } })
  const startedUs = clock.wallUs()
  const events = sampleEvents(leg).map((event, index): StampedEvent =>
    stamp(event, index + 1, { occurredAtUs: startedUs + index }),
  )

  const cut = events.findIndex(({ event }) => event.type === 'playback-ended')
  const untold = new Set<string>([
    ...['queue-created', 'queue-updated', 'queue-deleted'],
    ...['rtp-silent', 'rtp-heard'],
  ])

  const run = async (batch: readonly StampedEvent[]) => {
    const store = await openSqlite(directory)
    const metrics = recordingMetrics()
    const fixed = { store, http, signer, clock, timers, log: silentLog, metrics }
    const outbox = new Outbox({ ...fixed, holdMs: 60_000, giveUpMs: 3_600_000 })
    await outbox.start()
    const deliver: Outbox['add'] = (rows) => outbox.add(rows)
    const sink = createWebhookSink({
      application: () => undefined,
      connectionCodecs: 'PCMU,PCMA',
      deliver,
    })
    const deliveries = sink.deliveriesFor(batch)
    await store.commit({ changes: [], events: batch, deliveries })
    sink.committed(batch, deliveries)
    return async () => {
      await outbox.drain(2000)
      await store.close()
    }
  }

  receiver.answerWith(({ type, attempt }) => (type === 'call.enqueued' && attempt < 3 ? 500 : 204))
  let stop = await run(events.slice(0, cut))
  await receiver.waitFor('call.playback.started')
  receiver.answerWith(503)
  await stop()
  stop = await run(events.slice(cut))
  await receiver.waitFor('call.playback.ended')
  await stop()
  receiver.answerWith(200)
  stop = await run([])
  await receiver.waitFor('call.recording.error')
  await receiver.waitFor('conference.recording.saved')
  await stop()

  const recorder = createContractRecorder()
  const client = new Telnyx({ apiKey: 'KEY', publicKey: signer.publicKey })
  for (const { raw, headers } of receiver.deliveries) {
    recorder.webhook(raw)
    const plain = Object.entries(headers).map(([name, value]) => [name, String(value)])
    await client.webhooks.unwrap(raw, { headers: Object.fromEntries(plain) })
  }
  recorder.assertClean()
  const firsts = [...new Map(receiver.deliveries.map(({ id, type }) => [id, type])).values()]
  assert.equal(firsts.length, events.filter(({ event }) => !untold.has(event.type)).length)
  assert.deepEqual(firsts.slice(5, 8), ['call.hangup', 'call.enqueued', 'call.dequeued'])
  const enqueued = receiver.deliveries.filter(({ type }) => type === 'call.enqueued')
  assert.deepEqual(
    enqueued.map(({ attempt }) => attempt),
    [1, 2, 3],
  )
  assert.equal(timers.pending(), 0)
})
