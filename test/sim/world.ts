// One seed's world: the production call logic, SIP stack, webhooks and store verbs on virtual ports, people and programs
// around them, and the checkers. A run is a busy time, then everybody goes home, and within a stated virtual time nothing
// may be left.

import type { ConferenceId, LegId } from '../../src/base/ids.ts'
import {
  createCallControl,
  type CallControlParts,
  type CallLogic,
} from '../../src/engine/driver.ts'
import type { Application } from '../../src/ports/applications.ts'
import type { StampedEvent } from '../../src/ports/events.ts'
import type { CallControl } from '../../src/ports/commands.ts'
import type { EventSink } from '../../src/ports/event-sink.ts'
import type { Log } from '../../src/ports/log.ts'
import type { Random } from '../../src/ports/random.ts'
import type { DeliveryRow, Store } from '../../src/ports/store.ts'
import type { MediaInput } from '../../src/ports/media-engine.ts'
import type { SignalingEffect, SignalingInput } from '../../src/ports/signaling.ts'
import type { SipStack } from '../../src/sip/b2bua/config.ts'
import { createSipStack } from '../../src/sip/b2bua/stack.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { Outbox } from '../../src/webhooks/outbox.ts'
import { createWebhookSink } from '../../src/webhooks/sink.ts'
import { createWebhookSigner, type WebhookSigner } from '../../src/webhooks/signature.ts'
import { recordingMetrics } from '../support/virtual.ts'
import { applicationOf, ContactCentre, queueNames } from './application.ts'
import { AskedFor } from './asked.ts'
import { Audit } from './audit.ts'
import { BrokenPromise, EventModel } from './checkers.ts'
import { Clients, nobody } from './clients.ts'
import { Coverage } from './coverage.ts'
import { Crashes } from './crashes.ts'
import { Deadlines } from './deadlines.ts'
import { SimDisk } from './disk.ts'
import { IntentModel } from './intents.ts'
import { SimMedia, type MediaTroubles } from './media.ts'
import { SimRecordings } from './recordings.ts'
import { SimStreams } from './streams.ts'
import { Monkey } from './monkey.ts'
import { SimOperator } from './operator.ts'
import { SimNetwork } from './network.ts'
import { People } from './people.ts'
import { noStreams, serverAddress, SimPhones, sipPort } from './phones.ts'
import { momentIn, randomFor, type Plan } from './plan.ts'
import { ServerProcess } from './process.ts'
import { SimReceiver } from './receiver.ts'
import { mortalStore, troubledStore } from './store.ts'
import { SimTime } from './time.ts'
import { RingGroups } from './ring-groups.ts'
import { tell, Trace } from './trace.ts'
import { Witness } from './witness.ts'

const HOLD_MS = 20_000
/** When a client sends a command again whose connection broke. */
const RETRY_AFTER_MS = 6_000
const secret = new TextEncoder().encode('0123456789abcdef0123456789abcdef')

interface Running {
  readonly process: ServerProcess
  /** As the audit reads it: without troubles. */
  readonly store: Store
  readonly sip: SipStack
  readonly media: SimMedia
  readonly control: CallLogic
  readonly outbox: Outbox
  isServing: boolean
}

export class World {
  readonly plan: Plan
  readonly time: SimTime
  readonly trace: Trace
  readonly network: SimNetwork
  readonly witness: Witness
  readonly ordered: boolean
  readonly receiver: SimReceiver
  readonly phones: SimPhones
  readonly people: People
  readonly clients: Clients
  readonly recordings: SimRecordings
  readonly askedFor: AskedFor
  readonly streams: SimStreams
  readonly operator: SimOperator
  readonly audit: Audit
  readonly crashes: Crashes
  readonly disk: SimDisk
  readonly metrics = recordingMetrics()
  readonly coverage = new Coverage()
  readonly deadlines: Deadlines
  model: EventModel
  intents = new IntentModel()
  readonly rings = new RingGroups()
  readonly #application: Application
  readonly #signer: WebhookSigner
  readonly #log: Log
  readonly #mediaTroubles: MediaTroubles
  readonly #conferences: ConferenceId[] = []
  readonly #memory: Store
  #running: Running | undefined
  #starts = 0
  #centre: ContactCentre | undefined
  #monkey: Monkey | undefined
  #broken: Error | undefined

