// Which moves a state allows. Callers, and agents, that have not come yet are alike, so only the first of them comes: any
// other choice is the same history with the names exchanged. So it is with twins in the middle of a history.

import { twinsOf } from './canonical.ts'
import type { Move } from './moves.ts'
import type { Name } from './spec.ts'
import type { World } from './world.ts'

/** Refusals wait for the writes before them: without an end to it, more and more commands could wait. */
const UNANSWERED_MAX = 2

export function enabledMoves(world: World, bySymmetry: boolean): Move[] {
  if (!bySymmetry) return allMoves(world, Infinity)
  const twins = twinsOf(world)
  return allMoves(world, 1).filter((move) => !('leg' in move) || !twins.has(move.leg))
}

function allMoves(world: World, comers: number): Move[] {
  const { life } = world
  if (life === undefined) return [{ kind: 'start' }, ...hangUps(world)]
  const { failing } = life.store
  const moves = world.isLazy ? diskMoves(world, failing) : []
  if (world.isLazy && world.disk.waiting.length >= world.scope.writesMax) return moves
  // A server whose disk refuses takes no new calls: 503 comes before the call logic.
  if (!failing) moves.push(...arrivals(world, comers))
  return [...moves, ...hangUps(world), ...agentMoves(world), ...remoteMoves(world)]
}

function arrivals({ known, scope }: World, comers: number): Move[] {
  const isNew = (name: Name): boolean => !known.has(name)
  const callers = names('caller', scope.callers).filter(isNew).slice(0, comers)
  const agents = names('agent', scope.agents).filter(isNew).slice(0, comers)
  return [
    ...callers.map((leg): Move => ({ kind: 'call', leg })),
    ...agents.map((leg): Move => ({ kind: 'dial', leg })),
  ]
}

function hangUps({ outside, life, spec, scope }: World): Move[] {
  const moves: Move[] = []
  for (const [leg, phone] of outside.phones) {
    if (phone === 'up') moves.push({ kind: 'hang-up', leg })
    if (phone === 'down' && life !== undefined && !scope.remote && spec.isLiving(leg)) {
      moves.push({ kind: 'lost', leg })
    }
  }
  return moves
}

function agentMoves(world: World): Move[] {
  const { outside, scope, spec, copiesLeft, life } = world
  const moves: Move[] = []
  const waiting = [...(life?.open ?? [])].filter(({ what }) => what === 'bridge').length
  const maySend = scope.remote || waiting < UNANSWERED_MAX
  for (const leg of world.known) {
    if (!leg.startsWith('agent')) continue
    if (outside.phone(leg) === 'ringing') {
      moves.push({ kind: 'accept', leg }, { kind: 'refuse', leg })
    }
    if (!maySend || (world.picks.get(leg) ?? 0) >= scope.picks) continue
    moves.push({ kind: 'pick', leg, sent: 'plain' })
    const mayBeMarked = spec.isLiving(leg) && spec.remembered === undefined
    if (!mayBeMarked || copiesLeft === 0) continue
    for (const sent of scope.marks) moves.push({ kind: 'pick', leg, sent })
  }
  if (maySend && spec.remembered !== undefined && copiesLeft > 0) moves.push({ kind: 'again' })
  return moves
}

function diskMoves({ disk, crashesLeft, stallsLeft, scope }: World, failing: boolean): Move[] {
  const { length } = disk.waiting
  const moves: Move[] = []
  if (length > 0) moves.push({ kind: 'write' })
  if (length > 0 && stallsLeft > 0 && !failing) moves.push({ kind: 'stall' })
  if (crashesLeft === 0) return moves
  for (let written = 0; written <= length; written++) {
    moves.push({ kind: 'crash', performed: 0, written })
    if (written === length) break
    for (let performed = 1; performed <= scope.cuts; performed++) {
      moves.push({ kind: 'crash', performed, written })
    }
  }
  return moves
}

function remoteMoves({ life, lossesLeft, lost }: World): Move[] {
  const moves: Move[] = lost.length > 0 ? [{ kind: 'repeat' }] : []
  life?.store.travelling.forEach(({ outcome }, verb) => {
    moves.push({ kind: outcome === undefined ? 'execute' : 'outcome', verb })
    if (lossesLeft > 0) moves.push({ kind: 'lose', verb })
  })
  return moves
}

function names(role: string, count: number): Name[] {
  return Array.from({ length: count }, (_, place) => `${role}${place + 1}`)
}
