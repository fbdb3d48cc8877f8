// Callers and agents. Callers ring, wait as long as their patience lasts, put the line on hold, press keys, and hang up at
// every moment; agents answer, refuse, ring for ever, answer in the instant of a CANCEL, and hang up at a bridge. With
// bad manners they also forget ACKs and BYEs or fall silent for good.

import type { Call } from '../../src/lab/call.ts'
import type { Phone } from '../../src/lab/phone.ts'
import type { DomainEvent, LegFacts } from '../../src/ports/events.ts'
import type { Random } from '../../src/ports/random.ts'
import { momentIn, randomFor, type Plan } from './plan.ts'
import { sipPort, type SimPhones } from './phones.ts'
import type { SimTime } from './time.ts'
import type { Trace } from './trace.ts'

/** How long agents are rung; some answer in the same instant as the CANCEL that ends it. */
export const agentRingMs = 4_000

export interface PeopleParts {
  readonly plan: Plan
  readonly time: SimTime
  readonly random: Random
  readonly trace: Trace
  readonly phones: SimPhones
}

export class People {
  readonly agentUris: string[] = []
  /** Placed so far. */
  calls = 0
  readonly #parts: PeopleParts
  readonly #callers: Phone[] = []
  readonly #agents: Phone[] = []
  readonly #bad = new Set<Phone>()
  #active = true

  constructor(parts: PeopleParts) {
    this.#parts = parts
  }

  async arrive(): Promise<void> {
    const { plan, phones } = this.#parts
    for (let i = 1; i <= plan.callerPhones; i++) {
      this.#callers.push(await phones.make(`caller${i}`, `10.0.1.${i}`))
    }
    for (let i = 1; i <= plan.agentPhones; i++) {
      this.#agents.push(await phones.make(`agent${i}`, `10.0.2.${i}`))
      this.agentUris.push(`sip:agent${i}@10.0.2.${i}:${sipPort}`)
    }
    this.#planCalls()
    this.#planManners()
  }

  /** Reactions to what happens to a call: both ends may hang up at the very moment. */
  see(event: DomainEvent): void {
    if (!this.#active) return
    const { random } = this.#parts
    if (event.type === 'leg-bridged' && random.below(12) === 0) {
      return this.#hangUpSoon(event.leg, random.below(12))
    }
    if (event.type === 'call-enqueued' && random.below(25) === 0) {
      return this.#hangUpSoon(event.leg, random.below(30))
    }
    if (event.type !== 'leg-answered') return
    if (event.leg.direction === 'outgoing') this.#hangUpSoon(event.leg, random.below(25_000))
  }

  /** This user has no call, and never did anything but hang up properly. */
  hasHungUp(user: string): boolean {
    const phone = this.#parts.phones.phones.get(user)
    return phone !== undefined && phone.liveCalls.length === 0 && !this.#bad.has(phone)
  }

  /** This phone broke a rule on purpose. */
  isBad(phone: Phone): boolean {
    return this.#bad.has(phone)
  }

  /** Nobody calls, answers or plays tricks any more, and everybody hangs up; those who fell silent stay silent. */
  goHome(): void {
    this.#active = false
    for (const phone of [...this.#callers, ...this.#agents]) {
      phone.faults.neverAck = false
      phone.faults.loseBye = false
      phone.faults.refuseReoffer = undefined
      phone.answerPolicy = { kind: 'reject', status: 480, afterMs: 0 }
      for (const call of phone.liveCalls) call.hangUp()
    }
  }

  #planCalls(): void {
    const { plan, time, random } = this.#parts
    for (let i = 0; i < plan.calls; i++) {
      time.set(momentIn(plan, random), () => {
        if (plan.without.has(`call ${i}`)) return
        // Of its own: when others are left out, this one stays what it was.
        const own = randomFor(plan.seed, `call ${i}`)
        const phone = this.#callers[own.below(this.#callers.length)]
        if (phone !== undefined && this.#active) void this.#placeCall(phone, own)
      })
    }
  }

  async #placeCall(phone: Phone, random: Random): Promise<void> {
    const { time, trace } = this.#parts
    const withoutOffer = random.below(12) === 0
    this.calls += 1
    const call = await phone.call('+15550100', { withoutOffer })
    const patienceMs = this.#patienceMs(random)
    trace.add(`${nameOf(call)} dials, patience ${patienceMs}`)
    time.set(patienceMs, () => call.hangUp())
    this.#fidget(call, patienceMs, random)
  }

  #patienceMs(random: Random): number {
    const kinds = [20, 300, 3_000, 20_000, 60_000, 60_000]
    return random.below(kinds[random.below(kinds.length)] ?? 1_000)
  }

