// The one test command: static checks beside the unit tests of src and web, which share one process (starting one for each
// file would cost more than they do); then what else only computes (simulator, models, torture) on all cores; last the servers
// whose audio people hear, with nothing beside them that would take the processor from a call. Every other
// *.test.ts has a process of its own.
// `npm test -- sip queue` runs only the test files whose path contains one of the words (and no static check);
// `--peers` (npm run test:peers) takes test/peers/**/*.peer.ts instead, which need foreign programs of the system.
// A machine that lends its processors to others takes them from a call at any moment, and then people hear gaps. When that
// happened (all the time or in one second) while a file with calls that keep real time failed, the file runs again, by itself,
// at most twice, and the output says so.
// A whole run ends with the coverage of the API, of which every operation and webhook must have been seen by some test, and
// with a look through the logs of all servers: no secret, no telephone number, no pressed key.
// The last line counts what ran: `tests: N passed, N failed, N skipped`.
import { spawn } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

interface Tally {
  passed: number
  failed: number
  skipped: number
}

const staticChecks: readonly (readonly [name: string, command: string, args: readonly string[]])[] =
  [
    ['types', 'tsc', ['-p', 'tsconfig.json']],
    ['types of the console', 'tsc', ['-p', 'web/tsconfig.json']],
    ['pages of the console', 'node', ['tools/build-console.ts']],
    ['lint', 'eslint', ['.', '--max-warnings', '0']],
    ['format', 'prettier', ['--check', '--log-level', 'warn', '.']],
  ]

/** Runs one program of node_modules/.bin, or this node, to its end; its output is shown only when it failed. */
function runCheck(name: string, command: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const program = command === 'node' ? process.execPath : `node_modules/.bin/${command}`
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()))
    child.stderr.on('data', (bytes: Buffer) => (output += bytes.toString()))
    child.on('error', (error) => {
      console.error(`✖ ${name}: ${error.message}`)
      resolve(false)
    })
    child.on('close', (code) => {
      if (code === 0) console.log(`✔ ${name}`)
      else console.error(`✖ ${name}\n${output}`)
      resolve(code === 0)
    })
  })
}

const peerPatterns = ['test/peers/**/*.peer.ts']
const unitPatterns = [
  'src/**/*.test.ts',
  'test/**/*.test.ts',
  'tools/**/*.test.ts',
  'examples/**/*.test.ts',
  'web/src/**/*.test.ts',
]

/** Started first, so that no core waits for them at the end. */
const longest = [
  'test/sim/smoke',
  'test/sim/faults/faults',
  'test/conformance/api',
  'test/e2e/recovery',
  'test/chaos/chaos',
  'test/e2e/process/start',
]

/** Whole servers, with calls that keep real time. */
const realTime = ['test/e2e/', 'test/chaos/', 'test/conformance/api/', 'examples/']

function testFiles(patterns: readonly string[], words: readonly string[]): string[] {
  const all = globSync([...patterns], {
    exclude: (path) => String(path).includes('node_modules'),
  }).sort()
  const isLong = (file: string): boolean => longest.some((name) => file.startsWith(name))
  const ordered = [...all.filter(isLong), ...all.filter((file) => !isLong(file))]
  const wanted = (file: string): boolean => words.some((word) => file.includes(word))
  return words.length === 0 ? ordered : ordered.filter(wanted)
}

/** Runs files to their end and counts what they declare; `output` gets the report. */
function runTests(
  files: readonly string[],
  tally: Tally,
  { inOneProcess = false, output = (text: string): void => void process.stdout.write(text) } = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const apart = {
      concurrency: availableParallelism(),
      timeout: 600_000,
      // A set-up that failed half-way leaves sockets open; its file must still come to an end.
      execArgv: ['--test-force-exit'],
    }
    const stream = run({ files: [...files], ...(inOneProcess ? { isolation: 'none' } : apart) })
    // A file is an entry of its own in the stream; only what the file itself declares counts, suites do not.
    const counts = (event: { name: string; file?: string; details: { type?: string } }): boolean =>
      event.details.type !== 'suite' && !files.some((file) => event.name.endsWith(file))
    stream.on('test:pass', (event) => {
      if (!counts(event)) return
      if (event.skip !== undefined || event.todo !== undefined) tally.skipped++
      else tally.passed++
    })
    stream.on('test:fail', (event) => {
      if (event.details.type !== 'suite') tally.failed++
    })
    stream.on('error', reject)
    const report = stream.compose(spec)
    report.on('data', (chunk: unknown) => output(String(chunk)))
    report.on('end', () => resolve())
  })
}

/** Seconds for which other machines have had our processors; 0 where nobody tells. */
function stolenSecs(): number {
  try {
    const [, ...ticks] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/)
    return Number(ticks[7] ?? 0) / 100
  } catch {
    return 0
  }
}

/** A share of the processors without which audio has gaps, whoever sends it: of a whole run, and of its worst second. */
const stolenMax = 0.02
const stolenMaxInASecond = 0.2

interface FileRun {
  readonly tally: Tally
  /** Shares of the processors that others had. */
  readonly stolen: number
  readonly stolenInASecond: number
}

