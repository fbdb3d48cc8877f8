// From the speak command to the first sound of a word in a caller's ear: a line that was never said before, the same line
// again, and an announcement as long as the API takes. The wait for the next packet is part of it.

import { ulawToLinear } from '../src/media/audio/g711.ts'
import { pause, percentile, printTable, round, type Figures } from './support/report.ts'
import { buildStage, callIn, type Stage, type Talker } from './support/stage.ts'

const headerBytes = 12
const loud = 400
/** After the start of the server the engine warms up by itself. */
const warmMs = 4_000
const patienceMs = 60_000

/** ms until `talker` gets a packet that is not silence. */
function firstSound(talker: Talker, startedMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('nothing was said')), patienceMs)
    talker.stream.watch = (packet) => {
      if (!packet.subarray(headerBytes).some((byte) => Math.abs(ulawToLinear[byte] ?? 0) > loud)) {
        return
      }
      talker.stream.watch = undefined
      clearTimeout(late)
      resolve(performance.now() - startedMs)
    }
  })
}

async function speakOnce(stage: Stage, talker: Talker, payload: string): Promise<number> {
  const path = `/calls/${talker.callControlId}/actions`
  const startedMs = performance.now()
  const sound = firstSound(talker, startedMs)
  const { status, body } = await stage.commands.ask(`${path}/speak`, { payload, voice: 'female' })
  if (status !== 200) throw new Error(`speak: ${status} ${body}`)
  const heardMs = await sound
  await stage.commands.ask(`${path}/playback_stop`, {})
  // What was under way when it was stopped.
  await pause(200)
  return heardMs
}

const line = (number: number): string => `Hello, you are number ${number} in the line.`
const announcement = (number: number): string =>
  `Number ${number}. ${'Thank you for calling. Our office is open from nine to five. '.repeat(49)}`

export async function benchSpeech(full: boolean): Promise<Figures> {
  const stage = await buildStage({ sockets: 2, slots: 20, punctual: true })
  try {
    const talker = await callIn(stage, { from: '+18800000001', fill: 0xff, slot: 3 })
    const first = await speakOnce(stage, talker, 'Hello.')
    await pause(warmMs)
    const count = full ? 100 : 20
    const fresh: number[] = []
    const again: number[] = []
    for (let number = 1; number <= count; number++) {
      fresh.push(await speakOnce(stage, talker, line(number)))
      again.push(await speakOnce(stage, talker, line(number)))
    }
    const long: number[] = []
    for (let number = 0; number < (full ? 5 : 2); number++) {
      long.push(await speakOnce(stage, talker, announcement(number)))
    }
    const rows = [
      ['a new line', fresh],
      ['the same line again', again],
      ['3000 characters', long],
    ] as const
    printTable(
      ['from the command to the first word', 'p50 ms', 'p90', 'max'],
      rows.map(([what, values]) => [
        what,
        ...[0.5, 0.9, 1].map((share) => round(percentile(values, share))),
      ]),
    )
    console.log(`  right after the start, nothing loaded: ${round(first)} ms`)
    return {
      lines: count,
      after_start_ms: round(first),
      new_p50_ms: round(percentile(fresh, 0.5)),
      new_p90_ms: round(percentile(fresh, 0.9)),
      cached_p50_ms: round(percentile(again, 0.5)),
      cached_p90_ms: round(percentile(again, 0.9)),
      long_p50_ms: round(percentile(long, 0.5)),
    }
  } finally {
    await stage.close()
  }
}
