// `holdfast …`: hands this machine to the command line and ends with its exit code. What each number means is in
// exit-codes.ts and in docs/reference/cli.md.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { keepCompiled } from '../platform/compile-cache.ts'

// Everything else is read after this: with the compiled code of the last command at hand a command takes half the time.
// A server keeps its own in its data folder.
const folder = process.argv.includes('start') ? undefined : cacheFolder()
if (folder !== undefined) keepCompiled(folder)
const { createCommandLine } = await import('../platform/command-line.ts')
const { isRecord, textIn } = await import('./json.ts')
const { runProgram } = await import('./program.ts')

const project = fileURLToPath(new URL('../..', import.meta.url))
const described: unknown = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
const code = await runProgram(
  {
    line: createCommandLine(),
    version: isRecord(described) ? textIn(described, 'version') : '',
    startServer: async () => {
      buildPages()
      await import('../main.ts')
    },
  },
  process.argv.slice(2),
)
if (code !== undefined) process.exit(code)

/** This user's own; undefined where there is none, as for many system users. */
function cacheFolder(): string | undefined {
  const home = process.env['HOME'] ?? ''
  const caches = process.env['XDG_CACHE_HOME'] || (home === '' ? '' : join(home, '.cache'))
  if (!isAbsolute(caches)) return undefined
  try {
    // Code is run from there: only where nobody else may write, and nothing is made for another user (sudo keeps HOME).
    const { uid, mode } = statSync(existsSync(caches) ? caches : home)
    if (uid !== process.getuid?.() || (mode & 0o022) !== 0) return undefined
    // One level: the home of a user who has none is not made.
    if (!existsSync(caches)) mkdirSync(caches, { mode: 0o700 })
    return join(caches, 'holdfast')
  } catch {
    return undefined
  }
}

/** In the repository the console's pages are built when they are older than their sources, as by `npm start`; the package has them. */
function buildPages(): void {
  const tool = join(project, 'tools', 'build-console.ts')
  if (!existsSync(tool)) return
  // Standard output is the server's.
  spawnSync(process.execPath, [tool, '--if-possible'], { stdio: ['ignore', 2, 2] })
}
