// Callers who wait: each hears music and sends 50 packets a second itself, as a phone does. Their number grows until a
// packet comes more than 60 ms late. The generator's own lateness is printed beside it: on a machine that both share, a
// late packet may be the generator's fault, so a step that fails is measured once more before it counts.

import { residentKb, threadSeconds } from './support/process.ts'
import { pause, printTable, round, type Figures } from './support/report.ts'
import { buildStage, callInMany, createQueue, waitWithMusic, type Stage } from './support/stage.ts'

const lateMs = 60
const packetMs = 20
/** A server that leaves packets out has no late ones: this share of what is due must come. */
const shareMin = 0.99
/** Streams that share one socket of the generator. */
const streamsPerSocket = 25

async function measure(stage: Stage, streams: number, seconds: number) {
  const { audio } = stage
  const meter = stage.meter()
  const busyBefore = threadSeconds(stage.pid)
  audio.resetGaps()
  await pause(seconds * 1000)
  const gaps = audio.readGaps()
  const cpu = meter.read()
  const was = new Map(busyBefore.map(({ name, seconds: spent }) => [name, spent]))
  const threads = threadSeconds(stage.pid).map(
    ({ name, seconds: spent }) => spent - (was.get(name) ?? 0),
  )
  return {
    streams,
    ...gaps,
    lost: audio.lost,
    ownLateMs: audio.ownLateMs,
    serverCore: cpu.server / cpu.wall,
    mediaCore: Math.max(...threads) / cpu.wall,
    generatorCore: cpu.generator / cpu.wall,
    // A packet in and a packet out, 50 times a second.
    usPerPacket: (cpu.server / cpu.wall / (streams * 100)) * 1e6,
    came: gaps.packets / (streams * 50 * cpu.wall),
    kept: gaps.max <= packetMs + lateMs && gaps.packets >= streams * 50 * cpu.wall * shareMin,
  }
}

type Step = Awaited<ReturnType<typeof measure>>

export async function benchWaiting(full: boolean): Promise<Figures> {
  const targets = full
    ? [100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1200, 1400, 1600]
    : [100, 200, 400, 600, 800, 1000]
  const seconds = full ? 15 : 4
  const stage = await buildStage({
    sockets: Math.ceil((targets.at(-1) ?? 0) / streamsPerSocket),
    punctual: true,
  })
  try {
    await createQueue(stage, 'waiting')
    const memoryAt = new Map<number, number>()
    const steps: Step[] = []
    let up = 0
    for (const target of targets) {
      const talkers = await callInMany(stage, up, target - up, 0xd5)
      for (const talker of talkers) await waitWithMusic(stage, talker, 'waiting')
      up = target
      await pause(1500)
      memoryAt.set(target, residentKb(stage.pid))
      let step = await measure(stage, target, seconds)
      if (!step.kept) step = await measure(stage, target, seconds)
      steps.push(step)
      if (step.p99 > packetMs + lateMs) break
    }
    show(steps, memoryAt)
    return figures(steps, memoryAt)
  } finally {
    await stage.close()
  }
}

function show(steps: readonly Step[], memoryAt: ReadonlyMap<number, number>): void {
  printTable(
    [
      'streams',
      'gap p50 ms',
      'p99',
      'max',
      'late',
      'came %',
      'lost',
      'server cores',
      'busiest thread',
      'us/packet',
      'generator cores',
      'its own lateness ms',
      'RSS MB',
    ],
    steps.map((step) => [
      step.streams,
      step.p50,
      step.p99,
      round(step.max),
      `${step.late}/${step.packets}`,
      round(step.came * 100),
      step.lost,
      round(step.serverCore, 2),
      round(step.mediaCore, 2),
      round(step.usPerPacket),
      round(step.generatorCore, 2),
      round(step.ownLateMs),
      round((memoryAt.get(step.streams) ?? 0) / 1024),
    ]),
  )
}

function figures(steps: readonly Step[], memoryAt: ReadonlyMap<number, number>): Figures {
  const kept = steps.filter((step) => step.kept).at(-1)
  const nearly = steps
    .filter(({ late, packets, came }) => late < packets / 10_000 && came >= shareMin)
    .at(-1)
  const [first] = steps
  const last = steps.at(-1)
  const grownKb = (memoryAt.get(last?.streams ?? 0) ?? 0) - (memoryAt.get(first?.streams ?? 0) ?? 0)
  const grownBy = (last?.streams ?? 0) - (first?.streams ?? 0)
  return {
    streams_no_packet_late: kept?.streams ?? 0,
    streams_under_one_in_10000_late: nearly?.streams ?? 0,
    gap_p99_ms: nearly?.p99,
    server_cores: nearly && round(nearly.serverCore, 2),
    us_per_packet: nearly && round(nearly.usPerPacket, 2),
    kb_per_waiting_call: grownBy > 0 ? round(grownKb / grownBy) : undefined,
  }
}
