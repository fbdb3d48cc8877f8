// `holdfast …`: hands this machine to the command line and ends with its exit code. What each number means is in
// exit-codes.ts and in docs/reference/cli.md.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createCommandLine } from '../platform/command-line.ts'
import { isRecord, textIn } from './json.ts'
import { runProgram } from './program.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))
const described: unknown = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
const code = await runProgram(
  {
    line: createCommandLine(),
    version: isRecord(described) ? textIn(described, 'version') : '',
    startServer: async () => {
      await import('../main.ts')
    },
  },
  process.argv.slice(2),
)
if (code !== undefined) process.exit(code)