  constructor(plan: Plan, print: ((line: string) => void) | undefined) {
    this.plan = plan
    const random = (part: string): Random => randomFor(plan.seed, part)
    const time = new SimTime(random('time'))
    this.time = time
    this.deadlines = new Deadlines(time, plan.store.latencyMaxMs)
    this.trace = new Trace(time, print)
    this.network = new SimNetwork(time, random('network'), { ...plan.weather })
    this.#mediaTroubles = { ...plan.media }
    const fail = (why: unknown): void => this.fail(why)
    this.witness = new Witness(fail, (what) => this.trace.add(what))
    this.witness.onAsk = (id, verb) => this.coverage.asked(id, verb)
    this.ordered = !plan.store.distributed
    const { everKept } = this.witness
    this.model = new EventModel({ ordered: this.ordered, isKept: (legId) => everKept.has(legId) })
    this.#application = applicationOf(plan)
    this.#log = this.#watchfulLog()
    this.#memory = createMemoryStore({ clock: time })
    this.disk = new SimDisk(random('store'), { ...plan.store })
    this.#signer = plan.signed ? createWebhookSigner(noFile, random('signer')) : noSigner
    this.receiver = new SimReceiver({
      time,
      random: random('receiver'),
      troubles: { ...plan.receiver },
      holdMs: HOLD_MS,
      publicKey: plan.signed ? this.#signer.publicKey : undefined,
      broken: fail,
    })
    this.recordings = new SimRecordings(plan)
    this.askedFor = new AskedFor(this)
    this.streams = new SimStreams(plan)
    this.operator = new SimOperator(plan, this.#application, fail)
    this.clients = this.#makeClients()
    this.phones = new SimPhones(time, random('phones'), this.network)
    const { phones, trace } = this
    this.people = new People({ plan, time, random: random('people'), trace, phones })
    this.audit = new Audit(this)
    this.crashes = new Crashes(this, random('crashes'))
  }

  /** The process that serves; throws while there is none. */
  get #process(): Running {
    if (this.#running === undefined) throw new BrokenPromise('nobody is serving')
    return this.#running
  }

  get control(): CallLogic {
    return this.#process.control
  }

  get sip(): SipStack {
    return this.#process.sip
  }

  get media(): SimMedia {
    return this.#process.media
  }

  get outbox(): Outbox {
    return this.#process.outbox
  }

  get store(): Store {
    return this.#process.store
  }

  /** Started, and not crashed since. */
  get isServing(): boolean {
    return this.#running?.isServing === true
  }

  /** A process lives, be it that it is still starting. */
  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** Opens for business and sends in the people. */
  async open(): Promise<void> {
    const { plan, time, clients } = this
    await this.start()
    await this.people.arrive()
    const { agentUris } = this.people
    const random = (part: string): Random => randomFor(plan.seed, part)
    const centre = new ContactCentre({ plan, time, random: random('centre'), clients, agentUris })
    this.#centre = centre
    this.receiver.onWebhook = (told) => centre.react(told)
    this.#monkey = new Monkey({
      plan,
      time,
      random: random('monkey'),
      clients,
      agentUris,
      legs: () => {
        const all = [...this.model.legs.values()]
        const living = all.filter((leg) => !leg.ended)
        return { all: all.map((leg) => leg.legId), living: living.map((leg) => leg.legId) }
      },
      bridged: () =>
        [...this.model.legs.values()].flatMap(({ legId, peer, ended }) =>
          peer === undefined || ended ? [] : [legId],
        ),
      conferences: () => this.#conferences,
    })
    const living = (): readonly LegId[] =>
      [...this.model.legs.values()].flatMap((leg) => (leg.ended ? [] : leg.legId))
    this.askedFor.begin({ plan, clients, living })
    this.recordings.begin({
      time,
      clients,
      living,
      recording: async (id) => (this.isServing ? this.control.recording(id) : undefined),
      conferences: () => this.#conferences,
    })
    this.streams.begin({
      time,
      clients,
      living: () => [...this.model.legs.values()].flatMap((leg) => (leg.ended ? [] : leg.legId)),
    })
    this.operator.begin({
      ...{ time, clients, agentUris, isServing: () => this.isServing },
      store: () => this.store,
      applicationsOfCalls: () => this.control.applications(),
    })
    this.crashes.plan()
    this.#planDowns(random('downs'))
    this.#planKeys(random('keys'))
    this.#planSilences(random('silences'))
  }

  /** Faults stop, programs and people stop acting, everybody hangs up. */
  close(): void {
    this.trace.add('everybody goes home')
    this.crashes.checkFarewells()
    this.crashes.stop()
    Object.assign(this.network.weather, { lost: 0, duplicated: 0, delayMinMs: 1, delayMaxMs: 5 })
    Object.assign(this.#mediaTroubles, { refused: 0, remoteRefused: 0 })
    Object.assign(this.receiver, { down: false, healthy: true })
    if (this.#centre !== undefined) this.#centre.active = false
    if (this.#monkey !== undefined) this.#monkey.active = false
    this.recordings.active = false
    this.askedFor.gathers.active = false
    this.streams.active = false
    this.operator.active = false
    this.people.goHome()
  }

  /** Whoever behaved and has hung up has no leg any more. */
  checkCallersGone(): void {
    for (const { legId, ended, caller } of this.model.legs.values()) {
      if (ended || caller === undefined || !this.people.hasHungUp(caller)) continue
      throw new BrokenPromise(`${legId} outlives the call of ${caller}`)
    }
  }

  /** What an operator would do with what is left: kept places, conferences, legs that nobody ended. */
  sweep(): void {
    const { clients } = this
    for (const queueName of queueNames) {
      for (const legId of this.model.line(queueName)) {
        void clients.ask({ kind: 'queued-call-remove', queueName, legId })
      }
    }
    for (const conference of this.model.participants.keys()) {
      void clients.ask({ kind: 'conference-end', conference })
    }
    for (const { legId, ended } of this.model.legs.values()) {
      if (!ended) void clients.ask({ kind: 'hangup', legId, customHeaders: [] })
    }
  }

  /** The first broken promise counts; it is thrown after the turn. */
  fail(why: unknown): void {
    this.#broken ??= why instanceof Error ? why : new Error(String(why))
  }

  throwIfBroken(): void {
    if (this.#broken !== undefined) throw this.#broken
  }

  /** A new process on what the disk holds. Resolves when it serves; never, when it crashes before. */
  async start(): Promise<void> {
    this.#starts += 1
    const { plan } = this
    // The first process draws as it always did, so that seeds keep their histories.
    const suffix = this.#starts === 1 ? '' : String(this.#starts)
    const random = (part: string): Random => randomFor(plan.seed, part + suffix)
    const process = new ServerProcess(this.time)
    const media = new SimMedia(process, random('media'), this.#mediaTroubles)
    const { store, inner } = await this.#openStore(process, random)
    const sip = this.#makeStack(process, random('sip'))
    const live = this.operator.isAtWork ? await store.loadLive() : undefined
    if (!process.alive) return
    const parts = { store, clock: this.time, random: random('set-up'), log: this.#log }
    const applications = live === undefined ? [this.#application] : this.operator.open(parts, live)
    const engine = { process, random: random('engine'), store, sip, media, applications }
    const control = this.#makeControl(engine)
    const outbox = this.#makeOutbox(process, store)
    const running = { process, store: inner, sip, media, control, outbox, isServing: false }
    this.#running = running
    media.deliver = process.guard((input) => this.deliver(input))
    media.isHeard = (legId) => this.crashes.isHeard(legId)
    await outbox.start()
    await control.start(live)
    if (!process.alive) return
    this.crashes.checkRestart()
    await sip.start()
    if (!process.alive) return
    running.isServing = true
    this.deadlines.serves()
  }

  /** From here on nothing of the process runs; what it had not written down never was. */
  kill(): void {
    const { disk, model } = this
    this.#process.process.kill()
    this.#running = undefined
    this.operator.kill()
    disk.crash()
    this.witness.restart(disk)
    this.model = model.after(disk.events)
    this.recordings.restart(disk.events)
    this.rings.restart(disk.events)
    this.askedFor.gathers.restart(disk.events.at(-1)?.sequence ?? 0)
    this.intents = new IntentModel()
    this.receiver.restart(disk.deliveries.values())
    this.clients.loseOpen()
  }

  deliver(input: SignalingInput | MediaInput): void {
    const about = 'legId' in input ? input.legId : input.conferenceId
    this.trace.add(`in ${input.kind} ${about}${'status' in input ? ` ${input.status}` : ''}`)
    if (input.kind === 'refer-received') this.model.transferring.add(input.legId)
    this.control.deliver(input)
  }

  #makeClients(): Clients {
    const { plan, trace, time } = this
    const clients = new Clients(
      (): Pick<CallControl, 'submit'> => (this.isServing ? this.control : nobody),
      randomFor(plan.seed, 'clients'),
      trace,
    )
    clients.patience = () => new Promise((resolve) => time.set(RETRY_AFTER_MS, resolve))
    clients.onAsk = (command) => {
      this.model.asked(command)
      this.intents.asked(command)
      this.rings.asked(command)
      this.askedFor.asked(command)
    }
    clients.onAnswer = (command, answer) => {
      this.model.answered(command, answer)
      this.operator.answered(command, answer)
    }
    clients.onAccepted = (command, isRepeat) => {
      this.intents.accepted(command)
      this.deadlines.accepted(command)
      this.askedFor.accepted(command, isRepeat)
    }
    return clients
  }

  async #openStore(
    process: ServerProcess,
    random: (part: string) => Random,
  ): Promise<{ store: Store; inner: Store }> {
    const { plan, witness, disk } = this
    if (plan.crashes === 0) {
      const inner = witness.inner(this.#memory)
      const troubled = troubledStore(inner, process, random('store'), { ...plan.store })
      return { store: witness.outer(troubled), inner }
    }
    const startJournal = disk.startJournal(process)
    const opened = await openSqliteStore({ directory: 'sim', startJournal, timers: process })
    const inner = witness.inner(opened)
    return { store: mortalStore(witness.outer(inner), process), inner }
  }

  #makeControl(parts: {
    process: ServerProcess
    random: Random
    store: Store
    sip: SipStack
    media: SimMedia
    applications: CallControlParts['applications']
  }): CallLogic {
    const { time, metrics } = this
    const { process, random, store, sip, media, applications } = parts
    return createCallControl({
      settings: {
        collectEmptyAfterMs: this.plan.collectEmptyAfterMs,
        ringLimitMs: this.plan.limits.ringMs,
        rtpLossHangupMs: this.plan.limits.rtpLossMs,
      },
      applications,
      clock: time,
      timers: process,
      random,
      store,
      signaling: {
        perform: process.guard((effect) => this.#signal(sip, effect)),
        checkDestination: (to) => sip.signaling.checkDestination(to),
      },
      media,
      durable: { signaling: sip.durable, media },
      recorder: this.recordings.recorder(
        process,
        process.guard((input) => this.control.deliver(input)),
      ),
      streamer: this.streams.streamer(
        process,
        process.guard((input) => this.control.deliver(input)),
      ),
      sink: this.#makeSink(process),
      log: this.#log,
      metrics,
      faults: { at: process.guard((place) => this.crashes.at(place)) },
      watch: (input, state) => {
        this.coverage.see(input, state)
        this.operator.decides(input)
      },
    })
  }

  #signal(sip: SipStack, effect: SignalingEffect): void {
    this.trace.add(`out ${effect.kind} ${effect.legId}`)
    sip.signaling.perform(effect)
  }

  /** The production sink, with the model reading along at the commit. */
  #makeSink(process: ServerProcess): EventSink {
    const sink = createWebhookSink({
      application: (id) =>
        this.operator.isAtWork ? this.operator.application(id) : this.#application,
      connectionCodecs: 'PCMU,PCMA',
      deliver: (rows) => this.#owe(rows),
    })
    return {
      deliveriesFor: (events) => {
        for (const event of events) this.#see(event)
        this.#endTurn()
        return this.#told(events, sink.deliveriesFor(events))
      },
      committed: process.guard((events, deliveries) => {
        const last = events.at(-1)?.sequence ?? 0
        if (last > this.witness.committedSequence) {
          this.fail(new BrokenPromise(`event ${last} was told before it was on disk`))
        }
        sink.committed(events, deliveries)
      }),
    }
  }

  #told(events: readonly StampedEvent[], rows: readonly DeliveryRow[]): readonly DeliveryRow[] {
    try {
      if (this.operator.isAtWork) this.operator.see(events, rows)
    } catch (error) {
      this.fail(error)
    }
    return rows
  }

  #owe(rows: readonly DeliveryRow[]): void {
    this.receiver.committed(rows)
    this.outbox.add(rows)
  }

  #endTurn(): void {
    try {
      this.model.endTurn()
      this.rings.endTurn(this.ordered)
    } catch (error) {
      this.fail(error)
    }
  }

  #see(stamped: StampedEvent): void {
    const { event } = stamped
    this.trace.add(`event ${stamped.sequence} ${tell(stamped)}`)
    try {
      this.model.take(stamped)
      this.recordings.see(event)
      this.intents.take(event)
      this.rings.take(event)
      this.askedFor.see(stamped)
    } catch (error) {
      this.fail(error)
    }
    if (event.type === 'conference-created') this.#conferences.push(event.conference.conferenceId)
    this.people.see(event)
    this.crashes.see(event.type)
  }

  #makeOutbox(process: ServerProcess, store: Store): Outbox {
    const { time } = this
    return new Outbox({
      store,
      http: process.http(this.receiver),
      signer: this.#signer,
      clock: time,
      timers: process,
      log: this.#log,
      metrics: this.metrics,
      holdMs: HOLD_MS,
      giveUpMs: 72 * 3_600_000,
      concurrentPerOriginMax: 8,
    })
  }

  #makeStack(process: ServerProcess, random: Random): SipStack {
    const { time } = this
    return createSipStack({
      datagrams: process.datagrams(this.network),
      streams: noStreams,
      timers: process,
      clock: time,
      random,
      resolver: { resolve: () => Promise.resolve([]) },
      log: this.#log,
      metrics: this.metrics,
      deliver: process.guard((input) => this.deliver(input)),
      admit: () => {
        const admission = this.control.admitCall()
        return admission.ok ? undefined : admission
      },
      config: {
        host: serverAddress,
        port: sipPort,
        transports: ['udp'],
        domain: 'pbx.sim',
        advertise: '',
        users: [],
        trunks: [],
        openSources: () => true,
        allowUriHosts: { addresses: (address) => address.startsWith('10.0.'), names: [] },
        secret,
        transactions: { oversizeByTcp: false },
      },
    })
  }

  #planDowns(random: Random): void {
    const { time, plan } = this
    for (let i = 0; i < plan.receiver.downs; i++) {
      time.set(random.below(plan.busyMs), () => {
        this.receiver.down = true
        time.set(1_000 + random.below(25_000), () => (this.receiver.down = false))
      })
    }
  }

  /** Keys that the media side hears, on legs at random. */
  #planKeys(random: Random): void {
    for (let i = random.below(10); i > 0; i--) {
      this.time.set(momentIn(this.plan, random), () => {
        if (!this.isServing) return
        const legs = [...this.media.legs]
        const legId = legs[random.below(legs.length || 1)]
        if (legId !== undefined) this.deliver({ kind: 'media-dtmf', legId, digit: '1' })
      })
    }
  }

  /** Legs at random send no audio for a while; one in eight loses its audio for good, as when a port breaks. */
  #planSilences(random: Random): void {
    for (let i = this.plan.media.silences; i > 0; i--) {
      this.time.set(momentIn(this.plan, random), () => {
        const legs = this.isServing ? [...this.media.started] : []
        const legId = legs[random.below(legs.length || 1)]
        if (legId === undefined) return
        if (random.below(8) === 0) this.media.breakDown(legId)
        else this.media.fallSilent(legId, random.below(30_000))
      })
    }
  }

  /** A bug that the engine fenced is a broken promise here. */
  #watchfulLog(): Log {
    return {
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: (fields, message) => {
        this.fail(
          new BrokenPromise(`${message}: ${String(fields['stack'] ?? JSON.stringify(fields))}`),
        )
      },
    }
  }
}

const noSigner: WebhookSigner = { publicKey: '', keyId: '', headers: () => ({}) }
const noFile = { read: () => undefined, write: () => undefined }
