// For tests of this room: the HTTP application on a call logic that records what it is asked and answers as told.

import { brandAs } from '../base/ids.ts'
import type {
  ApplicationId,
  ConferenceId,
  LegId,
  LegUuid,
  ParticipantId,
  QueueId,
  QueueName,
  SessionId,
} from '../base/ids.ts'
import { apiKeyHash } from '../config/credentials.ts'
import { defaultApplication } from '../config/shape.ts'
import type { Application } from '../ports/applications.ts'
import type {
  CallControl,
  CallView,
  CommandAnswer,
  CommandEnvelope,
  CommandValue,
  ConferenceView,
  ParticipantView,
  RingBranch,
} from '../ports/commands.ts'
import type { FeedAnswer } from '../ports/event-feed.ts'
import type { Log, LogFields } from '../ports/log.ts'
import { mediaTtlMs, type MediaFile, type MediaFiles } from '../ports/media-files.ts'
import type { QueueRecord, QueuedCall } from '../ports/store.ts'
import type { CommandRecord } from '../ports/records.ts'
import type { SetupRefusal } from '../ports/setup.ts'
import type { TracedCommand } from '../ports/trace.ts'
import type { ApiOptions } from './context.ts'
import type { RecordingFile, RecordingView } from '../ports/recorder.ts'
import { createRecordingLinks } from './recordings/links.ts'
import { createApi } from './create-api.ts'
import { fakeStatistics } from './statistics/testing.ts'
import { fakeRecords } from './setup/records-testing.ts'
import { fakeSetup } from './setup/testing.ts'
import { fakeSipSetup, fakeTimelines } from './timelines/testing.ts'

export const testKey = 'KEYtest'
export const nowMs = 1_741_079_683_456
export const legId = brandAs<LegId>('v3:leg-A')
const legUuid = brandAs<LegUuid>('2dc6fc34-f9e0-11ef-b68e-02420a0f7768')
const sessionId = brandAs<SessionId>('2dc1b3c8-f9e0-11ef-bc5a-02420a0f7768')
const applicationId = brandAs<ApplicationId>('1000000001')
const queueId = brandAs<QueueId>('3fa85f64-5717-4562-b3fc-2c963f66afa6')
const conferenceId = brandAs<ConferenceId>('41b9acd4-f4da-4ff5-a85c-e07e90b53f46')

export const callView: CallView = {
  from: '+35319605860',
  to: '+13129457420',
  legId,
  legUuid,
  sessionId,
  applicationId,
  clientState: 'aGk=',
  alive: true,
  startedAtMs: nowMs - 50_999,
  answeredAtMs: nowMs - 40_000,
  endedAtMs: undefined,
  state: 'parked',
}

export const conferenceView: ConferenceView = {
  conferenceId,
  name: 'support-42',
  applicationId,
  region: undefined,
  status: 'in_progress',
  endReason: null,
  endedBy: null,
  createdAtMs: nowMs - 1000,
  updatedAtMs: nowMs,
  expiresAtMs: nowMs + 14_400_000,
}

export const participantView: ParticipantView = {
  participantId: brandAs<ParticipantId>('dfadada7-af74-47bc-83a4-554275f55f5c'),
  legId,
  legUuid,
  conferenceId,
  conferenceName: 'support-42',
  muted: false,
  onHold: false,
  status: 'joined',
  endOnExit: false,
  softEndOnExit: false,
  whisperTo: [],
  createdAtMs: nowMs - 1000,
  updatedAtMs: nowMs,
}

export function queueRecord(name: string, over: Partial<QueueRecord> = {}): QueueRecord {
  return {
    queueId,
    queueName: brandAs<QueueName>(name),
    maxSize: 300,
    size: 0,
    enqueuedAtSumMs: 0,
    explicit: true,
    createdAtMs: nowMs - 60_000,
    updatedAtMs: nowMs - 30_000,
    idleSinceMs: undefined,
    ...over,
  }
}

