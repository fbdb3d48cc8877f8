// The torture messages and their tables lie beside the project, not in it; without them the suite says so once and passes.

import { existsSync, readFileSync } from 'node:fs'

const folder = new URL('../../../shared/sip-torture/', import.meta.url)

export const tortureFilesPresent = existsSync(folder)

export interface TortureRow {
  readonly file: string
  readonly section: string
  readonly expected: string
}

/** Rows of one table: the last column is the expectation. */
export function tortureRows(rfc: 'rfc4475' | 'rfc5118'): readonly TortureRow[] {
  const text = readFileSync(new URL(`${rfc}-expect.tsv`, folder), 'utf8')
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return lines.map((line) => {
    const columns = line.split('\t')
    return { file: columns[0] ?? '', section: columns[1] ?? '', expected: columns.at(-1) ?? '' }
  })
}

export function tortureMessage(rfc: 'rfc4475' | 'rfc5118', file: string): Uint8Array {
  return readFileSync(new URL(`${rfc}/${file}`, folder))
}
