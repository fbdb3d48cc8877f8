// Runs one seed from its first call to the last timer, checking after every turn, and says what came of it.

import { BrokenPromise } from './checkers.ts'
import { planOf, type Plan } from './plan.ts'
import { breathed } from './time.ts'
import { World } from './world.ts'

export interface SeedResult {
  readonly seed: number
  readonly plan: Plan
  /** What was promised and not kept; undefined: all is well. */
  readonly broken: unknown
  readonly traceHash: string
  readonly lastLines: readonly string[]
  readonly transitions: number
  readonly virtualMs: number
  /** Everything that the call logic stepped: commands, SIP, media, deadlines, outcomes of the store. */
  readonly inputs: number
  /** Calls that people placed; the calls that the server placed come on top. */
  readonly calls: number
  /** Events by type, and commands by outcome. */
  readonly coverage: ReadonlyMap<string, number>
  /** Which inputs met which states (coverage.ts). */
  readonly pairs: ReadonlyMap<string, number>
}

/** Far more than a start takes. */
const START_TURNS_MAX = 1_000
/** Everybody has hung up; BYEs to silent phones and retransmissions need 64 * T1 twice. */
const SETTLE_MS = 100_000
/** Two writes, each stalled for as long as one can be, and some. */
const STALLED_MAX_MS = 5_000
/** Lost BYEs have been repeated by then (RFC 3261 timer E: every 4 s). */
const SWEEP_AFTER_MS = 12_000
/** After a crash a BYE may have to wait for the probe, which asks a silent phone for 64 * T1. */
const SWEEP_AFTER_CRASHES_MS = 60_000
/** A receiver that is well again has everything after this time: the longest pause that a minute of failing earns. */
const DELIVERED_AFTER_MS = 400_000
/** Then even what is remembered about calls and conferences is gone; half a minute off the collection of empty queues. */
const FORGOTTEN_AFTER_MS = 6 * 3_600_000 + 30_000

export interface SimulateOptions {
  /** Hears every line of the trace. */
  readonly print?: (line: string) => void
  /** Instead of the one that the seed draws. */
  readonly plan?: Plan
}

export async function simulate(seed: number, options: SimulateOptions = {}): Promise<SeedResult> {
  const { print, plan = planOf(seed) } = options
  const world = new World(plan, print)
  let broken: unknown
  const onRejection = (error: unknown): void => world.fail(error)
  process.on('unhandledRejection', onRejection)
  try {
    await live(world, plan)
    await breathed()
    world.throwIfBroken()
  } catch (error) {
    broken = error
  } finally {
    process.off('unhandledRejection', onRejection)
  }
  const { model, clients } = world
  const coverage = new Map([...model.coverage, ...clients.outcomes])
  coverage.set('crash', world.crashes.count)
  return {
    seed,
    plan,
    broken,
    lastLines: [...world.trace.last],
    traceHash: world.trace.digest(),
    transitions: world.trace.lines,
    virtualMs: world.time.monotonicMs(),
    inputs: world.coverage.inputs,
    calls: world.people.calls,
    coverage,
    pairs: world.coverage.met,
  }
}

async function live(world: World, plan: Plan): Promise<void> {
  let isOpen = false
  const opened = world.open().then(() => (isOpen = true))
  // A start reads the disk, which takes time.
  await world.time.drain()
  for (let turns = 0; !isOpen && turns < START_TURNS_MAX; turns++) await world.time.turn()
  if (!isOpen) throw new BrokenPromise('the server does not start')
  await opened
  await runUntil(world, plan.busyMs)
  world.close()
  const sweepMs = plan.busyMs + (plan.crashes === 0 ? SWEEP_AFTER_MS : SWEEP_AFTER_CRASHES_MS)
  await runUntil(world, sweepMs)
  if (!world.isServing) throw new BrokenPromise('the server does not come back')
  world.checkCallersGone()
  world.sweep()
  await runUntil(world, sweepMs + SETTLE_MS)
  await untilWritten(world, sweepMs + SETTLE_MS + STALLED_MAX_MS)
  await checkEmpty(world)
  await runUntil(world, plan.busyMs + DELIVERED_AFTER_MS)
  const owed = world.receiver.undelivered()
  if (owed.length > 0) throw new BrokenPromise(`never delivered: ${owed.join('; ')}`)
  if (world.outbox.backlog() > 0) throw new BrokenPromise('the outbox owes what was delivered')
  if (!plan.toTheEnd) return
  await runUntil(world, FORGOTTEN_AFTER_MS)
  // The engine's one timer is set for the next collection of empty queues.
  if (world.time.pending > 1) throw new BrokenPromise(`${world.time.pending} timers are left`)
}

/** Turns until nothing is due before `untilMs`. */
async function runUntil(world: World, untilMs: number): Promise<void> {
  const { time, trace } = world
  for (let due = time.nextAt; due !== undefined && due <= untilMs; due = time.nextAt) {
    const before = trace.lines
    await time.turn()
    world.throwIfBroken()
    if (trace.lines !== before) await world.audit.afterTurn()
  }
}

/** Behind a write that stalls there may be another: empty queues are collected and ended legs forgotten as time goes by. */
async function untilWritten(world: World, untilMs: number): Promise<void> {
  const { time, witness } = world
  while (witness.commits > 1 && (time.nextAt ?? Infinity) <= untilMs) {
    await runUntil(world, time.nextAt ?? untilMs)
  }
}

async function checkEmpty(world: World): Promise<void> {
  const { plan, control, media, sip, phones, clients, witness, model } = world
  const counts = control.counts()
  const left = (name: string, size: number): void => {
    if (size !== 0) throw new BrokenPromise(`${size} ${name} left when everybody had gone`)
  }
  left('living legs', counts.legs)
  left('queued calls', counts.queued)
  left('bridges', counts.bridges)
  left('media legs', media.legs.size)
  left('media links', media.links.size)
  // One may be that of the queues being collected.
  left('commits', Math.max(0, witness.commits - 1))
  left('verbs', witness.verbs)
  left('unanswered commands', clients.asked - clients.answered)
  left('SIP sessions and transactions', sip.size)
  const atPhones = phones.left()
  left(`calls at the phones (${atPhones.join('; ')})`, atPhones.length)
  const enqueues = clients.effective.get('enqueue') ?? 0
  const unsure = clients.lost.get('enqueue') ?? 0
  if (model.enqueued < enqueues || model.enqueued > enqueues + unsure) {
    throw new BrokenPromise(`${enqueues} enqueues accepted, ${model.enqueued} made`)
  }
  const ofBoth = (counts: ReadonlyMap<string, number>): number =>
    (counts.get('gather') ?? 0) + (counts.get('conference-gather') ?? 0)
  const gathers = ofBoth(clients.effective)
  const unsureGathers = ofBoth(clients.lost)
  const { size: ended } = model.gathersEnded
  if (ended < gathers || ended > gathers + unsureGathers) {
    throw new BrokenPromise(`${gathers} gathers accepted, ${ended} ended`)
  }
  // The disk of a process that may crash answers in virtual time: it is looked at itself.
  const listed = await (plan.crashes > 0
    ? { rows: world.disk.finishedRecordings }
    : world.store.recordings.page({}, { number: 1, size: Number.MAX_SAFE_INTEGER }))
  world.recordings.checkEmpty(listed.rows)
  world.streams.checkEmpty()
  model.finish()
}
