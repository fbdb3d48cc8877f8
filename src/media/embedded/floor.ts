// Who speaks loudest in a conference. Looked at once a second, over the levels that the mixer smooths; whoever has the
// floor keeps it until somebody else is clearly louder, so that two who talk at once do not pass it to and fro.

import type { LegId } from '../../base/ids.ts'

/** 50 ticks of 20 ms. */
const LOOK_TICKS = 50
/** Mean amplitude below which nobody speaks: about 45 dB under full scale, above line noise. */
const SPEAKS = 180
/** Twice as loud is 6 dB. */
const CLEARLY_LOUDER = 2

interface Level {
  readonly party: { readonly level: number }
}

export class Floor {
  #holder: LegId | undefined
  #ticks = 0

  /** Once per tick: whether it is time to look. */
  due(): boolean {
    this.#ticks = (this.#ticks + 1) % LOOK_TICKS
    return this.#ticks === 0
  }

  /** Who has the floor since this look; undefined: nothing changed. */
  look(seats: ReadonlyMap<LegId, Level>): LegId | undefined {
    // Who left has it no longer, and is told again when coming back.
    if (this.#holder !== undefined && !seats.has(this.#holder)) this.#holder = undefined
    let loudest: LegId | undefined
    let level = SPEAKS
    for (const [legId, { party }] of seats) {
      if (party.level <= level) continue
      loudest = legId
      level = party.level
    }
    if (loudest === undefined || loudest === this.#holder) return undefined
    const held = this.#holder === undefined ? 0 : (seats.get(this.#holder)?.party.level ?? 0)
    if (held > SPEAKS && level < held * CLEARLY_LOUDER) return undefined
    this.#holder = loudest
    return loudest
  }
}
