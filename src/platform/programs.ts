// Other programs of the machine, run without a shell, with bounded time and output.

import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { ok, refused } from '../base/result.ts'
import type { Result } from '../base/result.ts'

/** Where the program is: a path as it is, a bare name looked up in PATH; undefined when it cannot be run. */
export function findProgram(name: string, path = process.env['PATH'] ?? ''): string | undefined {
  if (name === '') return undefined
  const places = isAbsolute(name) ? [name] : path.split(delimiter).map((dir) => join(dir, name))
  return places.find((place) => {
    try {
      accessSync(place, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Standard output of a run that got `input` and ended with 0 in time; else a sentence why not. The rest is killed. */
export function runProgram(
  program: string,
  args: readonly string[],
  input: string,
  limits: { readonly timeoutMs: number; readonly outputBytesMax: number },
): Promise<Result<Uint8Array, string>> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      {
        encoding: 'buffer',
        timeout: limits.timeoutMs,
        maxBuffer: limits.outputBytesMax,
        killSignal: 'SIGKILL',
        env: { PATH: process.env['PATH'] ?? '' },
      },
      (error, stdout) => resolve(error === null ? ok(stdout) : refused(whyFailed(error))),
    )
    // A program that does not read its input breaks the pipe; its end says why.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

function whyFailed(error: Error & { code?: string | number | null; killed?: boolean }): string {
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'the program wrote too much'
  if (error.killed === true) return 'the program took too long'
  return `the program failed: ${error.code ?? 'killed'}`
}
