// Streams and forks in the simulation: clients that start and stop them at any time, and a streamer without sound whose far
// ends take their time to connect, refuse, close and break. The books over what was told are the event model's; here it is
// watched that the streamer is asked for nothing twice and that nothing is left.

import { brandAs, type LegId, type StreamId } from '../../src/base/ids.ts'
import type { Command } from '../../src/ports/commands.ts'
import type { Random } from '../../src/ports/random.ts'
import type {
  StreamCommand,
  Streamer,
  StreamInput,
  StreamOrder,
} from '../../src/ports/streaming.ts'
import type { Timers } from '../../src/ports/timers.ts'
import { pick } from './application.ts'
import { BrokenPromise } from './checkers.ts'
import type { Clients } from './clients.ts'
import { momentIn, randomFor, type Plan } from './plan.ts'
import type { SimTime } from './time.ts'

/** One seed in so many streams: the others keep their histories. */
const SEEDS = 4
const COMMANDS = 40
const CONNECT_MAX_MS = 3_000
const LIFE_MAX_MS = 20_000

interface Asking {
  readonly time: SimTime
  readonly clients: Clients
  readonly living: () => readonly LegId[]
}

export class SimStreams {
  active = true
  readonly #plan: Plan
  readonly #random: Random
  /** What the streamer of the present process does, by whose it is. */
  #open = new Map<StreamId, LegId>()

  constructor(plan: Plan) {
    this.#plan = plan
    this.#random = randomFor(plan.seed, 'streams')
  }

  /** The clients that stream. */
  begin(asking: Asking): void {
    const random = this.#random
    if (random.below(SEEDS) > 0) return
    for (let i = 0; i < COMMANDS; i++) {
      asking.time.set(momentIn(this.#plan, random), () => {
        if (this.active) void asking.clients.ask(this.#command(asking))
      })
    }
  }

  /** The streamer of a new process: connections do not outlive the old one. */
  streamer(timers: Timers, deliver: (input: StreamInput) => void): Streamer {
    this.#open = new Map()
    return { perform: (command) => this.#perform(command, timers, deliver) }
  }

  /** When everybody has gone. */
  checkEmpty(): void {
    if (this.#open.size > 0) throw new BrokenPromise(`${this.#open.size} streams left`)
  }

  #perform(command: StreamCommand, timers: Timers, deliver: (input: StreamInput) => void): void {
    switch (command.kind) {
      case 'start':
        this.#begun(command.order.streamId, command.leg.legId)
        this.#connect(command.order.streamId, command.leg.legId, timers, deliver)
        return
      case 'fork':
        this.#begun(command.order.streamId, command.legId)
        return
      case 'stop':
        this.#open.delete(command.streamId)
        return
      case 'dtmf':
    }
  }

  #begun(streamId: StreamId, legId: LegId): void {
    if (this.#open.has(streamId)) throw new BrokenPromise(`${streamId} started twice`)
    this.#open.set(streamId, legId)
  }

  #connect(
    streamId: StreamId,
    legId: LegId,
    timers: Timers,
    deliver: (input: StreamInput) => void,
  ): void {
    const random = this.#random
    const die = random.below(10)
    const end = (outcome: 'closed' | 'failed', withinMs: number): void => {
      timers.set(random.below(withinMs), () => {
        if (!this.#open.delete(streamId)) return
        deliver({ kind: 'stream-ended', legId, streamId, outcome, why: 'as it happens' })
      })
    }
    timers.set(random.below(CONNECT_MAX_MS), () => {
      if (!this.#open.has(streamId)) return
      if (die === 0) end('failed', CONNECT_MAX_MS)
      else deliver({ kind: 'stream-started', legId, streamId })
      if (die > 5) end(die > 7 ? 'closed' : 'failed', LIFE_MAX_MS)
    })
  }

  #command(asking: Asking): Command {
    const random = this.#random
    const legs = asking.living()
    const legId = legs.length === 0 ? brandAs<LegId>('v3:unknown') : pick(random, legs)
    const streamId = brandAs<StreamId>(random.uuid())
    const die = random.below(100)
    if (die < 50) return { kind: 'streaming-start', legId, order: orderOf(streamId) }
    if (die < 65) return { kind: 'streaming-stop', legId, streamId: undefined }
    const target = { address: '192.0.2.1', port: 9000 }
    const order = { streamId, rx: target, tx: target }
    return die < 85 ? { kind: 'fork-start', legId, order } : { kind: 'fork-stop', legId }
  }
}

function orderOf(streamId: StreamId): StreamOrder {
  return {
    streamId,
    url: 'wss://agent.example/',
    track: 'inbound_track',
    codec: 'default',
    mode: 'rtp',
    backCodec: 'PCMU',
    backRate: 8000,
    targetLegs: 'self',
    customParameters: [],
    authToken: undefined,
  }
}
