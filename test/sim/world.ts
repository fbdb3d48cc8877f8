// One seed's world: the production call logic, SIP stack, webhooks and store verbs on virtual ports, people and programs
// around them, and the checkers. A run is a busy time, then everybody goes home, and within a stated virtual time nothing
// may be left.

import { brandAs, type ConferenceId, type LegId } from '../../src/base/ids.ts'
import { createCallControl, type CallLogic } from '../../src/engine/driver.ts'
import type { Application } from '../../src/ports/applications.ts'
import type { StampedEvent } from '../../src/ports/events.ts'
import type { EventSink } from '../../src/ports/event-sink.ts'
import type { Log } from '../../src/ports/log.ts'
import type { DeliveryRow, Store } from '../../src/ports/store.ts'
import type { MediaInput } from '../../src/ports/media-engine.ts'
import type { SignalingEffect, SignalingInput } from '../../src/ports/signaling.ts'
import type { SipStack } from '../../src/sip/b2bua/config.ts'
import { createSipStack } from '../../src/sip/b2bua/stack.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { Outbox } from '../../src/webhooks/outbox.ts'
import { createWebhookSink } from '../../src/webhooks/sink.ts'
import { createWebhookSigner, type WebhookSigner } from '../../src/webhooks/signature.ts'
import { recordingMetrics } from '../support/virtual.ts'
import { applicationId, ContactCentre, queueNames } from './application.ts'
import { Audit } from './audit.ts'
import { BrokenPromise, EventModel } from './checkers.ts'
import { Clients } from './clients.ts'
import { IntentModel } from './intents.ts'
import { SimMedia } from './media.ts'
import { Monkey } from './monkey.ts'
import { SimNetwork } from './network.ts'
import { People } from './people.ts'
import { noStreams, serverAddress, SimPhones, sipPort } from './phones.ts'
import { randomFor, type Plan } from './plan.ts'
import { SimReceiver } from './receiver.ts'
import { troubledStore } from './store.ts'
import { SimTime } from './time.ts'
import { Trace } from './trace.ts'
import { Witness } from './witness.ts'

const HOLD_MS = 20_000
const secret = new TextEncoder().encode('0123456789abcdef0123456789abcdef')

export class World {
  readonly plan: Plan
  readonly time: SimTime
  readonly trace: Trace
  readonly network: SimNetwork
  readonly media: SimMedia
  readonly witness: Witness
  readonly model: EventModel
  readonly intents = new IntentModel()
  readonly control: CallLogic
  readonly sip: SipStack
  readonly outbox: Outbox
  readonly receiver: SimReceiver
  readonly phones: SimPhones
  readonly people: People
  readonly clients: Clients
  readonly audit: Audit
  readonly metrics = recordingMetrics()
  readonly #store: Store
  readonly #signer: WebhookSigner
  readonly #log: Log
  readonly #conferences: ConferenceId[] = []
  #centre: ContactCentre | undefined
  #monkey: Monkey | undefined
  #broken: Error | undefined

  constructor(plan: Plan, print: ((line: string) => void) | undefined) {
    this.plan = plan
    const { seed } = plan
    const random = (part: string): ReturnType<typeof randomFor> => randomFor(seed, part)
    const time = new SimTime(random('time'))
    this.time = time
    this.trace = new Trace(time, print)
    this.network = new SimNetwork(time, random('network'), { ...plan.weather })
    this.media = new SimMedia(time, random('media'), { ...plan.media })
    const fail = (why: unknown): void => this.fail(why)
    this.witness = new Witness(fail, (what) => this.trace.add(what))
    const ordered = !plan.store.distributed
    const { everKept } = this.witness
    this.model = new EventModel({ ordered, isKept: (legId) => everKept.has(legId) })
    this.#log = this.#watchfulLog()
    const memory = this.witness.inner(createMemoryStore({ clock: time }))
    const troubled = troubledStore(memory, time, random('store'), { ...plan.store })
    this.#store = this.witness.outer(troubled)
    this.#signer = plan.signed ? createWebhookSigner(noFile, random('signer')) : noSigner
    this.receiver = new SimReceiver({
      time,
      random: random('receiver'),
      troubles: { ...plan.receiver },
      holdMs: HOLD_MS,
      publicKey: plan.signed ? this.#signer.publicKey : undefined,
      broken: fail,
    })
    this.outbox = this.#makeOutbox()
    this.sip = this.#makeStack(random('sip'))
    this.control = this.#makeControl(random('engine'))
    this.media.deliver = (input) => this.deliver(input)
    const { control, model, witness, media } = this
    this.audit = new Audit({ control, model, witness, media, store: memory, ordered })
    this.clients = new Clients(() => this.control, random('clients'), this.trace)
    this.clients.onAsk = (command) => {
      if (command.kind === 'transfer' || command.kind === 'bridge') model.mayLeave(command.legId)
      this.intents.asked(command)
    }
    this.clients.onAccepted = (command) => this.intents.accepted(command)
    this.phones = new SimPhones(time, random('phones'), this.network)
    const { phones, trace } = this
    this.people = new People({ plan, time, random: random('people'), trace, phones })
  }

