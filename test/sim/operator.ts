// Setting up in the simulation: an operator who makes, changes and removes applications at any time, gives them the number
// that everybody dials, calls out for them, and cleans up; and the books over it. A change counts at once, is on disk when it
// was answered, and after a crash there is one of the states that could be there. Every event has an application that is
// known, and goes where that says at that moment: also when it was removed long ago (C184).

import { isDeepStrictEqual } from 'node:util'
import { brandAs, type ApplicationId, type LegId } from '../../src/base/ids.ts'
import type { EngineInput } from '../../src/engine/step.ts'
import type { Application } from '../../src/ports/applications.ts'
import type { Command, CommandAnswer, DialCommand } from '../../src/ports/commands.ts'
import type { DomainEvent, StampedEvent } from '../../src/ports/events.ts'
import type {
  ApplicationBook,
  ApplicationExtras,
  ApplicationSettings,
} from '../../src/ports/setup.ts'
import type { DeliveryRow, LiveRows, Store } from '../../src/ports/store.ts'
import { createSetup, type RunningSetup, type SetupOptions } from '../../src/setup/setup.ts'
import { sweepSetup } from '../../src/setup/sweep.ts'
import { pick, queueNames } from './application.ts'
import { BrokenPromise } from './checkers.ts'
import { dialOptions, type Clients } from './clients.ts'
import { agentRingMs } from './people.ts'
import { momentIn, randomFor, type Plan } from './plan.ts'
import type { SimTime } from './time.ts'

/** One seed in so many sets up: the others keep their histories. */
const SEEDS = 6
const ACTIONS = 50
const APPLICATIONS_MAX = 5
/** What callers dial. */
const dialled = '+15550100'

interface Asking {
  readonly time: SimTime
  readonly clients: Clients
  readonly agentUris: readonly string[]
  /** Of the process that serves. */
  readonly store: () => Store
  readonly applicationsOfCalls: () => Set<ApplicationId>
  readonly isServing: () => boolean
}

/** What of an application calls and webhooks hang on; undefined: nobody knows it. */
type Known = Pick<Application, 'webhookEventUrl' | 'active' | 'dtmfType'> | undefined

/** What is in force, and behind it what may be on the disk instead. */
class Kept<T> {
  #states: { readonly state: T }[]

  constructor(first: T) {
    this.#states = [{ state: first }]
  }

  get now(): T {
    return this.#states.at(-1)!.state
  }

  /** In force from now on; what is returned is called when it is on disk. */
  put(state: T): () => void {
    const one = { state }
    this.#states.push(one)
    return () => {
      const at = this.#states.indexOf(one)
      if (at > 0) this.#states.splice(0, at)
    }
  }

  /** After a crash: the first that is it; false when none can be. */
  settle(isIt: (state: T) => boolean): boolean {
    const found = this.#states.find(({ state }) => isIt(state))
    if (found !== undefined) this.#states = [found]
    return found !== undefined
  }
}

export class SimOperator {
  active = true
  readonly isAtWork: boolean
  readonly #plan: Plan
  readonly #file: Application
  readonly #fail: (why: unknown) => void
  readonly #random: ReturnType<typeof randomFor>
  readonly #kept = new Map<ApplicationId, Kept<Known>>()
  /** Null: nobody's. Undefined: not known. */
  readonly #number = new Kept<ApplicationId | null | undefined>(undefined)
  /** Of calls that came in. */
  readonly #owners = new Map<LegId, ApplicationId>()
  /** Of calls out that were decided: whether their application made calls then. */
  readonly #openAt = new Map<LegId, boolean>()
  #running: RunningSetup | undefined

  constructor(plan: Plan, file: Application, fail: (why: unknown) => void) {
    this.#plan = plan
    this.#file = file
    this.#fail = fail
    this.#random = randomFor(plan.seed, 'operator')
    this.isAtWork = this.#random.below(SEEDS) === 0
  }

