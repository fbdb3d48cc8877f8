// What the benches over the network share: the real server in its own process, and in this one the callers, their audio,
// and the application that takes the webhooks and gives the commands.

import { startServer, type RunningServer } from '../../src/lab/server-process.ts'
import { hurry } from '../../src/platform/threads.ts'
import { CommandClient, startReceiver } from './http-lines.ts'
import { CpuMeter } from './process.ts'
import { pause, until } from './report.ts'
import { RtpStreams, type Stream } from './rtp-streams.ts'
import { SipCallers, type SipCall } from './sip-caller.ts'

export interface News {
  readonly type: string
  readonly callControlId: string
  readonly from: string
  readonly payload: Readonly<Record<string, unknown>>
}

export interface Stage {
  /** The process that runs now; `restart` puts another in its place. */
  server: RunningServer
  pid: number
  readonly commands: CommandClient
  readonly callers: SipCallers
  readonly audio: RtpStreams
  /** Where a playback finds ten seconds of tone. */
  readonly audioUrl: string
  /** Who hears of each webhook. */
  onNews: (news: News) => void
  meter(): CpuMeter
  close(): Promise<void>
}

/** Moments of a restart, in the time of `performance.now()`. */
export interface Restart {
  readonly goneMs: number
  readonly spawnedMs: number
  /** GET /ready said 200. */
  readonly readyMs: number
}

export interface StageOptions {
  readonly limits?: Readonly<Record<string, number>>
  /** Merged into the section `sip`. */
  readonly sip?: Readonly<Record<string, unknown>>
  /** Ports that the server keeps over `restart`; free ones of the system without them. */
  readonly ports?: { readonly http: number; readonly sip: number; readonly rtp: string }
  /** Sockets for audio; 0 for none. */
  readonly sockets: number
  /** Into how many moments the streams cut the 20 ms. */
  readonly slots?: number
  /** The generator goes before other work where that is allowed: for benches of times, not of throughput. */
  readonly punctual?: boolean
}

/** kill -9, and a new process on the same ports and data at once. */
export async function restart(stage: Stage): Promise<Restart> {
  await stage.server.kill()
  const goneMs = performance.now()
  const { origin } = stage.server
  const spawned = stage.server.again()
  const spawnedMs = performance.now()
  const [server, readyMs] = await Promise.all([spawned, whenReady(origin)])
  stage.server = server
  stage.pid = server.child.pid ?? 0
  return { goneMs, spawnedMs, readyMs }
}

/** Asked every 10 ms: what a load balancer would see, were it so eager. */
async function whenReady(origin: string): Promise<number> {
  const givenUpMs = performance.now() + 30_000
  while (performance.now() < givenUpMs) {
    const status = await fetch(`${origin}/ready`).then(
      async (answer) => {
        await answer.arrayBuffer()
        return answer.status
      },
      () => 0,
    )
    if (status === 200) return performance.now()
    await pause(10)
  }
  throw new Error('/ready did not say 200 within 30 s')
}

export async function buildStage(options: StageOptions): Promise<Stage> {
  // The receiver's address goes into the server's configuration, so it is there before the stage.
  let tell: (news: News) => void = () => undefined
  const receiver = await startReceiver((body) => {
    const news = newsOf(JSON.parse(body.toString()))
    if (news !== undefined) tell(news)
  }, tone())
  const server = await startServer({
    config: {
      log: { level: 'error' },
      limits: { calls: 10_000, ...options.limits },
      ...(options.ports && { http: { port: options.ports.http } }),
      sip: { ...(options.ports && { port: options.ports.sip }), ...options.sip },
      ...(options.ports && { media: { ports: options.ports.rtp } }),
      applications: [
        {
          id: '1000000001',
          name: 'bench',
          webhook_event_url: `http://127.0.0.1:${receiver.port}/webhooks`,
          numbers: ['*'],
        },
      ],
    },
  })
  if (options.punctual === true) hurry()
  const commands = new CommandClient(Number(new URL(server.origin).port), server.apiKey)
  const callers = new SipCallers(server.sip.port)
  await callers.open()
  const audio = new RtpStreams(options.slots ?? 4)
  await audio.open(options.sockets)
  const stage: Stage = {
    server,
    pid: server.child.pid ?? 0,
    commands,
    callers,
    audio,
    audioUrl: `http://127.0.0.1:${receiver.port}/tone.wav`,
    onNews: () => undefined,
    meter: () => new CpuMeter(stage.pid),
    async close() {
      audio.close()
      callers.close()
      commands.close()
      await stage.server.stop()
      receiver.close()
    },
  }
  tell = (news) => stage.onNews(news)
  return stage
}

/** A call that is up and answered, with audio both ways. */
export interface Talker {
  readonly callControlId: string
  readonly stream: Stream
  readonly call: SipCall
}

export interface TalkerOptions {
  readonly from: string
  /** Byte of the payload that the caller sends. */
  readonly fill: number
  readonly slot?: number
}

