// The server and a consumer of its events are killed (SIGKILL) again and again while calls come and go. At the end the
// consumer knows exactly who waits where, the events have no gap, and the webhooks told the same story.
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createLab } from '../../src/lab/runner.ts'
import { startServer, type RunningServer } from '../../src/lab/server-process.ts'
import { freePort, freeRtpPorts } from '../support/free-port.ts'
import { startReceiver, type Delivery, type Receiver } from '../support/receiver.ts'
import { Crowd } from './crowd.ts'
import { patience } from '../support/patience.ts'

export interface ChaosOptions {
  /** Of server and consumer together. */
  readonly kills: number
  readonly seed: number
  readonly say?: (line: string) => void
}

export interface ChaosReport {
  readonly seed: number
  readonly serverKills: number
  readonly consumerKills: number
  readonly calls: number
  readonly events: number
  readonly webhooks: number
  /** Webhooks that came more than once. */
  readonly repeated: number
  readonly waiting: number
  readonly seconds: number
}

export interface Event {
  readonly cursor: string
  readonly event_type: string
  readonly id: string
  readonly leg_sequence: number
  readonly payload: Readonly<Record<string, unknown>>
}

type Queues = Readonly<Record<string, readonly string[]>>

const consumerFile = fileURLToPath(
  new URL('../../examples/event-consumer/consumer.ts', import.meta.url),
)
const settleMs = 60_000

export async function runChaos({ kills, seed, say }: ChaosOptions): Promise<ChaosReport> {
  const startedAt = Date.now()
  const random = seeded(seed)
  const receiver = await startReceiver()
  const world = await World.start(receiver)
  const crowd = new Crowd(world, receiver, random)
  try {
    crowd.start()
    for (let kill = 0; kill < kills;) {
      await pause(100 + random(kill % 5 === 0 ? 2500 : 700))
      const whom = kill + 1 < kills ? random(5) : random(4)
      if (whom === 4) await world.killBoth()
      else if (whom < 2) await world.killServer()
      else await world.killConsumer(random(6) === 0)
      kill = world.serverKills + world.consumerKills
      if (kill % 20 === 0) say?.(`${kill} kills, ${crowd.calls} calls`)
    }
    await crowd.settle()
    const queues = await world.agree(settleMs)
    const events = await world.events()
    checkStories(events)
    await checkWebhooks(events, receiver)
    const { serverKills, consumerKills } = world
    return {
      ...{ seed, serverKills, consumerKills, calls: crowd.calls },
      events: events.length,
      webhooks: receiver.deliveries.length,
      repeated: receiver.deliveries.length - new Set(receiver.deliveries.map(({ id }) => id)).size,
      waiting: Object.values(queues).flat().length,
      seconds: Math.round((Date.now() - startedAt) / 1000),
    }
  } finally {
    crowd.close()
    await world.close()
    await receiver.close()
  }
}

/** The two processes. */
export class World {
  serverKills = 0
  consumerKills = 0
  #server: RunningServer
  #consumer: ChildProcess | undefined
  #consumerLog = ''
  readonly lab = createLab('127.0.0.1', patience)
  readonly #stateFile: string

  static async start(receiver: Receiver): Promise<World> {
    // A port for sound that is taken by somebody else meanwhile would end its call.
    const [http, sip, rtp] = await Promise.all([freePort(), freePort(), freeRtpPorts()])
    const application = { id: '1000000001', name: 'chaos', numbers: ['*'] }
    const server = await startServer({
      config: {
        log: { level: 'warn' },
        http: { host: '127.0.0.1', port: http },
        sip: { host: '127.0.0.1', port: sip, domain: 'localhost' },
        media: { host: '127.0.0.1', ports: rtp },
        applications: [{ ...application, webhook_event_url: receiver.url }],
      },
    })
    return new World(server)
  }

  private constructor(server: RunningServer) {
    this.#server = server
    this.#stateFile = join(server.dataDirectory, 'consumer.json')
    this.#startConsumer()
  }

  get sipPort(): number {
    return this.#server.sip.port
  }

  get(path: string): Promise<{ status: number; body: unknown }> {
    return this.#server.get(`/v2${path}`)
  }

  post(path: string, body: object): Promise<{ status: number; body: unknown }> {
    return this.#server.post(`/v2${path}`, body)
  }

  async killServer(): Promise<void> {
    await this.#server.kill()
    this.serverKills++
    this.#server = await this.#server.again()
  }

