// How good answering machine detection is: 24 greetings of people and 24 of machines, said by the four voices of Flite over
// lines with noise and lost packets, through the detector with the published defaults, as the media thread has it. A table
// of verdicts per line, and what became of the greetings that were known to be a machine's, by mode; then what it costs.

import { MachineDetector } from '../src/media/audio/machine-detector.ts'
import type { MachineDetectionRules, MachineListening } from '../src/ports/media-engine.ts'
import { answered, greetings, type Line } from '../test/support/greetings.ts'
import { printTable, round, type Figures } from './support/report.ts'

const rules: MachineDetectionRules = {
  ...{ totalMs: 3500, afterGreetingSilenceMs: 800, betweenWordsMs: 50, greetingMs: 3500 },
  ...{ initialSilenceMs: 3500, wordsMax: 5, wordMsMax: 3500, silenceThreshold: 256 },
  greetingSilenceMs: 1500,
}
const modes: Readonly<Record<string, Omit<MachineListening, 'from'>>> = {
  greeting_end: { greeting: 'end', greetingListenMs: 5000 },
  'greeting_end, 30 s': { greeting: 'end', greetingListenMs: 30_000 },
  'detect_beep, detect_words': { greeting: 'beep', greetingListenMs: 30_000 },
}
/** How far from the end of the beep a finding may be and still be that beep. */
const beepWithinMs = 400

const lines: readonly Omit<Line, 'seed'>[] = [40, 20, 10, 5].flatMap((snrDb) =>
  (['hiss', 'street'] as const).flatMap((noise) =>
    [0, 0.05].map((loss) => ({ snrDb, noise, loss })),
  ),
)

type Counts = Map<string, number>

export function benchAmd(full: boolean): Promise<Figures> {
  const figures: Record<string, unknown> = {}
  const verdictRows: (readonly unknown[])[] = []
  const greetingRows: (readonly unknown[])[] = []
  let frames = 0
  let busyUs = 0
  for (const line of lines) {
    const verdicts: Counts = new Map()
    const ends = Object.keys(modes).map((): Counts => new Map())
    for (let seed = 1; seed <= (full ? 5 : 1); seed++) {
      for (const [at, greeting] of greetings.entries()) {
        const call = answered(greeting, { ...line, seed: seed * 1000 + at }, 24)
        const before = process.cpuUsage()
        const verdict = run(call.frames, { from: 'answer', ...modeOf(0) }, 'answered-by')
        const spent = process.cpuUsage(before)
        busyUs += spent.user + spent.system
        frames += Math.ceil((verdict?.atMs ?? 0) / 20)
        count(verdicts, `${greeting.by} ${verdict?.result}`)
        if (greeting.by === 'human' || verdict?.result !== 'machine') continue
        for (const [mode, counts] of ends.entries()) {
          const end = run(call.frames, { from: 'answer', ...modeOf(mode) }, 'greeting')
          count(counts, nameOf(end, call.beepEndMs ?? 0))
        }
      }
    }
    const name = `${line.snrDb} dB ${line.noise}${line.loss > 0 ? ', 5 % lost' : ''}`
    const of = (by: string) =>
      ['human', 'not_sure', 'machine'].map((result) => verdicts.get(`${by} ${result}`) ?? 0)
    verdictRows.push([name, ...of('human'), ...of('machine')])
    for (const [mode, counts] of ends.entries()) {
      const told = ['its beep', 'another sound', 'ended', 'not_sure'].map((w) => counts.get(w) ?? 0)
      greetingRows.push([name, Object.keys(modes)[mode], ...told])
    }
    figures[name] = { human: of('human'), machine: of('machine') }
  }
  const verdictWords = ['human', 'not_sure', 'machine']
  printTable(
    [
      'line',
      ...verdictWords.map((w) => `person: ${w}`),
      ...verdictWords.map((w) => `machine: ${w}`),
    ],
    verdictRows,
  )
  console.log('')
  printTable(['line', 'mode', 'its beep', 'another sound', 'ended', 'not_sure'], greetingRows)
  const microseconds = round(busyUs / frames)
  console.log(`  ${microseconds} us per leg and tick of 20 ms while it listens`)
  return Promise.resolve({ ...figures, us_per_tick: microseconds })
}

function modeOf(at: number): Omit<MachineListening, 'from'> {
  return Object.values(modes)[at] ?? { greeting: 'no', greetingListenMs: 0 }
}

interface Found {
  readonly result: string
  readonly atMs: number
}

/** The first finding of that kind. */
function run(
  frames: readonly (Int16Array | undefined)[],
  listening: MachineListening,
  kind: 'answered-by' | 'greeting',
): Found | undefined {
  const detector = new MachineDetector(listening, rules)
  for (const [at, frame] of frames.entries()) {
    const found = detector.hear(frame)
    if (found?.kind === kind) return { result: found.result, atMs: (at + 1) * 20 }
    if (detector.isOver) return undefined
  }
  return undefined
}

function nameOf(end: Found | undefined, beepEndMs: number): string {
  if (end === undefined) return 'not_sure'
  if (end.result !== 'beep_detected') return end.result
  const isThat = end.atMs >= beepEndMs && end.atMs <= beepEndMs + beepWithinMs
  return isThat ? 'its beep' : 'another sound'
}

function count(counts: Counts, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
