// Depth first through every state of a scope. The server is made of closures and promises and cannot be copied, so the way
// to a state is walked again from the start for every move but the first; states that were seen before are not gone on from.

import { BrokenPromise } from './broken.ts'
import { keyOf, ownKeyOf } from './canonical.ts'
import { enabledMoves } from './enabled.ts'
import { moveText, type Move } from './moves.ts'
import type { Scope } from './scope.ts'
import { World } from './world.ts'

export interface Found {
  readonly scope: Scope
  readonly states: number
  /** States that differ by more than names. */
  readonly orbits: number
  readonly transitions: number
  /** Different histories from the empty server to an end that these states stand for; no names exchanged. */
  readonly histories: number
  readonly ends: number
  readonly depth: number
  readonly replayed: number
  readonly broken: BrokenHistory | undefined
}

export interface BrokenHistory {
  readonly why: string
  readonly moves: readonly string[]
}

export interface SearchOptions {
  readonly onState?: (states: number) => void
  /** False: names are not exchanged; for the proof that exchanging them leaves nothing out. */
  readonly bySymmetry?: boolean
}

export async function explore(scope: Scope, options: SearchOptions = {}): Promise<Found> {
  return new Search(scope, options).run()
}

class Search {
  readonly #scope: Scope
  readonly #options: SearchOptions
  readonly #bySymmetry: boolean
  readonly #orbits = new Set<string>()
  /** Histories from each state; 0 while it is being followed. */
  readonly #seen = new Map<string, number>()
  readonly #history: Move[] = []
  /** States of the present history in which nobody served: from there the way is shorter. */
  readonly #marks: { readonly at: number; readonly world: World }[] = []
  #transitions = 0
  #ends = 0
  #depth = 0
  #replayed = 0

  constructor(scope: Scope, options: SearchOptions) {
    this.#scope = scope
    this.#options = options
    this.#bySymmetry = options.bySymmetry ?? true
  }

  async run(): Promise<Found> {
    let histories = 0
    let broken: BrokenHistory | undefined
    try {
      const world = await World.open(this.#scope)
      histories = await this.#follow(world, this.#keyOf(world))
    } catch (error) {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
      const isPromise = error instanceof BrokenPromise
      broken = { why: isPromise ? error.message : why, moves: this.#history.map(moveText) }
    }
    return {
      scope: this.#scope,
      states: this.#seen.size,
      orbits: this.#orbits.size,
      transitions: this.#transitions,
      histories,
      ends: this.#ends,
      depth: this.#depth,
      replayed: this.#replayed,
      broken,
    }
  }

  /** `world` is in the state `key`, which nobody has followed; afterwards it is anywhere. Returns its histories. */
  async #follow(world: World, key: string): Promise<number> {
    this.#seen.set(key, 0)
    this.#options.onState?.(this.#seen.size)
    this.#depth = Math.max(this.#depth, this.#history.length)
    const moves = enabledMoves(world, this.#bySymmetry)
    if (world.life === undefined)
      this.#marks.push({ at: this.#history.length, world: world.fork() })
    let histories = 0
    let isEnd = true
    let here: World | undefined = world
    for (const move of moves) {
      const next: World = here ?? (await this.#replay())
      here = undefined
      this.#history.push(move)
      await next.play(move)
      this.#transitions += 1
      const nextKey = this.#keyOf(next)
      if (nextKey !== key) isEnd = false
      const known = this.#seen.get(nextKey)
      histories += known ?? (await this.#follow(next, nextKey))
      this.#history.pop()
    }
    if (this.#marks.at(-1)?.at === this.#history.length) this.#marks.pop()
    if (isEnd) this.#ends += 1
    // Commands on legs that have ended can go on for ever, and change nothing.
    const all = isEnd ? 1 : histories
    this.#seen.set(key, all)
    return all
  }

  #keyOf(world: World): string {
    const key = keyOf(world)
    this.#orbits.add(key)
    return this.#bySymmetry ? key : ownKeyOf(world)
  }

  async #replay(): Promise<World> {
    const mark = this.#marks.at(-1)
    const world = mark?.world.fork() ?? (await World.open(this.#scope))
    const moves = this.#history.slice(mark?.at ?? 0)
    await world.replay(moves)
    this.#replayed += moves.length
    return world
  }
}
