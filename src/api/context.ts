// What every endpoint gets: the ports it may ask, and the one way in which a command is handed over and answered.

import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyBaseLogger, RawServerDefault } from 'fastify'
import type { RawReplyDefaultExpression, RawRequestDefaultExpression } from 'fastify'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { brandAs } from '../base/ids.ts'
import type { LegUuid, QueueName, SessionId, LegId } from '../base/ids.ts'
import type { ApiKey } from '../config/credentials.ts'
import type { Config } from '../config/shape.ts'
import type { Clock } from '../ports/clock.ts'
import type {
  CallControl,
  CallView,
  Command,
  CommandAnswer,
  CommandValue,
  FreshLeg,
} from '../ports/commands.ts'
import type { EventFeed } from '../ports/event-feed.ts'
import type { Lab } from '../ports/lab.ts'
import type { CallListening } from '../ports/listening.ts'
import type { Log } from '../ports/log.ts'
import type { AudioReference } from '../ports/media-engine.ts'
import type { MediaFiles } from '../ports/media-files.ts'
import type { AnswerPage } from '../ports/pages.ts'
import type { Random } from '../ports/random.ts'
import type { CallRecords } from '../ports/records.ts'
import type { CheckSpeech } from '../ports/speech.ts'
import type { RecordingFiles, RecordingView } from '../ports/recorder.ts'
import type { Setup } from '../ports/setup.ts'
import type { SipSetup } from '../ports/sip-setup.ts'
import type { Statistics } from '../ports/statistics.ts'
import type { Store } from '../ports/store.ts'
import type { Timers } from '../ports/timers.ts'
import type { Timelines, Trace } from '../ports/trace.ts'
import type { IncomingWebSockets } from '../ports/web-socket.ts'
import type { CommonParameters } from './fields.ts'
import { Listeners } from './listen/listener.ts'
import { LiveHub } from './live/hub.ts'
import { conferenceObject, dialedObject, participantObject, queueObject } from './objects.ts'
import { errorBody, problemOf, statusOf } from './problems.ts'
import type { RecordingLinks } from './recordings/links.ts'
import { recordingObject } from './recordings/object.ts'
import type { Problem } from './problems.ts'
import type { Access } from './sessions/access.ts'
import { Tokens } from './sessions/tokens.ts'

/** What GET /ready tells. */
export type ReadyStatus =
  | { readonly status: 'ready' }
  | {
      readonly status: 'starting' | 'draining' | 'degraded'
      readonly reasons: readonly string[]
    }

/** Everything the HTTP application is built from. */
export interface ApiOptions {
  readonly control: CallControl
  readonly queues: Pick<Store, 'getQueue' | 'pageQueues' | 'getEntry' | 'pageEntries'>
  readonly events: EventFeed
  readonly statistics: Statistics
  /** Signs sessions and read-only links; 32 bytes. */
  readonly sessionSecret: Uint8Array
  readonly timers: Timers
  readonly recordings: {
    readonly links: RecordingLinks
    readonly files: RecordingFiles
    /** `http.public_url`, or ''. */
    readonly publicUrl: string
  }
  readonly media: MediaFiles
  readonly config: Pick<Config, 'console' | 'http' | 'limits'>
  /** At least one, or nobody can ask anything. */
  readonly apiKeys: readonly ApiKey[]
  readonly setup: Setup
  readonly records: CallRecords
  readonly sipSetup: SipSetup
  /** Undefined: nothing is written down. */
  readonly timelines?: Timelines | undefined
  /** Hears every command with its answer. */
  readonly commandTraced?: Trace['command'] | undefined
  readonly listeningTraced?: Trace['listening'] | undefined
  readonly listening: CallListening
  readonly webSockets: IncomingWebSockets
  /** Of the webhook signature: a UUID, and the 32 raw bytes in base64. */
  readonly publicKey: { readonly id: string; readonly public: string }
  ready(): ReadyStatus
  /** Prometheus text. */
  metricsText(): Promise<string>
  readonly random: Random
  readonly clock: Clock
  readonly log: Log
  /** Why the egress rules forbid a URL, or undefined. */
  readonly checkUrl: (url: string) => string | undefined
  readonly checkSpeech: CheckSpeech
  /** The optional codec is installed. */
  readonly hasOpus: () => boolean
  /** With `lab.enabled`. */
  readonly lab?: Lab | undefined
  /** The console; without it there is none. */
  readonly pages?: AnswerPage
  /** The documentation at /docs. */
  readonly docs?: AnswerPage
}

