// Compiles what `npm pack` puts into the package (src → dist, web → web/dist): Node.js runs TypeScript anywhere but below
// node_modules. A build is made beside the old one and takes its place whole. In the repository nothing runs out of
// dist, so it cannot be stale there. Types are checked by `npm test`, not again here.

import { spawnSync } from 'node:child_process'
import { copyFileSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildConsole } from './build-console.ts'

const project = fileURLToPath(new URL('..', import.meta.url))
const target = join(project, 'dist')

/** The compiler rewrites imports in code; in declarations it leaves them, and references, at the sources. */
const importOfSource = /((?:from|import\()\s*['"]\.[^'"]*)\.ts(['"])/g
const referenceToSource = /(<reference path="(?:\.\.\/)*)\.\.\/src\//g

/** Compiles the sources; throws with the compiler's words when they do not compile. */
function compile(folder: string): void {
  const compiler = join(project, 'node_modules', 'typescript', 'bin', 'tsc')
  const args = [compiler, '-p', join(project, 'tsconfig.build.json'), '--outDir', folder]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${stdout}${stderr}`)
  const sources = join(project, 'src')
  for (const name of globSync('**/*.d.ts', { cwd: sources })) {
    copyFileSync(join(sources, name), join(folder, name))
  }
  for (const name of globSync('**/*.d.ts', { cwd: folder })) {
    const file = join(folder, name)
    const text = readFileSync(file, 'utf8').replace(importOfSource, '$1.js$2')
    writeFileSync(file, text.replace(referenceToSource, '$1'))
  }
}

const draft = join(project, `.dist-${process.pid}`)
try {
  await buildConsole()
  compile(draft)
  rmSync(target, { recursive: true, force: true })
  renameSync(draft, target)
} catch (error) {
  console.error(`the package is not built: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
} finally {
  rmSync(draft, { recursive: true, force: true })
}
