// Reads every log that the servers of a test run have written (src/lab/server-process.ts gathers them, at their most talkative)
// and says which lines hold what no line may hold: keys and passwords of the configurations, credentials, telephone
// numbers that are not masked, keys that somebody pressed.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Shorter ones would be found in ordinary words. */
const secretCharsMin = 6
const problemsMax = 20

const forbidden: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['credentials', /authorization|\bbearer\s|digest username/i],
  // Digits behind a plus or a scheme, and the numbers that our tests make up.
  [
    'a telephone number',
    /\+\d{6,}|\b(?:sips?|tel):\+?\d{6,}|(?<![\w.-])1?(?:555|666)\d{4,10}(?![\w-])/i,
  ],
  ['a pressed key', /"(?:digits?|dtmf|key)":\s*"?[0-9A-D*#]/i],
]

/** One line for each finding; `secrets` are texts that must not occur. */
export function problemsIn(log: string, secrets: readonly string[]): readonly string[] {
  const hidden = secrets.filter(({ length }) => length >= secretCharsMin)
  return log
    .split('\n')
    .flatMap((line) => [
      ...hidden.filter((one) => line.includes(one)).map((one) => `${one} in: ${line}`),
      ...forbidden
        .filter(([, pattern]) => pattern.test(line))
        .map(([what]) => `${what} in: ${line}`),
    ])
}

/** The first findings in all logs of a folder, and how many lines were read. */
export function scanLogs(folder: string): {
  readonly lines: number
  readonly problems: readonly string[]
} {
  const texts = readdirSync(folder).map((name) => ({
    name,
    text: readFileSync(join(folder, name), 'utf8'),
  }))
  const secrets = texts.filter(({ name }) => name.endsWith('.secrets'))
  const hidden = [...new Set(secrets.flatMap(({ text }) => text.split('\n')))]
  const logs = texts.filter(({ name }) => name.endsWith('.log'))
  return {
    lines: logs.reduce((sum, { text }) => sum + text.split('\n').length - 1, 0),
    problems: logs.flatMap(({ text }) => problemsIn(text, hidden)).slice(0, problemsMax),
  }
}
