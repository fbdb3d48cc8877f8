// One process's share of many seeds, and its result as plain data.

import { simulate, type SeedResult } from './simulate.ts'

export interface Share {
  readonly from: number
  readonly count: number
  readonly step: number
  /** It stops after so many failures. */
  readonly most: number
}

export interface ManyResult {
  readonly failed: readonly number[]
  readonly seeds: number
  readonly coverage: readonly (readonly [string, number])[]
  /** Which inputs met which states. */
  readonly pairs: readonly (readonly [string, number])[]
  readonly calls: number
  readonly mostCalls: number
  readonly inputs: number
  readonly mostInputs: number
  readonly cpuMs: number
  readonly slowest: { readonly seed: number; readonly ms: number }
  readonly virtualMs: number
  readonly transitions: number
}

export async function simulateMany(
  { from, count, step, most }: Share,
  print: (line: string) => void,
): Promise<ManyResult> {
  const coverage = new Map<string, number>()
  const pairs = new Map<string, number>()
  const failed: number[] = []
  const sums = { seeds: 0, calls: 0, mostCalls: 0, inputs: 0, mostInputs: 0 }
  let slowest = { seed: 0, ms: 0 }
  let [virtualMs, transitions] = [0, 0]
  for (let seed = from; seed < from + count && failed.length < most; seed += step) {
    const before = process.hrtime.bigint()
    const result = await simulate(seed)
    const ms = Number(process.hrtime.bigint() - before) / 1e6
    if (ms > slowest.ms) slowest = { seed, ms }
    addTo(coverage, result.coverage)
    addTo(pairs, result.pairs)
    sums.seeds += 1
    sums.calls += result.calls
    sums.mostCalls = Math.max(sums.mostCalls, result.calls)
    sums.inputs += result.inputs
    sums.mostInputs = Math.max(sums.mostInputs, result.inputs)
    virtualMs += result.virtualMs
    transitions += result.transitions
    if (result.broken === undefined) continue
    failed.push(seed)
    report(result, print)
  }
  const { user, system } = process.cpuUsage()
  const cpuMs = (user + system) / 1e3
  const maps = { coverage: [...coverage], pairs: [...pairs] }
  return { ...sums, ...maps, failed, slowest, virtualMs, transitions, cpuMs }
}

function addTo(total: Map<string, number>, some: ReadonlyMap<string, number>): void {
  for (const [key, times] of some) total.set(key, (total.get(key) ?? 0) + times)
}

export function report({ seed, broken, lastLines }: SeedResult, print: (line: string) => void) {
  for (const line of lastLines) print(line)
  const why = broken instanceof Error ? broken.stack : String(broken)
  print(`BROKEN seed ${seed}: ${why}\n`)
}
