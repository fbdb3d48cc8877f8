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
  readonly coverage: readonly (readonly [string, number])[]
  readonly slowest: { readonly seed: number; readonly ms: number }
  readonly virtualMs: number
  readonly transitions: number
}

export async function simulateMany(
  { from, count, step, most }: Share,
  print: (line: string) => void,
): Promise<ManyResult> {
  const coverage = new Map<string, number>()
  const failed: number[] = []
  let slowest = { seed: 0, ms: 0 }
  let [virtualMs, transitions] = [0, 0]
  for (let seed = from; seed < from + count && failed.length < most; seed += step) {
    const before = process.hrtime.bigint()
    const result = await simulate(seed)
    const ms = Number(process.hrtime.bigint() - before) / 1e6
    if (ms > slowest.ms) slowest = { seed, ms }
    for (const [key, times] of result.coverage) coverage.set(key, (coverage.get(key) ?? 0) + times)
    virtualMs += result.virtualMs
    transitions += result.transitions
    if (result.broken === undefined) continue
    failed.push(seed)
    report(result, print)
  }
  return { failed, coverage: [...coverage], slowest, virtualMs, transitions }
}

export function report({ seed, broken, lastLines }: SeedResult, print: (line: string) => void) {
  for (const line of lastLines) print(line)
  const why = broken instanceof Error ? broken.stack : String(broken)
  print(`BROKEN seed ${seed}: ${why}\n`)
}