  begin(asking: Asking): void {
    if (!this.isAtWork) return
    for (let i = 0; i < ACTIONS; i++) {
      asking.time.set(momentIn(this.#plan, this.#random), () => {
        if (this.active && asking.isServing() && this.#running !== undefined)
          this.#act(this.#running, asking)
      })
    }
  }

  /** The registry of a new process on what the disk holds. */
  open(
    parts: Pick<SetupOptions, 'store' | 'clock' | 'random' | 'log'>,
    { rows }: LiveRows,
  ): ApplicationBook {
    const file = { applications: [this.#file], sipUsers: [], realm: 'pbx.sim' }
    const running = createSetup({ ...parts, ...file, dropUser: () => undefined })
    running.restore(rows)
    this.#running = running
    for (const [id, kept] of this.#kept) {
      const found = knownOf(running.book.get(id))
      if (kept.settle((state) => isDeepStrictEqual(state, found))) continue
      throw new BrokenPromise(`application ${id} came back as ${JSON.stringify(found)}`)
    }
    const found = running.setup.numbers.get(dialled)?.applicationId
    if (!this.#number.settle((state) => this.#asShown(state) === found)) {
      throw new BrokenPromise(`the number came back with ${found}`)
    }
    return running.book
  }

  /** The process is gone. */
  kill(): void {
    this.#running = undefined
  }

  /** Before each step of the engine. What is set up now counts: it may have been changed since the input arrived. */
  decides(step: EngineInput): void {
    if (!this.isAtWork) return
    if (step.kind === 'signaling' && step.input.kind === 'incoming-call') {
      this.#owners.set(step.input.legId, this.#asShown(this.#number.now) ?? this.#file.id)
    }
    if (step.kind !== 'command' || step.envelope.command.kind !== 'dial') return
    const { applicationId, fresh } = step.envelope.command
    const isOpen = !this.#isRemoved(applicationId) && this.#now(applicationId)?.active === true
    this.#openAt.set(fresh.legId, isOpen)
  }

  /** `answer` undefined: it was lost with the process. */
  answered(command: Command, answer: CommandAnswer | undefined): void {
    if (command.kind !== 'dial') return
    const wasOpen = this.#openAt.get(command.fresh.legId)
    this.#openAt.delete(command.fresh.legId)
    if (wasOpen === undefined || answer === undefined) return
    const isUnknown = !answer.ok && answer.refusal.code === 'application-unknown'
    if (isUnknown !== wasOpen) return
    const why = `a call of ${command.applicationId}, open: ${wasOpen}, ${answer.ok}`
    this.#fail(new BrokenPromise(why))
  }

  /** For webhooks. */
  application(id: ApplicationId): Application | undefined {
    return this.#running?.book.get(id)
  }

  /** Events that are being committed, and the webhooks that are owed for them. */
  see(events: readonly StampedEvent[], rows: readonly DeliveryRow[]): void {
    for (const { event } of events) {
      const id = applicationIn(event)
      if (id !== undefined && this.#now(id) === undefined) {
        throw new BrokenPromise(`${event.type}: its application ${id} is forgotten`)
      }
      if (event.type !== 'leg-initiated' || event.leg.direction !== 'incoming') continue
      const owner = this.#owners.get(event.leg.legId)
      if (id !== owner) throw new BrokenPromise(`a call to ${owner} came to ${id}`)
    }
    for (const { applicationId, eventType, url } of rows) {
      if (url === this.#now(applicationId)?.webhookEventUrl) continue
      throw new BrokenPromise(`${eventType} of ${applicationId} goes to ${url}`)
    }
  }

  #now(id: ApplicationId): Known {
    return id === this.#file.id ? this.#file : this.#kept.get(id)?.now
  }

  /** A number of an application that was removed is nobody's. */
  #asShown(owner: ApplicationId | null | undefined): ApplicationId | null | undefined {
    return owner && this.#isRemoved(owner) ? null : owner
  }

  #isRemoved(id: ApplicationId): boolean {
    return this.#running?.setup.applications.get(id) === undefined
  }

  #act(running: RunningSetup, asking: Asking): void {
    const die = this.#random.below(12)
    if (die < 2 || this.#kept.size === 0) return this.#create(running)
    const id = pick(this.#random, [...this.#kept.keys()])
    if (die < 4) return this.#update(running, id)
    if (die < 6) return this.#remove(running, id)
    if (die < 9) return this.#giveNumber(running, id)
    if (die < 11) return this.#dial(asking, id)
    void sweepSetup(
      {
        retired: () => running.retired(),
        sweep: (isInUse) => this.#sweep(running, isInUse),
      },
      asking.store(),
      asking.applicationsOfCalls,
    )
  }

  #create(running: RunningSetup): void {
    if (this.#kept.size >= APPLICATIONS_MAX) return
    const { applications } = running.setup
    const before = new Set(applications.all().map(({ id }) => id))
    const settings = { ...this.#file, ...extras, ...this.#drawn() }
    const made = applications.create(settings)
    const fresh = applications.all().find(({ id }) => !before.has(id))
    if (fresh === undefined) return this.#mustBe(made, false)
    const kept = new Kept<Known>(undefined)
    this.#kept.set(fresh.id, kept)
    this.#mustBe(made, true, kept.put(knownOf(settings)))
  }

  #update(running: RunningSetup, id: ApplicationId): void {
    const kept = this.#kept.get(id)
    if (kept === undefined) return
    const wasRemoved = this.#isRemoved(id)
    const change = this.#drawn()
    const done = running.setup.applications.update(id, change)
    const isChanged = isDeepStrictEqual(knownOf(running.book.get(id)), knownOf(change))
    if (wasRemoved || !isChanged) return this.#mustBe(done, false)
    this.#mustBe(done, true, kept.put(knownOf(change)))
  }

  #remove(running: RunningSetup, id: ApplicationId): void {
    const kept = this.#kept.get(id)
    if (kept?.now === undefined) return
    const wasRemoved = this.#isRemoved(id)
    const done = running.setup.applications.remove(id)
    if (wasRemoved || !this.#isRemoved(id)) return this.#mustBe(done, false)
    this.#mustBe(done, true, kept.put({ ...kept.now, active: false }))
  }

  #giveNumber(running: RunningSetup, id: ApplicationId): void {
    const { numbers } = running.setup
    const before = numbers.get(dialled)
    const applicationId = this.#random.below(4) === 0 ? null : id
    const leaves = this.#random.below(4) === 0
    const settings = { applicationId, tags: [], customerReference: '' }
    const done =
      before === undefined
        ? numbers.create(dialled, settings)
        : leaves
          ? numbers.remove(dialled)
          : numbers.update(dialled, settings)
    const wanted = before !== undefined && leaves ? undefined : applicationId
    const isDone = numbers.get(dialled)?.applicationId === wanted
    // To what it was, or to somebody who is gone: nothing shows whether it was taken.
    if (before?.applicationId === wanted) return void done.then(() => undefined)
    if (!isDone) return this.#mustBe(done, false)
    this.#mustBe(done, true, this.#number.put(wanted))
  }

  #dial({ clients, agentUris }: Asking, applicationId: ApplicationId): void {
    const { timeLimitMs } = this.#plan.limits
    const command: DialCommand = {
      kind: 'dial',
      ...{ fresh: clients.freshLeg(), applicationId, retryOnTimeout: true },
      dial: dialOptions(pick(this.#random, agentUris), { timeoutMs: agentRingMs, timeLimitMs }),
      ...{ linkTo: undefined, bridgeIntent: false, bridgeOnAnswer: false },
      ...{ parkAfterUnbridge: false, preventDoubleBridge: false },
    }
    const clientState = String(pick(this.#random, queueNames))
    void clients.ask(command, { clientState })
  }

  #sweep(running: RunningSetup, isInUse: (id: ApplicationId) => boolean): void {
    running.sweep(isInUse)
    for (const [id, kept] of this.#kept) {
      if (running.book.get(id) !== undefined || kept.now === undefined) continue
      if (kept.now.active) this.#fail(new BrokenPromise(`${id} was forgotten and not removed`))
      kept.put(undefined)
    }
  }

  /** What a change is answered with is what happened; a crash leaves it unanswered. */
  #mustBe(
    done: Promise<{ readonly ok: boolean }>,
    expected: boolean,
    onDisk: () => void = () => undefined,
  ): void {
    void done.then(({ ok }) => {
      if (ok !== expected) this.#fail(new BrokenPromise(`set up: ${ok}, and it is ${expected}`))
      else if (ok) onDisk()
    })
  }

  #drawn(): Pick<ApplicationSettings, 'webhookEventUrl' | 'active' | 'dtmfType'> {
    const random = this.#random
    return {
      webhookEventUrl: `http://10.0.4.${1 + random.below(3)}/of-${random.below(1_000)}`,
      active: random.below(5) > 0,
      dtmfType: pick(random, ['RFC 2833', 'Inband', 'SIP INFO'] as const),
    }
  }
}

const extras: ApplicationExtras = {
  anchorsiteOverride: 'Latency',
  redactDtmfDebugLogging: false,
  receiveSettings: 'from_anyone',
  outboundVoiceProfileId: '',
}

function knownOf(application: Known): Known {
  if (application === undefined) return undefined
  const { webhookEventUrl, active, dtmfType } = application
  return { webhookEventUrl, active, dtmfType }
}

function applicationIn(event: DomainEvent): ApplicationId | undefined {
  if ('leg' in event) return event.leg.applicationId
  if ('conference' in event) return brandAs<ApplicationId>(event.conference.creator.applicationId)
  return undefined
}
