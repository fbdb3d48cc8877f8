// A state as text that is the same for states from which the same can happen. Two histories that meet in one text are
// followed once.
//
// What is left out, and why that loses nothing:
//  - Times, and counters that only grow (events, orders of birth, operation ids): the clock stands still, and every rule
//    that reads them compares them with a time that no history reaches. Places in the line are kept as their order.
//  - Deadlines: which of them are set follows from the states of the legs.
//  - Effects that wait for a write: they follow from what the write changes; unanswered commands are listed.
//  - Names. Callers are alike, agents are alike: a permutation of either turns a history into one that is as good (symmetry).
//    Each leg is described without names, the descriptions are sorted, and the legs are named in that order. Should two legs
//    that look alike be no twins after all, the state is followed twice, no worse. Two states that are no permutations of
//    each other never get one text, because the text holds everything.
//
// What is not tried, because the order makes no difference (partial order): a write when no crash and no stall can come any
// more happens at once, since the call logic does not see writes; audio that is heard again after a start is heard at once,
// since it only disarms a probe.

import { hash } from 'node:crypto'
import type { Leg } from '../../src/engine/state.ts'
import type { Write } from './disk.ts'
import type { DialogRow } from './rooms.ts'
import type { Spec } from './spec.ts'
import type { Life, World } from './world.ts'

/** Keys of rows and outcomes that hold a time or a counter. */
const timed = new Set([
  'startedAtUs',
  'startedAtMs',
  'answeredAtMs',
  'endedAtMs',
  'enqueuedAtMs',
  'enqueuedAtSumMs',
  'createdAtMs',
  'updatedAtMs',
  'idleSinceMs',
  'timeLimitAtMs',
  'untilMs',
  'averageWaitMs',
  'order',
  'place',
  'key',
])
const namePattern = /(?:caller|agent)\d/g
/** Rows are never changed, and are looked at in many states. */
const rowTexts = new WeakMap<object, string>()

/** 96 bits of the text: among a million states two would meet once in 10^17 searches. */
export function keyOf(world: World): string {
  const lines = linesOf(world).map(readLine)
  const naming = namesBySymmetry(lines)
  const text = lines
    .map((line) => withNames(line, (name) => naming.get(name) ?? name))
    .sort()
    .join('\n')
  return hash('sha1', text, 'binary').slice(0, 12)
}

/** The same with the names as they are. */
export function ownKeyOf(world: World): string {
  return hash('sha1', linesOf(world).sort().join('\n'), 'binary').slice(0, 12)
}

/** Names whose exchange with an earlier name changes nothing: what one of them does, the other need not do too. */
export function twinsOf(world: World): ReadonlySet<string> {
  const lines = linesOf(world).map(readLine)
  const names = [...new Set(lines.flatMap((line) => line.names))].sort()
  const text = (call: (name: string) => string): string => {
    return lines
      .map((line) => withNames(line, call))
      .sort()
      .join('\n')
  }
  const own = text((name) => name)
  const twins = new Set<string>()
  for (const [at, name] of names.entries()) {
    for (const earlier of names.slice(0, at)) {
      if (twins.has(earlier) || earlier.slice(0, -1) !== name.slice(0, -1)) continue
      const exchanged = text((one) => (one === name ? earlier : one === earlier ? name : one))
      if (exchanged === own) twins.add(name)
    }
  }
  return twins
}

/** A line cut at its names, once for all states that have it. */
interface Line {
  readonly between: readonly string[]
  readonly names: readonly string[]
}
const linesRead = new Map<string, Line>()

function readLine(text: string): Line {
  const known = linesRead.get(text)
  if (known !== undefined) return known
  const line = { between: text.split(namePattern), names: text.match(namePattern) ?? [] }
  linesRead.set(text, line)
  return line
}

function withNames({ between, names }: Line, call: (name: string) => string): string {
  let text = between[0] ?? ''
  for (let at = 0; at < names.length; at++) text += call(names[at] ?? '') + (between[at + 1] ?? '')
  return text
}

