// What was said, for people who look it up: commands and webhooks in one list, and the deliveries of webhooks with their
// attempts. Rows are read from the store and put into words here, because this room knows the names of events.

import type { Clock } from '../ports/clock.ts'
import type { Metrics } from '../ports/metrics.ts'
import type {
  AttemptExchange,
  AttemptView,
  CallEventQuery,
  CallEventView,
  CallRecords,
  CommandRecord,
  DeliveryView,
  RecordKey,
  RecordStore,
  StoredDelivery,
} from '../ports/records.ts'
import type { StampedEvent } from '../ports/events.ts'
import type { DeliveryAttempt, Page, Paged, PendingDelivery } from '../ports/store.ts'
import type { Timers } from '../ports/timers.ts'
import { eventData, webhookOf, type RecordingUrl } from './payloads.ts'

/** So many are counted and paged. */
const foundMax = 10_000
/** Events read and rendered at once: between two of them calls have their turn. */
const readAtOnce = 200
/** Commands are written down together, so often. */
const writeEveryMs = 200
/** Commands that wait for the disk; beyond it the record has a gap, which is counted. */
const waitingMax = 10_000

export interface CallRecordsOptions {
  readonly store: RecordStore
  readonly timers: Timers
  readonly clock: Clock
  readonly metrics: Metrics
  readonly connectionCodecs: string
  readonly recordingUrl: RecordingUrl
  readonly sendAgain: (delivery: Pick<PendingDelivery, 'row' | 'attempts'>) => void
}

export interface RunningRecords extends CallRecords {
  /** Resolves when the commands taken so far are on disk. */
  flush(): Promise<void>
}

export function createCallRecords(options: CallRecordsOptions): RunningRecords {
  const { store, clock } = options
  const writer = commandWriter(options)
  return {
    commandTaken: writer.put,
    flush: writer.flush,
    callEvents: (query, page) => callEvents(options, query, page),
    async deliveries(query, page) {
      const keys = await store.deliveryKeys(query, foundMax)
      const stored = await store.deliveries(inPage(keys, page))
      return { rows: stored.map(viewOf), total: keys.length }
    },
    async delivery(id) {
      const found = await store.delivery(id)
      return found === undefined ? undefined : viewOf(found)
    },
    async redeliver(id) {
      const revived = await store.revive(id, clock.wallMs())
      if (revived === undefined) {
        return (await store.delivery(id)) === undefined ? 'unknown' : 'unfinished'
      }
      options.sendAgain(revived)
      return 'started'
    },
  }
}

function commandWriter({ store, timers, metrics }: CallRecordsOptions) {
  let waiting: CommandRecord[] = []
  let writing: Promise<void> = Promise.resolve()
  let isPlanned = false
  const write = (): Promise<void> => {
    isPlanned = false
    const records = waiting
    waiting = []
    if (records.length > 0) writing = store.recordCommands(records)
    return writing
  }
  return {
    put(record: CommandRecord): void {
      if (waiting.length >= waitingMax) {
        metrics.count('holdfast_command_records_lost_total')
        return
      }
      waiting.push(record)
      if (isPlanned) return
      isPlanned = true
      // One write at a time: behind a slow disk they are gathered here, and at last lost.
      timers.set(writeEveryMs, () => void writing.then(write))
    },
    flush: write,
  }
}

