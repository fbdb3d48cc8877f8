// Runs the code blocks of a page of the documentation in their order, as a reader would: `sh` in one shell that lives as
// long as the page, `sh server` as a program that stays, `phone` as what a person does with a telephone (the test says
// how), `json` and `text` as what the last command must have printed. What a reader has and a test has not (the ports 8080
// and 5060, the folder /tmp/centre) is replaced in commands; nothing else is.
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { until } from './until.ts'

export interface Block {
  readonly kind: string
  readonly text: string
  readonly line: number
}

const root = fileURLToPath(new URL('../..', import.meta.url))
/** One command, or the start of one program, on a busy machine. */
const patienceMs = 60_000

/** Every fenced block of a page, below the project's folder. */
export function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(`${root}/${page}`, 'utf8')
  return [...text.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    kind: (match[1] ?? '').trim(),
    text: (match[2] ?? '').trimEnd(),
    line: text.slice(0, match.index).split('\n').length,
  }))
}

export interface PageRun {
  /** What stands for what, longest first, such as `127.0.0.1:5060`. */
  readonly replace: ReadonlyMap<string, string>
  readonly env: Readonly<Record<string, string>>
  /** A program that stays is ready when it says this. */
  readonly ready: RegExp
  /** What people do, by the words of the page; each must be there, and each must be used. */
  readonly phones: Readonly<Record<string, () => Promise<void>>>
}

/** Runs a page; rejects at the first block that does not do what the page says. */
export async function runPage(page: string, run: PageRun): Promise<void> {
  const servers: ChildProcess[] = []
  const shell = new Shell(run.env)
  const used = new Set<string>()
  const real = (text: string): string =>
    [...run.replace].reduce((all, [from, to]) => all.replaceAll(from, to), text)
  let printed = ''
  try {
    for (const { kind, text, line } of blocksOf(page)) {
      const where = `${page}:${line}`
      switch (kind) {
        case 'sh install':
          assert.equal(text, 'npm ci', `${where}: what the tests need is installed`)
          break
        case 'sh server':
          servers.push(await startProgram(real(text), run, where))
          break
        case 'sh':
          printed = await shell.run(real(text), where)
          break
        case 'json':
          assert.ok(holds(JSON.parse(lastLine(printed)), JSON.parse(text)), `${where}: ${printed}`)
          break
        case 'text':
          for (const one of text.split('\n'))
            assert.ok(printed.includes(one), `${where}: ${one} in ${printed}`)
          break
        case 'phone': {
          const act = run.phones[text]
          assert.ok(act, `${where}: nobody knows how to do "${text}"`)
          used.add(text)
          await act()
          break
        }
        default:
          assert.fail(`${where}: a block of the kind "${kind}"`)
      }
    }
    assert.deepEqual([...used].sort(), Object.keys(run.phones).sort(), 'what people do')
  } finally {
    shell.close()
    await Promise.all(servers.map((one) => stopGroup(one)))
  }
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? ''
}

/** Everything that `wanted` says is so in `got`; lists are of the same length. */
export function holds(got: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return got === wanted
  if (typeof got !== 'object' || got === null) return false
  if (Array.isArray(wanted))
    return (
      Array.isArray(got) &&
      got.length === wanted.length &&
      wanted.every((one, index) => holds(got[index], one))
    )
  const found = new Map<string, unknown>(Object.entries(got))
  return Object.entries(wanted).every(([key, value]) => holds(found.get(key), value))
}

/** bash with its variables and functions, one block after the other. */
class Shell {
  readonly #child: ChildProcess
  #out = ''
  #look: () => void = () => undefined

  constructor(env: Readonly<Record<string, string>>) {
    this.#child = spawn('bash', [], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (bytes: Buffer) => {
        this.#out += bytes.toString()
        this.#look()
      })
  }

  run(text: string, where: string): Promise<string> {
    this.#out = ''
    this.#child.stdin?.write(`set -o pipefail\n${text}\nprintf '\\nBLOCK ENDS %s\\n' $?\n`)
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${where}: no end\n${this.#out}`)), patienceMs)
      this.#look = () => {
        const end = /\nBLOCK ENDS (\d+)\n/.exec(this.#out)
        if (end === null) return
        clearTimeout(late)
        const printed = this.#out.slice(0, end.index)
        if (end[1] === '0') resolve(printed)
        else reject(new Error(`${where}: exit ${end[1]}\n${printed}`))
      }
    })
  }

  close(): void {
    this.#child.stdin?.end()
    this.#child.kill()
  }
}

function startProgram(text: string, run: PageRun, where: string): Promise<ChildProcess> {
  const child = spawn('bash', ['-c', text], {
    cwd: root,
    // The Node.js of the project is the one of its scripts; here no script stands in between.
    env: {
      ...process.env,
      ...run.env,
      PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  groups.add(child)
  return new Promise((resolve, reject) => {
    let out = ''
    const late = setTimeout(() => reject(new Error(`${where}: not ready\n${out}`)), patienceMs)
    child.once('exit', (code) => reject(new Error(`${where}: ended with ${code}\n${out}`)))
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => {
        out += bytes.toString()
        if (!run.ready.test(out)) return
        clearTimeout(late)
        resolve(child)
      })
  })
}

// A test that fails half-way must not leave its programs behind.
const groups = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of groups) signal(child, 'SIGKILL')
})

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, name)
  } catch {
    // Gone already.
  }
}

/** Resolves when the whole group is gone: the shell ends before what it started. */
async function stopGroup(child: ChildProcess): Promise<void> {
  groups.delete(child)
  signal(child, 'SIGTERM')
  const late = setTimeout(() => signal(child, 'SIGKILL'), 10_000)
  await until(() => (isRunning(child) ? undefined : true), 20_000)
  clearTimeout(late)
}

function isRunning({ pid }: ChildProcess): boolean {
  try {
    return pid !== undefined && process.kill(-pid, 0)
  } catch {
    return false
  }
}
