// `npm run sim -- --faults`: plants one fault after the other and lets the simulator look for it, first with the seed that
// found it when it was written down, then with others.

import { faults, type Fault } from './faults.ts'
import { plant } from './plant.ts'

export interface FaultShare {
  /** Seeds to try, from 1, when the known one finds nothing. */
  readonly seeds: number
  /** Every `of`th fault, beginning with `index`. */
  readonly index: number
  readonly of: number
}

/** Resolves with the faults of this share that no seed found. */
export async function runFaults(
  { seeds, index, of }: FaultShare,
  print: (line: string) => void,
): Promise<readonly string[]> {
  const missed: string[] = []
  for (const fault of faults.filter((_, place) => place % of === index)) {
    const found = await firstFailure(fault, seeds)
    if (found === undefined) missed.push(fault.what)
    print(`${found ?? 'NOT FOUND: '}${fault.what}`)
  }
  return missed
}

async function firstFailure(fault: Fault, seeds: number): Promise<string | undefined> {
  const { simulate } = await plant(fault)
  const others = Array.from({ length: seeds }, (_, index) => index + 1)
  for (const seed of [fault.seed, ...others]) {
    const { broken } = await simulate(seed)
    if (broken === undefined) continue
    const why = String(broken).split('\n')[0]?.slice(0, 100)
    return `seed ${String(seed).padEnd(5)} (${why}): `
  }
  return undefined
}
