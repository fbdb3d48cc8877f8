// From the bridge command to two people who hear each other: the time from sending `bridge` with a queue's name to the
// first packet of the other at both ends. Each end sends every 20 ms at a moment of its own, so the wait for the next
// packet is part of the figure: even an instant server would show about 13 ms in the middle and 20 at worst.

import { percentile, printTable, round, until, pause, type Figures } from './support/report.ts'
import {
  buildStage,
  callIn,
  callInMany,
  createQueue,
  waitWithMusic,
  type Stage,
  type Talker,
} from './support/stage.ts'

const others = 50
const callerFill = 0x11
const agentFill = 0x22

/** ms until `talker` gets a packet of the other's payload. */
function firstPacket(talker: Talker, fill: number, startedMs: number): Promise<number> {
  return new Promise((resolve) => {
    talker.stream.watch = (packet) => {
      if (packet[20] !== fill || packet[60] !== fill) return
      talker.stream.watch = undefined
      resolve(performance.now() - startedMs)
    }
  })
}

async function bridgeOnce(stage: Stage, number: number) {
  const from = (role: number): string => `+188${role}${String(number).padStart(7, '0')}`
  const slot = (): number => Math.floor(Math.random() * 20)
  const caller = await callIn(stage, { from: from(1), fill: callerFill, slot: slot() })
  const agent = await callIn(stage, { from: from(2), fill: agentFill, slot: slot() })
  await waitWithMusic(stage, caller, 'bridge')
  // Both ends are latched and heard for a while, as real callers are.
  await until(() => caller.stream.received > 5 && agent.stream.received > 5, 2000)
  await pause(Math.random() * 20)
  const startedMs = performance.now()
  const both = Promise.all([
    firstPacket(caller, agentFill, startedMs),
    firstPacket(agent, callerFill, startedMs),
  ])
  const path = `/calls/${agent.callControlId}/actions/bridge`
  const { status, body } = await stage.commands.ask(path, { queue: 'bridge' })
  const answeredMs = performance.now() - startedMs
  if (status !== 200) throw new Error(`bridge: ${status} ${body}`)
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 2000))
  const heard = await Promise.race([both, late])
  if (heard === undefined) throw new Error('the bridged ends did not hear each other in 2 s')
  for (const one of [caller, agent]) {
    one.call.hangUp()
    one.stream.stop()
  }
  await pause(20)
  return { answeredMs, audioMs: Math.max(...heard) }
}

export async function benchBridge(full: boolean): Promise<Figures> {
  const stage = await buildStage({ sockets: 4, slots: 20, punctual: true })
  try {
    await createQueue(stage, 'waiting')
    await createQueue(stage, 'bridge')
    const waiting = await callInMany(stage, 0, others, 0xd5)
    for (const talker of waiting) await waitWithMusic(stage, talker, 'waiting')
    const count = full ? 600 : 120
    const meter = stage.meter()
    const results = []
    for (let number = 0; number < count; number++) results.push(await bridgeOnce(stage, number))
    // The first ones run code that has never run.
    const settled = results.slice(Math.floor(count / 6))
    const audio = settled.map(({ audioMs }) => audioMs)
    const answers = settled.map(({ answeredMs }) => answeredMs)
    const rows = [
      ['bridge answered 200', answers],
      ['both hear each other', audio],
    ] as const
    printTable(
      ['from the command until', 'p50 ms', 'p90', 'p99', 'max'],
      rows.map(([what, values]) => [
        what,
        ...[0.5, 0.9, 0.99, 1].map((share) => round(percentile(values, share))),
      ]),
    )
    const cpu = meter.read()
    console.log(
      `  ${settled.length} bridges, ${others} others waiting; server ${round(cpu.server / cpu.wall, 2)} cores, generator ${round(cpu.generator / cpu.wall, 2)}`,
    )
    return {
      bridges: settled.length,
      answer_p50_ms: round(percentile(answers, 0.5)),
      answer_p99_ms: round(percentile(answers, 0.99)),
      two_way_audio_p50_ms: round(percentile(audio, 0.5)),
      two_way_audio_p99_ms: round(percentile(audio, 0.99)),
    }
  } finally {
    await stage.close()
  }
}