async function callEvents(
  options: CallRecordsOptions,
  query: CallEventQuery,
  page: Page,
): Promise<Paged<CallEventView>> {
  const { store, connectionCodecs, recordingUrl } = options
  const { type, name, ...rest } = query
  const types = name === undefined ? undefined : domainTypes(name)
  const keys: RecordKey[] = []
  if (type !== 'command') {
    const found = await store.eventKeys({ ...rest, types }, foundMax)
    keys.push(...(sharesTypes(name) ? await named(options, found, name) : found))
  }
  // A command is done when it is answered.
  const isOpen = query.status !== undefined && query.status !== 'completed'
  if (type !== 'webhook' && !isOpen) keys.push(...(await store.commandKeys(query, foundMax)))
  keys.sort((a, b) => a.occurredAtUs - b.occurredAtUs)
  const wanted = inPage(keys.slice(-foundMax), page)
  const told = new Map<string, CallEventView>()
  const [events, commands] = await Promise.all([
    store.events(wanted.flatMap(({ kind, at }) => (kind === 'event' ? [at] : []))),
    store.commands(wanted.flatMap(({ kind, at }) => (kind === 'command' ? [at] : []))),
  ])
  for (const event of events) {
    const view = eventView(event, connectionCodecs, recordingUrl)
    if (view !== undefined) told.set(`event ${event.sequence}`, view)
  }
  for (const command of commands) told.set(`command ${command.at}`, { ...command, type: 'command' })
  const rows = wanted.flatMap(({ kind, at }) => told.get(`${kind} ${at}`) ?? [])
  return { rows, total: Math.min(keys.length, foundMax) }
}

/** Words and files in a conference are one kind of event: only the event itself tells its name. */
function sharesTypes(name: string | undefined): name is string {
  return name !== undefined && /^conference\..*(playback|speak)/.test(name)
}

/** Those keys whose event has that name, read in small pieces. */
async function named(
  { store, connectionCodecs }: CallRecordsOptions,
  keys: readonly RecordKey[],
  name: string,
): Promise<readonly RecordKey[]> {
  const found = new Set<number>()
  for (let from = 0; from < keys.length; from += readAtOnce) {
    const events = await store.events(keys.slice(from, from + readAtOnce).map(({ at }) => at))
    for (const event of events) {
      if (webhookOf(event, connectionCodecs)?.eventType === name) found.add(event.sequence)
    }
  }
  return keys.filter(({ at }) => found.has(at))
}

function eventView(
  stamped: StampedEvent,
  connectionCodecs: string,
  recordingUrl: RecordingUrl,
): CallEventView | undefined {
  const webhook = webhookOf(stamped, connectionCodecs, recordingUrl)
  if (webhook === undefined) return undefined
  const { leg, eventType } = webhook
  return {
    type: 'webhook',
    name: eventType,
    legUuid: leg.legUuid,
    sessionId: leg.sessionId,
    occurredAtUs: stamped.occurredAtUs,
    metadata: { event: eventData(stamped, webhook) },
  }
}

const irregular: Readonly<Record<string, string>> = {
  'call.hold': 'leg-held',
  'call.unhold': 'leg-resumed',
  'call.hangup': 'leg-ended',
  'call.machine.detection.ended': 'machine-detected',
  'call.recording.error': 'recording-failed',
}

/** The domain events that a name on the wire may stand for. */
function domainTypes(name: string): readonly string[] {
  // The name is what somebody asked for: `constructor` must find nothing.
  const known = Object.hasOwn(irregular, name) ? irregular[name] : undefined
  if (known !== undefined) return [known]
  const [scope = '', ...parts] = name.split('.')
  const rest = parts.join('-')
  if (scope === 'call') return [`leg-${rest}`, `call-${rest}`, rest]
  const heard = rest.replace('speak', 'playback')
  return /^(participant|floor)-/.test(rest) ? [heard] : [`${scope}-${heard}`]
}

function viewOf({ row, state, attempts }: StoredDelivery): DeliveryView {
  return {
    deliveryId: row.deliveryId,
    delivered: state === 'delivered',
    startedAtMs: row.createdAtMs,
    finishedAtMs: attempts[0]?.finishedAtMs ?? row.createdAtMs,
    data: JSON.parse(row.dataJson) as DeliveryView['data'], // Our own text.
    attempts: attempts.map(attemptView),
  }
}

const nothing: AttemptExchange = { requestHeaders: [], responseHeaders: [], responseBody: '' }

function attemptView({ exchangeJson, ...attempt }: DeliveryAttempt): AttemptView {
  // Our own text, written by `exchangeText`.
  const said = exchangeJson === undefined ? nothing : (JSON.parse(exchangeJson) as AttemptExchange)
  return { ...attempt, exchange: said }
}

function inPage<T>(rows: readonly T[], { number, size }: Page): readonly T[] {
  return rows.slice((number - 1) * size, number * size)
}
