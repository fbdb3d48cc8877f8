// Callers who come, wait, are moved, get bored and leave, and the application that queues them; neither waits for anybody.
import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { Phone } from '../../src/lab/phone.ts'
import { patience } from '../support/patience.ts'
import type { Delivery, Receiver } from '../support/receiver.ts'
import { listIn, type World } from './chaos.ts'

const queueNames = ['sales', 'support', 'billing'] as const
const callersMax = 10
const waitingAtEnd = 3

export class Crowd {
  calls = 0
  readonly #world: World
  readonly #receiver: Receiver
  readonly #random: (below: number) => number
  readonly #phones: Phone[] = []
  readonly #work: Promise<void>[] = []
  #next = 0
  #commands = 0
  #phase: 'busy' | 'settling' | 'closed' = 'busy'

  constructor(world: World, receiver: Receiver, random: (below: number) => number) {
    this.#world = world
    this.#receiver = receiver
    this.#random = random
  }

  start(): void {
    this.#work.push(this.#people(), this.#application())
  }

  /** No more leaving; some callers come to stay, so that there is something to agree about. */
  async settle(): Promise<void> {
    this.#phase = 'settling'
    const late = Date.now() + 40_000 * patience
    while ((await this.#waiting()).length < waitingAtEnd) {
      assert.ok(Date.now() < late, 'callers do not get into the queues')
      if (this.#living() < callersMax * 2) await this.#callIn()
      await pause(500)
    }
  }

  close(): void {
    this.#phase = 'closed'
  }

  async #people(): Promise<void> {
    while (this.#phase === 'busy') {
      await pause(20 + this.#random(150))
      if (this.#living() < callersMax && this.#random(2) === 0) await this.#callIn()
      else await this.#somethingHappens().catch(() => undefined) // The server is away.
    }
  }

  async #somethingHappens(): Promise<void> {
    const live = this.#phones.flatMap((phone) => phone.liveCalls)
    if (this.#random(6) === 0) return live[this.#random(Math.max(1, live.length))]?.hangUp()
    const waiting = await this.#waiting()
    const call = waiting[this.#random(Math.max(1, waiting.length))] ?? ''
    if (call === '') return
    switch (this.#random(4)) {
      case 0:
        return this.#command(call, 'enqueue', { queue_name: this.#queue() })
      case 1:
        return this.#command(call, 'leave_queue', {})
      case 2:
        return this.#command(call, 'hangup', {})
      default:
        return
    }
  }

  /** Answers and queues every call it is told of; a webhook that comes twice is harmless (`command_id`). */
  async #application(): Promise<void> {
    while (this.#phase !== 'closed') {
      const delivery = this.#receiver.deliveries[this.#next]
      if (delivery === undefined) await pause(10)
      else {
        this.#next++
        void this.#react(delivery)
      }
    }
  }

  async #react({ type, id, payload }: Delivery): Promise<void> {
    const call = String(payload['call_control_id'])
    if (type === 'call.initiated') await this.#command(call, 'answer', {}, `a-${id}`)
    if (type !== 'call.answered') return
    const keep = this.#random(5) === 0 && this.#phase === 'busy'
    const more = { keep_after_hangup: keep, ...(keep ? { max_wait_time_secs: 5 } : {}) }
    await this.#command(call, 'enqueue', { queue_name: this.#queue(), ...more }, `e-${id}`)
  }

  /** Until it is answered, whatever the answer; the call may be gone. */
  async #command(call: string, action: string, body: object, commandId?: string): Promise<void> {
    const id = commandId ?? `c-${this.#commands++}`
    for (let attempt = 0; attempt < 40 && this.#phase !== 'closed'; attempt++) {
      try {
        const path = `/calls/${call}/actions/${action}`
        const { status } = await this.#world.post(path, { ...body, command_id: id })
        if (status < 500) return
      } catch {
        // The server is away.
      }
      await pause(100)
    }
  }

  async #callIn(): Promise<void> {
    this.calls++
    const server = { port: this.#world.sipPort }
    const phone = await this.#world.lab.phone({ user: `caller${this.calls}`, server })
    this.#phones.push(phone)
    while (this.#phones.length > callersMax * 4) {
      const idle = this.#phones.findIndex((one) => one.liveCalls.length === 0)
      if (idle === -1) break
      for (const gone of this.#phones.splice(idle, 1)) this.#world.lab.powerCut(gone)
    }
    await phone.call('+15550100')
  }

  #living(): number {
    return this.#phones.reduce((sum, phone) => sum + phone.liveCalls.length, 0)
  }

  async #waiting(): Promise<string[]> {
    const found: string[] = []
    for (const name of queueNames) {
      const answer = await this.#world.get(`/queues/${name}/calls`).catch(() => ({ body: {} }))
      found.push(...listIn(answer).map((call) => String(call['call_control_id'])))
    }
    return found
  }

  #queue(): string {
    return queueNames[this.#random(queueNames.length)] ?? 'sales'
  }
}
