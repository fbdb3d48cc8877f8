// Supervised bridges in the media thread. The two legs stay linked; their packets go into a mix beside it, and the
// supervisors hear that mix. A leg to whom nobody speaks goes on hearing the other's packets as they come: listening in
// costs it nothing and cannot be heard. Only a leg that is spoken to hears the mix instead, once the other's voice comes
// out of it, so that nothing is missed; keys of the other side are then pressed again by us.

import { brandAs } from '../../base/ids.ts'
import type { ConferenceId, LegId } from '../../base/ids.ts'
import type { Supervisor } from '../../ports/media-engine.ts'
import { ConferenceMix } from './conference-mix.ts'
import type { MediaLeg, Partner } from './leg.ts'

interface Supervised {
  readonly pair: readonly [MediaLeg, MediaLeg]
  readonly mix: ConferenceMix
  readonly name: ConferenceId
  supervisors: readonly MediaLeg[]
}

export class Supervision {
  /** By either leg of the pair. */
  readonly #byLeg = new Map<MediaLeg, Supervised>()

  /** To be called for each tick of the conferences. */
  forEachMix(tick: (mix: ConferenceMix) => void): void {
    for (const [leg, { pair, mix }] of this.#byLeg) if (leg === pair[0]) tick(mix)
  }

  /** The whole list; `find` gives the supervisors' legs. Nothing when the two are not linked with each other. */
  set(
    a: MediaLeg,
    b: MediaLeg,
    list: readonly Supervisor[],
    find: (legId: LegId) => MediaLeg | undefined,
  ): void {
    const toA = partnerOf(a)
    const toB = partnerOf(b)
    if (toA?.from !== b || toB?.from !== a) return
    const present = list.flatMap((one) => {
      const leg = find(one.legId)
      return leg === undefined || leg === a || leg === b ? [] : [{ ...one, leg }]
    })
    if (present.length === 0) {
      this.#restore(a, toA, b, toB)
      return
    }
    const held = this.#byLeg.get(a) ?? this.#begin(a, b)
    const { mix, name } = held
    for (const former of held.supervisors) {
      if (!present.some(({ leg }) => leg === former) && hears(former, mix)) former.hearSilence()
    }
    held.supervisors = present.map(({ leg }) => leg)
    for (const { leg, role, target } of present) {
      if (!hears(leg, mix)) leg.hear({ kind: 'mix', mix, conferenceId: name })
      mix.join(leg.legId, true, role !== 'monitor', role === 'whisper' ? [target] : undefined)
    }
    for (const [leg, partner] of [
      [a, toA],
      [b, toB],
    ] as const) {
      const isSpokenTo = present.some(
        ({ role, target }) => role === 'barge' || (role === 'whisper' && target === leg.legId),
      )
      mix.join(leg.legId, isSpokenTo, true)
      if (isSpokenTo && !hears(leg, mix))
        leg.hearSoon({ kind: 'mix', mix, conferenceId: name, partner })
      else if (!isSpokenTo) listenDirectly(leg, partner)
    }
  }

  /** The leg's bridge changes or ends: its supervisors hear silence. What the pair hears is the caller's. */
  end(leg: MediaLeg): void {
    const held = this.#byLeg.get(leg)
    if (held === undefined) return
    const { pair, mix, supervisors } = held
    for (const one of pair) {
      this.#byLeg.delete(one)
      one.feeds = undefined
      if (!hears(one, mix)) mix.leave(one.legId)
    }
    for (const one of supervisors) if (hears(one, mix)) one.hearSilence()
  }

  #begin(a: MediaLeg, b: MediaLeg): Supervised {
    const name = brandAs<ConferenceId>(`bridge ${a.legId}`)
    const held = { pair: [a, b] as const, mix: new ConferenceMix(), name, supervisors: [] }
    for (const leg of held.pair) {
      this.#byLeg.set(leg, held)
      leg.feeds = held.mix
      held.mix.join(leg.legId, false, true)
    }
    return this.#byLeg.get(a)!
  }

  #restore(a: MediaLeg, toA: Partner, b: MediaLeg, toB: Partner): void {
    this.end(a)
    listenDirectly(a, toA)
    listenDirectly(b, toB)
  }
}

/** Whom the leg is linked with, supervised or not. */
export function partnerOf(leg: MediaLeg): Partner | undefined {
  const { base } = leg
  if (base.kind === 'leg') return base.linked ? base : undefined
  return base.kind === 'mix' ? base.partner : undefined
}

function hears(leg: MediaLeg, mix: ConferenceMix): boolean {
  return leg.base.kind === 'mix' && leg.base.mix === mix
}

function listenDirectly(leg: MediaLeg, { from, passKeys }: Partner): void {
  leg.stayWithBase()
  if (leg.base.kind !== 'leg') leg.hear({ kind: 'leg', from, passKeys, linked: true })
}