/** Watches what others have of the processors until it is asked for the shares. */
function watchStolen(): () => Omit<FileRun, 'tally'> {
  const begun = { at: performance.now(), secs: stolenSecs() }
  let [last, worst] = [begun, 0]
  const shareSince = (then: typeof begun, now: typeof begun): number =>
    (now.secs - then.secs) / ((Math.max(now.at - then.at, 1) / 1e3) * availableParallelism())
  const look = (): typeof begun => {
    const now = { at: performance.now(), secs: stolenSecs() }
    worst = Math.max(worst, shareSince(last, now))
    return (last = now)
  }
  const id = setInterval(look, 1000)
  return () => {
    clearInterval(id)
    return { stolenInASecond: worst, stolen: shareSince(begun, look()) }
  }
}

/** One file; how it went, and which share of the processors others had meanwhile. */
async function runFile(file: string): Promise<FileRun> {
  const stolen = watchStolen()
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 }
  const lines: string[] = []
  await runTests([file], tally, { output: (text) => void lines.push(text) })
  // The totals of each file would bury the rest.
  console.log(
    lines
      .join('')
      .replace(/^ℹ .*\n/gm, '')
      .trimEnd(),
  )
  return { tally, ...stolen() }
}

/** Runs of a file that fails while others have the processors. */
const runsMax = 3

/** Files with calls that keep real time, `atOnce` at a time. */
async function runRealTime(files: readonly string[], total: Tally, atOnce: number): Promise<void> {
  /** Runs one; false when it must run again. */
  const runs = async (file: string, isLast: boolean): Promise<boolean> => {
    const { tally, stolen, stolenInASecond } = await runFile(file)
    const wasRobbed = stolen >= stolenMax || stolenInASecond >= stolenMaxInASecond
    if (tally.failed > 0 && wasRobbed && !isLast) {
      const [share, most] = [stolen, stolenInASecond].map((part) => (part * 100).toFixed(0))
      console.log(
        `others had ${share} % of the processors meanwhile (${most} % in one second): ${file} will run once more`,
      )
      return false
    }
    total.passed += tally.passed
    total.failed += tally.failed
    total.skipped += tally.skipped
    return true
  }
  const waiting = [...files]
  const again: string[] = []
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      if (!(await runs(file, false))) again.push(file)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  for (const file of again) {
    for (let run = 2; run <= runsMax; run++) if (await runs(file, run === runsMax)) break
  }
}

/** Looks through what all servers of the run have written. That counts as one test. */
async function checkLogs(folder: string, tally: Tally): Promise<void> {
  const { scanLogs } = await import('../test/support/log-scan.ts')
  const { lines, problems } = scanLogs(folder)
  const passed = problems.length === 0 && lines > 0
  tally[passed ? 'passed' : 'failed']++
  if (passed) console.log(`✔ the logs of all servers hold no secret and no number (${lines} lines)`)
  else console.error(`✖ the logs of all servers (${lines} lines)\n${problems.join('\n')}`)
}

/** Runs everything with API hits and server logs on record, then looks at what nobody asked for. That counts as one test. */
async function runEverything(files: string[], tally: Tally): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-coverage-'))
  const log = join(folder, 'hits')
  writeFileSync(log, '')
  // The test processes inherit it.
  process.env['HOLDFAST_CONTRACT_LOG'] = log
  const logs = join(folder, 'logs')
  mkdirSync(logs)
  process.env['SERVER_LOGS_FOLDER'] = logs
  try {
    const isUnit = (file: string): boolean => /^(src|web)\//.test(file)
    const checking = staticChecks.map(([name, command, args]) => runCheck(name, command, args))
    const inTurn = async (): Promise<void> => {
      await runTests(files.filter(isUnit), tally, { inOneProcess: true })
      const keepsTime = (file: string): boolean => realTime.some((name) => file.startsWith(name))
      await runTests(
        files.filter((file) => !isUnit(file) && !keepsTime(file)),
        tally,
      )
      await Promise.all(checking)
      await runRealTime(files.filter(keepsTime), tally, availableParallelism())
    }
    const [checks] = await Promise.all([Promise.all(checking), inTurn()])
    for (const passed of checks) tally[passed ? 'passed' : 'failed']++
    const { coverageProblems } = await import('../test/contract/coverage.ts')
    const problems = await coverageProblems(log)
    tally[problems.length === 0 ? 'passed' : 'failed']++
    if (problems.length === 0) console.log('✔ every operation and webhook of the API was seen')
    else console.error(`✖ not everything of the API was seen\n${problems.join('\n')}`)
    await checkLogs(logs, tally)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const peers = process.argv.includes('--peers')
const words = process.argv.slice(2).filter((word) => word !== '--peers')
const tally: Tally = { passed: 0, failed: 0, skipped: 0 }
const started = Date.now()
const everything = words.length === 0 && !peers
const files = testFiles(peers ? peerPatterns : unitPatterns, words)
if (everything) await runEverything(files, tally)
// Peers measure audio: one after the other.
else if (peers) await runRealTime(files, tally, 1)
else if (files.length > 0) await runTests(files, tally)
console.log(`took ${((Date.now() - started) / 1000).toFixed(1)} s`)
console.log(`tests: ${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`)
process.exitCode = tally.failed === 0 && tally.passed > 0 ? 0 : 1
