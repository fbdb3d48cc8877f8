// Plants one fault after the other, each in a process of its own, and lets the search look for it.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { faults } from './faults.ts'

const here = import.meta.dirname

/** Returns how many were not found. */
export async function findFaults(print: (line: string) => void): Promise<number> {
  let missed = 0
  for (const [at, { what }] of faults.entries()) {
    const why = await findFault(at)
    if (why === undefined) missed += 1
    print(`${(why ?? 'NOT FOUND').padEnd(60)} ${what}`)
  }
  return missed
}

/** Why the search says that this server is broken; undefined when it finds nothing wrong. */
export function findFault(at: number): Promise<string | undefined> {
  const { scope } = faults[at] ?? { scope: '' }
  const args = [
    '--import',
    join(here, 'plant.ts'),
    join(here, 'run.ts'),
    '--small',
    '--only',
    scope,
  ]
  const child = spawn(process.execPath, args, {
    env: { ...process.env, MODEL_FAULT: String(at) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()))
  child.stderr.on('data', (bytes: Buffer) => (output += bytes.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      const why = /^BROKEN (.*)/m.exec(output)?.[1]
      if (why === undefined && code !== 0) reject(new Error(output))
      else resolve(why)
    })
  })
}
