// `npm run sim`: looks for histories that break a promise.
//
//   npm run sim -- --seeds 1000            fresh seeds from 1
//   npm run sim -- --seeds 1000 --from 5000
//   npm run sim -- --seed 4711             one seed with its whole trace
//
// A broken promise prints its seed, the commit and the last lines of the trace; the exit code is then 1.

import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { simulate, type SeedResult } from './simulate.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    most: { type: 'string', default: '5' },
  },
})

const print = (line: string): void => void process.stdout.write(`${line}\n`)
process.exitCode = values.seed === undefined ? await runMany() : await replay(Number(values.seed))

async function replay(seed: number): Promise<number> {
  const result = await simulate(seed, print)
  print(JSON.stringify(result.plan))
  print(`seed ${seed}: ${result.transitions} transitions, trace ${result.traceHash}`)
  if (result.broken === undefined) return 0
  report(result)
  return 1
}

async function runMany(): Promise<number> {
  const [first, count] = [Number(values.from), Number(values.seeds)]
  const coverage = new Map<string, number>()
  const failed: SeedResult[] = []
  const slowest = { seed: 0, ms: 0 }
  let [virtualMs, transitions] = [0, 0]
  const startedAt = process.hrtime.bigint()
  for (let seed = first; seed < first + count && failed.length < Number(values.most); seed++) {
    const before = process.hrtime.bigint()
    const result = await simulate(seed)
    const ms = Number(process.hrtime.bigint() - before) / 1e6
    if (ms > slowest.ms) Object.assign(slowest, { seed, ms })
    for (const [key, times] of result.coverage) coverage.set(key, (coverage.get(key) ?? 0) + times)
    virtualMs += result.virtualMs
    transitions += result.transitions
    if (result.broken === undefined) continue
    failed.push(result)
    report(result)
  }
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9
  for (const [key, times] of [...coverage].sort()) print(`  ${key}: ${times}`)
  print(
    `seeds from ${first}: ${failed.length} failed; ${transitions} transitions, ` +
      `${Math.round(virtualMs / 3_600_000)} virtual hours in ${seconds.toFixed(1)} s; ` +
      `slowest seed ${slowest.seed} with ${Math.round(slowest.ms)} ms`,
  )
  return failed.length === 0 ? 0 : 1
}

function report({ seed, broken, lastLines }: SeedResult): void {
  for (const line of lastLines) print(line)
  const why = broken instanceof Error ? broken.stack : String(broken)
  print(`BROKEN seed ${seed} at commit ${commit()}: ${why}\n`)
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}