  /** `forget`: it starts again without its file, and has to take stock. */
  async killConsumer(forget = false): Promise<void> {
    const consumer = this.#consumer
    // Of one that is gone already nobody would ever hear.
    assert.equal(consumer?.exitCode, null, `the consumer has ended\n${this.#consumerLog}`)
    await new Promise((resolve) => {
      consumer?.once('exit', resolve)
      consumer?.kill('SIGKILL')
    })
    this.consumerKills++
    if (forget) await rm(this.#stateFile, { force: true })
    this.#startConsumer()
  }

  async killBoth(): Promise<void> {
    await Promise.all([this.killConsumer(), this.killServer()])
  }

  #startConsumer(): void {
    const { baseURL, apiKey } = this.#server
    const env = { ...process.env, HOLDFAST_URL: baseURL, HOLDFAST_API_KEY: apiKey }
    this.#consumer = spawn(process.execPath, [consumerFile, this.#stateFile], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#consumer.stderr?.on('data', (bytes: Buffer) => (this.#consumerLog += bytes.toString()))
  }

  /** Resolves when both say the same of every queue, with those who wait. */
  async agree(withinMs: number): Promise<Queues> {
    const late = Date.now() + withinMs
    for (;;) {
      const [ours, theirs] = [await this.#serverQueues(), await this.#consumerQueues()]
      if (JSON.stringify(ours) === JSON.stringify(theirs)) return ours
      if (Date.now() > late) {
        const log = `${this.#consumerLog.slice(-2000)}\n${this.#server.log().slice(-4000)}`
        assert.deepEqual(theirs, ours, `the consumer differs from the server\n${log}`)
      }
      await pause(100)
    }
  }

  async #serverQueues(): Promise<Queues> {
    const queues: [string, string[]][] = []
    const page = 'page[size]=250'
    for (const queue of listIn(await this.get(`/queues?${page}`))) {
      const name = String(queue['name'])
      const calls = listIn(await this.get(`/queues/${name}/calls?${page}`))
      if (calls.length > 0)
        queues.push([name, calls.map((call) => String(call['call_control_id']))])
    }
    return sorted(queues)
  }

  async #consumerQueues(): Promise<Queues> {
    const text = await readFile(this.#stateFile, 'utf8').catch(() => '{"queues":{}}')
    const { queues } = JSON.parse(text) as { queues: Queues }
    return sorted(Object.entries(queues).filter(([, calls]) => calls.length > 0))
  }

  /** All events from the first on. */
  async events(): Promise<Event[]> {
    const events: Event[] = []
    for (let next = '0'; ;) {
      const answer = await this.get(`/events?after=${next}&limit=1000`)
      const { data, meta } = answer.body as { data: Event[]; meta: { next: string } }
      if (data.length === 0) return events
      events.push(...data)
      next = meta.next
    }
  }

  async close(): Promise<void> {
    this.#consumer?.kill('SIGKILL')
    this.lab.close()
    await this.#server.stop()
  }
}

/** Each leg's numbers are 1, 2, 3 … in the order of the list; each stay in a queue has one end at most. */
function checkStories(events: readonly Event[]): void {
  const last = new Map<string, number>()
  const inside = new Set<string>()
  for (const { event_type: type, leg_sequence: number, payload } of events) {
    const call = String(payload['call_control_id'])
    assert.equal(number, (last.get(call) ?? 0) + 1, `${type} of ${call}`)
    last.set(call, number)
    const stay = `${call} ${String(payload['queue'])}`
    if (type === 'call.enqueued') assert.ok(!inside.has(stay), `${call} was enqueued twice`)
    if (type === 'call.enqueued') inside.add(stay)
    if (type === 'call.dequeued') assert.ok(inside.delete(stay), `${call} left twice`)
  }
}

/** Every event has come as a webhook with the same words, per leg in order at its first coming. */
async function checkWebhooks(events: readonly Event[], receiver: Receiver): Promise<void> {
  const late = Date.now() + settleMs
  const missing = (): Event[] => {
    const came = new Set(receiver.deliveries.map(({ id }) => id))
    return events.filter(({ id }) => !came.has(id))
  }
  while (missing().length > 0 && Date.now() < late) await pause(100)
  assert.deepEqual(missing(), [], 'events that never came as webhooks')
  const byId = new Map(events.map((event) => [event.id, event]))
  const first = new Map<string, Delivery>()
  for (const one of receiver.deliveries) if (!first.has(one.id)) first.set(one.id, one)
  const last = new Map<unknown, number>()
  for (const { id, raw } of first.values()) {
    const { data } = JSON.parse(raw) as { data: Event }
    const { cursor, ...event } = byId.get(id) ?? { cursor: '' }
    assert.deepEqual(data, event, `the webhook differs from the event at ${cursor}`)
    const call = data.payload['call_control_id']
    assert.ok(data.leg_sequence > (last.get(call) ?? 0), `out of order: ${raw}`)
    last.set(call, data.leg_sequence)
  }
}

export function listIn({ body }: { body: unknown }): readonly Readonly<Record<string, unknown>>[] {
  return (body as { data?: readonly Readonly<Record<string, unknown>>[] }).data ?? []
}

function sorted(queues: readonly (readonly [string, readonly string[]])[]): Queues {
  return Object.fromEntries([...queues].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Whole numbers below its argument; mulberry32. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