export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** The part of a request that is common to all endpoints, whatever their schemas. */
export interface AnyRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Set by the body parser. */
  rawBody: Buffer | null
  /** Set by authentication. */
  apiKey: ApiKey | null
}

export interface AnyReply {
  code(status: number): AnyReply
  header(name: string, value: string): AnyReply
  send(payload?: unknown): AnyReply
}

declare module 'fastify' {
  interface FastifyRequest {
    rawBody: Buffer | null
    apiKey: ApiKey | null
    /** Set by authentication, also by that of a session. */
    access: Access | null
  }
  interface FastifyContextConfig {
    /** No API key needed. */
    open?: boolean
    /** Read-only sessions may, too. */
    anyRole?: boolean
  }
}

export interface Act extends CommonParameters {
  /** Success is 204 without a body. */
  readonly empty?: boolean
  /** Body field that a refused destination is reported at. */
  readonly destination?: '/to' | '/sip_address'
}

/** 503 for a limit of the whole server; nothing was done. */
export const serverIsFull: Problem = { name: 'unavailable', retryAfterSecs: 30 }

export class ApiContext {
  readonly options: ApiOptions
  readonly tokens: Tokens
  readonly hub: LiveHub
  readonly listeners: Listeners

  constructor(options: ApiOptions) {
    const { events, statistics, timers, clock, config } = options
    this.options = options
    this.tokens = new Tokens(options.sessionSecret, options.apiKeys)
    this.hub = new LiveHub({
      ...{ events, statistics, timers, clock },
      readersMax: config.limits.live_readers,
    })
    const { control, listening, log, listeningTraced: traced } = options
    const isAlive = (legId: LegId): boolean => control.call(legId)?.alive === true
    this.listeners = new Listeners({ clock, timers, log, traced, isAlive }, listening)
  }

  nowMs(): number {
    return this.options.clock.wallMs()
  }

  /** Hands a command to the engine and answers the request with its outcome. */
  async act(request: AnyRequest, reply: AnyReply, command: Command, how: Act): Promise<AnyReply> {
    const commandId = how.command_id || undefined // An empty id protects nothing.
    const cameAtUs = this.options.clock.wallUs()
    const answer = await this.options.control.submit({
      command,
      clientState: how.client_state,
      commandId,
      request: commandId === undefined ? fingerprint(request) : undefined,
      keyName: request.apiKey?.name,
    })
    const problems = answer.ok ? [] : [problemOf(answer.refusal, how.destination ?? '/to')]
    this.#record(command, answer, problems, cameAtUs)
    if (!answer.ok) return this.refuse(reply, problems)
    return how.empty
      ? reply.code(204).send()
      : reply.send({ data: this.#object(request, answer.value) })
  }

  /** For whoever looks up later what was asked of a call. */
  #record(
    command: Command,
    answer: CommandAnswer,
    problems: readonly Problem[],
    occurredAtUs: number,
  ): void {
    const { control, records } = this.options
    const named = 'legId' in command ? control.call(command.legId) : undefined
    for (const call of dialedIn(answer) ?? [named]) {
      if (call === undefined) return
      const { applicationId, from, legUuid, sessionId, to } = call
      records.commandTaken({
        ...{ occurredAtUs, legUuid, sessionId, applicationId, from, to },
        name: command.kind.replaceAll('-', '_'),
        failed: !answer.ok,
        metadata: answer.ok ? { result: 'ok' } : { ...errorBody(problems) },
      })
    }
  }

  /** Answers with an error. */
  refuse(reply: AnyReply, problems: readonly Problem[]): AnyReply {
    const retryAfterSecs = problems[0]?.retryAfterSecs
    if (retryAfterSecs !== undefined) reply.header('retry-after', String(retryAfterSecs))
    return reply.code(statusOf(problems)).send(errorBody(problems))
  }

  freshLeg(): FreshLeg {
    const { random } = this.options
    return {
      legId: brandAs<LegId>(`v3:${random.token(54)}`),
      legUuid: brandAs<LegUuid>(random.uuid()),
      sessionId: brandAs<SessionId>(random.uuid()),
    }
  }

  /**
   * The queue that a path segment names. Some clients write a space as `+`, so a literal plus is taken as it is first,
   * and as a space when only that queue exists.
   */
  async queueName(request: AnyRequest, decoded: string): Promise<QueueName> {
    const literal = brandAs<QueueName>(decoded)
    const spaced = spacedSegment(request.url, 3)
    if (spaced === undefined || (await this.options.queues.getQueue(literal))) return literal
    const other = brandAs<QueueName>(spaced)
    return (await this.options.queues.getQueue(other)) ? other : literal
  }

  /**
   * Is there room for a queue of that name: it exists, or `limits.queues` is not reached. Requests that race may go past
   * the limit by a few; it guards memory, nothing depends on the exact number.
   */
  async hasRoomForQueue(name: QueueName): Promise<boolean> {
    const { queues, config } = this.options
    const { total } = await queues.pageQueues({ number: 1, size: 1 })
    return total < config.limits.queues || (await queues.getQueue(name)) !== undefined
  }

  /** The conference id or name of a path; plus signs as in `queueName`. */
  conferenceName(request: AnyRequest, decoded: string): string {
    const spaced = spacedSegment(request.url, 3)
    const { control } = this.options
    if (spaced === undefined || control.conference(decoded) !== undefined) return decoded
    return control.conference(spaced) === undefined ? decoded : spaced
  }

  /** The audio that `audio_url` or `media_name` means, or why not; undefined when neither is given. */
  async audio(body: {
    readonly audio_url?: string
    readonly media_name?: string
  }): Promise<{ audio: AudioReference | undefined } | { problem: Problem }> {
    const { audio_url: url, media_name: name } = body
    if (url !== undefined && name !== undefined) {
      const detail = "The 'media_name' parameter can't be used together with audio_url."
      return { problem: { name: 'parameter-refused', detail, pointer: '/media_name' } }
    }
    if (name !== undefined) return this.#mediaNamed(name)
    if (url === undefined) return { audio: undefined }
    const forbidden = this.options.checkUrl(url)
    if (forbidden !== undefined) return { problem: { name: 'audio-refused' } }
    return { audio: { kind: 'url', url, cache: true } }
  }

  #mediaNamed(name: string): { audio: AudioReference } | { problem: Problem } {
    if (this.options.media.get(name) !== undefined) return { audio: { kind: 'media', name } }
    const detail = 'No uploaded media has that name.'
    return { problem: { name: 'audio-not-found', detail, pointer: '/media_name' } }
  }