export function queuedCall(name: string, position: number): QueuedCall {
  return {
    entry: {
      legId: position === 1 ? legId : brandAs<LegId>(`v3:leg-${position}`),
      legUuid,
      sessionId,
      applicationId,
      from: '+35319605860',
      to: '+13129457420',
      clientState: null,
      keepAfterHangup: false,
      deadlineMs: undefined,
    },
    queueName: brandAs<QueueName>(name),
    queueId,
    position,
    enqueuedAtMs: nowMs - 272_333,
    alive: true,
  }
}

export const recordingView: RecordingView = {
  recordingId: brandAs('6e00ab49-9487-4364-8ad6-23965965afb2'),
  status: 'completed',
  legId,
  legUuid,
  sessionId,
  applicationId,
  conferenceId: undefined,
  from: '+35319605860',
  to: '+13129457420',
  format: 'wav',
  channels: 'dual',
  fileName: 'order-1741079402-6e00ab49.wav',
  durationMs: 260_000,
  startedAtMs: nowMs - 260_000,
  endedAtMs: nowMs,
  updatedAtMs: nowMs,
}

/** Ten bytes, 0 to 9. */
function fakeFile(): RecordingFile {
  return {
    sizeBytes: 10,
    read: async function* read(first, last) {
      yield new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].slice(first, last + 1))
    },
    close: () => undefined,
  }
}

/** Settings of one test. */
export interface TestWorld {
  /** Answer of the next commands; default: what the command would give when all is well. */
  answer?: CommandAnswer | ((envelope: CommandEnvelope) => CommandAnswer | never)
  queues?: readonly QueueRecord[]
  entries?: readonly QueuedCall[]
  calls?: readonly CallView[]
  conferences?: readonly ConferenceView[]
  participants?: readonly ParticipantView[]
  recordings?: readonly RecordingView[]
  applications?: readonly Application[]
  /** Filled by every command on a call that is there. */
  recorded?: CommandRecord[]
  /** Answer of every change to what is set up. */
  setupRefusal?: SetupRefusal
  rateLimit?: number
  publicUrl?: string
  runningConferences?: number
  forbiddenUrl?: string
  /** Names of uploaded files. */
  media?: readonly string[]
  checkUrl?: ApiOptions['checkUrl']
  hasOpus?: boolean
  /** `off`: nothing is written down; `away`: it cannot be read. */
  timelines?: 'off' | 'away'
  /** `console.allow_listen` */
  mayListen?: boolean
  listening?: ApiOptions['listening']
  webSockets?: ApiOptions['webSockets']
  /** Filled by every command. */
  traced?: TracedCommand[]
  ready?: ReturnType<ApiOptions['ready']>
}

