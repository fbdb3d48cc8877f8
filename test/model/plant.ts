// Loaded before everything else in a process of its own (`--import`): one source file is read with a fault in it. Nothing is
// written to the disk.

import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { faults } from './faults.ts'

const fault = faults[Number(process.env['MODEL_FAULT'])]
if (fault === undefined) throw new Error('MODEL_FAULT names no fault')
const path = join(import.meta.dirname, '../..', fault.file)
const parts = readFileSync(path, 'utf8').split(fault.search)
if (parts.length !== 2) throw new Error(`${fault.what}: the search text occurs not exactly once`)
const url = pathToFileURL(path).href

registerHooks({
  load: (asked, context, next) => {
    const loaded = next(asked, context)
    return asked === url ? { ...loaded, source: parts.join(fault.replace) } : loaded
  },
})
