// `npm run sim`: looks for histories that break a promise.
//
//   npm run sim -- --seeds 1000              seeds that nobody has tried, on all cores
//   npm run sim -- --seeds 1000 --from 5000  the same ones again
//   npm run sim -- --seed 4711               one seed with its whole trace
//   npm run sim -- --seed 4711 --shrink      the fewest actions that still break it, with their trace
//   npm run sim -- --seeds 1000 --pairs      with the tables of states and inputs met
//   npm run sim -- --faults                  faults planted on purpose, and the seed that finds each
//
// A broken promise prints its seed, the commit and the last lines of the trace; the exit code is then 1.

import { execFileSync, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { runFaults } from './faults/run.ts'
import { report, simulateMany, type ManyResult } from './many.ts'
import { shrink } from './shrink.ts'
import { simulate } from './simulate.ts'
import { printSummary } from './summary.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    /** Left out, they are others each time: what only ever sees the same histories becomes blind. */
    from: { type: 'string', default: String(1 + Math.floor(Math.random() * 2 ** 31)) },
    seed: { type: 'string' },
    faults: { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: false },
    pairs: { type: 'boolean', default: false },
    most: { type: 'string', default: '5' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    /** Set for the processes that do the work: every how manieth seed is theirs. */
    step: { type: 'string' },
    /** The same for faults. */
    share: { type: 'string' },
  },
})

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const range = { from: Number(values.from), count: Number(values.seeds), most: Number(values.most) }

if (values.step !== undefined) {
  process.send?.(await simulateMany({ ...range, step: Number(values.step) }, print))
} else if (values.faults) {
  const index = Number(values.share)
  const of = values.share === undefined ? 1 : Number(values.jobs)
  if (values.share === undefined && Number(values.jobs) > 1) {
    process.exitCode = await forkFaults(Number(values.jobs))
  } else {
    const missed = await runFaults({ seeds: range.count, index: index || 0, of }, print)
    print(`${missed.length} not found`)
    process.exitCode = missed.length === 0 ? 0 : 1
  }
} else if (values.seed !== undefined) {
  process.exitCode = await replay(Number(values.seed))
} else {
  process.exitCode = await runAll(Number(values.jobs))
}

async function replay(seed: number): Promise<number> {
  const plan = values.shrink ? await shrink(seed, print) : undefined
  const result = await simulate(seed, plan === undefined ? { print } : { print, plan })
  print(JSON.stringify({ ...result.plan, without: [...result.plan.without] }))
  print(`seed ${seed}: ${result.transitions} transitions, trace ${result.traceHash}`)
  if (result.broken === undefined) return 0
  report(result, print)
  return 1
}

async function runAll(jobs: number): Promise<number> {
  print(`${range.count} seeds from ${range.from}`)
  const startedAt = process.hrtime.bigint()
  const parts = await Promise.all(Array.from({ length: jobs }, (_, index) => runPart(index, jobs)))
  const failed = printSummary(
    parts,
    { ...range, all: values.pairs },
    Number(process.hrtime.bigint() - startedAt) / 1e9,
  )
  if (failed.length > 0) print(`at commit ${commit()}: seeds ${failed.join(', ')} failed`)
  return failed.length === 0 ? 0 : 1
}

/** Every `jobs`th seed, in a process of its own. */
function runPart(index: number, jobs: number): Promise<ManyResult> {
  const count = Math.max(0, range.count - index)
  const args = ['--from', String(range.from + index), '--seeds', String(count)]
  args.push('--step', String(jobs), '--most', String(range.most))
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, args)
    child.once('message', (message) => resolve(message as ManyResult)) // Sent by our own code.
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`a simulation process ended with ${code}`)))
  })
}

/** Every `jobs`th fault in a process of its own; 1 when one of them found nothing. */
async function forkFaults(jobs: number): Promise<number> {
  const codes = Array.from({ length: jobs }, (_, index) => {
    const args = ['--faults', '--seeds', values.seeds, '--jobs', String(jobs)]
    const child = fork(import.meta.filename, [...args, '--share', String(index)])
    return new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code) => resolve(code ?? 1))
    })
  })
  return Math.max(...(await Promise.all(codes)))
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return 'unknown'
  }
}
