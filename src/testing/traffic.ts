// Callers who come at random and lose patience at random, agents who answer at once and talk for a while: traffic to look
// at, the same again with the same seed. Rates and durations are of real time, because phones are.

import type { Lab } from './lab.ts'
import { nowMs, pause } from './world.ts'

/** Of durations, in seconds. */
export type Distribution =
  | { readonly kind: 'exponential'; readonly meanSecs: number }
  /** `sigma`: of the logarithm; 0.5 to 1 are usual for people. */
  | { readonly kind: 'lognormal'; readonly medianSecs: number; readonly sigma: number }
  | { readonly kind: 'fixed'; readonly secs: number }

/**
 * `exponential:90`, `lognormal:60,0.8` or `fixed:30`.
 * @throws Error that says so.
 */
export function distributionOf(text: string): Distribution {
  const [, kind, first, second] = /^(\w+):(\d+(?:\.\d+)?)(?:,(\d+(?:\.\d+)?))?$/.exec(text) ?? []
  const secs = Number(first)
  if (kind === 'exponential' && second === undefined) return { kind, meanSecs: secs }
  if (kind === 'fixed' && second === undefined) return { kind, secs }
  if (kind === 'lognormal') return { kind, medianSecs: secs, sigma: Number(second ?? 0.8) }
  throw new Error(`"${text}" is none of exponential:90, lognormal:60,0.8 and fixed:30`)
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Seconds. */
export function draw(distribution: Distribution, random: () => number): number {
  switch (distribution.kind) {
    case 'fixed':
      return distribution.secs
    case 'exponential':
      return -Math.log(1 - random()) * distribution.meanSecs
    case 'lognormal': {
      // Box and Muller: two even numbers make a normal one.
      const radius = Math.sqrt(-2 * Math.log(1 - random()))
      const normal = radius * Math.cos(2 * Math.PI * random())
      return distribution.medianSecs * Math.exp(distribution.sigma * normal)
    }
  }
}

export interface TrafficOptions {
  /** Callers in a minute, on average; may be changed while it runs. */
  readonly perMinute: number
  /** How long a caller waits for an agent. */
  readonly patience: Distribution
  /** How long an agent talks. */
  readonly talk: Distribution
  readonly seed: number
  readonly dials?: string
  /** At the same time. */
  readonly callersMax?: number
}

export interface TrafficCounts {
  readonly came: number
  readonly talked: number
  readonly gaveUp: number
  readonly refused: number
  readonly now: number
}

const callersMax = 100
/** Agents say it; who hears it is no longer waiting. */
export const agentHz = 1000
const callerHz = 440
const lookMs = 100

export class Traffic {
  perMinute: number
  readonly #lab: Lab
  readonly #options: TrafficOptions
  readonly #arrivals: () => number
  readonly #patience: () => number
  readonly #counts = { came: 0, talked: 0, gaveUp: 0, refused: 0, now: 0 }
  #stopped = false

  /** Runs from now on. One generator for each kind of chance, so that a call that fails changes no other. */
  constructor(lab: Lab, options: TrafficOptions) {
    this.#lab = lab
    this.#options = options
    this.perMinute = options.perMinute
    this.#arrivals = seeded(options.seed)
    this.#patience = seeded(options.seed + 1)
    void this.#run()
  }

  counts(): TrafficCounts {
    return { ...this.#counts }
  }

  /** Nobody comes any more; those who are there go on. */
  stop(): void {
    this.#stopped = true
  }

  async #run(): Promise<void> {
    let nextMs = nowMs() + this.#gapMs()
    let rate = this.perMinute
    while (!this.#stopped) {
      await pause(lookMs)
      // The next one at the former rate may be minutes away.
      if (this.perMinute <= 0 || this.perMinute !== rate) nextMs = nowMs() + this.#gapMs()
      rate = this.perMinute
      for (; nextMs <= nowMs() && !this.#stopped; nextMs += this.#gapMs()) {
        if (this.#counts.now < (this.#options.callersMax ?? callersMax)) void this.#caller()
      }
    }
  }

  #gapMs(): number {
    const perMinute = Math.max(this.perMinute, 0.01)
    return draw({ kind: 'exponential', meanSecs: 60 / perMinute }, this.#arrivals) * 1000
  }

  async #caller(): Promise<void> {
    const patienceMs = draw(this.#options.patience, this.#patience) * 1000
    this.#counts.came += 1
    this.#counts.now += 1
    try {
      const caller = await this.#lab.caller({
        says: callerHz,
        dials: this.#options.dials ?? '+15550100',
      })
      const { call } = caller
      try {
        await call.hears(agentHz, patienceMs)
        this.#counts.talked += 1
        await call.ended(3_600_000)
      } catch {
        if (call.end === undefined) call.hangUp()
        this.#counts.gaveUp += 1
      }
      this.#lab.forget(caller)
    } catch {
      this.#counts.refused += 1
    } finally {
      this.#counts.now -= 1
    }
  }
}

/** Agents answer at once and hang up after a while, for as long as the lab runs. */
export async function staff(
  lab: Lab,
  names: readonly string[],
  options: TrafficOptions,
): Promise<void> {
  const random = seeded(options.seed + 2)
  for (const name of names) {
    const agent = await lab.agent(name, { says: agentHz })
    const work = async (): Promise<void> => {
      for (;;) {
        const call = await agent.phone.nextCall(86_400_000)
        await pause(draw(options.talk, random) * 1000)
        call.hangUp()
      }
    }
    work().catch(() => undefined) // The lab was closed.
  }
}
