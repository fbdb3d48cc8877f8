// How long a server takes from its process to `ready`, out of the sources and out of the compiled package: the first time
// on a data folder, and again, when compiled code of the time before lies there. In turns, so that both meet the same machine.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cpuSeconds } from './support/process.ts'
import { pause, percentile, printTable, round, type Figures } from './support/report.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const programs = { sources: 'src/main.ts', package: 'dist/main.js' } as const
/** The server writes its compiled code 5 s after the start, or at a stop. */
const settleMs = 200

interface Start {
  readonly wallMs: number
  readonly cpuMs: number
}

export async function benchStart(full: boolean): Promise<Figures> {
  const built = spawnSync(process.execPath, ['tools/build-package.ts'], { cwd: root })
  if (built.status !== 0) throw new Error(String(built.stderr))
  const seen = new Map<string, Start[]>()
  const add = (name: string, start: Start): void => {
    seen.set(name, [...(seen.get(name) ?? []), start])
  }
  for (let count = 0; count < (full ? 15 : 5); count++) {
    for (const [name, program] of Object.entries(programs)) {
      const folder = mkdtempSync(join(tmpdir(), 'holdfast-start-'))
      try {
        add(`${name}, first`, await startOnce(program, folder))
        add(`${name}, again`, await startOnce(program, folder))
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    }
  }
  const of = (starts: readonly Start[], share: number, pick: (start: Start) => number): number =>
    round(percentile(starts.map(pick), share), 0)
  const rows = [...seen].map(([name, starts]) => ({
    name,
    wallMs: of(starts, 0.5, ({ wallMs }) => wallMs),
    bestMs: of(starts, 0, ({ wallMs }) => wallMs),
    cpuMs: of(starts, 0.5, ({ cpuMs }) => cpuMs),
  }))
  printTable(
    ['', 'ms until ready, the middle', 'the best', 'CPU ms'],
    rows.map(({ name, wallMs, bestMs, cpuMs }) => [name, wallMs, bestMs, cpuMs]),
  )
  return { starts: rows }
}

async function startOnce(program: string, folder: string): Promise<Start> {
  const own = { HOLDFAST_HTTP__PORT: '0', HOLDFAST_SIP__PORT: '0', HOLDFAST_API_KEY: 'KEYbench' }
  const beganMs = performance.now()
  const child = spawn(process.execPath, [join(root, program)], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: '', ...own },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = once(child, 'exit')
  let said = ''
  for await (const bytes of child.stdout) {
    said += String(bytes)
    if (said.includes('holdfast ready')) break
  }
  const start = {
    wallMs: performance.now() - beganMs,
    cpuMs: cpuSeconds(child.pid ?? 0) * 1000,
  }
  await pause(settleMs)
  child.kill('SIGTERM')
  const [code] = (await ended) as [number | null]
  if (code !== 0) throw new Error(`the server ended with ${code}: ${said}`)
  return start
}
