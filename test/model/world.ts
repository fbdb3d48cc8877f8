// One state of the model: the real driver, engine and queue book on a disk that outlives them, with phones and an application
// around. `play` makes one move and checks every promise; nothing happens by itself, and nothing is left to chance.

import type { OperationId } from '../../src/base/ids.ts'
import { createCallControl, type CallLogic } from '../../src/engine/driver.ts'
import type { StepTime } from '../../src/engine/context.ts'
import { Engine, type EngineInput, type EngineStep } from '../../src/engine/step.ts'
import type { CommandAnswer, CommandEnvelope } from '../../src/ports/commands.ts'
import type { EventSink } from '../../src/ports/event-sink.ts'
import { noFaults } from '../../src/ports/faults.ts'
import type { Log } from '../../src/ports/log.ts'
import type { Random } from '../../src/ports/random.ts'
import type { VerbOutcome } from '../../src/ports/store.ts'
import type { SignalingInput } from '../../src/ports/signaling.ts'
import { silentLog, VirtualTime } from '../support/virtual.ts'
import { BrokenPromise, promise } from './broken.ts'
import { checkDisk, checkQuiet, checkRemote, checkState } from './checks.ts'
import { createModelStore, ModelDisk, type ModelStore, type Travelling } from './disk.ts'
import {
  answerCommand,
  app,
  dialCommand,
  enqueueCommand,
  envelope,
  gone,
  id,
  incoming,
  pick,
  refused,
} from './inputs.ts'
import type { Move } from './moves.ts'
import { Outside, Rooms } from './rooms.ts'
import type { Scope } from './scope.ts'
import { Spec, type Name } from './spec.ts'
import { Told } from './told.ts'

/** Longer than the pause before a verb of unknown outcome is asked again, shorter than every other deadline. */
const REPEAT_MS = 250

/** A command whose answer the client has not heard. */
interface Open {
  readonly what: string
  readonly leg: Name
  /** The code that the answer must have; undefined: any (a remote store). */
  readonly expected: string | undefined
  /** Writes that must be on disk before it; undefined while the turn runs. */
  needs: number | undefined
}

export interface Life {
  readonly control: CallLogic
  /** From its first step on. */
  engine: Engine | undefined
  readonly store: ModelStore
  readonly rooms: Rooms
  readonly time: VirtualTime
  readonly open: Set<Open>
  alive: boolean
}

export class World {
  readonly scope: Scope
  readonly outside = new Outside()
  readonly disk: ModelDisk
  spec: Spec
  life: Life | undefined
  crashesLeft: number
  stallsLeft: number
  lossesLeft: number
  copiesLeft: number
  /** Who has come: callers and agents with a leg, or with a phone that has one. */
  readonly known = new Set<Name>()
  readonly picks = new Map<Name, number>()
  /** Of a remote store: who stands in line, verbs whose outcome was lost, the last claim of each agent. */
  line: Name[] = []
  lost: Travelling[] = []
  readonly executed = new Set<OperationId>()
  readonly claims = new Map<Name, VerbOutcome>()
  /** Events that receivers have heard of, as a number. */
  #heard = 0
  #broken: unknown
  #lives = 0
  #checks = true

  private constructor(scope: Scope, disk: ModelDisk, spec: Spec) {
    this.scope = scope
    this.spec = spec
    this.disk = disk
    this.crashesLeft = scope.crashes
    this.stallsLeft = scope.stalls
    this.lossesLeft = scope.losses
    this.copiesLeft = scope.duplicates
  }

  static async open(scope: Scope): Promise<World> {
    const spec = new Spec(scope.park)
    const world = new World(scope, new ModelDisk(new Told(!scope.remote), spec.copy()), spec)
    await world.#start()
    return world
  }

  /** Another world in the same state. Only while nobody serves: a process cannot be copied, what it leaves behind can. */
  fork(): World {
    promise(this.life === undefined, () => 'a process cannot be copied')
    const copy = new World(this.scope, this.disk.copy(), this.spec.copy())
    for (const [name, phone] of this.outside.phones) copy.outside.phones.set(name, phone)
    for (const name of this.known) copy.known.add(name)
    for (const [name, count] of this.picks) copy.picks.set(name, count)
    copy.crashesLeft = this.crashesLeft
    copy.stallsLeft = this.stallsLeft
    copy.copiesLeft = this.copiesLeft
    copy.#lives = this.#lives
    return copy
  }

