// A second copy of the program in this process, with a fault in it: the one file that the fault names, changed on its way
// in, and every module that leads to it, under URLs of their own (`?fault=3`). All others are shared by all copies, and
// so is what the engine of the language has learned of them: cold code would take several times as long. Nothing is
// written to disk.

import { readFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type * as Shrinking from '../shrink.ts'
import type * as Simulation from '../simulate.ts'
import { faults, type Fault } from './faults.ts'

const root = join(import.meta.dirname, '../../..')
const rootUrl = pathToFileURL(`${root}/`).href
const mark = /\?fault=(\d+)$/
/** Where the simulator begins. */
const entries = ['test/sim/simulate.ts', 'test/sim/shrink.ts'].map((path) => join(root, path))
/** Sources without types, by path: a copy differs from the others in one file. */
const stripped = new Map<string, string>()
/** Who imports a file, by path. */
const importers = new Map<string, Set<string>>()
/** The files of which each fault has its own, by its number. */
const copied = new Map<string, ReadonlySet<string>>()
let hooked = false

export interface Planted {
  readonly simulate: typeof Simulation.simulate
  readonly shrink: typeof Shrinking.shrink
}

/** The simulator and what it simulates, with the fault in it. */
export async function plant(fault: Fault): Promise<Planted> {
  hook()
  changedSource(fault) // Throws before anything is loaded.
  const number = String(faults.indexOf(fault))
  copied.set(number, leadingTo(join(root, fault.file)))
  const simulation: unknown = await import(`../simulate.ts?fault=${number}`)
  // They are what their paths say.
  const { simulate } = simulation as typeof Simulation
  const shrink: Planted['shrink'] = async (seed, print) => {
    const shrinking: unknown = await import(`../shrink.ts?fault=${number}`)
    return (shrinking as typeof Shrinking).shrink(seed, print)
  }
  return { simulate, shrink }
}

/**
 * The text of the fault's file with the fault in it.
 * @throws Error when what it replaces does not occur exactly once.
 */
export function changedSource({ what, file, search, replace }: Fault): string {
  const parts = readFileSync(join(root, file), 'utf8').split(search)
  if (parts.length !== 2) throw new Error(`${what}: the search text occurs not exactly once`)
  return parts.join(replace)
}

/** The file and all that import it, over however many others. */
function leadingTo(path: string): ReadonlySet<string> {
  const found = new Set([path])
  for (const one of found) for (const importer of importers.get(one) ?? []) found.add(importer)
  return found
}

/** Notes who imports whom, types left out. */
function readImports(): void {
  const known = new Set(entries)
  for (const path of known) {
    for (const [, specifier = ''] of strippedOf(path).matchAll(/\bfrom '(\.[^']+)'/g)) {
      const imported = join(dirname(path), specifier)
      importers.set(imported, (importers.get(imported) ?? new Set()).add(path))
      known.add(imported)
    }
  }
}

function hook(): void {
  if (hooked) return
  hooked = true
  readImports()
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context)
      const [query, number = ''] = mark.exec(context.parentURL ?? '') ?? []
      const { url } = resolved
      if (query === undefined || !url.startsWith(rootUrl) || !url.endsWith('.ts')) return resolved
      const isCopied = copied.get(number)?.has(fileURLToPath(url)) === true
      return isCopied ? { ...resolved, url: url + query } : resolved
    },
    load(url, context, next) {
      const number = mark.exec(url)?.[1]
      if (number === undefined) return next(url, context)
      const path = fileURLToPath(url.replace(mark, ''))
      return {
        format: 'module',
        shortCircuit: true,
        source: sourceOf(path, faults[Number(number)]),
      }
    },
  })
}

function sourceOf(path: string, fault: Fault | undefined): string {
  if (fault !== undefined && path === join(root, fault.file)) {
    return stripTypeScriptTypes(changedSource(fault))
  }
  return strippedOf(path)
}

function strippedOf(path: string): string {
  const known = stripped.get(path) ?? stripTypeScriptTypes(readFileSync(path, 'utf8'))
  stripped.set(path, known)
  return known
}