function linesOf(world: World): string[] {
  const { life, disk, outside, spec, scope } = world
  const mayRepeat = world.copiesLeft > 0
  const lines = [
    `left ${world.crashesLeft} ${world.stallsLeft} ${world.lossesLeft} ${world.copiesLeft}`,
    `life ${life === undefined ? 'none' : String(life.store.failing)}`,
  ]
  for (const [name, phone] of outside.phones) lines.push(`phone ${name} ${phone}`)
  if (scope.picks !== Infinity) {
    for (const [name, count] of world.picks) lines.push(`picks ${name} ${count}`)
  }
  if (life !== undefined) lines.push(...lifeLines(world, life))
  if (scope.remote) {
    for (const name of [...disk.told.leftLine, ...disk.told.line]) lines.push(`told ${name}`)
    return lines
  }
  lines.push(...specLines(spec, mayRepeat, ''))
  // Nobody will ever read the disk again.
  if (life !== undefined && world.crashesLeft === 0 && disk.waiting.length === 0) return lines
  for (const { table, id, row } of disk.rows.values()) {
    if (table === 'lane' || (table === 'answer' && !mayRepeat)) continue
    // A farewell that has arrived.
    if (table === 'dialog' && outside.phone(id) === 'down' && (row as DialogRow).farewell) continue
    lines.push(`disk ${table} ${table === 'answer' ? '' : id} ${rowText(row)}`)
  }
  disk.line.forEach(({ facts }, place) => lines.push(`disk line ${place} ${facts.legId}`))
  disk.waiting.forEach((write, place) => lines.push(...writeLines(write, place, mayRepeat)))
  return lines
}

/**
 * The specification is what the engine is compared with: two histories that differ in it must not be taken for one. Every
 * list whose order means nothing is one line for each of its items, because lines are sorted after they are renamed.
 */
function specLines(spec: Spec, mayRepeat: boolean, at: string): string[] {
  const lines = spec.text().map((line) => `spec ${at} ${line}`)
  const { remembered } = spec
  if (mayRepeat && remembered) lines.push(`kept ${at} ${remembered.leg} ${remembered.sent}`)
  return lines
}

function writeLines(write: Write, at: number, mayRepeat: boolean): string[] {
  const rows = write.rows.filter(({ table }) => {
    return table !== 'lane' && (table !== 'answer' || mayRepeat)
  })
  const events = write.events.map(({ event }) => {
    return 'leg' in event ? `${event.type} ${event.leg.legId}` : event.type
  })
  const entries = write.book.entries.map(({ legId, entry }) => `${legId} ${entry === undefined}`)
  return [
    ...rows.map(({ table, id, row }) => {
      return `wait ${at} ${table} ${table === 'answer' ? '' : id} ${rowText(row)}`
    }),
    ...entries.map((entry) => `wait ${at} entry ${entry}`),
    `wait ${at} ${events.join()}`,
    ...specLines(write.spec, mayRepeat, `${at}`),
  ]
}

function lifeLines(world: World, life: Life): string[] {
  const { engine, store, rooms, open } = life
  if (engine === undefined) return []
  const { state } = engine
  const verbs = new Map(
    [...store.travelling, ...world.lost].map((one, place) => [one.operationId as string, place]),
  )
  const lines = [`counts ${JSON.stringify(state.counts)}`, ...rooms.text()]
  for (const leg of state.legs.values()) lines.push(legLine(leg, verbs))
  if (world.copiesLeft > 0)
    lines.push(...[...state.answers.values()].map(({ at }) => `answer ${at}`))
  const { queues, entries } = store.book.everything()
  lines.push(`queues ${queues.length}`)
  entries.forEach(({ entry, alive }, place) => {
    lines.push(`line ${place} ${entry.legId} ${String(alive)}`)
  })
  ;[...open].forEach(({ what, leg, expected }, place) => {
    lines.push(`open ${place} ${what} ${leg} ${expected ?? ''} ${claimOf(world, leg)}`)
  })
  store.travelling.forEach(({ operationId, verb, outcome }, place) => {
    lines.push(
      `verb ${place} ${String(world.executed.has(operationId))} ${verb.kind} ${rowText(verb)} ${rowText(outcome)}`,
    )
  })
  world.lost.forEach(({ verb, outcome }, place) => {
    lines.push(`lost ${place} ${rowText(verb)} ${rowText(outcome)}`)
  })
  return lines
}

