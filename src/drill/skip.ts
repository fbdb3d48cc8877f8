// Lets time pass at once, in the order in which it would have passed (C263): to the next deadline, then whatever follows
// from it (commits, webhooks, what the application answers), then on. A skip that jumped to its end would let a caller
// time out of a second queue before the application could put him there.

import type { MovableTime } from '../ports/lab.ts'

/** Nothing has happened for so long, so many times: nobody has anything more to say. */
const quietMs = 20
const quietRounds = 2
/**
 * The same when an application was told something. Less would do for one that is quick, but not for a machine that takes the
 * processor from it between its answer to a webhook and its command.
 */
const toldQuietRounds = 5
/** An application that never rests does not keep the time from passing. */
const restlessMsMax = 3000
/** Deadlines this close together come before an application has answered to the first of them. */
const togetherMs = 200

export interface SkipParts {
  readonly time: MovableTime
  /** Grows with everything that somebody may react to: inputs of the call logic, attempts of webhooks. */
  activity(): number
  /** Webhooks on the network. */
  underWay(): number
  /** Attempts of webhooks so far. */
  told(): number
  /** Resolves when everything decided is committed and performed. */
  idle(): Promise<void>
  /** Real time. */
  pause(ms: number): Promise<void>
  /** Of the event loop. */
  turn(): Promise<void>
}

/** One skip at a time; the next begins where the last one ended. */
export function createSkip(parts: SkipParts): (ms: number) => Promise<{ deadlines: number }> {
  let last: Promise<unknown> = Promise.resolve()
  return (ms) => {
    const mine = last.then(() => skip(parts, ms))
    last = mine.catch(() => undefined)
    return mine
  }
}

async function skip(parts: SkipParts, ms: number): Promise<{ deadlines: number }> {
  const { time } = parts
  // What is under way now belongs to the time before.
  await settle(parts, { activity: -1, told: 0 })
  const endMs = time.nowMs() + ms
  let deadlines = 0
  for (;;) {
    const nextMs = time.nextAt()
    if (nextMs === undefined || nextMs > endMs) break
    const before = { activity: parts.activity(), told: parts.told() }
    const untilMs = Math.min(nextMs + togetherMs, endMs)
    for (let atMs = time.nextAt(); atMs !== undefined && atMs <= untilMs; atMs = time.nextAt()) {
      time.moveTo(atMs)
      deadlines += 1
      await perform(parts)
    }
    await settle(parts, before)
  }
  time.moveTo(endMs)
  return { deadlines }
}

/** What the parts said at one moment. */
interface Moment {
  readonly activity: number
  readonly told: number
}

/** Waits for what follows, and for nothing when nothing happened since `before`. */
async function settle(parts: SkipParts, before: Moment): Promise<void> {
  await perform(parts)
  if (parts.activity() === before.activity && parts.underWay() === 0) return
  let seen = parts.activity()
  let quiet = 0
  const enough = (): number => (parts.told() > before.told ? toldQuietRounds : quietRounds)
  for (let waitedMs = 0; quiet < enough() && waitedMs < restlessMsMax; waitedMs += quietMs) {
    await parts.pause(quietMs)
    await parts.idle()
    const still = parts.activity() === seen && parts.underWay() === 0
    quiet = still ? quiet + 1 : 0
    seen = parts.activity()
  }
}

/** What a deadline means is decided, committed and on its way. */
async function perform(parts: SkipParts): Promise<void> {
  await parts.turn()
  await parts.idle()
  await parts.turn()
}
