// Runs one target: makes inputs, measures each, looks at memory, and makes what failed small. An input fails when the target
// throws, or when it costs more CPU than it may in every one of several repeats (a single slow run is the machine's noise).

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { mutate } from './mutate.ts'
import { fuzzRandom } from './random.ts'
import type { FuzzTarget } from './target.ts'

export interface FuzzFailure {
  readonly target: string
  readonly kind: 'threw' | 'slow' | 'memory'
  readonly why: string
  readonly seed: number
  /** Number of the input in its run, from 0. */
  readonly round: number
  readonly input: Uint8Array
}

export interface FuzzReport {
  readonly target: string
  readonly inputs: number
  readonly failures: readonly FuzzFailure[]
  /** The costliest input that was measured, ms of CPU. */
  readonly slowestMs: number
}

export interface FuzzOptions {
  readonly seed: number
  /** Ends the run when it says so; asked before each input. */
  readonly more: (inputs: number) => boolean
  /** Different failures after which a target is left alone. */
  readonly failuresMax: number
}

const repeats = 5
const minimiseMs = 4000
/** What the heap may grow by after the first look, far above what garbage collection and full caches leave behind. */
const heapGrowthBytes = 24 * 1024 * 1024
/** The first look comes after everything has been compiled and used once; slow targets see a few thousand inputs in all. */
const firstLook = 500
const inputsPerLook = 20_000

/** Runs inputs until `more` says no. The same seed gives the same inputs. */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<FuzzReport> {
  const random = fuzzRandom(options.seed)
  const failures = new Map<string, FuzzFailure>()
  let inputs = 0
  let slowestMs = 0
  let heapBefore: number | undefined
  let last: Uint8Array = new Uint8Array(0)
  const look = (): void => {
    if (heapBefore === undefined) return
    const grown = heapUsed() - heapBefore
    if (grown <= heapGrowthBytes || failures.has('memory')) return
    const why = `heap grew by ${grown} bytes in ${inputs - firstLook} inputs`
    const found = { target: target.name, kind: 'memory', why, seed: options.seed } as const
    failures.set('memory', { ...found, round: inputs, input: last })
  }
  for (; options.more(inputs) && failures.size < options.failuresMax; inputs++) {
    const input = mutate(target, random)
    last = input
    const result = await attempt(target, input, options.seed + inputs)
    slowestMs = Math.max(slowestMs, result.costMs)
    if (result.failure !== undefined && !failures.has(result.failure.why)) {
      const small = await minimise(target, input, result.failure, options.seed + inputs)
      failures.set(result.failure.why, {
        ...result.failure,
        target: target.name,
        seed: options.seed,
        round: inputs,
        input: small,
      })
    }
    if (inputs + 1 === firstLook) heapBefore = heapUsed()
    else if ((inputs + 1) % inputsPerLook === 0) look()
  }
  look()
  return { target: target.name, inputs, failures: [...failures.values()], slowestMs }
}

interface Attempt {
  readonly costMs: number
  readonly failure: { readonly kind: 'threw' | 'slow'; readonly why: string } | undefined
}

async function attempt(target: FuzzTarget, input: Uint8Array, seed: number): Promise<Attempt> {
  let costMs = Infinity
  try {
    for (let left = repeats; left > 0 && costMs > target.costMs; left--) {
      costMs = Math.min(costMs, await once(target, input, seed))
    }
  } catch (error) {
    return { costMs: 0, failure: { kind: 'threw', why: nameOf(error) } }
  }
  if (costMs <= target.costMs) return { costMs, failure: undefined }
  return { costMs, failure: { kind: 'slow', why: `costs more than ${target.costMs} ms` } }
}

/** Wall time when it is short, CPU time of this thread when it is not: the machine is shared. */
async function once(target: FuzzTarget, input: Uint8Array, seed: number): Promise<number> {
  const cpuBefore = process.threadCpuUsage()
  const started = performance.now()
  const running = target.run(input, fuzzRandom(seed))
  if (running !== undefined) await running
  const wallMs = performance.now() - started
  if (wallMs <= target.costMs) return wallMs
  const { user, system } = process.threadCpuUsage(cpuBefore)
  return (user + system) / 1000
}

/** Where it was thrown and what it says, without what differs between two inputs. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, 200)
  const message = (error.message.split('\n')[0] ?? '').replaceAll(/"[^]*"|\d+/g, '…').slice(0, 120)
  const place = /at .*?((?:src|fuzz)\/[^\s)]+)/.exec(error.stack ?? '')?.[1] ?? ''
  return `${error.name}: ${message} (${place})`
}

/** Takes away ever smaller pieces for as long as it fails the same way. */
async function minimise(
  target: FuzzTarget,
  input: Uint8Array,
  failure: { readonly kind: string; readonly why: string },
  seed: number,
): Promise<Uint8Array> {
  const until = performance.now() + minimiseMs
  let best = input
  for (let size = best.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at + size <= best.length;) {
      if (performance.now() > until) return best
      const smaller = new Uint8Array(best.length - size)
      smaller.set(best.subarray(0, at))
      smaller.set(best.subarray(at + size), at)
      const again = await attempt(target, smaller, seed)
      if (again.failure?.why === failure.why) best = smaller
      else at += size
    }
  }
  return best
}

let collect: (() => void) | undefined

/** Bytes in use after a full garbage collection. */
export function heapUsed(): number {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    const found: unknown = runInNewContext('gc')
    collect = typeof found === 'function' ? () => void found() : () => undefined
  }
  collect()
  return process.memoryUsage().heapUsed
}
