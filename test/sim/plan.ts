// What one seed is made of: how many people, how bad the network, which kind of store, what goes wrong. Everything is
// drawn from the seed alone, so that a seed is a whole history.

import type { Random } from '../../src/ports/random.ts'
import { SeededRandom } from '../support/virtual.ts'
import type { MediaTroubles } from './media.ts'
import type { Weather } from './network.ts'
import type { ReceiverTroubles } from './receiver.ts'
import type { StoreTroubles } from './store.ts'

export interface Plan {
  readonly seed: number
  /** Virtual time in which people and API clients are active. */
  readonly busyMs: number
  /** Moments, ms, around which much happens at once: most races need two things at one time. */
  readonly rushes: readonly number[]
  readonly calls: number
  readonly callerPhones: number
  readonly agentPhones: number
  /** Commands of API clients that know no manners. */
  readonly monkeyCommands: number
  /** Of these, so many per cent are on conferences. */
  readonly conferencePercent: number
  /** Per mille of what callers and agents do that breaks a rule. */
  readonly badManners: number
  readonly weather: Weather
  readonly store: StoreTroubles
  readonly media: MediaTroubles
  readonly receiver: ReceiverTroubles
  /** Signing is a tenth of all work: most seeds do without. */
  readonly signed: boolean
  /** The run goes on until everything remembered is forgotten; hours of nothing cost time too. */
  readonly toTheEnd: boolean
  readonly collectEmptyAfterMs: number
  readonly maxSize: number
  readonly limits: Limits
  /** How often the server is killed and started again; never with a distributed store. */
  readonly crashes: number
  /** Left out, in the words of `actionsOf`: while a failing seed is made small. */
  readonly without: ReadonlySet<string>
}

/** Limits that an operator sets; short ones, so that they are reached within the minute. */
export interface Limits {
  readonly ringMs: number
  readonly firstCommandSecs: number | undefined
  /** 0: silence ends no call. */
  readonly rtpLossMs: number
  /** What dialled legs get, ms. */
  readonly timeLimitMs: number
}

const BUSY_MS = 60_000
const RUSH_MS = 4_000

/** Everything that a plan lets happen and that can be left out by itself. */
export function actionsOf({ calls, monkeyCommands, crashes }: Plan): readonly string[] {
  const named = (name: string, count: number): string[] =>
    Array.from({ length: count }, (_, index) => `${name} ${index}`)
  return [...named('crash', crashes), ...named('call', calls), ...named('command', monkeyCommands)]
}

/** Draws a plan; one seed in four is a fair day, so that plain faults of ours are not drowned by the weather. */
export function planOf(seed: number): Plan {
  const random = randomFor(seed, 'plan')
  const fair = random.below(4) === 0
  const trouble = (most: number): number => (fair || random.below(3) === 0 ? 0 : random.below(most))
  const delayMinMs = random.below(20)
  const distributed = random.below(3) === 0
  const collectOften = random.below(2) === 0
  return {
    seed,
    busyMs: BUSY_MS,
    rushes: Array.from({ length: random.below(4) }, () => random.below(BUSY_MS - RUSH_MS)),
    calls: 3 + random.below(random.below(2) === 0 ? 38 : 14),
    callerPhones: 2 + random.below(8),
    agentPhones: 1 + random.below(4),
    monkeyCommands: random.below(4) === 0 ? 0 : random.below(random.below(10) === 0 ? 600 : 200),
    conferencePercent: random.below(5) === 0 ? 60 : 18,
    badManners: trouble(300),
    weather: {
      delayMinMs,
      delayMaxMs: delayMinMs + 1 + trouble(200),
      lost: trouble(150),
      duplicated: trouble(100),
    },
    store: {
      distributed,
      latencyMaxMs: distributed ? random.below(random.below(3) === 0 ? 500 : 60) : 0,
      unknown: distributed ? trouble(200) : 0,
      commitLatencyMaxMs: trouble(30),
      stalls: trouble(30),
    },
    media: {
      refused: trouble(60),
      playbackFails: trouble(200),
      remoteRefused: trouble(40),
      silences: trouble(12),
      latencyMaxMs: random.below(fair ? 3 : 40),
    },
    receiver: {
      slowMaxMs: 1 + trouble(400),
      errors: trouble(200),
      timeouts: trouble(100),
      downs: trouble(3),
    },
    signed: random.below(8) === 0,
    toTheEnd: !collectOften && random.below(5) === 0,
    collectEmptyAfterMs: collectOften ? 3_000 + random.below(12_000) : 3_600_000,
    maxSize: 1 + random.below(8),
    limits: {
      ringMs: random.below(2) === 0 ? 180_000 : 1_000 + random.below(6_000),
      firstCommandSecs: random.below(3) === 0 ? 1 + random.below(5) : undefined,
      rtpLossMs: random.below(2) === 0 ? 0 : 2_000 + random.below(15_000),
      timeLimitMs: random.below(2) === 0 ? 14_400_000 : 3_000 + random.below(25_000),
    },
    without: new Set(),
    crashes: distributed || random.below(2) === 0 ? 0 : 1 + random.below(6),
  }
}

/** A moment of the busy time, ms: in two cases of three within a rush, when the plan has some. */
export function momentIn({ busyMs, rushes }: Plan, random: Random): number {
  const rush = random.below(3) === 0 ? undefined : rushes[random.below(rushes.length || 1)]
  return rush === undefined ? random.below(busyMs) : rush + random.below(RUSH_MS)
}

/** One generator per part of the world: a draw more in one part does not shift the others. */
export function randomFor(seed: number, part: string): SeededRandom {
  let mixed = (seed ^ 0x9e3779b9) >>> 0
  for (const character of part) {
    mixed = Math.imul(mixed ^ character.charCodeAt(0), 0x85ebca6b) >>> 0
    mixed = (mixed ^ (mixed >>> 13)) >>> 0
  }
  return new SeededRandom(mixed)
}
