// A line that moves while something takes longer than a second. Only on a terminal, and on its error output, so that
// what is read by another program never holds it.

import type { CommandLine } from '../platform/command-line.ts'

const patienceMs = 1000
const beatMs = 100
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const clearLine = '\r\u001b[2K'

/** The work's own outcome. */
export async function withProgress<T>(
  line: CommandLine,
  what: string,
  work: Promise<T>,
): Promise<T> {
  if (!line.err.isTerminal) return work
  const sinceMs = line.clock.monotonicMs()
  let shown = 0
  const stop = line.every(beatMs, () => {
    const tookMs = line.clock.monotonicMs() - sinceMs
    if (tookMs < patienceMs) return
    const frame = frames[shown++ % frames.length] ?? ''
    line.err.write(`${clearLine}${frame} ${what} … ${Math.floor(tookMs / 1000)} s`)
  })
  try {
    return await work
  } finally {
    stop()
    if (shown > 0) line.err.write(clearLine)
  }
}
