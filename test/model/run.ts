// `npm run model`: every history of a small contact centre, not some of them.
//
//   npm run model                     the full scopes, some minutes
//   npm run model -- --small          those of `npm test`
//   npm run model -- --only "3 agents"   scopes whose name contains the words
//   npm run model -- --faults         faults planted on purpose, each of which must be found
//
// A broken promise prints the moves that led there; the exit code is then 1.

import { parseArgs } from 'node:util'
import { explore, type Found } from './explore.ts'
import { findFaults } from './find-faults.ts'
import { fullScopes, smallScopes, type Scope } from './scope.ts'

const PROGRESS_EVERY = 20_000

const { values } = parseArgs({
  options: {
    small: { type: 'boolean', default: false },
    faults: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
})

const print = (line: string): void => void process.stdout.write(`${line}\n`)

if (values.faults) {
  const missed = await findFaults(print)
  process.exitCode = missed === 0 ? 0 : 1
} else {
  const all = values.small ? smallScopes : [...smallScopes, ...fullScopes]
  const scopes = all.filter(({ name }) => name.includes(values.only))
  for (const scope of scopes) if (!(await run(scope))) process.exitCode = 1
}

async function run(scope: Scope): Promise<boolean> {
  const startedAt = process.hrtime.bigint()
  const secs = (): string => (Number(process.hrtime.bigint() - startedAt) / 1e9).toFixed(1)
  const onState = (states: number): void => {
    if (states % PROGRESS_EVERY === 0) print(`  ${states} states after ${secs()} s`)
  }
  const found = await explore(scope, { onState })
  print(`${scope.name}: ${figures(found)}, ${secs()} s`)
  if (found.broken === undefined) return true
  print(`BROKEN ${found.broken.why}`)
  for (const move of found.broken.moves) print(`  ${move}`)
  return false
}

function figures({ states, transitions, histories, ends, depth }: Found): string {
  const many = histories.toExponential(1)
  return `${states} states, ${transitions} transitions, ${many} histories, ${ends} ends, ${depth} moves at most`
}
