// What many seeds met: events, commands by outcome, and which input found each machine of the engine in which state.

import { machines, pairKey } from './coverage.ts'
import type { ManyResult } from './many.ts'
import { impossible } from './impossible.ts'

/** Prints the figures of all shares; returns the seeds that failed. */
export function printSummary(
  parts: readonly ManyResult[],
  range: { readonly from: number; readonly all: boolean },
  seconds: number,
): readonly number[] {
  for (const [key, times] of [...sumOf(parts.map((part) => part.coverage))].sort()) {
    print(`  ${key}: ${times}`)
  }
  printPairs(sumOf(parts.map((part) => part.pairs)), range.all)
  const failed = parts.flatMap((part) => part.failed).sort((a, b) => a - b)
  const sum = (of: (part: ManyResult) => number): number =>
    parts.reduce((total, part) => total + of(part), 0)
  const [slowest] = parts.map((part) => part.slowest).sort((a, b) => b.ms - a.ms)
  const seeds = Math.max(
    1,
    sum((part) => part.seeds),
  )
  const most = (of: (part: ManyResult) => number): number => Math.max(0, ...parts.map(of))
  print(
    `per seed: ${(sum((part) => part.calls) / seeds).toFixed(0)} calls (most ${most((part) => part.mostCalls)}), ` +
      `${(sum((part) => part.inputs) / seeds).toFixed(0)} inputs (most ${most((part) => part.mostInputs)}), ` +
      `${(sum((part) => part.cpuMs) / seeds).toFixed(0)} ms of CPU time`,
  )
  print(
    `${seeds} seeds from ${range.from}: ${failed.length} failed; ${sum((part) => part.transitions)} transitions, ` +
      `${Math.round(sum((part) => part.virtualMs) / 3_600_000)} virtual hours in ${seconds.toFixed(1)} s ` +
      `(${parts.length} processes); slowest seed ${slowest?.seed} with ${Math.round(slowest?.ms ?? 0)} ms`,
  )
  return failed
}

function sumOf(parts: readonly (readonly (readonly [string, number])[])[]): Map<string, number> {
  const total = new Map<string, number>()
  for (const [key, times] of parts.flat()) total.set(key, (total.get(key) ?? 0) + times)
  return total
}

/** A table per machine: a row per input, a column per state; `-` cannot be, `.` was not met. */
function printPairs(counts: ReadonlyMap<string, number>, all: boolean): void {
  const missing: string[] = []
  const wrong: string[] = []
  const totals: string[] = []
  for (const { name, states, inputs } of machines) {
    let [met, cannot] = [0, 0]
    if (all) print(`  ${name.padEnd(30)}${states.map((one) => one.padStart(19)).join('')}`)
    for (const input of inputs) {
      const cells = states.map((state) => {
        const key = pairKey(name, state, input)
        const times = counts.get(key) ?? 0
        const why = impossible(name, state, input)
        if (times > 0) met += 1
        if (times > 0 && why !== undefined) wrong.push(`${key} (${why})`)
        if (times === 0 && why !== undefined) cannot += 1
        if (times === 0 && why === undefined) missing.push(key)
        return times > 0 ? String(times) : why === undefined ? '.' : '-'
      })
      if (all) print(`  ${input.padEnd(30)}${cells.map((cell) => cell.padStart(19)).join('')}`)
    }
    const pairs = states.length * inputs.length
    totals.push(`${name} ${met} of ${pairs - cannot} (${cannot} cannot be)`)
  }
  print(`pairs of state and input met: ${totals.join('; ')}`)
  for (const key of missing) print(`  not met: ${key}`)
  for (const key of wrong) print(`  MET, BUT SAID TO BE IMPOSSIBLE: ${key}`)
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
