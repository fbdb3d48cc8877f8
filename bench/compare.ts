// The same bench on another revision: its sources in a worktree of their own that goes away again, with the benches and
// the dependencies of this one, so that only the server differs.

import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { printTable, round, type Figures } from './support/report.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Prints each figure of `here` beside that of `revision`; `run` takes the path of the other bench/run.ts. */
export async function compareWith(
  revision: string,
  here: Figures,
  run: (script: string) => Promise<Figures>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-compare-'))
  const tree = join(folder, 'tree')
  const git = (...words: string[]): void => {
    execFileSync('git', words, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  }
  git('worktree', 'add', '--detach', tree, revision)
  try {
    rmSync(join(tree, 'bench'), { recursive: true, force: true })
    cpSync(join(root, 'bench'), join(tree, 'bench'), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'))
    console.log(`\n${String(here['bench'])} at ${revision}`)
    const there = await run(join(tree, 'bench', 'run.ts'))
    printTable(
      ['figure', 'here', revision, 'ratio'],
      Object.entries(here).flatMap(([name, value]) => {
        const other = there[name]
        if (typeof value !== 'number' || typeof other !== 'number') return []
        return [[name, value, other, other === 0 ? '-' : round(value / other, 2)]]
      }),
    )
  } finally {
    git('worktree', 'remove', '--force', tree)
    rmSync(folder, { recursive: true, force: true })
  }
}
