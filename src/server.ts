// Builds a running server out of the rooms: what is made before what, what starts before what, and how it stops. No
// logic of its own. `main.ts` gives it the process (arguments, signals, exit codes).

import { createApi } from './api/create-api.ts'
import { asksToListen } from './api/listen/route.ts'
import { keepApiKey, type ApiKey } from './config/credentials.ts'
import type { Config } from './config/shape.ts'
import { createConsole } from './console/pages.ts'
import { createDocsSite } from './docs-site/site.ts'
import { createCallControl, type CallLogic } from './engine/driver.ts'
import { createClipLoader, fetchAudioFile } from './media/audio/clip-loader.ts'
import { createIngestClient } from './media/audio/ingest-client.ts'
import { defaultIngestLimits } from './media/audio/ingest.ts'
import { opusIsAvailable } from './media/audio/opus.ts'
import { ringbackClip } from './media/audio/ringback.ts'
import { createEmbeddedMedia } from './media/embedded/engine.ts'
import type { WorkerCommand } from './media/embedded/protocol.ts'
import { startMediaWorker } from './media/embedded/thread-port.ts'
import { watchMedia } from './media/embedded/watch.ts'
import { createListening } from './media/listening/listening.ts'
import { createSpeech } from './media/speech/speech.ts'
import { createMediaLibrary, type MediaLibrary } from './media/library/media-files.ts'
import { addressMatcher } from './platform/address-matcher.ts'
import { blobFolder } from './platform/blob-folder.ts'
import { createClock } from './platform/clock.ts'
import { createDatagrams } from './platform/datagrams.ts'
import { resolvePath, secretFile, type SecretFile } from './platform/files.ts'
import { createIncomingWebSockets } from './platform/incoming-web-sockets.ts'
import { createHttpClient, type EgressClient } from './platform/http-client.ts'
import { createLog } from './platform/log.ts'
import { startLoopLag, type LoopLag } from './platform/loop-lag.ts'
import { createMetrics } from './platform/metrics.ts'
import { consoleFolder, docsFolder, readPageFolder } from './platform/page-folder.ts'
import { findProgram } from './platform/programs.ts'
import { metricHelp } from './platform/metric-table.ts'
import { createRandom } from './platform/random.ts'
import { createResolver } from './platform/resolver.ts'
import { createStreams } from './platform/streams.ts'
import { createTimers, type PlatformTimers } from './platform/timers.ts'
import type { Clock } from './ports/clock.ts'
import { noFaults, type Faults } from './ports/faults.ts'
import type { Log } from './ports/log.ts'
import type { AnswerPage } from './ports/pages.ts'
import type { Random } from './ports/random.ts'
import type { Recorder } from './ports/recorder.ts'
import type { Store } from './ports/store.ts'
import type { Streamer } from './ports/streaming.ts'
import type { Timers } from './ports/timers.ts'
import type { SipObserver } from './ports/trace.ts'
import type { SipUserBook } from './ports/setup.ts'
import { createSetup, type RunningSetup } from './setup/setup.ts'
import { sweepSetup } from './setup/sweep.ts'
import type { SipStack } from './sip/b2bua/config.ts'
import { createSipStack } from './sip/b2bua/stack.ts'
import { sipConfig, sipSetupOf } from './sip-config.ts'
import { reportTrouble } from './store/sqlite/disk-watch.ts'
import { openSqliteStore } from './store/sqlite/sqlite-store.ts'
import { createLabParts, type LabParts } from './lab-parts.ts'
import { createRecordings } from './recording-parts.ts'
import { engineSettings, readiness, renderMetrics } from './server-state.ts'
import { createStreaming } from './streaming-parts.ts'
import { createTracing, type Tracing } from './trace-parts.ts'
import { createWebhooks } from './webhook-parts.ts'
import { workersOnDemand, type WorkerThreads } from './worker-threads.ts'

export interface RunningServer {
  /** `http://host:port` */
  readonly http: string
  /** `host:port`, UDP and TCP. */
  readonly sip: string
  /** The API key, when this start made one. */
  readonly freshApiKey: string | undefined
  /**
   * No new calls; webhooks go out; then everything is closed. Calls that are up go on with the next start. Rejects when
   * the disk does not take the last writes: what they say is lost, as in a crash.
   */
  stop(): Promise<void>
}