/** The application, and what it asked for. */
export function testApi(world: TestWorld = {}) {
  const submitted: CommandEnvelope[] = []
  const logged: { fields: LogFields; message: string }[] = []
  const record = (fields: LogFields, message: string) => void logged.push({ fields, message })
  const log: Log = { debug: record, info: record, warn: record, error: record }
  let counter = 0
  const api = createApi({
    control: fakeControl(world, submitted),
    queues: fakeQueues(world),
    events: {
      read: async (after) => (after === 'gone' ? { kind: 'gone' } : oneEvent),
      onCommit: () => () => undefined,
    },
    statistics: fakeStatistics(nowMs),
    sessionSecret: new Uint8Array(32),
    timers: { set: () => 0, clear: () => undefined, soon: (fire) => queueMicrotask(fire) },
    media: fakeMedia(world),
    recordings: {
      links: createRecordingLinks(new Uint8Array(32)),
      files: { open: async (name) => (name === recordingView.fileName ? fakeFile() : undefined) },
      publicUrl: '',
    },
    config: {
      console: { enabled: true, allow_listen: world.mayListen ?? false },
      http: {
        host: '127.0.0.1',
        port: 0,
        public_url: world.publicUrl ?? '',
        rate_limit_per_sec: world.rateLimit ?? 0,
      },
      limits: {
        calls: 10,
        queues: 100,
        queue_size: 100_000,
        conferences: 10,
        conference_participants: 800,
        body_bytes: 1_048_576,
        playback_body_bytes: 8_388_608,
        playback_bytes: 1_048_576,
        media_file_bytes: 20_000,
        media_files: 3,
        webhook_backlog: 1000,
        live_readers: 2,
        listeners: 2,
      },
    },
    apiKeys: [{ name: 'dev', hash: apiKeyHash(testKey) }],
    records: fakeRecords(world),
    sipSetup: fakeSipSetup(nowMs),
    timelines: fakeTimelines(world.timelines),
    commandTraced: (command) => world.traced?.push(command),
    listening: world.listening ?? { hasRoom: () => true, listen: () => undefined },
    webSockets: world.webSockets ?? { accept: () => undefined },
    setup: fakeSetup(world.applications ?? [defaultApplication('')], nowMs, world.setupRefusal),
    publicKey: { id: '6f1d9ffb-5d0c-4a83-9b35-5f6b9a0f5a57', public: 'QUJD' },
    ready: () => world.ready ?? { status: 'ready' },
    metricsText: async () => 'holdfast_calls 0\n',
    random: {
      bytes: (count) => new Uint8Array(count),
      uuid: () => `00000000-0000-4000-8000-${String(++counter).padStart(12, '0')}`,
      below: () => 0,
      token: (length) => 'x'.repeat(length),
    },
    clock: { wallMs: () => nowMs, wallUs: () => nowMs * 1000, monotonicMs: () => 5000 },
    log,
    checkSpeech: ({ text, voice, language }) => {
      if (voice === 'nobody') return { field: 'voice', why: 'is unknown' }
      if (language === 'tr-TR') return { field: 'language', why: 'needs espeak-ng' }
      return text === '<speak>' ? { field: 'payload', why: 'is not closed' } : undefined
    },
    hasOpus: () => world.hasOpus ?? true,
    checkUrl: world.checkUrl ?? ((url) => (url === world.forbiddenUrl ? 'forbidden' : undefined)),
  })
  return { api, submitted, logged }
}

const oneEvent: FeedAnswer = {
  kind: 'events',
  items: [
    {
      cursor: '7.0ccc7b54-4df3-4bca-a65a-3da1ecc777f0',
      data: {
        record_type: 'event',
        event_type: 'call.hold',
        id: '0ccc7b54-4df3-4bca-a65a-3da1ecc777f0',
        occurred_at: '2025-03-04T09:10:11.521992Z',
        leg_sequence: 3,
        payload: {},
      },
    },
  ],
  next: '7.0ccc7b54-4df3-4bca-a65a-3da1ecc777f0',
}

function fakeControl(world: TestWorld, submitted: CommandEnvelope[]): CallControl {
  const inPage = <T>(rows: readonly T[], page: { number: number; size: number }) =>
    rows.slice((page.number - 1) * page.size, page.number * page.size)
  const named = (key: string) =>
    world.conferences?.find(({ conferenceId: id, name }) => id === key || name === key)
  return {
    async submit(envelope) {
      submitted.push(envelope)
      const { answer } = world
      if (typeof answer === 'function') return answer(envelope)
      return answer ?? { ok: true, value: usualValue(envelope) }
    },
    call: (id) => world.calls?.find((call) => call.legId === id),
    activeCalls(application, page) {
      const all = (world.calls ?? []).filter((call) => call.applicationId === application)
      const rows = inPage(all, page)
      return {
        rows,
        total: all.length,
        first: rows[0]?.legId ?? null,
        last: rows.at(-1)?.legId ?? null,
        more: page.number * page.size < all.length,
        earlier: page.number > 1 && rows.length > 0,
      }
    },
    conference: named,
    conferences(filter, page) {
      const found = (world.conferences ?? []).filter(
        ({ name, status }) =>
          name === (filter.name ?? name) && status === (filter.status ?? status),
      )
      return { rows: inPage(found, page), total: found.length }
    },
    participants(key, filter, page) {
      if (named(key) === undefined) return undefined
      const found = (world.participants ?? []).filter(
        ({ muted, onHold }) =>
          muted === (filter.muted ?? muted) &&
          onHold === (filter.onHold ?? onHold) &&
          filter.whispering !== true,
      )
      return { rows: inPage(found, page), total: found.length }
    },
    participant: (key, id) =>
      named(key) === undefined
        ? undefined
        : world.participants?.find((one) => one.participantId === id || one.legId === id),
    recording: async (id) => world.recordings?.find(({ recordingId }) => recordingId === id),
    recordings: async (_filter, page) => ({
      rows: inPage(world.recordings ?? [], page),
      total: world.recordings?.length ?? 0,
    }),
    counts: () => ({ legs: 0, queued: 0, bridges: 0, conferences: world.runningConferences ?? 0 }),
  }
}

