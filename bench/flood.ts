// A flood of INVITE, REGISTER and OPTIONS from very many strangers, 5,000 a second, while callers wait with music and an
// application asks for its queue. The strangers sit on 127.7.x.y, which this server does not trust; the callers on 127.0.0.1, which
// it does. The callers must not hear the flood, and the application must not feel it. Memory is looked at too.

import { Worker } from 'node:worker_threads'
import type { FloodOrder, FloodResult } from './support/flood-sender.ts'
import { residentKb } from './support/process.ts'
import { pause, printTable, round, type Figures } from './support/report.ts'
import { buildStage, callInMany, createQueue, waitWithMusic, type Stage } from './support/stage.ts'

const waiting = 100
const perSecond = 5000
const strangers = 250
const askEveryMs = 20
const gapMsMax = 100
const apiP99MsMax = 200

/** Resolves when the flood is over. */
function flood(stage: Stage, seconds: number): Promise<FloodResult> {
  const order: FloodOrder = { serverPort: stage.server.sip.port, strangers, perSecond, seconds }
  return new Promise((resolve, reject) => {
    const sender = new Worker(new URL('./support/flood-sender.ts', import.meta.url), {
      workerData: order,
    })
    sender.once('message', resolve)
    sender.once('error', reject)
  })
}

/** Answer times of the API, until told to stop. */
function asking(stage: Stage): () => number[] {
  const timesMs: number[] = []
  let open = true
  void (async () => {
    while (open) {
      const startedMs = performance.now()
      await stage.server.get('/v2/queues/waiting')
      timesMs.push(performance.now() - startedMs)
      await pause(askEveryMs)
    }
  })()
  return () => {
    open = false
    return timesMs.sort((a, b) => a - b)
  }
}

const percentile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0

async function measure(stage: Stage, what: string, run: () => Promise<FloodResult>) {
  stage.audio.resetGaps()
  const meter = stage.meter()
  const stopAsking = asking(stage)
  const { sent, answered } = await run()
  const apiMs = stopAsking()
  const cpu = meter.read()
  return {
    what,
    sent,
    answered,
    gaps: stage.audio.readGaps(),
    ownLateMs: stage.audio.ownLateMs,
    server: cpu.server / cpu.wall,
    apiP99: percentile(apiMs, 0.99),
    apiMax: apiMs.at(-1) ?? 0,
    rssMb: residentKb(stage.pid) / 1024,
  }
}

export async function benchFlood(full: boolean): Promise<Figures> {
  const seconds = full ? 60 : 8
  const stage = await buildStage({
    sockets: 4,
    punctual: true,
    sip: { accept_unauthenticated_from: ['127.0.0.1/32'] },
  })
  try {
    await createQueue(stage, 'waiting')
    const talkers = await callInMany(stage, 0, waiting, 0xd5)
    for (const talker of talkers) await waitWithMusic(stage, talker, 'waiting')
    await pause(1500)
    const quiet = await measure(stage, 'quiet', async () => {
      await pause(seconds * 500)
      return { sent: 0, answered: 0 }
    })
    const loud = await measure(stage, 'flood', () => flood(stage, seconds))
    const before = talkers.map(({ stream }) => stream.received)
    await pause(500)
    const alive = talkers.filter(({ stream }, at) => stream.received > (before[at] ?? 0)).length
    printTable(
      [
        '',
        'sent',
        'answered',
        'gap p99/max ms',
        'own lateness ms',
        'API p99/max ms',
        'server cores',
        'RSS MB',
        'still up',
      ],
      [quiet, loud].map((one) => [
        one.what,
        one.sent,
        one.answered,
        `${one.gaps.p99}/${round(one.gaps.max)}`,
        round(one.ownLateMs),
        `${round(one.apiP99)}/${round(one.apiMax)}`,
        round(one.server, 2),
        round(one.rssMb),
        `${alive}/${waiting}`,
      ]),
    )
    // What the generator itself was late is not the server's.
    const gapMs = loud.gaps.max - loud.ownLateMs
    const problems = [
      ...(alive === waiting ? [] : [`${waiting - alive} calls lost`]),
      ...(gapMs <= gapMsMax ? [] : [`a gap of ${round(gapMs)} ms in what callers hear`]),
      ...(loud.apiP99 <= apiP99MsMax ? [] : [`the API took ${round(loud.apiP99)} ms (p99)`]),
    ]
    return {
      flood_per_second: perSecond,
      flood_answered: loud.answered,
      gap_p99_ms: loud.gaps.p99,
      gap_max_ms: round(loud.gaps.max),
      own_lateness_ms: round(loud.ownLateMs),
      api_p99_ms: round(loud.apiP99),
      calls_lost: waiting - alive,
      rss_grown_mb: round(loud.rssMb - quiet.rssMb),
      kept: problems.length === 0,
      ...(problems.length > 0 && { failed: problems.join(', ') }),
    }
  } finally {
    await stage.close()
  }
}