const codecs = 'PCMU,PCMA,G722'
const pruneAfterMs = 60_000
const pruneEveryMs = 600_000
const drainWebhooksMs = 5_000
/** A stop that takes longer waits for a disk that takes nothing. */
const stopMsMax = 20_000
/** When that is known beforehand: long enough for one more try, short enough for those who then kill after ten seconds. */
const stopBadDiskMsMax = 8_000
/** A leg's audio is missed after this; what follows is `calls.rtp_loss_hangup_secs`. */
const silentAfterMs = 5_000
const audioFetchMs = 10_000
const audioDecodeMs = 30_000
const audioWaitingMax = 100
/** One sentence; a machine that is full of other work takes its time. */
const speechMs = 20_000
/** By then the calls of a former process are heard again. */
const warmSpeechAfterMs = 2_000
/** The same; an update that changes the files later is not met. */
const readPagesAfterMs = 3_000
const audioCacheBytes = 256 * 1024 * 1024

/** What every room runs on. */
interface Platform {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
  readonly metrics: ReturnType<typeof createMetrics>
  readonly http: EgressClient
  readonly lag: LoopLag
  secret(name: string): SecretFile
}

/** The call logic knows SIP and media, and they deliver to it: what comes before it is there is dropped. */
interface LateLogic {
  current?: CallLogic
  /** Not there yet when the registry is made, which drops its users. */
  sip?: SipStack
}

/** The recorder is made before the media engine, which is made before anything can be recorded. */
interface LateMedia {
  post?: (commands: readonly WorkerCommand[]) => void
}

/**
 * Starts everything and resolves when calls and requests are taken.
 * `onFatal`: a part that cannot be replaced died; the process should end and be started anew.
 * `faults`: for tests, which end the process at a place of their choice. `threads`: those that are loading already.
 */