function usualValue({ command }: CommandEnvelope): CommandValue {
  switch (command.kind) {
    case 'dial':
      return {
        kind: 'dialed',
        leg: { ...callView, ...command.fresh, clientState: null },
        ...(command.others === undefined ? {} : { others: command.others.map(branchView) }),
      }
    case 'queue-create':
    case 'queue-update':
      return {
        kind: 'queue',
        queue: queueRecord(command.queueName, { maxSize: command.maxSize }),
      }
    case 'conference-create':
      return { kind: 'conference', conference: { ...conferenceView, name: command.name } }
    case 'record-start':
    case 'conference-record-start':
      return { kind: 'recording-started', recordingId: command.order.recordingId }
    case 'recording-delete':
      return { kind: 'recording', recording: recordingView }
    case 'participant-update':
      return { kind: 'participant', participant: participantView }
    default:
      return { kind: 'done' }
  }
}

/** Uploaded files in memory; anything but an empty file can be played. */
function fakeMedia(world: TestWorld): MediaFiles {
  const files = new Map<string, MediaFile & { readonly bytes: Uint8Array }>()
  const keep = (name: string, bytes: Uint8Array, ttlMs: number = mediaTtlMs): MediaFile => {
    const createdAtMs = files.get(name)?.createdAtMs ?? nowMs
    const times = { createdAtMs, updatedAtMs: nowMs, expiresAtMs: nowMs + ttlMs }
    const file = { name, contentType: 'audio/wav', sizeBytes: bytes.length, ...times } as const
    files.set(name, { ...file, bytes })
    return file
  }
  for (const name of world.media ?? []) keep(name, Uint8Array.of(1))
  return {
    list: () => [...files.values()],
    get: (name) => files.get(name),
    async put(name, bytes, ttlMs) {
      if (bytes.length === 0) return { ok: false, why: 'unplayable' }
      if (!files.has(name) && files.size >= 3) return { ok: false, why: 'full' }
      return { ok: true, file: keep(name, bytes, ttlMs) }
    },
    async extend(name, ttlMs) {
      const file = files.get(name)
      return file && keep(name, file.bytes, ttlMs)
    },
    remove: async (name) => files.delete(name),
    read: async (name) => files.get(name)?.bytes,
    async download(url) {
      if (url.endsWith('/404')) return { ok: false, status: 'file_not_found', detail: 'HTTP 404' }
      if (url.endsWith('/500')) return { ok: false, status: 'failed', detail: 'HTTP 500' }
      return { ok: true, bytes: Uint8Array.of(1, 2, 3) }
    },
  }
}

function fakeQueues(world: TestWorld): ApiOptions['queues'] {
  const { queues = [], entries = [] } = world
  const inPage = <T>(rows: readonly T[], page: { number: number; size: number }) => ({
    rows: rows.slice((page.number - 1) * page.size, page.number * page.size),
    total: rows.length,
  })
  return {
    getQueue: async (name) => queues.find(({ queueName }) => queueName === name),
    pageQueues: async (page) => inPage(queues, page),
    getEntry: async (name, id) =>
      entries.find(({ queueName, entry }) => queueName === name && entry.legId === id),
    pageEntries: async (name, page) =>
      queues.some(({ queueName }) => queueName === name)
        ? inPage(
            entries.filter(({ queueName }) => queueName === name),
            page,
          )
        : undefined,
  }
}

/** Request headers with the test's key. */
export const withKey = { authorization: `Bearer ${testKey}` }

function branchView({ fresh, to }: RingBranch): CallView {
  return { ...callView, ...fresh, to, clientState: null }
}
