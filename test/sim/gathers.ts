// Keys that are gathered: clients that ask for them at any time, people who press some, and what must come of it. The digits of a gather
// without a prompt are all keys of its time, restarts included; and it ends when its time is over.

import type { LegId } from '../../src/base/ids.ts'
import type { Command, GatherCommand } from '../../src/ports/commands.ts'
import type { StampedEvent } from '../../src/ports/events.ts'
import type { Random } from '../../src/ports/random.ts'
import { pick } from './application.ts'
import { BrokenPromise, type EventModel } from './checkers.ts'
import type { Clients } from './clients.ts'
import { momentIn, randomFor, type Plan } from './plan.ts'
import type { SimTime } from './time.ts'

/** One seed in so many gathers much: the others keep their histories. */
const SEEDS = 4
const COMMANDS = 40
const KEYS_MAX = 4
const PRESSED_WITHIN_MS = 6_000

interface Asked {
  readonly legId: LegId
  readonly timeoutMs: number
  /** The latest event before it was asked for, and before its answer came. */
  askedAfter: number
  acceptedAfter: number | undefined
  /** Wall ms; undefined where a repeat may have been answered for another one. */
  acceptedAtMs: number | undefined
}

export interface Gathering {
  readonly plan: Plan
  readonly clients: Clients
  readonly living: () => readonly LegId[]
}

export class SimGathers {
  active = true
  readonly #time: SimTime
  readonly #random: Random
  readonly #press: (legId: LegId) => void
  readonly #asked = new Map<string, Asked>()
  #keys: { readonly legId: LegId; readonly digit: string; readonly sequence: number }[] = []
  #sequence = 0

  /** `press`: the media side of the leg hears the key 1, if there is one. */
  constructor(time: SimTime, random: Random, press: (legId: LegId) => void) {
    this.#time = time
    this.#random = random
    this.#press = press
  }

  /** The clients that gather. */
  begin({ plan, clients, living }: Gathering): void {
    const random = randomFor(plan.seed, 'gathers')
    if (random.below(SEEDS) > 0) return
    for (let i = 0; i < COMMANDS; i++) {
      this.#time.set(momentIn(plan, random), () => {
        const legs = living()
        if (!this.active || legs.length === 0) return
        const legId = pick(random, legs)
        const stops = random.below(8) === 0
        void clients.ask(stops ? { kind: 'gather-stop', legId } : gatherOf(legId, random))
      })
    }
  }

  asked(command: Command): void {
    const gather = plainGather(command)
    if (gather === undefined) return
    const { gatherId, legId, rules } = gather
    this.#asked.set(gatherId, {
      ...{ legId, timeoutMs: rules.timeoutMs, askedAfter: this.#sequence },
      ...{ acceptedAfter: undefined, acceptedAtMs: undefined },
    })
  }

  /** `isRepeat`: of a command with a key, which may have been answered before. */
  accepted(command: Command, isRepeat: boolean): void {
    if (command.kind !== 'gather') return
    for (let left = this.#random.below(KEYS_MAX); left > 0; left--) {
      this.#time.set(this.#random.below(PRESSED_WITHIN_MS), () => this.#press(command.legId))
    }
    const asked = this.#asked.get(command.gatherId)
    if (asked === undefined || isRepeat) return
    asked.acceptedAfter = this.#sequence
    asked.acceptedAtMs = this.#time.wallMs()
  }

  see({ event, sequence }: StampedEvent): void {
    this.#sequence = sequence
    if (event.type === 'dtmf-received') {
      this.#keys.push({ legId: event.leg.legId, digit: event.digit, sequence })
    }
    if (event.type !== 'gather-ended') return
    const asked = this.#asked.get(event.gatherId)
    if (asked === undefined) return
    this.#asked.delete(event.gatherId)
    const { askedAfter, acceptedAfter = sequence } = asked
    const ofLeg = this.#keys.filter(({ legId }) => legId === asked.legId)
    const since = (mark: number): string =>
      ofLeg.flatMap((key) => (key.sequence > mark ? key.digit : [])).join('')
    const { digits } = event
    if (since(askedAfter).endsWith(digits) && digits.length >= since(acceptedAfter).length) return
    const pressed = `${since(askedAfter)} was pressed, at least ${since(acceptedAfter)} in its time`
    throw new BrokenPromise(`gathered ${digits || 'nothing'} on ${asked.legId}: ${pressed}`)
  }

  /** What is not on the disk was never told. */
  restart(lastSequence: number): void {
    this.#sequence = lastSequence
    this.#keys = this.#keys.filter(({ sequence }) => sequence <= lastSequence)
    for (const asked of this.#asked.values()) {
      asked.askedAfter = Math.min(asked.askedAfter, lastSequence)
      if (asked.acceptedAfter !== undefined) {
        asked.acceptedAfter = Math.min(asked.acceptedAfter, lastSequence)
      }
    }
  }

  /** Throws BrokenPromise. `graceMs`: how late a deadline may be. */
  check(model: EventModel, graceMs: number): void {
    for (const { legId, timeoutMs, acceptedAtMs } of this.#asked.values()) {
      if (acceptedAtMs === undefined || model.legs.get(legId)?.ended !== false) continue
      const over = this.#time.wallMs() - acceptedAtMs - timeoutMs
      if (over > graceMs) throw new BrokenPromise(`${legId} gathers too long by ${over} ms`)
    }
  }
}

function gatherOf(legId: LegId, random: Random): GatherCommand {
  return {
    ...{ kind: 'gather', legId, gatherId: random.uuid(), playbackId: random.uuid() },
    rules: {
      ...{ minimumDigits: 1, maximumDigits: 2 + random.below(4), triesMax: 1 },
      ...{ timeoutMs: pick(random, [4_000, 12_000]), interDigitMs: 4_000, initialMs: 6_000 },
      ...{ terminatingDigit: '#', validDigits: '12345' },
    },
    ...{ prompt: undefined, invalidPrompt: undefined },
  }
}

/** Without a prompt no try begins anew, and its time is counted from its beginning. */
function plainGather(command: Command): GatherCommand | undefined {
  if (command.kind !== 'gather') return undefined
  return (command.prompt ?? command.invalidPrompt) ? undefined : command
}