export async function startServer(
  config: Config,
  onFatal: (why: string) => void,
  faults: Faults = noFaults,
  threads: WorkerThreads = workersOnDemand,
): Promise<RunningServer> {
  const machine = createPlatform(config)
  const { random, log, metrics, http, lag } = machine
  const labParts = createLabParts(config, machine)
  // SIP, sound and sockets go by the machine's time, everything else by one that a lab can move.
  const { clock, timers } = labParts.time
  const platform = { ...machine, clock, timers }
  const store = await openSqliteStore({
    directory: config.dataFolder,
    timers: machine.timers,
    startJournal: threads.journal,
    onTrouble: reportTrouble(config.dataFolder, log, metrics),
    onGone: (why) => onFatal(`the journal thread ended: ${why}`),
  })
  const late: LateLogic = {}
  const setup = createRegistry(config, platform, store, late)
  const lateMedia: LateMedia = {}
  const recordings = createRecordings({
    config,
    log,
    metrics,
    timers: machine.timers,
    start: threads.recording,
    secret: secretBytes(platform.secret('recording-links'), (count) => random.bytes(count)),
    postMedia: (commands) => lateMedia.post?.(commands),
    deliver: (input) => late.current?.deliver(input),
  })
  const tracing = createTracing({
    ...{ config, clock, log, metrics, codecs, start: threads.trace },
    timers: machine.timers,
  })
  const webhooks = createWebhooks(config, { ...platform, http: labParts.webhooks(http) }, store, {
    signedAtMs: machine.clock.wallMs,
    applications: setup.book,
    recordingUrl: recordings.url,
    codecs,
    trace: tracing.trace,
  })
  const library = createLibrary(config, platform, store)
  const audio = createAudio(config, machine, {
    ...{ late, threads, onFatal, library, tracing },
    audioLoss: labParts.audioLoss,
  })
  lateMedia.post = audio.post
  const streamer = createStreaming({
    ...{ config, log, metrics, audio, timers: machine.timers, start: threads.streaming },
    deliver: (input) => late.current?.deliver(input),
  })
  const sip = createSip(config, machine, labParts, late, setup.users, tracing.trace)
  late.sip = sip
  const logic = createLogic(
    config,
    platform,
    { store, setup, webhooks, audio, sip, recorder: recordings.recorder, streamer },
    { faults, ...(labParts.watch && { watch: labParts.watch }) },
  )
  late.current = logic

  const { apiKeys, fresh } = keysOf(config, platform)
  const life: { phase: 'starting' | 'running' | 'draining' } = { phase: 'starting' }
  const webSockets = createIncomingWebSockets()
  const api = createApi({
    control: logic,
    queues: store,
    events: webhooks.feed,
    statistics: webhooks.statistics,
    sessionSecret: secretBytes(platform.secret('session-secret'), (count) => random.bytes(count)),
    timers: machine.timers,
    recordings: recordings.api,
    media: library,
    config,
    apiKeys,
    setup: setup.setup,
    records: webhooks.records,
    sipSetup: sipSetupOf(config, sip, setup.setup),
    timelines: tracing.trace?.timelines,
    commandTraced: tracing.trace?.command,
    listeningTraced: tracing.trace?.listening,
    listening: createListening({
      ...{ metrics, timers: machine.timers, postMedia: audio.post },
      listenersMax: config.limits.listeners,
    }),
    webSockets,
    publicKey: { id: webhooks.signer.keyId, public: webhooks.signer.publicKey },
    ready: () => readiness(life.phase, store, webhooks.outbox, config),
    metricsText: () => renderMetrics(metrics, logic, sip, store),
    random,
    clock,
    log,
    checkUrl: (url) => http.checkUrl(url),
    checkSpeech: (words) => audio.speech.check(words),
    hasOpus: opusIsAvailable,
    lab: labParts.lab({ logic, queues: store, setup: setup.setup }),
    ...(config.console.enabled && {
      pages: onceStarted(machine.timers, () => createConsole(readPageFolder(consoleFolder))),
    }),
    docs: onceStarted(machine.timers, () => createDocsSite(readPageFolder(docsFolder))),
  })

  if (config.console.allow_listen) {
    webSockets.serve(api.server, asksToListen, (request, response) => {
      api.routing(request, response)
    })
  }

  await webhooks.outbox.start()
  const live = await store.loadLive()
  setup.restore(live.rows)
  await library.start(live.rows)
  await logic.start(live)
  // What happened since the last snapshot is read beside the calls.
  webhooks.statistics.start(live).catch((error: unknown) => {
    log.error({ code: 'STATISTICS', error: String(error) }, 'the statistics stand still')
  })
  const local = await sip.start()
  await api.listen({ host: config.http.host, port: config.http.port })
  recordings.listensAt(addressOf(api.server.address(), config.http.host))
  life.phase = 'running'
  const stopPruning = startPruning(config, platform, store, () =>
    sweepSetup(setup, store, () => logic.applications()),
  )

  const stopInOrder = async (): Promise<void> => {
    stopPruning()
    logic.drain()
    webhooks.feed.close()
    tracing.release()
    await webhooks.outbox.drain(drainWebhooksMs)
    await api.close()
    void webhooks.records.flush() // Written with the last commits, when the store closes.
    await logic.idle()
    // Nothing is heard any more that would not be remembered; audio goes on to the last moment.
    sip.stop()
    await logic.idle()
    void webhooks.statistics.stop() // The same.
    logic.stop()
    library.stop()
    await recordings.recorder.close()
    await streamer.close()
    await audio.close()
    await tracing.close()
    lag.stop()
    http.close()
    await store.close()
    labParts.close()
    machine.timers.close()
  }

  return {
    http: addressOf(api.server.address(), config.http.host),
    sip: `${bracketed(local.address)}:${local.port}`,
    freshApiKey: fresh,
    stop: () => {
      life.phase = 'draining'
      const limitMs = store.health().ok ? stopMsMax : stopBadDiskMsMax
      return inTime(timers, limitMs, stopInOrder())
    },
  }
}

function inTime(timers: Timers, limitMs: number, stopped: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = timers.set(limitMs, () => {
      reject(new Error('the disk did not take the last writes in time'))
    })
    stopped.then(
      () => {
        timers.clear(late)
        resolve()
      },
      (error: unknown) => reject(error instanceof Error ? error : new Error(String(error))),
    )
  })
}

interface Rooms {
  readonly store: Store
  readonly setup: RunningSetup
  readonly webhooks: ReturnType<typeof createWebhooks>
  readonly audio: ReturnType<typeof createAudio>
  readonly sip: SipStack
  readonly recorder: Recorder
  readonly streamer: Streamer
}

