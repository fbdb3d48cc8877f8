// An input that never comes to its end would hang the run without a word, since JavaScript cannot be interrupted from
// within: a second thread sees the input in shared memory, names it and ends the process.

import { writeSync } from 'node:fs'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import type { FuzzTarget } from './target.ts'

interface Shared {
  readonly target: string
  readonly hangMs: number
  /** Number of the input, 0 between inputs; then its length. */
  readonly state: Int32Array<SharedArrayBuffer>
  readonly bytes: Uint8Array<SharedArrayBuffer>
}

const inputBytesMax = 1024 * 1024

/**
 * The target, watched: the process ends with SIGKILL when an input takes longer than `hangMs`, having told the line that
 * runs it once more. Close it, or its thread keeps the process alive.
 */
export function watched(target: FuzzTarget, hangMs: number): FuzzTarget {
  const shared: Shared = {
    target: target.name,
    hangMs,
    state: new Int32Array(new SharedArrayBuffer(8)),
    bytes: new Uint8Array(new SharedArrayBuffer(inputBytesMax)),
  }
  const thread = new Worker(new URL(import.meta.url), { workerData: shared, execArgv: [] })
  let inputs = 0
  const end = (): void => void Atomics.store(shared.state, 0, 0)
  return {
    ...target,
    run: (input, random) => {
      const kept = input.subarray(0, inputBytesMax)
      shared.bytes.set(kept)
      shared.state[1] = kept.length
      Atomics.store(shared.state, 0, ++inputs)
      let running: void | Promise<void> = undefined
      try {
        running = target.run(input, random)
      } finally {
        if (running === undefined) end()
      }
      return running?.finally(end)
    },
    close: async () => {
      await thread.terminate()
      await target.close?.()
    },
  }
}

function watch({ target, hangMs, state, bytes }: Shared): void {
  for (;;) {
    const seen = Atomics.load(state, 0)
    // Nobody notifies: it is a pause that reads the number at its end.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, hangMs)
    if (seen === 0 || Atomics.load(state, 0) !== seen) continue
    const hex = Buffer.from(bytes.slice(0, state[1])).toString('hex')
    const line = `npm run fuzz -- --target ${target} --input ${hex}`
    writeSync(2, `✖ ${target}: an input did not come to its end in ${hangMs} ms\n    ${line}\n`)
    process.kill(process.pid, 'SIGKILL')
  }
}

if (!isMainThread) {
  const shared: Shared = workerData
  watch(shared)
}
