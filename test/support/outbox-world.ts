// An outbox under virtual time, with a memory store and receivers that do what a test's script says.

import { brandAs } from '../../src/base/ids.ts'
import type { HttpClient, HttpOutcome } from '../../src/ports/http-client.ts'
import type { DeliveryRow } from '../../src/ports/store.ts'
import { createMemoryStore, type MemoryStore } from '../../src/store/memory/memory-store.ts'
import { Outbox, type OutboxOptions } from '../../src/webhooks/outbox.ts'
import { createWebhookSigner } from '../../src/webhooks/signature.ts'
import { recordingLog, recordingMetrics, SeededRandom, settle, VirtualTime } from './virtual.ts'

export interface Attempt {
  readonly host: string
  readonly id: string
  readonly attempt: number
  readonly atMs: number
}

/** What a process leaves to the next. */
export interface Former {
  readonly time: VirtualTime
  readonly store: MemoryStore
}

export type Script = (attempt: Attempt) => number | Promise<number>

/** `script` answers each attempt with a status, 0 for no answer at all. */
export function outboxWorld(
  script: Script,
  over: Partial<OutboxOptions> & { former?: Former } = {},
) {
  const time = over.former?.time ?? new VirtualTime()
  const startMs = time.wallMs()
  const store = over.former?.store ?? createMemoryStore({ clock: time })
  const attempts: Attempt[] = []
  let running = 0
  let runningMax = 0
  const http: HttpClient = {
    async request({ url, body }): Promise<HttpOutcome> {
      const decoded = JSON.parse(Buffer.from(body ?? []).toString()) as {
        data: { id: string }
        meta: { attempt: number }
      }
      const { data, meta } = decoded
      const { host } = new URL(url)
      const attempt = { host, id: data.id, attempt: meta.attempt, atMs: time.wallMs() - startMs }
      attempts.push(attempt)
      runningMax = Math.max(runningMax, ++running)
      const status = await script(attempt)
      running--
      if (status === 0) return { kind: 'failed', why: 'connect', detail: '' }
      return { kind: 'answer', status, headers: [], body: new Uint8Array() }
    },
  }
  const key = { read: () => undefined, write: () => undefined }
  const outbox = new Outbox({
    store,
    http,
    signer: createWebhookSigner(key, new SeededRandom(1)),
    clock: time,
    timers: time,
    log: recordingLog(),
    metrics: recordingMetrics(),
    holdMs: 60_000,
    giveUpMs: 72 * 3_600_000,
    ...over,
  })
  let sequence = over.former === undefined ? 0 : 1_000_000
  const rows = (lane: string, ids: readonly string[], more: Partial<DeliveryRow> = {}) =>
    ids.map((id): DeliveryRow => ({
      deliveryId: id,
      sequence: ++sequence,
      lane,
      applicationId: brandAs('1'),
      eventType: 'call.enqueued',
      legId: brandAs(lane),
      url: 'http://main.example/hook',
      failoverUrl: '',
      method: 'POST',
      timeoutMs: 2000,
      retriesMs: undefined,
      dataJson: JSON.stringify({ id }),
      createdAtMs: time.wallMs(),
      ...more,
    }))
  const owe = async (lane: string, ids: readonly string[], more: Partial<DeliveryRow> = {}) => {
    const deliveries = rows(lane, ids, more)
    await store.commit({ changes: [], events: [], deliveries })
    outbox.add(deliveries)
    await settle()
  }
  const seen = () => attempts.map(({ id, attempt }) => `${id}${attempt}`)
  const pass = (ms: number) => time.advanceAsync(ms)
  return { time, store, outbox, owe, rows, attempts, seen, pass, most: () => runningMax }
}
