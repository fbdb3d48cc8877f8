// A contact centre over the API, as its author would write it: every decision follows from a webhook, and the webhooks may
// come late, twice, or after the call is over.

import { brandAs, type ApplicationId, type LegId } from '../../src/base/ids.ts'
import type { QueueId, QueueName } from '../../src/base/ids.ts'
import type { Application } from '../../src/ports/applications.ts'
import type { Random } from '../../src/ports/random.ts'
import { dialOptions, type Clients } from './clients.ts'
import { agentRingMs } from './people.ts'
import type { Plan } from './plan.ts'
import type { Told } from './receiver.ts'
import type { SimTime } from './time.ts'

export const applicationId = brandAs<ApplicationId>('1000000001')
export const queueNames = ['support', 'sales', 'overflow'].map((name) => brandAs<QueueName>(name))

/** That of the configuration file. */
export const applicationOf = ({ limits }: Plan): Application => ({
  id: applicationId,
  name: 'sim',
  active: true,
  webhookEventUrl: 'http://10.0.4.1/webhooks',
  webhookEventFailoverUrl: '',
  webhookTimeoutSecs: 0,
  numbers: ['*'],
  dtmfType: 'RFC 2833',
  firstCommandTimeout: limits.firstCommandSecs !== undefined,
  firstCommandTimeoutSecs: limits.firstCommandSecs ?? 30,
  inboundChannelLimit: undefined,
  outboundChannelLimit: undefined,
  tags: [],
})

export interface ApplicationParts {
  readonly plan: Plan
  readonly time: SimTime
  readonly random: Random
  readonly clients: Clients
  readonly agentUris: readonly string[]
}

export class ContactCentre {
  active = true
  readonly #parts: ApplicationParts

  constructor(parts: ApplicationParts) {
    this.#parts = parts
  }

  react(told: Told): void {
    if (!this.active) return
    const { payload } = told
    const legId = brandAs<LegId>(String(payload['call_control_id']))
    const incoming = payload['direction'] === 'incoming'
    switch (told.eventType) {
      case 'call.initiated':
        if (incoming) this.#answer(legId)
        return
      case 'call.answered':
        if (incoming) this.#enqueue(legId)
        else this.#offerNext(legId, String(payload['client_state']))
        return
      case 'call.enqueued':
        return this.#callAgent(legId, String(payload['queue']))
      case 'call.dequeued':
        return this.#afterQueue(legId, String(payload['reason']))
    }
  }

  #answer(legId: LegId): void {
    const { random, clients, time } = this.#parts
    const empty = { customHeaders: [], sipHeaders: [], codecs: undefined, webhooks: undefined }
    if (random.below(30) === 0) return this.#ask({ kind: 'reject', legId, cause: 'USER_BUSY' })
    time.set(random.below(4) === 0 ? random.below(2_000) : 0, () => {
      void clients.ask({ kind: 'answer', legId, ...empty })
    })
  }

  #enqueue(legId: LegId): void {
    const { random, clients, plan } = this.#parts
    const queueName = pick(random, queueNames)
    const maxWaitMs = random.below(3) === 0 ? 1_000 + random.below(8_000) : undefined
    const keepAfterHangup = random.below(10) === 0
    const maxSize = random.below(4) === 0 ? plan.maxSize : undefined
    const newQueueId = brandAs<QueueId>(random.uuid())
    void clients
      .ask({ kind: 'enqueue', legId, queueName, newQueueId, maxWaitMs, maxSize, keepAfterHangup })
      .then((answer) => {
        if (answer.ok) this.#music(legId)
        else if (answer.refusal.code === 'queue-full') this.#hangup(legId)
      })
  }

  #music(legId: LegId): void {
    const { random, clients } = this.#parts
    if (random.below(2) === 0) return
    void clients.ask({
      kind: 'playback-start',
      legId,
      playbackId: random.uuid(),
      audio: { kind: 'url', url: 'http://10.0.3.1/music.wav', cache: true },
      loops: Infinity,
      overlay: false,
      stop: undefined,
      targetLegs: 'self',
    })
  }

  /** The agent's leg remembers for which queue it was called. */
  #callAgent(legId: LegId, queue: string): void {
    const { random, clients, agentUris } = this.#parts
    if (random.below(3) === 0) return
    const linked = random.below(5) === 0
    const { timeLimitMs } = this.#parts.plan.limits
    void clients.ask(
      {
        kind: 'dial',
        fresh: clients.freshLeg(),
        applicationId,
        dial: dialOptions(pick(random, agentUris), { timeoutMs: agentRingMs, timeLimitMs }),
        retryOnTimeout: true,
        linkTo: linked ? legId : undefined,
        bridgeIntent: linked,
        bridgeOnAnswer: linked,
        parkAfterUnbridge: random.below(4) === 0,
        preventDoubleBridge: random.below(2) === 0,
      },
      { clientState: linked ? 'linked' : queue },
    )
  }

  #offerNext(legId: LegId, queue: string): void {
    if (queue === 'linked' || queue === 'null') return
    const { random, clients, time } = this.#parts
    void clients
      .ask({
        kind: 'bridge',
        legId,
        target: { kind: 'queue', queueName: brandAs<QueueName>(queue), legIdToo: undefined },
        playRingtone: false,
        ringtone: 'us',
        muteDtmf: 'none',
        parkAfterUnbridge: random.below(3) === 0,
        holdAfterUnbridge: false,
        preventDoubleBridge: false,
      })
      .then((answer) => {
        if (answer.ok || !this.active) return
        if (random.below(2) === 0) this.#hangup(legId)
        else time.set(500 + random.below(2_000), () => this.#offerNext(legId, queue))
      })
  }

  #afterQueue(legId: LegId, reason: string): void {
    if (reason !== 'timeout' && reason !== 'leave') return
    if (this.#parts.random.below(2) === 0) this.#hangup(legId)
    else this.#enqueue(legId)
  }

  #hangup(legId: LegId): void {
    this.#ask({ kind: 'hangup', legId, customHeaders: [] })
  }

  #ask(command: Parameters<Clients['ask']>[0]): void {
    if (this.active) void this.#parts.clients.ask(command)
  }
}

export function pick<T>(random: Random, list: readonly T[]): T {
  const index = random.below(list.length)
  if (!(index in list)) throw new Error('nothing to pick from')
  return list[index]!
}