  /** Opens for business and sends in the people. */
  async open(): Promise<void> {
    const { plan, time, clients } = this
    await this.sip.start()
    await this.control.start()
    await this.outbox.start()
    await this.people.arrive()
    const { agentUris } = this.people
    const random = (part: string): ReturnType<typeof randomFor> => randomFor(plan.seed, part)
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
      conferences: () => this.#conferences,
    })
    this.#planDowns(random('downs'))
    this.#planKeys(random('keys'))
  }

  /** Faults stop, programs and people stop acting, everybody hangs up. */
  close(): void {
    this.trace.add('everybody goes home')
    Object.assign(this.network.weather, { lost: 0, duplicated: 0, delayMinMs: 1, delayMaxMs: 5 })
    this.media.troubles.refused = 0
    Object.assign(this.receiver, { down: false, healthy: true })
    if (this.#centre !== undefined) this.#centre.active = false
    if (this.#monkey !== undefined) this.#monkey.active = false
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

  deliver(input: SignalingInput | MediaInput): void {
    this.trace.add(`in ${input.kind} ${input.legId}${'status' in input ? ` ${input.status}` : ''}`)
    if (input.kind === 'refer-received') this.model.transferring.add(input.legId)
    this.control.deliver(input)
  }

  #makeControl(random: ReturnType<typeof randomFor>): CallLogic {
    const { time, media, metrics, sip } = this
    return createCallControl({
      settings: { collectEmptyAfterMs: this.plan.collectEmptyAfterMs },
      applications: [application],
      clock: time,
      timers: time,
      random,
      store: this.#store,
      signaling: {
        perform: (effect) => this.#signal(effect),
        checkDestination: (to) => sip.signaling.checkDestination(to),
      },
      media,
      sink: this.#makeSink(),
      log: this.#log,
      metrics,
      faults: { at: () => undefined },
    })
  }

  #signal(effect: SignalingEffect): void {
    this.trace.add(`out ${effect.kind} ${effect.legId}`)
    this.sip.signaling.perform(effect)
  }

  /** The production sink, with the model reading along at the commit. */
  #makeSink(): EventSink {
    const sink = createWebhookSink({
      application: () => application,
      connectionCodecs: 'PCMU,PCMA',
      deliver: (rows) => this.#owe(rows),
    })
    return {
      deliveriesFor: (events) => {
        for (const event of events) this.#see(event)
        this.#endTurn()
        return sink.deliveriesFor(events)
      },
      committed: (events, deliveries) => {
        const last = events.at(-1)?.sequence ?? 0
        if (last > this.witness.committedSequence) {
          this.fail(new BrokenPromise(`event ${last} was told before it was on disk`))
        }
        sink.committed(events, deliveries)
      },
    }
  }

  #owe(rows: readonly DeliveryRow[]): void {
    this.receiver.committed(rows)
    this.outbox.add(rows)
  }

  #endTurn(): void {
    try {
      this.model.endTurn()
    } catch (error) {
      this.fail(error)
    }
  }

  #see(stamped: StampedEvent): void {
    const { event } = stamped
    this.trace.add(`event ${stamped.sequence} ${tell(stamped)}`)
    try {
      this.model.take(stamped)
      this.intents.take(event)
    } catch (error) {
      this.fail(error)
    }
    if (event.type === 'conference-created') this.#conferences.push(event.conference.conferenceId)
    this.people.see(event)
  }

  #makeOutbox(): Outbox {
    const { time } = this
    return new Outbox({
      store: this.#store,
      http: this.receiver,
      signer: this.#signer,
      clock: time,
      timers: time,
      log: this.#log,
      metrics: this.metrics,
      holdMs: HOLD_MS,
      giveUpMs: 72 * 3_600_000,
      concurrentPerOriginMax: 8,
    })
  }

  #makeStack(random: ReturnType<typeof randomFor>): SipStack {
    const { time } = this
    return createSipStack({
      datagrams: this.network,
      streams: noStreams,
      timers: time,
      clock: time,
      random,
      resolver: { resolve: () => Promise.resolve([]) },
      log: this.#log,
      metrics: this.metrics,
      deliver: (input) => this.deliver(input),
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

  #planDowns(random: ReturnType<typeof randomFor>): void {
    const { time, plan } = this
    for (let i = 0; i < plan.receiver.downs; i++) {
      time.set(random.below(plan.busyMs), () => {
        this.receiver.down = true
        time.set(1_000 + random.below(25_000), () => (this.receiver.down = false))
      })
    }
  }

  /** Keys that the media side hears, on legs at random. */
  #planKeys(random: ReturnType<typeof randomFor>): void {
    for (let i = random.below(10); i > 0; i--) {
      this.time.set(random.below(this.plan.busyMs), () => {
        const legs = [...this.media.legs]
        const legId = legs[random.below(legs.length || 1)]
        if (legId !== undefined) this.deliver({ kind: 'media-dtmf', legId, digit: '1' })
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

const application: Application = {
  id: applicationId,
  name: 'sim',
  active: true,
  webhookEventUrl: 'http://10.0.4.1/webhooks',
  webhookEventFailoverUrl: '',
  webhookTimeoutSecs: 0,
  numbers: ['*'],
  dtmfType: 'RFC 2833',
  firstCommandTimeout: false,
  firstCommandTimeoutSecs: 30,
  inboundChannelLimit: undefined,
  outboundChannelLimit: undefined,
  tags: [],
}

function tell({ event }: StampedEvent): string {
  const legId = 'leg' in event ? event.leg.legId : brandAs<LegId>('')
  const more: string[] = []
  for (const name of ['queueName', 'position', 'reason', 'peerLegId', 'cause', 'status']) {
    const value: unknown = Reflect.get(event, name)
    if (value !== undefined) more.push(`${String(value)}`)
  }
  return `${event.type} ${legId} ${more.join(' ')}`
}