function createLogic(
  config: Config,
  platform: Platform,
  rooms: Rooms,
  observers: Pick<Parameters<typeof createCallControl>[0], 'faults' | 'watch'>,
): CallLogic {
  const { clock, timers, random, log, metrics, lag } = platform
  const { store, webhooks, audio, sip } = rooms
  return createCallControl({
    settings: engineSettings(config),
    applications: rooms.setup.book,
    clock,
    timers,
    random,
    store,
    signaling: sip.signaling,
    media: audio.observed,
    recorder: rooms.recorder,
    streamer: rooms.streamer,
    durable: { signaling: sip.durable, media: audio.media },
    sink: webhooks.sink,
    log,
    metrics,
    ...observers,
    loopLagMs: lag.readMs,
  })
}

function createPlatform(config: Config): Platform & { readonly timers: PlatformTimers } {
  const clock = createClock()
  const timers = createTimers(clock)
  const allow = addressMatcher(config.egress.allow)
  return {
    clock,
    timers,
    random: createRandom(),
    log: createLog({ level: config.log.level }),
    metrics: createMetrics({ process: true, help: metricHelp }),
    http: createHttpClient({ resolver: createResolver(), allow }),
    lag: startLoopLag(timers, clock),
    secret: (name) => secretFile(resolvePath(config.dataFolder, name)),
  }
}

/** Applications, numbers and SIP users, of the file and of the API. */
function createRegistry(
  config: Config,
  platform: Platform,
  store: Store,
  late: LateLogic,
): RunningSetup {
  const { clock, random, log } = platform
  return createSetup({
    applications: config.applications,
    sipUsers: config.sipUsers,
    realm: config.sip.domain,
    store,
    clock,
    random,
    log,
    dropUser: (name) => late.sip?.dropUser(name),
  })
}

/** Uploaded audio, in `media/` of the data directory. */
function createLibrary(config: Config, platform: Platform, store: Store): MediaLibrary {
  const { clock, timers, random, log, http } = platform
  return createMediaLibrary({
    blobs: blobFolder(resolvePath(config.dataFolder, 'media')),
    store,
    clock,
    timers,
    random,
    log,
    filesMax: config.limits.media_files,
    download: (url) =>
      fetchAudioFile(
        { http, fetchTimeoutMs: audioFetchMs, fileBytesMax: config.limits.media_file_bytes },
        url,
      ),
  })
}

/** The media engine with its thread, and the thread that turns audio files into clips. */
function createAudio(
  config: Config,
  platform: Platform,
  around: {
    readonly late: LateLogic
    readonly threads: WorkerThreads
    readonly onFatal: (why: string) => void
    readonly library: MediaLibrary
    readonly tracing: Tracing
    readonly audioLoss: SharedArrayBuffer | undefined
  },
) {
  const { late, threads, onFatal, library, tracing } = around
  const { timers, clock, random, http, log, metrics } = platform
  const ingest = createIngestClient({
    spawn: threads.audio,
    timers,
    limits: { ...defaultIngestLimits, bytesMax: config.limits.playback_bytes },
    timeoutMs: audioDecodeMs,
    waitingMax: audioWaitingMax,
  })
  const speech = createSpeech({
    spawn: threads.speech,
    timers,
    espeak: findProgram(config.speech.espeak_ng),
    timeoutMs: speechMs,
    waitingMax: audioWaitingMax,
  })
  timers.set(warmSpeechAfterMs, () => speech.warm())
  const clips = createClipLoader({
    http,
    ingest: ingest.ingest,
    media: (name) => library.content(name),
    speak: (words, onPiece) => speech.speak(words, onPiece),
    cacheBytesMax: audioCacheBytes,
    fileBytesMax: config.limits.playback_bytes,
    fetchTimeoutMs: audioFetchMs,
  })
  const worker = startMediaWorker(
    threads.media,
    {
      host: config.media.host,
      portMin: config.media.ports.first,
      portMax: config.media.ports.last,
      portRestMs: config.media.port_rest_ms,
      silentAfterMs,
    },
    // The figures of ended legs are kept for a minute.
    config.limits.calls * 2,
    (why) => onFatal(`the media thread ended: ${why}`),
    around.audioLoss,
  )
  const { table } = worker
  const onHung = (why: string): void => onFatal(`the media thread hangs: ${why}`)
  const watch = watchMedia({ table, timers, metrics, onHung })
  const media = createEmbeddedMedia({
    worker,
    table,
    timers,
    clock,
    random,
    advertise: config.media.advertise === '' ? config.media.host : config.media.advertise,
    loadClip: async (reference) => {
      const loaded = await clips.load(reference)
      return loaded.ok ? loaded.clip : loaded
    },
    beginClip: async (reference) => {
      const begun = await clips.begin(reference)
      return begun.ok ? begun : { status: begun.status, detail: begun.detail }
    },
    ringback: ringbackClip,
    deliver: (input) => {
      tracing.heard(input)
      late.current?.deliver(input)
    },
    log,
  })
  const close = async (): Promise<void> => {
    await worker.close()
    watch.stop()
    ingest.close()
    speech.close()
  }
  const observed = tracing.watch(media)
  return { media, observed, speech, ingest: ingest.ingest, post: worker.post, close }
}

