// `npm run bench [-- name …] [--full] [--compare <git-rev>]`: what the server takes on this machine. Each bench runs in
// a process of its own, the server in another; loopback only; every one is bounded and stops by itself. The last line
// of each, and of the whole, is one JSON object. docs/internals/performance.md says how to read the figures.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { loadAverage, machine } from './support/process.ts'
import { printFigures, type Figures } from './support/report.ts'

const benches: Readonly<Record<string, (full: boolean) => Promise<Figures>>> = {
  amd: async (full) => (await import('./amd.ts')).benchAmd(full),
  lab: async (full) => (await import('./lab.ts')).benchLab(full),
  start: async (full) => (await import('./start.ts')).benchStart(full),
  'catch-up': async (full) => (await import('./catch-up.ts')).benchCatchUp(full),
  parse: async (full) => (await import('./parse.ts')).benchParse(full),
  queue: async (full) => (await import('./queue.ts')).benchQueue(full),
  calls: async (full) => (await import('./calls.ts')).benchCalls(full),
  waiting: async (full) => (await import('./waiting.ts')).benchWaiting(full),
  codecs: async (full) => (await import('./codecs.ts')).benchCodecs(full),
  bridge: async (full) => (await import('./bridge.ts')).benchBridge(full),
  conference: async (full) => (await import('./conference.ts')).benchConference(full),
  recovery: async (full) => (await import('./recovery.ts')).benchRecovery(full),
  recording: async (full) => (await import('./recording.ts')).benchRecording(full),
  recordings: async (full) => (await import('./recordings.ts')).benchRecordings(full),
  flood: async (full) => (await import('./flood.ts')).benchFlood(full),
  speech: async (full) => (await import('./speech.ts')).benchSpeech(full),
  overload: async (full) => (await import('./overload.ts')).benchOverload(full),
}

const usage = `npm run bench -- [${Object.keys(benches).join('|')} …] [--full] [--compare <git-rev>]`
const inner = 'BENCH_INNER'

interface Options {
  readonly names: readonly string[]
  readonly full: boolean
  readonly compare: string | undefined
}

function readOptions(words: readonly string[]): Options {
  const names: string[] = []
  let full = false
  let compare: string | undefined
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === '--full') full = true
    else if (word === '--compare') compare = words[++at]
    else if (word in benches) names.push(word)
    else throw new Error(`unknown: ${word}\n${usage}`)
  }
  return { names: names.length === 0 ? Object.keys(benches) : names, full, compare }
}

/** One bench in a process of its own; its figures, or why there are none. */
export function runBench(script: string, name: string, full: boolean): Promise<Figures> {
  return new Promise((resolve) => {
    const child = fork(script, [name, ...(full ? ['--full'] : [])], {
      env: { ...process.env, [inner]: '1' },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    let figures: Figures = { bench: name, failed: 'it ended without figures' }
    child.on('message', (message) => {
      if (typeof message === 'object' && message !== null) figures = { ...message }
    })
    child.on('exit', () => resolve(figures))
  })
}

async function runInner(name: string, full: boolean): Promise<void> {
  const run = benches[name]
  if (run === undefined) throw new Error(usage)
  let figures: Figures
  // Worker threads do not keep a process alive by themselves.
  setInterval(() => undefined, 60_000)
  try {
    figures = { bench: name, ...(await run(full)) }
  } catch (error) {
    figures = { bench: name, failed: error instanceof Error ? error.message : String(error) }
  }
  printFigures(figures)
  process.send?.(figures, () => process.exit('failed' in figures ? 1 : 0))
}

async function runAll({ names, full, compare }: Options): Promise<void> {
  const script = fileURLToPath(import.meta.url)
  console.log(
    `${machine()}; load of the last minute ${loadAverage()}; generator and server share it`,
  )
  const results: Figures[] = []
  for (const name of names) {
    console.log(`\n${name}`)
    const figures = await runBench(script, name, full)
    results.push(figures)
    if (compare === undefined) continue
    const { compareWith } = await import('./compare.ts')
    await compareWith(compare, figures, (other) => runBench(other, name, full))
  }
  const failed = results.filter((figures) => 'failed' in figures)
  if (results.length > 1) {
    console.log('')
    printFigures({ benches: results })
  }
  process.exitCode = failed.length > 0 ? 1 : 0
}

try {
  const options = readOptions(process.argv.slice(2))
  if (process.env[inner] === undefined) await runAll(options)
  else await runInner(options.names[0] ?? '', options.full)
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 2
}
