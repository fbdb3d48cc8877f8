// Debian's pocketsphinx, a speech recogniser that has nothing in common with our synthesiser: what was said, as words.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { missing } from './sipp.ts'

const run = promisify(execFile)
const model = '/usr/share/pocketsphinx/model/en-us'
/** The model was made from speech of this rate. */
const rate = 16_000

/** Why nothing can be recognised here; undefined: it can. */
export function noRecogniser(): string | undefined {
  if (missing('pocketsphinx_batch') !== undefined) return 'pocketsphinx is not installed'
  return existsSync(`${model}/en-us`) ? undefined : 'pocketsphinx-en-us is not installed'
}

/** The words of a recording at 8 kHz, when it holds nothing but some of `words`. */
export async function recognise(
  samples: Int16Array,
  words: readonly string[],
): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-words-'))
  try {
    const grammar = join(folder, 'words.gram')
    const sound = join(folder, 'said.raw')
    const choice = words.join(' | ')
    await writeFile(grammar, `#JSGF V1.0;\ngrammar words;\npublic <said> = ( ${choice} )+;\n`)
    await writeFile(sound, doubled(samples))
    const list = join(folder, 'list')
    const answer = join(folder, 'answer')
    await writeFile(list, 'said\n')
    const sources = ['-adcin', 'yes', '-cepdir', folder, '-cepext', '.raw', '-ctl', list]
    const models = ['-hmm', `${model}/en-us`, '-dict', `${model}/cmudict-en-us.dict`]
    const rest = ['-jsgf', grammar, '-hyp', answer, '-logfn', '/dev/null']
    // Of the whole recording at once: the live recogniser first has to get used to a telephone.
    await run('pocketsphinx_batch', [...sources, ...models, ...rest], { timeout: 60_000 })
    const [line = ''] = (await readFile(answer, 'utf8')).split('\n')
    // Behind the words stand the name of the file and the score.
    return (
      line
        .split(' (')[0]
        ?.split(' ')
        .filter((word) => words.includes(word)) ?? []
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** How many words one has to change, add or leave out. */
export function wordErrors(said: readonly string[], heard: readonly string[]): number {
  let row = heard.map((_, at) => at)
  row.push(heard.length)
  said.forEach((word, line) => {
    const next = [line + 1]
    heard.forEach((other, at) => {
      const changed = (row[at] ?? 0) + (word === other ? 0 : 1)
      next.push(Math.min(changed, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1))
    })
    row = next
  })
  return row.at(-1) ?? 0
}

/** Raw samples at 16 kHz: between two of them stands their mean. */
function doubled(samples: Int16Array): Buffer {
  const bytes = Buffer.alloc((samples.length * 2 * rate) / 8_000)
  samples.forEach((sample, at) => {
    bytes.writeInt16LE(sample, 4 * at)
    bytes.writeInt16LE(Math.round((sample + (samples[at + 1] ?? sample)) / 2), 4 * at + 2)
  })
  return bytes
}