  /** A recording with a fresh link, on the host that the client used where the configuration names none. */
  recording(request: AnyRequest, view: RecordingView): object {
    const { links, publicUrl } = this.options.recordings
    const host = request.headers['host']
    const origin = publicUrl || (typeof host === 'string' ? `http://${host}` : '')
    return recordingObject(view, `${origin}${links.pathOf(view.fileName, this.nowMs())}`)
  }

  #object(request: AnyRequest, value: CommandValue): object {
    switch (value.kind) {
      case 'done':
        return { result: 'ok' }
      case 'dialed':
        return {
          ...dialedObject(value.leg, value.others),
          ...(value.recordingId === undefined ? {} : { recording_id: value.recordingId }),
        }
      case 'recording-started':
        return { result: 'ok', recording_id: value.recordingId }
      case 'recording':
        return this.recording(request, value.recording)
      case 'queue':
        return queueObject(value.queue, this.nowMs())
      case 'conference':
        return conferenceObject(value.conference)
      case 'participant':
        return participantObject(value.participant)
    }
  }
}

/** The calls that a dial has made; undefined for all other commands. */
function dialedIn(answer: CommandAnswer): readonly CallView[] | undefined {
  if (!answer.ok || answer.value.kind !== 'dialed') return undefined
  return [answer.value.leg, ...(answer.value.others ?? [])]
}

// The official Node SDK repeats a POST by itself after a lost answer and says so in this header; the engine matches such
// a repeat with the first attempt by the hash.
function fingerprint(request: AnyRequest): { readonly hash: string; readonly retry: boolean } {
  const hash = createHash('sha256')
  hash.update(request.apiKey?.hash ?? '')
  hash.update(`${request.method} ${request.url}\n`)
  hash.update(request.rawBody ?? '')
  const count = request.headers['x-stainless-retry-count']
  return { hash: hash.digest('base64url'), retry: typeof count === 'string' && Number(count) >= 1 }
}

function spacedSegment(url: string, index: number): string | undefined {
  const segment = url.split('?', 1)[0]?.split('/')[index]
  if (!segment?.includes('+')) return undefined
  try {
    return decodeURIComponent(segment.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
