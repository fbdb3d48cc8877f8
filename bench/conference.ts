// What a participant of a conference costs the media thread, with 2, 10 and 100 in one room who all send voice: two speak
// (as in a meeting), or everybody speaks at once, which is the worst there is. The same callers parked, who are sent
// silence, are measured first; the difference is the mixing. CPU seconds of the busiest thread are counted, not wall time,
// so that a busy machine disturbs little.

import { threadSeconds } from './support/process.ts'
import { pause, printTable, round, type Figures } from './support/report.ts'
import { buildStage, callInMany, type Stage, type Talker } from './support/stage.ts'

const sizes = [2, 10, 100]
/** A byte of mu-law that is loud, so that everybody counts as speaking. */
const voice = 0x11

interface Row {
  readonly size: number
  readonly parked: number
  readonly two: number
  readonly all: number
  readonly gapP99: number
  readonly gapMax: number
}

/** Cores that the busiest thread of the server keeps busy over so many seconds. */
async function busiest(stage: Stage, seconds: number): Promise<number> {
  const was = new Map(threadSeconds(stage.pid).map((one) => [one.name, one.seconds]))
  const startedMs = performance.now()
  await pause(seconds * 1000)
  const wall = (performance.now() - startedMs) / 1000
  const spent = threadSeconds(stage.pid)
    .filter(({ name }) => name !== 'main')
    .map(({ name, seconds: now }) => now - (was.get(name) ?? 0))
  return Math.max(...spent) / wall
}

async function ask(stage: Stage, path: string, body: object): Promise<string> {
  const answer = await stage.commands.ask(path, { ...body })
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.body}`)
  return answer.body
}

async function measure(stage: Stage, talkers: readonly Talker[], seconds: number): Promise<Row> {
  const [first, second, ...others] = talkers
  if (first === undefined || second === undefined) throw new Error('a conference of fewer than two')
  await pause(1500)
  const parked = await busiest(stage, seconds)
  const name = `room of ${talkers.length}`
  const body = { call_control_id: first.callControlId, name }
  const id = String(/"id":"([0-9a-f-]{36})"/.exec(await ask(stage, '/conferences', body))?.[1])
  for (const { callControlId } of [second, ...others]) {
    await ask(stage, `/conferences/${id}/actions/join`, { call_control_id: callControlId })
  }
  const muted = others.map(({ callControlId }) => callControlId)
  if (muted.length > 0) {
    await ask(stage, `/conferences/${id}/actions/mute`, { call_control_ids: muted })
  }
  await pause(1500)
  const two = await busiest(stage, seconds)
  await ask(stage, `/conferences/${id}/actions/unmute`, {})
  await pause(1500)
  stage.audio.resetGaps()
  const all = await busiest(stage, seconds)
  const gaps = stage.audio.readGaps()
  await ask(stage, `/conferences/${id}/actions/end`, {})
  return { size: talkers.length, parked, two, all, gapP99: gaps.p99, gapMax: gaps.max }
}

export async function benchConference(full: boolean): Promise<Figures> {
  const seconds = full ? 20 : 6
  const stage = await buildStage({ sockets: 8, punctual: true })
  try {
    const rows: Row[] = []
    let from = 0
    for (const size of sizes) {
      const talkers = await callInMany(stage, from, size, voice)
      from += size
      rows.push(await measure(stage, talkers, seconds))
      for (const { stream } of talkers) stream.stop()
      await pause(500)
    }
    printTable(
      [
        'participants',
        'parked',
        'two speak',
        'all speak',
        'us/participant, tick',
        'gap p99',
        'max',
      ],
      rows.map((row) => [
        row.size,
        round(row.parked, 3),
        round(row.two, 3),
        round(row.all, 3),
        round(usOf(row.all, row), 1),
        row.gapP99,
        round(row.gapMax),
      ]),
    )
    console.log('  cores of the media thread; parked: the same callers before the conference')
    return Object.fromEntries(
      rows.flatMap((row) => [
        [`us_per_tick_of_one_of_${row.size}_parked`, round(usOf(row.parked, row), 2)],
        [`us_per_tick_of_one_of_${row.size}_two_speak`, round(usOf(row.two, row), 2)],
        [`us_per_tick_of_one_of_${row.size}_all_speak`, round(usOf(row.all, row), 2)],
      ]),
    )
  } finally {
    await stage.close()
  }
}

/** Of one participant and one tick of 20 ms: a packet in, its part of the mix, a packet out. */
function usOf(cores: number, { size }: Row): number {
  return (cores * 1e6) / 50 / size
}
