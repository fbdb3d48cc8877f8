// How fast a receiver that was down gets what it is owed: a long backlog on disk, then the receiver is back. The outbox,
// the store with its journal thread and the HTTP client are the server's; the receiver is a process of its own.

import { fork, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brandAs } from '../src/base/ids.ts'
import { addressMatcher } from '../src/platform/address-matcher.ts'
import { createClock } from '../src/platform/clock.ts'
import { createHttpClient } from '../src/platform/http-client.ts'
import { createMetrics } from '../src/platform/metrics.ts'
import { createRandom } from '../src/platform/random.ts'
import { createResolver } from '../src/platform/resolver.ts'
import { startThread } from '../src/platform/threads.ts'
import { createTimers } from '../src/platform/timers.ts'
import type { DeliveryRow } from '../src/ports/store.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { Outbox } from '../src/webhooks/outbox.ts'
import { createWebhookSigner, signInPool } from '../src/webhooks/signature.ts'
import { printTable, round, type Figures } from './support/report.ts'

/** Events of one call. */
const eventsPerLeg = 6
const groupRows = 500
/** What is promised: below and above it the bench fails. */
const perSecMin = 1000
const heldMax = 10_000
const quiet = { debug() {}, info() {}, warn() {}, error: console.error }

export async function benchCatchUp(full: boolean): Promise<Figures> {
  const owed = full ? 200_000 : 30_000
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'))
  const clock = createClock()
  const timers = createTimers(clock)
  const store = await openSqliteStore({
    directory,
    timers,
    startJournal: (callbacks) =>
      startThread(new URL('../src/journal-worker.ts', import.meta.url), callbacks),
  })
  const http = createHttpClient({
    resolver: createResolver(),
    allow: addressMatcher(['127.0.0.0/8']),
  })
  const receiver = fork(fileURLToPath(import.meta.url), ['receiver'])
  try {
    const url = `http://127.0.0.1:${String(await heard(receiver))}/`
    for (let from = 0; from < owed; from += groupRows) {
      const deliveries = Array.from({ length: groupRows }, (_, at) => rowOf(from + at + 1, url))
      await store.commit({ changes: [], events: [], deliveries })
    }
    const key = { read: () => undefined, write: () => undefined }
    const outbox = new Outbox({
      ...{ store, http, clock, timers, log: quiet, metrics: createMetrics({ process: false }) },
      signer: createWebhookSigner(key, createRandom(), signInPool),
      holdMs: 60_000,
      giveUpMs: 72 * 3_600_000,
    })
    await outbox.start()
    let heldMost = outbox.held()
    let heapMost = 0
    const startedAt = performance.now()
    const cpu = process.cpuUsage()
    while (outbox.backlog() > 0) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      heldMost = Math.max(heldMost, outbox.held())
      heapMost = Math.max(heapMost, process.memoryUsage().heapUsed)
    }
    const seconds = (performance.now() - startedAt) / 1000
    const used = process.cpuUsage(cpu)
    receiver.send('report')
    const { received, outOfOrder } = Object(await heard(receiver)) as Record<string, number>
    await outbox.drain(5000)
    const perSec = Math.round(owed / seconds)
    const cpuUs = round((used.user + used.system) / owed)
    const heapMb = Math.round(heapMost / 2 ** 20)
    printTable(
      ['owed', 'seconds', 'events/s', 'CPU us/event', 'in memory at most', 'heap MB'],
      [[owed, round(seconds), perSec, cpuUs, heldMost, heapMb]],
    )
    if (received !== owed || outOfOrder !== 0) {
      throw new Error(`${String(received)} of ${owed} came, ${String(outOfOrder)} out of order`)
    }
    const problems = [
      ...(perSec >= perSecMin ? [] : [`${perSec} events a second`]),
      ...(heldMost <= heldMax ? [] : [`${heldMost} in memory`]),
    ]
    return {
      ...{ owed, events_per_sec: perSec, cpu_us_per_event: cpuUs, held_max: heldMost, heapMb },
      ...(problems.length > 0 && { failed: problems.join(', ') }),
    }
  } finally {
    receiver.kill()
    http.close()
    await store.close()
    timers.close()
    await rm(directory, { recursive: true, force: true })
  }
}

function rowOf(sequence: number, url: string): DeliveryRow {
  // Six calls at a time, so that a leg's events do not stand side by side.
  const block = Math.floor((sequence - 1) / (eventsPerLeg * eventsPerLeg))
  const leg = `v3:leg-${block}-${(sequence - 1) % eventsPerLeg}`
  const payload = {
    call_control_id: leg,
    call_leg_id: '2dc6fc34-f9e0-11ef-b68e-02420a0f7768',
    call_session_id: '2dc1b3c8-f9e0-11ef-bc5a-02420a0f7768',
    client_state: null,
    connection_id: '1000000001',
    queue: 'support',
    current_position: 3,
    queue_avg_wait_time_secs: 17,
  }
  const data = { record_type: 'event', event_type: 'call.enqueued', id: `e${sequence}`, payload }
  return {
    deliveryId: `e${sequence}`,
    sequence,
    lane: leg,
    applicationId: brandAs('1000000001'),
    eventType: 'call.enqueued',
    legId: brandAs(leg),
    url,
    failoverUrl: '',
    method: 'POST',
    timeoutMs: 2000,
    retriesMs: undefined,
    dataJson: JSON.stringify(data),
    createdAtMs: Date.now(),
  }
}

function heard(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => child.once('message', resolve))
}

function runReceiver(): void {
  const last = new Map<string, number>()
  let received = 0
  let outOfOrder = 0
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (text += chunk))
    request.on('end', () => {
      received++
      const [, id = '0'] = /"id":"e(\d+)"/.exec(text) ?? []
      const [, leg = ''] = /"call_control_id":"([^"]+)"/.exec(text) ?? []
      if (Number(id) <= (last.get(leg) ?? 0)) outOfOrder++
      last.set(leg, Number(id))
      response.end()
    })
  })
  process.on('message', () => process.send?.({ received, outOfOrder }))
  process.on('disconnect', () => process.exit())
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    process.send?.(typeof address === 'object' && address !== null ? address.port : 0)
  })
}

if (process.argv[2] === 'receiver') runReceiver()