  /** Hold, resume, keys and transfers at any time of the call. */
  #fidget(call: Call, patienceMs: number, random: Random): void {
    const { time } = this.#parts
    for (let left = random.below(3); left > 0; left--) {
      time.set(random.below(patienceMs + 1), () => {
        if (call.state !== 'up' || !this.#active) return
        const die = random.below(10)
        if (die < 4) void call.hold().then(() => undefined)
        else if (die < 7) void call.resume().then(() => undefined)
        else if (die < 9) void call.sendDtmf('5', 'info')
        else this.#transfer(call, random)
      })
    }
  }

  #transfer(call: Call, random: Random): void {
    const { trace } = this.#parts
    const target = this.agentUris[random.below(this.agentUris.length)] ?? 'sip:nobody@10.0.3.1'
    trace.add(`${nameOf(call)} transfers to ${target}`)
    void call.transfer(target, 20_000).catch(() => undefined)
  }

  #planManners(): void {
    const { plan, time, random } = this.#parts
    for (const agent of this.#agents) this.#nextPolicy(agent)
    for (const phone of [...this.#callers, ...this.#agents]) {
      if (random.below(1_000) >= plan.badManners) continue
      time.set(random.below(plan.busyMs), () => {
        if (this.#active) this.#misbehave(phone)
      })
    }
  }

  #misbehave(phone: Phone): void {
    const { random, trace } = this.#parts
    const die = random.below(4)
    this.#bad.add(phone)
    trace.add(`${phone.contactUri} misbehaves ${die}`)
    if (die === 0) phone.faults.dead = true
    else if (die === 1) phone.faults.neverAck = true
    else if (die === 2) phone.faults.loseBye = true
    else phone.faults.refuseReoffer = 488
  }

  /** A new mood every few seconds. */
  #nextPolicy(agent: Phone): void {
    const { time, random } = this.#parts
    if (!this.#active) return
    const befores = ['ringing', 'early-media', 'none'] as const
    const before = befores[random.below(3)] ?? 'ringing'
    const statuses = [486, 480, 603, 404, 500, 503]
    const die = random.below(10)
    if (die < 5) agent.answerPolicy = { kind: 'answer', afterMs: random.below(3_000), before }
    else if (die < 6) agent.answerPolicy = { kind: 'answer', afterMs: 0, before }
    else if (die < 7) {
      const afterMs = agentRingMs - 60 + random.below(80)
      agent.answerPolicy = { kind: 'answer', afterMs, before }
    } else if (die < 9) {
      const status = statuses[random.below(statuses.length)] ?? 486
      agent.answerPolicy = { kind: 'reject', status, afterMs: random.below(2_000) }
    } else agent.answerPolicy = { kind: 'manual' }
    time.set(1_000 + random.below(6_000), () => this.#nextPolicy(agent))
  }

  #hangUpSoon(leg: LegFacts, afterMs: number): void {
    const user = leg.direction === 'incoming' ? leg.from : /sip:(\w+)@/.exec(leg.to)?.[1]
    const phone = this.#parts.phones.phones.get(user ?? '')
    const calls = phone?.liveCalls ?? []
    const call = calls[this.#parts.random.below(calls.length || 1)]
    if (call !== undefined) this.#parts.time.set(afterMs, () => call.hangUp())
  }
}

function nameOf(call: Call): string {
  return `call ${call.callId.slice(0, 6)}`
}
