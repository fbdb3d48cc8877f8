// Makes a failing history small: bad weather and troubles are taken away first, then calls, commands and crashes, as long
// as what is left still breaks the same promise.

import { BrokenPromise } from './checkers.ts'
import { actionsOf, planOf, type Plan } from './plan.ts'
import { simulate } from './simulate.ts'

const calm: readonly ((plan: Plan) => Plan)[] = [
  (plan) => ({ ...plan, weather: { ...plan.weather, delayMaxMs: plan.weather.delayMinMs + 1 } }),
  (plan) => ({ ...plan, media: { ...plan.media, latencyMaxMs: 0 } }),
  (plan) => ({ ...plan, store: { ...plan.store, commitLatencyMaxMs: 0 } }),
  (plan) => ({ ...plan, signed: false, toTheEnd: false }),
  (plan) => ({ ...plan, badManners: 0 }),
  (plan) => ({ ...plan, weather: { ...plan.weather, lost: 0, duplicated: 0 } }),
  (plan) => ({ ...plan, receiver: { slowMaxMs: 1, errors: 0, timeouts: 0, downs: 0 } }),
  (plan) => ({
    ...plan,
    media: { ...plan.media, refused: 0, remoteRefused: 0, playbackFails: 0, silences: 0 },
  }),
  (plan) => ({ ...plan, store: { ...plan.store, unknown: 0, stalls: 0 } }),
]

/** The smallest plan found that breaks the promise `seed` breaks; undefined when it breaks none. */
export async function shrink(
  seed: number,
  print: (line: string) => void,
): Promise<Plan | undefined> {
  const whole = planOf(seed)
  const wanted = kindOf((await simulate(seed)).broken)
  if (wanted === undefined) return undefined
  let runs = 1
  const fails = async (plan: Plan): Promise<boolean> => {
    runs += 1
    return kindOf((await simulate(seed, { plan })).broken) === wanted
  }
  let plan = whole
  for (const calmer of calm) if (await fails(calmer(plan))) plan = calmer(plan)
  let kept = actionsOf(whole)
  const planWith = (actions: readonly string[]): Plan => {
    const left = new Set(actions)
    return { ...plan, without: new Set(actionsOf(whole).filter((one) => !left.has(one))) }
  }
  for (let size = Math.ceil(kept.length / 2); size >= 1;) {
    const before = kept.length
    for (let from = 0; from < kept.length;) {
      const fewer = [...kept.slice(0, from), ...kept.slice(from + size)]
      if (await fails(planWith(fewer))) kept = fewer
      else from += size
    }
    print(`${kept.length} of ${actionsOf(whole).length} actions left after ${runs} runs`)
    // One by one until none can be missed: without a later one an earlier one may be needless.
    if (size > 1) size = size >> 1
    else if (kept.length === before) break
  }
  print(`left: ${kept.join(', ')}`)
  return planWith(kept)
}

/** Which promise: its words without the legs and numbers in them. */
function kindOf(broken: unknown): string | undefined {
  if (broken === undefined) return undefined
  const text = broken instanceof BrokenPromise ? broken.message : String(broken)
  return (text.split('\n')[0] ?? '').replace(/v3:[\w-]+|\d+/g, '#')
}
