// Plants one fault after the other in a copy of the sources and lets the simulator look for it.

import { fork } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { faults, type Fault } from './faults.ts'

const root = join(import.meta.dirname, '../../..')

/** Resolves with the faults that no seed of `seeds` found; `jobs` copies at a time. */
export async function runFaults(
  seeds: number,
  jobs: number,
  print: (line: string) => void,
): Promise<readonly string[]> {
  const waiting = [...faults]
  const missed: string[] = []
  const work = async (): Promise<void> => {
    const tree = copyTree()
    try {
      for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift()) {
        const found = await withFault(tree, fault, () => firstFailure(tree, seeds))
        if (found === undefined) missed.push(fault.what)
        print(`${(found ?? 'NOT FOUND').padEnd(10)} ${fault.what}`)
      }
    } finally {
      rmSync(tree, { recursive: true, force: true })
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  return missed
}

function copyTree(): string {
  const tree = mkdtempSync(join(tmpdir(), 'holdfast-faults-'))
  for (const name of ['package.json', 'tsconfig.json', 'src', 'test']) {
    cpSync(join(root, name), join(tree, name), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'))
  return tree
}

async function withFault<T>(tree: string, fault: Fault, work: () => Promise<T>): Promise<T> {
  const path = join(tree, fault.file)
  const text = readFileSync(path, 'utf8')
  const parts = text.split(fault.search)
  if (parts.length !== 2) throw new Error(`${fault.what}: the search text occurs not exactly once`)
  writeFileSync(path, parts.join(fault.replace))
  try {
    return await work()
  } finally {
    writeFileSync(path, text)
  }
}

function firstFailure(tree: string, seeds: number): Promise<string | undefined> {
  const args = ['--jobs', '1', '--most', '1', '--seeds', String(seeds)]
  const child = fork(join(tree, 'test/sim/run.ts'), args, { silent: true })
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      const seed = /BROKEN seed (\d+)/.exec(output)?.[1]
      if (seed !== undefined) resolve(`seed ${seed}`)
      else resolve(code === 0 ? undefined : `crash ${code}`)
    })
  })
}
