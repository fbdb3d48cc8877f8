// What it costs to record a call: the CPU of the whole server and of its busiest thread (media before, the recording
// thread after), with the same calls up, not recorded and recorded in each format. Both sides of every call are sound.

import { threadSeconds } from './support/process.ts'
import { pause, printTable, round, type Figures } from './support/report.ts'
import { buildStage, callInMany, createQueue, waitWithMusic, type Stage } from './support/stage.ts'

const orders = [
  { name: 'WAV, dual', figure: 'wav_dual_ms_per_s', body: { format: 'wav', channels: 'dual' } },
  {
    name: 'MP3, single',
    figure: 'mp3_single_ms_per_s',
    body: { format: 'mp3', channels: 'single' },
  },
  { name: 'MP3, dual', figure: 'mp3_dual_ms_per_s', body: { format: 'mp3', channels: 'dual' } },
] as const

async function measure(stage: Stage, seconds: number) {
  const meter = stage.meter()
  const before = new Map(threadSeconds(stage.pid).map(({ name, seconds: spent }) => [name, spent]))
  await pause(seconds * 1000)
  const cpu = meter.read()
  const threads = threadSeconds(stage.pid).map(({ name, seconds: spent }) => ({
    name,
    core: (spent - (before.get(name) ?? 0)) / cpu.wall,
  }))
  return { core: cpu.server / cpu.wall, threads }
}

type Measured = Awaited<ReturnType<typeof measure>>

const busiest = ({ threads }: Measured): number => Math.max(...threads.map(({ core }) => core))

async function command(stage: Stage, id: string, action: string, body: object): Promise<void> {
  const { status, body: said } = await stage.commands.ask(`/calls/${id}/actions/${action}`, body)
  if (status !== 200) throw new Error(`${action}: ${status} ${said}`)
}

export async function benchRecording(full: boolean): Promise<Figures> {
  const calls = full ? 100 : 60
  const seconds = full ? 20 : 8
  const stage = await buildStage({ sockets: 8, slots: 20 })
  try {
    await createQueue(stage, 'waiting')
    const talkers = await callInMany(stage, 0, calls, 0x35)
    for (const talker of talkers) await waitWithMusic(stage, talker, 'waiting')
    // The first seconds run code that has never run.
    await pause(full ? 10_000 : 4_000)
    const costs: Record<string, number> = {}
    const rows: (string | number)[][] = []
    for (const { name, figure, body } of orders) {
      // Measured anew before each: what else the machine does changes from minute to minute.
      const plain = await measure(stage, seconds)
      for (const { callControlId } of talkers) {
        await command(stage, callControlId, 'record_start', body)
      }
      await pause(1000)
      const recorded = await measure(stage, seconds)
      for (const { callControlId } of talkers)
        await command(stage, callControlId, 'record_stop', {})
      await pause(1000)
      const cost = round(((recorded.core - plain.core) / calls) * 1000, 2)
      costs[figure] = cost
      rows.push([
        name,
        round(plain.core, 2),
        round(recorded.core, 2),
        round(busiest(recorded), 2),
        cost,
      ])
    }
    printTable(
      [`${calls} calls`, 'cores before', 'recorded', 'busiest thread', 'ms/s per recorded call'],
      rows,
    )
    return { calls, ...costs }
  } finally {
    await stage.close()
  }
}
