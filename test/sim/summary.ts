// What many seeds met: events, commands by outcome, and which commands found a leg in which state.

import { legStateNames } from '../../src/calls/leg.ts'
import type { ManyResult } from './many.ts'

/** Prints the figures of all shares; returns the seeds that failed. */
export function printSummary(
  parts: readonly ManyResult[],
  range: { readonly from: number },
  seconds: number,
): readonly number[] {
  const coverage = new Map<string, number>()
  for (const [key, times] of parts.flatMap((part) => part.coverage)) {
    coverage.set(key, (coverage.get(key) ?? 0) + times)
  }
  const isPair = (key: string): boolean => key.includes(' < ')
  const lines = [...coverage].filter(([key]) => !isPair(key)).sort()
  for (const [key, times] of lines) print(`  ${key}: ${times}`)
  printPairs([...coverage].filter(([key]) => isPair(key)))
  const failed = parts.flatMap((part) => part.failed).sort((a, b) => a - b)
  const sum = (of: (part: ManyResult) => number): number =>
    parts.reduce((total, part) => total + of(part), 0)
  const [slowest] = parts.map((part) => part.slowest).sort((a, b) => b.ms - a.ms)
  print(
    `seeds from ${range.from}: ${failed.length} failed; ${sum((part) => part.transitions)} transitions, ` +
      `${Math.round(sum((part) => part.virtualMs) / 3_600_000)} virtual hours in ${seconds.toFixed(1)} s ` +
      `(${parts.length} processes); slowest seed ${slowest?.seed} with ${Math.round(slowest?.ms ?? 0)} ms`,
  )
  return failed
}

/** A row per command, a column per state of the leg it was on. */
function printPairs(pairs: readonly (readonly [string, number])[]): void {
  const states = [...legStateNames, 'unknown']
  const counts = new Map(pairs)
  const commands = [...new Set(pairs.map(([key]) => key.split(' < ')[1] ?? ''))].sort()
  print(
    `  ${'command on a leg that is'.padEnd(24)}${states.map((one) => one.padStart(14)).join('')}`,
  )
  let met = 0
  for (const command of commands) {
    const row = states.map((state) => counts.get(`${state} < ${command}`) ?? 0)
    met += row.filter((times) => times > 0).length
    print(`  ${command.padEnd(24)}${row.map((times) => String(times).padStart(14)).join('')}`)
  }
  print(`  ${met} of ${commands.length * states.length} pairs of leg state and command met`)
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
