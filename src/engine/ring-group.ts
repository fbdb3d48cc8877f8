// Destinations that one dial rings at the same time (C159). Each is a leg of its own, with its own events, limits and end; the
// first 2xx that is stepped wins, and the same step ends all others: they are cancelled, and a 2xx that crosses the CANCEL
// is acknowledged and ended without ever having been a call. Winner and losers are rows of one commit, so after a crash
// either all still rang (and all end, C29) or one is up; INVITEs that were not cancelled yet are cancelled by the start.

import type { StepContext } from './context.ts'
import { cancelledDial } from './leg-ends.ts'
import type { Leg } from './state.ts'

/** From now on the first of these to answer is the one. */
export function ringTogether(legs: readonly Leg[]): void {
  for (const leg of legs) {
    leg.rivals = legs.filter((other) => other !== leg).map(({ legId }) => legId)
  }
}

/** The leg has answered: nobody else is rung any more. */
export function stopRivals(ctx: StepContext, leg: Leg): void {
  for (const legId of leg.rivals) {
    const rival = ctx.living(legId)
    if (rival?.state.at === 'dialing') ctx.endSoon(rival, cancelledDial())
  }
  leg.rivals = []
}

/** Its end is decided and only waits for the store: a 2xx that comes meanwhile makes no call of it. */
export function isOutOfRing(leg: Leg): boolean {
  return leg.rivals.length > 0 && leg.deferredEnd !== undefined
}

/** One of the others is already heard before its answer; two at a time would be noise. */
export function rivalIsHeard(ctx: StepContext, leg: Leg): boolean {
  return leg.rivals.some((legId) => ctx.living(legId)?.earlyPassed === true)
}