function createSip(
  config: Config,
  platform: Platform,
  { datagrams }: Pick<LabParts, 'datagrams'>,
  late: LateLogic,
  users: SipUserBook,
  observer: SipObserver | undefined,
): SipStack {
  const { timers, clock, random, log, metrics, secret } = platform
  return createSipStack({
    datagrams: datagrams(createDatagrams()),
    streams: createStreams(),
    timers,
    clock,
    random,
    resolver: createResolver(),
    log,
    metrics,
    ...(observer && { observer }),
    config: sipConfig(
      config,
      secretBytes(secret('sip-secret'), (count) => random.bytes(count)),
    ),
    users,
    deliver: (input) => late.current?.deliver(input),
    admit: () => {
      const admission = late.current?.admitCall() ?? { ok: false, retryAfterSecs: 1 }
      return admission.ok ? undefined : { retryAfterSecs: admission.retryAfterSecs }
    },
  })
}

/** Files for people, read a moment after the start, or when they are asked for before: calls come first. */
function onceStarted(timers: Timers, make: () => AnswerPage): AnswerPage {
  let made: AnswerPage | undefined
  const page = (): AnswerPage => (made ??= make())
  timers.set(readPagesAfterMs, page)
  return (request) => page()(request)
}

/** 32 bytes that outlive the process: tags, Call-IDs and nonces are signed with them. */
function secretBytes(
  file: { read(): string | undefined; write(text: string): void },
  fresh: (count: number) => Uint8Array,
): Uint8Array {
  const kept = Buffer.from(file.read()?.trim() ?? '', 'base64')
  if (kept.length >= 32) return kept
  const made = fresh(32)
  file.write(Buffer.from(made).toString('base64'))
  return made
}

function keysOf(
  config: Config,
  { secret, random }: Platform,
): { readonly apiKeys: readonly ApiKey[]; readonly fresh: string | undefined } {
  if (config.apiKeys.length > 0) return { apiKeys: config.apiKeys, fresh: undefined }
  const { key, fresh } = keepApiKey(secret('api-key'), random)
  return { apiKeys: [key], fresh }
}

/** Delivered webhooks are forgotten with their events; what is still owed is kept. */
function startPruning(
  config: Config,
  platform: Platform,
  store: Store,
  alsoPrune: () => Promise<void>,
): () => void {
  const { timers, clock, log } = platform
  const keptMs = config.events.keep_hours * 3_600_000
  const again = (): void => {
    alsoPrune().catch((error: unknown) => {
      log.warn({ code: 'PRUNE', error: String(error) }, 'what was removed could not be forgotten')
    })
    store.prune(clock.wallMs() - keptMs).catch((error: unknown) => {
      log.warn({ code: 'PRUNE', error: String(error) }, 'old events could not be removed')
    })
    id = timers.set(pruneEveryMs, again)
  }
  // Soon: a server that is often started anew must clean up too.
  let id = timers.set(pruneAfterMs, again)
  return () => timers.clear(id)
}

function addressOf(address: unknown, host: string): string {
  const port =
    typeof address === 'object' && address !== null && 'port' in address ? String(address.port) : ''
  return `http://${bracketed(host)}:${port}`
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