/** The outcome that an unanswered command may still hold in its hand. */
function claimOf({ claims, scope }: World, leg: string): string {
  const claim = claims.get(leg)
  return scope.remote && claim !== undefined ? rowText(claim) : ''
}

function legLine(leg: Leg, verbs: ReadonlyMap<string, number>): string {
  const { claim, deferredEnd, takenElsewhere, awaiting, unheard, line, legId } = leg
  const waits = line.map(({ envelope }) => `${envelope.command.kind} ${envelope.commandId ?? ''}`)
  const { state } = leg
  const where =
    state.at === 'bridged'
      ? `${state.bridge.issuer} ${state.bridge.other}`
      : state.at === 'queued'
        ? state.queueName
        : ''
  const isAnswered = leg.answeredAtMs !== undefined
  return [
    `leg ${legId} ${state.at} ${where} ${String(leg.told)} ${String(isAnswered)}`,
    `${leg.intent?.other ?? ''} ${leg.kept ?? ''} ${leg.audio.at} ${leg.clientState ?? ''}`,
    `${String(takenElsewhere)} ${String(unheard)} ${leg.localSdp ?? ''} ${String(leg.earlyMedia)}`,
    claim === undefined ? '' : verbs.get(claim),
    `${deferredEnd?.cause ?? ''} ${deferredEnd?.tell.kind ?? ''}`,
    [...awaiting].join(),
    waits.join(),
  ].join('|')
}

function rowText(row: unknown): string {
  if (typeof row !== 'object' || row === null) return String(row)
  const known = rowTexts.get(row)
  if (known !== undefined) return known
  const text = JSON.stringify(row, withoutTimes)
  rowTexts.set(row, text)
  return text
}

function withoutTimes(key: string, value: unknown): unknown {
  // Whether there is a time can matter, which time cannot.
  return timed.has(key) ? value !== null && value !== undefined : value
}

/**
 * New names by what is said of each leg: first without any other name, then again with the others by their rank, until
 * nothing more is told apart. Of those that are still equal one is put first, and the rest are told apart from it.
 */
function namesBySymmetry(lines: readonly Line[]): Map<string, string> {
  const about = new Map<string, Line[]>()
  for (const line of lines) {
    for (const name of new Set(line.names)) {
      const known = about.get(name)
      if (known === undefined) about.set(name, [line])
      else known.push(line)
    }
  }
  const names = [...about.keys()].sort()
  let rank = refine(names, about, new Map())
  for (let classes = 0; rank.size > 0 && new Set(rank.values()).size < names.length;) {
    const before = classes
    classes = new Set(rank.values()).size
    if (classes === before) rank = putOneFirst(names, rank)
    rank = refine(names, about, rank)
  }
  const naming = new Map<string, string>()
  for (const role of ['caller', 'agent']) {
    names
      .filter((name) => name.startsWith(role))
      .sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0))
      .forEach((name, place) => naming.set(name, `${role}#${place}`))
  }
  return naming
}

type Ranks = ReadonlyMap<string, number>

function putOneFirst(names: readonly string[], rank: Ranks): Ranks {
  const isTied = (one: string): boolean => {
    return names.some((other) => other !== one && rank.get(other) === rank.get(one))
  }
  const tied = names.filter(isTied).sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0))
  const [first] = tied
  return first === undefined ? rank : new Map([...rank, [first, (rank.get(first) ?? 0) - 0.5]])
}

function refine(
  names: readonly string[],
  about: ReadonlyMap<string, readonly Line[]>,
  rank: Ranks,
): Ranks {
  const call = (other: string): string => `${other.slice(0, -1)}<${rank.get(other) ?? ''}>`
  const said = names.map((name) => {
    const lines = about.get(name) ?? []
    const blind = lines.map((line) => withNames(line, (one) => (one === name ? '@' : call(one))))
    return `${call(name)}\n${blind.sort().join('\n')}`
  })
  const order = [...new Set(said)].sort()
  return new Map(names.map((name, at) => [name, order.indexOf(said[at] ?? '')]))
}