  /** Writes wait only while a crash or a stall can still come: otherwise the disk is the first to move. */
  get isLazy(): boolean {
    return this.crashesLeft + this.stallsLeft > 0 || this.life?.store.failing === true
  }

  /** Makes a move that was checked before. */
  async replay(moves: readonly Move[]): Promise<void> {
    this.#checks = false
    for (const move of moves) await this.play(move)
    this.#checks = true
  }

  /** @throws BrokenPromise when the move breaks one */
  async play(move: Move): Promise<void> {
    switch (move.kind) {
      case 'crash':
        await this.#crash(move)
        break
      case 'start':
        await this.#start()
        break
      case 'write':
        await this.#write()
        break
      case 'stall':
        this.stallsLeft -= 1
        this.#process.store.failing = true
        break
      default:
        if (this.life !== undefined) await this.#turn(this.life, move)
        else if (move.kind === 'hang-up') this.outside.phones.set(move.leg, 'down')
    }
    if (!this.isLazy) while (this.life !== undefined && (await this.#write()));
    if (this.#checks) this.#check()
  }

  get #process(): Life {
    promise(this.life !== undefined, () => 'nobody serves')
    return this.life
  }

  #check(): void {
    if (this.#broken !== undefined) {
      throw this.#broken instanceof Error ? this.#broken : new BrokenPromise(String(this.#broken))
    }
    const { life, scope } = this
    if (life === undefined) return
    if (scope.remote) {
      checkRemote(this, life)
      return
    }
    checkState(this.spec, life)
    if (this.disk.waiting.length > 0) return
    checkQuiet(this, life)
    const { sequence } = this.disk.told
    promise(this.#heard === sequence, () => `told up to ${this.#heard}, on disk up to ${sequence}`)
  }

  /** Inputs of one move, in one turn of the event loop. */
  async #turn(life: Life, move: Move): Promise<void> {
    const { posted } = this.disk
    const asked = this.#deliver(life, move)
    life.time.drainSoon()
    await settled()
    for (const open of asked) open.needs = this.disk.posted
    const turns = this.disk.waiting.slice(this.disk.waiting.length - (this.disk.posted - posted))
    for (const write of turns) write.spec = this.spec.copy()
  }

  #deliver(life: Life, move: Move): Open[] {
    switch (move.kind) {
      case 'call':
        return this.#call(life, move.leg)
      case 'dial':
        return this.#dial(life, move.leg)
      case 'accept':
        this.outside.phones.set(move.leg, 'up')
        this.spec.answer(move.leg)
        this.#sip(life, { kind: 'leg-accepted', legId: id(move.leg), sdp: 'sdp', headers: [] })
        return []
      case 'refuse':
        this.outside.phones.set(move.leg, 'down')
        this.spec.end(move.leg)
        this.#sip(life, { ...refused, legId: id(move.leg) })
        return []
      case 'hang-up':
        this.outside.phones.set(move.leg, 'down')
        this.spec.end(move.leg)
        this.#sip(life, { kind: 'leg-bye', legId: id(move.leg), headers: [] })
        return []
      case 'lost':
        this.spec.end(move.leg)
        this.#sip(life, { ...gone, legId: id(move.leg) })
        return []
      case 'pick':
        return [this.#pick(life, move.leg, move.sent)]
      case 'again':
        return [this.#again(life)]
      default:
        this.#remote(life, move)
        return []
    }
  }

  #call(life: Life, name: Name): Open[] {
    this.known.add(name)
    this.outside.phones.set(name, 'up')
    this.spec.enqueue(name)
    const legId = id(name)
    this.#sip(life, incoming(name))
    life.control.deliver({ kind: 'media-leg-created', legId, sdp: 'sdp', offeredCodecs: [] })
    return [
      this.#submit(life, name, envelope(answerCommand(name)), 'ok'),
      this.#submit(life, name, envelope(enqueueCommand(name)), 'ok'),
    ]
  }

  #dial(life: Life, name: Name): Open[] {
    this.known.add(name)
    this.spec.ring(name)
    const open = this.#submit(life, name, envelope(dialCommand(name)), 'ok')
    const legId = id(name)
    life.control.deliver({ kind: 'media-leg-created', legId, sdp: 'sdp', offeredCodecs: [] })
    if (!this.scope.ringing) {
      this.outside.phones.set(name, 'up')
      this.spec.answer(name)
      this.#sip(life, { kind: 'leg-accepted', legId, sdp: 'sdp', headers: [] })
    }
    return [open]
  }

