// Builds everything that hears of committed events: webhooks with their outbox and records, the list of events, and the
// statistics of the queues.

import type { Config } from './config/shape.ts'
import type { SecretFile } from './platform/files.ts'
import type { HttpClient } from './ports/http-client.ts'
import type { Clock } from './ports/clock.ts'
import type { EventSink } from './ports/event-sink.ts'
import type { Log } from './ports/log.ts'
import type { Metrics } from './ports/metrics.ts'
import type { Random } from './ports/random.ts'
import type { ApplicationBook } from './ports/setup.ts'
import type { Timers } from './ports/timers.ts'
import type { Trace } from './ports/trace.ts'
import { createStatistics } from './statistics/keeper.ts'
import type { RecordingStore } from './store/sqlite/sqlite-store.ts'
import { createEventFeed } from './webhooks/feed.ts'
import { Outbox } from './webhooks/outbox.ts'
import type { RecordingUrl } from './webhooks/payloads.ts'
import { createCallRecords } from './webhooks/records.ts'
import { createWebhookSigner, signInPool } from './webhooks/signature.ts'
import { createWebhookSink } from './webhooks/sink.ts'

interface Platform {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
  readonly http: HttpClient
  secret(name: string): SecretFile
}

interface Around {
  readonly applications: ApplicationBook
  readonly recordingUrl: RecordingUrl
  /** What receivers compare with their own clocks, whatever the time of calls is. */
  signedAtMs(): number
  /** Comma list for `connection_codecs`. */
  readonly codecs: string
  /** Hears of events and of attempts to deliver them. */
  readonly trace: Pick<Trace, 'events' | 'attempt'> | undefined
}

export function createWebhooks(
  config: Config,
  platform: Platform,
  store: RecordingStore,
  { applications, recordingUrl, signedAtMs, codecs, trace }: Around,
) {
  const { clock, timers, random, log, metrics, http, secret } = platform
  const kept = createWebhookSigner(secret('webhook-key'), random, signInPool)
  const signer = { ...kept, headers: (body: string) => kept.headers(body, signedAtMs()) }
  const outbox = new Outbox({
    ...{ store, http, signer, clock, timers, log, metrics },
    holdMs: config.webhooks.hold_secs * 1000,
    giveUpMs: config.webhooks.give_up_hours * 3_600_000,
    ...(trace && { attempted: trace.attempt }),
  })
  const feed = createEventFeed({ store, timers, connectionCodecs: codecs, recordingUrl })
  const records = createCallRecords({
    store: store.records,
    ...{ timers, clock, metrics, recordingUrl },
    connectionCodecs: codecs,
    sendAgain: (delivery) => outbox.sendAgain(delivery),
  })
  const sink = createWebhookSink({
    application: (id) => applications.get(id),
    connectionCodecs: codecs,
    recordingUrl,
    deliver: (rows) => outbox.add(rows),
  })
  const { time_zone: timeZone, short_abandon_secs: shortAbandonSecs } = config.statistics
  const statistics = createStatistics({
    ...{ store, clock, timers, log, timeZone, shortAbandonSecs },
    backlog: () => outbox.backlog(),
    standard: {
      seconds: config.statistics.service_level_secs,
      percent: config.statistics.service_level_percent,
    },
  })
  const all: EventSink = {
    deliveriesFor: sink.deliveriesFor,
    committed: (events, deliveries) => {
      sink.committed(events, deliveries)
      // Before the list of events: who reads of an event there finds it counted.
      statistics.committed(events)
      feed.committed(events)
      trace?.events(events)
    },
  }
  return { signer, outbox, feed, records, statistics, sink: all }
}
