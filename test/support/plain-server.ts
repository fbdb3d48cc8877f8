// The server's process started by hand, for what the lab's helper takes care of: starts that must fail, first runs
// without a configuration, a second process on the same data.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { gatherLog } from '../../src/lab/server-process.ts'

export interface PlainServer {
  readonly pid: number
  stdout(): string
  stderr(): string
  /** Resolves when stdout matches; rejects when the process ended before. */
  prints(pattern: RegExp): Promise<RegExpExecArray>
  /** Exit code. */
  readonly ended: Promise<number | null>
  signal(name: NodeJS.Signals): void
}

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** Starts `src/main.ts` in a folder with exactly these HOLDFAST_ variables. */
export function startPlain(folder: string, env: Readonly<Record<string, string>>): PlainServer {
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDFAST_'))
  const child = spawn(process.execPath, [main], {
    cwd: folder,
    env: { ...Object.fromEntries(clean), NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const watchers = new Set<() => void>()
  child.stdout.on('data', (bytes: Buffer) => {
    stdout += bytes.toString()
    for (const watch of [...watchers]) watch()
  })
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()))
  gatherLog(child)
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    signal: (name) => void child.kill(name),
    prints: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(stdout)
          if (match === null) return
          watchers.delete(look)
          resolve(match)
        }
        watchers.add(look)
        look()
        void ended.then((code) => reject(new Error(`ended with ${code}\n${stdout}${stderr}`)))
      }),
  }
}