  #pick(life: Life, name: Name, sent: 'plain' | 'id' | 'sdk'): Open {
    this.picks.set(name, (this.picks.get(name) ?? 0) + 1)
    const refused = life.store.failing
    const expected = refused ? 'unavailable' : this.spec.pick(name)
    if (sent !== 'plain' && expected === 'ok') this.spec.remembered = { leg: name, sent }
    return this.#submit(life, name, pick(name, sent, false, this.scope.park), expected)
  }

  /** The first one has had its effect. Copies of one that was refused, or died with the process, are picks with its id. */
  #again(life: Life): Open {
    const { remembered } = this.spec
    promise(remembered !== undefined, () => 'nothing to send again')
    const { leg, sent } = remembered
    this.copiesLeft -= 1
    // C63: a leg that has ended is looked up before repeats are, but for the very same HTTP request.
    const kept = sent === 'sdk' || this.spec.isLiving(leg) ? 'ok' : 'leg-ended'
    const expected = life.store.failing ? 'unavailable' : kept
    return this.#submit(life, leg, pick(leg, sent, true, this.scope.park), expected)
  }

  #remote(life: Life, move: Move): void {
    const { travelling } = life.store
    if (move.kind === 'repeat') {
      this.lost = []
      life.time.advance(REPEAT_MS)
      return
    }
    if (move.kind !== 'execute' && move.kind !== 'outcome' && move.kind !== 'lose') return
    const one = travelling[move.verb]
    if (one === undefined) return
    if (move.kind === 'execute') {
      one.outcome = life.store.book.execute(one.operationId, one.verb)
      // What is asked again is remembered by the store, and has no effect.
      if (!this.executed.has(one.operationId)) this.#checkOrder(life, one)
      this.executed.add(one.operationId)
      return
    }
    travelling.splice(move.verb, 1)
    if (move.kind === 'lose' || one.outcome === undefined) {
      this.lossesLeft -= 1
      this.lost.push(one)
      one.done({ kind: 'unknown' })
      return
    }
    if (one.verb.kind === 'claim-head') this.claims.set(one.verb.issuer, one.outcome)
    one.done(one.outcome)
  }

  /** First in, first out, told by a list. */
  #checkOrder(life: Life, { outcome, verb }: Travelling): void {
    if (outcome === undefined) return
    if (outcome.kind === 'enqueued' && verb.kind === 'enqueue') {
      const { legId } = verb.entry
      promise(!this.disk.told.line.includes(legId), () => `${legId} is put behind the others again`)
      this.line.push(legId)
    }
    if (outcome.kind === 'left')
      this.line = this.line.filter((one) => one !== outcome.left.entry.legId)
    if (outcome.kind === 'claimed') {
      const { legId } = outcome.claimed.entry
      promise(this.line[0] === legId, () => `${legId} was claimed before ${this.line[0] ?? ''}`)
      this.line.shift()
    }
    const { entries } = life.store.book.everything()
    const there = entries.map(({ entry }) => entry.legId).join(' ')
    promise(there === this.line.join(' '), () => `line ${there}, not ${this.line.join(' ')}`)
  }

  #sip(life: Life, input: SignalingInput): void {
    life.rooms.heard(input)
    life.control.deliver(input)
  }

  #submit(life: Life, leg: Name, sent: CommandEnvelope, expected: string): Open {
    const { kind } = sent.command
    const checked = this.scope.remote ? undefined : expected
    const open: Open = { what: kind, leg, expected: checked, needs: undefined }
    life.open.add(open)
    void life.control.submit(sent).then((answer) => {
      if (!life.alive || !this.outside.mayPass()) return
      life.open.delete(open)
      this.#judge(() => this.#answered(open, answer))
    })
    return open
  }

  #answered(open: Open, answer: CommandAnswer): void {
    const { what, leg, expected, needs } = open
    const { posted, written } = this.disk
    // 503 promises nothing.
    const isRefused = !answer.ok && answer.refusal.code === 'unavailable'
    promise(
      isRefused || written >= (needs ?? posted),
      () => `${what} of ${leg} answered before it was on disk`,
    )
    const code = answer.ok ? 'ok' : answer.refusal.code
    promise(expected === undefined || code === expected, () => {
      return `${what} of ${leg} answered ${code}, not ${expected ?? ''}`
    })
  }

  /** False: nothing to write. */
  async #write(): Promise<boolean> {
    const write = this.disk.carryOut()
    if (write === undefined) return false
    if (this.#checks) checkDisk(this.disk, this.scope.remote)
    if (this.life !== undefined) this.life.store.failing = false
    write.done()
    await settled()
    return true
  }

  async #crash(move: Extract<Move, { kind: 'crash' }>): Promise<void> {
    this.crashesLeft -= 1
    if (move.performed > 0) {
      this.outside.effectsLeft = move.performed
      await this.#write()
    }
    const life = this.#process
    life.alive = false
    this.life = undefined
    this.outside.effectsLeft = undefined
    for (let i = 0; i < move.written; i++) this.disk.carryOut()
    checkDisk(this.disk, false)
    this.disk.waiting = []
    this.disk.posted = this.disk.written
    this.spec = this.disk.spec.copy()
  }

  async #start(): Promise<void> {
    this.#lives += 1
    const life = this.#newLife()
    this.life = life
    const { phones } = this.outside
    // An INVITE whose leg never reached the disk: the caller, or the application, tries again.
    for (const name of this.known) {
      if (this.spec.of(name).at !== 'none') continue
      this.known.delete(name)
      phones.delete(name)
    }
    this.spec.restart()
    const started = life.control.start()
    do await settled()
    while (await this.#write())
    await started
    life.engine = stepping
    this.#heard = this.disk.told.sequence
    for (const [name, phone] of phones) {
      if (phone === 'up') life.control.deliver({ kind: 'rtp-heard', legId: id(name) })
    }
    life.time.drainSoon()
    await settled()
    this.disk.spec = this.spec.copy()
  }

  #newLife(): Life {
    const time = new VirtualTime()
    const rooms = new Rooms(this.outside, this.disk)
    const store = createModelStore(this.disk, time, this.scope.remote)
    const alive = (): boolean => this.life?.store === store
    const sink: EventSink = {
      deliveriesFor: () => [],
      committed: (events) => {
        if (!alive() || !this.outside.mayPass()) return
        const last = events.at(-1)?.sequence ?? 0
        const { sequence } = this.disk.told
        this.#judge(() =>
          promise(last <= sequence, () => `event ${last} told before it was written`),
        )
        this.#heard = last
      },
    }
    const guarded = <T>(perform: (one: T) => void) => {
      return (one: T) => this.#judge(() => (alive() ? perform(one) : undefined))
    }
    const { signaling, media, durable } = rooms
    const control = createCallControl({
      settings: {},
      applications: [app],
      clock: time,
      timers: time,
      random: countingRandom(this.#lives),
      store,
      signaling: { ...signaling, perform: guarded(signaling.perform) },
      media: { ...media, perform: guarded(media.perform) },
      durable,
      sink,
      log: this.#watchfulLog(),
      metrics: noMetrics,
      faults: noFaults,
    })
    return { control, engine: undefined, store, rooms, time, open: new Set(), alive: true }
  }

  /** The first broken promise counts; the product must not swallow it. */
  #judge(judge: () => void): void {
    try {
      judge()
    } catch (error) {
      this.#broken ??= error
    }
  }

  /** A bug that the engine fenced is a broken promise here. */
  #watchfulLog(): Log {
    return {
      ...silentLog,
      error: (fields, message) => {
        this.#broken ??= new BrokenPromise(`${message}: ${String(fields['stack'])}`)
      },
    }
  }
}

/** The engine is the driver's own business: it is caught at its first step, so that the product needs no door for it. */
let stepping: Engine | undefined
const { step } = Engine.prototype
Engine.prototype.step = function (this: Engine, input: EngineInput, time: StepTime): EngineStep {
  stepping = this
  return step.call(this, input, time)
}

const noMetrics = { count: () => undefined, gauge: () => undefined, observe: () => undefined }

/** Not random at all: ids only have to differ. */
function countingRandom(life: number): Random {
  let count = 0
  const next = (): string => `${life}-${(count += 1)}`
  return { bytes: (size) => new Uint8Array(size), uuid: next, below: () => 0, token: next }
}

/** Returns when no microtask is left. */
function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}