/** Calls in, is answered by the application, and talks. Rejects when that takes over 10 s. */
export async function callIn(stage: Stage, options: TalkerOptions): Promise<Talker> {
  const { callers, audio, commands } = stage
  const { place, port } = audio.nextPlace()
  let callControlId = ''
  let serverPort = 0
  let status = 0
  const before = stage.onNews
  stage.onNews = (news) => {
    if (news.from === options.from && news.type === 'call.initiated') {
      callControlId = news.callControlId
      stage.onNews = before
      commands.post(`/calls/${callControlId}/actions/answer`, {}, () => undefined)
    } else before(news)
  }
  const call = callers.call(options.from, '+15550100', port, {
    onFinal: (final, rtpPort) => {
      status = final
      serverPort = rtpPort
    },
    onEnd: () => undefined,
  })
  const settled = (): boolean => status >= 300 || (status === 200 && callControlId !== '')
  if (!(await until(settled, 10_000)) || status !== 200) {
    throw new Error(`caller ${options.from} was not answered (${status})`)
  }
  const stream = audio.start(place, serverPort, options.fill, options.slot)
  return { callControlId, stream, call }
}

/** Pause between two callers of `callInMany`: nobody's overload is measured while the stage is filled. */
const paceMs = 12
const triesMax = 5

/** As many answered callers as asked, a few at a time; one that is refused with 503 comes again a second later. */
export async function callInMany(
  stage: Stage,
  first: number,
  count: number,
  fill: number,
): Promise<Talker[]> {
  const { callers, audio, commands } = stage
  const talkers: Talker[] = []
  const ids = new Map<string, string>()
  const before = stage.onNews
  stage.onNews = (news) => {
    if (news.type === 'call.initiated') {
      ids.set(news.from, news.callControlId)
      commands.post(`/calls/${news.callControlId}/actions/answer`, {}, () => undefined)
    }
    before(news)
  }
  const failed: string[] = []
  const callOnce = (from: string, tries: number): void => {
    const { place, port } = audio.nextPlace()
    const call: SipCall = callers.call(from, '+15550100', port, {
      onFinal: (status, rtpPort) => {
        if (status === 200) {
          const stream = audio.start(place, rtpPort, fill)
          talkers.push({ callControlId: ids.get(from) ?? '', stream, call })
        } else if (status === 503 && tries < triesMax) {
          setTimeout(() => callOnce(from, tries + 1), 1000)
        } else failed.push(`${from}: ${status}`)
      },
      onEnd: () => undefined,
    })
  }
  for (let index = 0; index < count; index++) {
    callOnce(`+1666${String(first + index).padStart(7, '0')}`, 1)
    await pause(paceMs)
    await until(() => index - talkers.length - failed.length < 10, 10_000)
  }
  await until(() => talkers.length + failed.length === count, 10_000)
  stage.onNews = before
  if (talkers.length < count) {
    throw new Error(
      `${count - talkers.length} callers were not answered: ${failed[0] ?? 'silence'}`,
    )
  }
  return talkers
}

/** Waits in `queue` and hears music. `extra` goes into the enqueue command. */
export async function waitWithMusic(
  stage: Stage,
  talker: Talker,
  queue: string,
  extra: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const path = `/calls/${talker.callControlId}/actions`
  const answers = [
    await stage.commands.ask(`${path}/enqueue`, { queue_name: queue, ...extra }),
    await stage.commands.ask(`${path}/playback_start`, {
      audio_url: stage.audioUrl,
      loop: 'infinity',
    }),
  ]
  for (const { status, body } of answers) {
    if (status !== 200) throw new Error(`a waiting caller could not be made: ${status} ${body}`)
  }
}

export async function createQueue(stage: Stage, name: string): Promise<void> {
  const { status, body } = await stage.commands.ask('/queues', {
    queue_name: name,
    max_size: 100_000,
  })
  if (status >= 300) throw new Error(`queue ${name}: ${status} ${body}`)
}

function newsOf(value: unknown): News | undefined {
  const data = record(record(value)?.['data'])
  const payload = record(data?.['payload'])
  if (data === undefined || payload === undefined) return undefined
  return {
    type: String(data['event_type']),
    callControlId: String(payload['call_control_id']),
    from: String(payload['from']),
    payload,
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? { ...value } : undefined
}

/** Ten seconds of 440 Hz, 8 kHz, 16 bit, mono. */
function tone(): Buffer {
  const samples = 80_000
  const wav = Buffer.alloc(44 + samples * 2)
  wav.write('RIFF', 0, 'latin1')
  wav.writeUInt32LE(36 + samples * 2, 4)
  wav.write('WAVEfmt ', 8, 'latin1')
  wav.writeUInt32LE(16, 16)
  wav.writeUInt16LE(1, 20)
  wav.writeUInt16LE(1, 22)
  wav.writeUInt32LE(8000, 24)
  wav.writeUInt32LE(16_000, 28)
  wav.writeUInt16LE(2, 32)
  wav.writeUInt16LE(16, 34)
  wav.write('data', 36, 'latin1')
  wav.writeUInt32LE(samples * 2, 40)
  for (let i = 0; i < samples; i++) {
    wav.writeInt16LE(Math.round(8000 * Math.sin((2 * Math.PI * 440 * i) / 8000)), 44 + i * 2)
  }
  return wav
}
