// The command line as a person starts it: the program of package.json's `bin` as a process, its outputs and its end.
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { patience } from './patience.ts'

const program = fileURLToPath(new URL('../../bin/holdfast.cjs', import.meta.url))
/** Not that of whoever runs the tests. */
const caches = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  stdout(): string
  /** The match, once standard output holds it; rejects when the program ends without. */
  prints(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>
  /** The same of the error output. */
  complains(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** A shell command in which `$HOLDFAST` stands for the program, in place of `args`. */
  readonly shell?: string
}

/** The environment of a person who has set nothing. */
function cleanEnv(): Record<string, string> {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(HOLDFAST_|NO_COLOR|FORCE_COLOR)/.test(name),
  )
  return Object.fromEntries(own.map(([name, value]) => [name, value ?? '']))
}

/** Starts the program. */
export function command(args: readonly string[], options: CommandOptions = {}): Running {
  const { env = {}, cwd, shell } = options
  const [file, all]: [string, string[]] =
    shell === undefined
      ? [process.execPath, [program, ...args]]
      : ['bash', ['-o', 'pipefail', '-c', shell]]
  const child = spawn(file, all, {
    env: {
      ...cleanEnv(),
      XDG_CACHE_HOME: caches,
      HOLDFAST: `${process.execPath} ${program}`,
      NODE_OPTIONS: '',
      ...env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  let stdout = ''
  let stderr = ''
  const watchers = new Set<() => void>()
  child.stdout.on('data', (bytes: Buffer) => {
    stdout += bytes.toString()
    for (const look of watchers) look()
  })
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString()
    for (const look of watchers) look()
  })
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => {
      process.removeListener('exit', kill)
      resolve({ code, stdout, stderr })
    })
  })
  const comes = (text: () => string, pattern: RegExp, timeoutMs: number) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const fail = (why: string): void =>
        reject(new Error(`${pattern} ${why}\n${stdout}\n${stderr}`))
      const late = setTimeout(() => fail('did not come'), timeoutMs * patience)
      const look = (): boolean => {
        const found = pattern.exec(text())
        if (found === null) return false
        clearTimeout(late)
        watchers.delete(look)
        resolve(found)
        return true
      }
      if (look()) return
      watchers.add(look)
      void ended.then(() => {
        clearTimeout(late)
        if (!look()) fail('did not come before the end')
      })
    })
  return {
    child,
    ended,
    stdout: () => stdout,
    prints: (pattern, timeoutMs = 10_000) => comes(() => stdout, pattern, timeoutMs),
    complains: (pattern, timeoutMs = 10_000) => comes(() => stderr, pattern, timeoutMs),
  }
}

/** Runs the program to its end. */
export function run(args: readonly string[], options?: CommandOptions): Promise<Ended> {
  const { child, ended } = command(args, options)
  child.stdin?.end()
  return ended
}
