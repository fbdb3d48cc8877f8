// `npm run fuzz -- [--minutes n] [--target name] [--seed n]`: hostile inputs for every parser, or for one. What fails is made
// small and printed with its seed as hexadecimal bytes; `--input <hex>` runs such bytes once more.

import { fuzz, type FuzzFailure, type FuzzReport } from './fuzzer.ts'
import { fuzzRandom } from './random.ts'
import type { FuzzTarget } from './target.ts'
import { targets } from './targets/all.ts'
import { watched } from './watchdog.ts'

const usage = `npm run fuzz -- [--minutes n] [--seed n] [--target ${Object.keys(targets).join('|')}] [--input hex]`
const shownBytes = 2000
/** Far above what an input may cost, however slow the machine is. */
const hangMs = 30_000

interface Options {
  readonly minutes: number
  readonly seed: number
  readonly names: readonly string[]
  readonly input: Uint8Array | undefined
}

function readOptions(words: readonly string[]): Options {
  let minutes = 5
  let seed = Math.floor(Math.random() * 2 ** 31)
  let names = Object.keys(targets)
  let input: Uint8Array | undefined
  for (let at = 0; at < words.length; at += 2) {
    const value = words[at + 1] ?? ''
    if (words[at] === '--minutes' && Number(value) > 0) minutes = Number(value)
    else if (words[at] === '--seed' && Number.isInteger(Number(value))) seed = Number(value)
    else if (words[at] === '--target' && value in targets) names = [value]
    else if (words[at] === '--input') input = Uint8Array.from(Buffer.from(value, 'hex'))
    else throw new Error(usage)
  }
  return { minutes, seed, names, input }
}

async function runTarget(name: string, seed: number, forMs: number): Promise<FuzzReport> {
  const target = targetOf(name)
  const until = performance.now() + forMs
  try {
    return await fuzz(target, { seed, more: () => performance.now() < until, failuresMax: 10 })
  } finally {
    await target.close?.()
  }
}

function targetOf(name: string): FuzzTarget {
  const target = targets[name]?.()
  if (target === undefined) throw new Error(usage)
  return watched(target, hangMs)
}

function print({ target, kind, why, seed, round, input }: FuzzFailure): void {
  const hex = Buffer.from(input).toString('hex')
  console.error(
    `  ${kind}: ${why}\n    seed ${seed}, input ${round}, ${input.length} bytes after minimising`,
  )
  console.error(`    ${JSON.stringify(Buffer.from(input).toString('latin1').slice(0, 200))}`)
  console.error(
    `    npm run fuzz -- --target ${target} --input ${hex.slice(0, shownBytes)}${hex.length > shownBytes ? '…' : ''}`,
  )
}

async function runOnce(name: string, seed: number, input: Uint8Array): Promise<void> {
  const target = targetOf(name)
  const started = performance.now()
  await target.run(input, fuzzRandom(seed))
  console.log(`${name}: ${(performance.now() - started).toFixed(1)} ms`)
  await target.close?.()
}

try {
  const { minutes, seed, names, input } = readOptions(process.argv.slice(2))
  const [first = ''] = names
  if (input !== undefined) await runOnce(first, seed, input)
  else {
    console.log(`seed ${seed}, ${minutes} minutes`)
    let failures = 0
    for (const name of names) {
      const report = await runTarget(name, seed, (minutes * 60_000) / names.length)
      failures += report.failures.length
      console.log(
        `${report.failures.length === 0 ? '✔' : '✖'} ${name}: ${report.inputs} inputs, costliest ${report.slowestMs.toFixed(1)} ms`,
      )
      for (const failure of report.failures) print(failure)
    }
    console.log(failures === 0 ? 'nothing found' : `${failures} found`)
    process.exitCode = failures === 0 ? 0 : 1
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 2
}
