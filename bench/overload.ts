// More than the server may take, and more than it can. With callers up and talking, first more new calls than
// `limits.calls` allows, then more per second than the processor manages. New ones must be refused with 503 and
// Retry-After, those that are up must not hear it, and afterwards the next call must go through by itself.

import { pause, printTable, round, until, type Figures } from './support/report.ts'
import { buildStage, callIn, callInMany, type Stage } from './support/stage.ts'

const talking = 60
const callsMax = 150

interface Tally {
  offered: number
  answered: number
  refused: number
  withRetryAfter: number
  other: number
  silent: number
}

/** New calls that nobody hangs up until all have been offered. */
async function offer(stage: Stage, perSecond: number, seconds: number, answer: boolean) {
  const tally: Tally = {
    offered: 0,
    answered: 0,
    refused: 0,
    withRetryAfter: 0,
    other: 0,
    silent: 0,
  }
  const { port } = stage.audio.nextPlace()
  const calls = new Set<{ hangUp(): void }>()
  let settled = 0
  stage.onNews = ({ type, callControlId }) => {
    if (answer && type === 'call.initiated') {
      stage.commands.post(`/calls/${callControlId}/actions/answer`, {}, () => undefined)
    } else if (type === 'call.answered' && answer && perSecond > 500) {
      stage.commands.post(`/calls/${callControlId}/actions/hangup`, {}, () => undefined)
    }
  }
  const place = (): void => {
    const from = `+1999${String(tally.offered++).padStart(7, '0')}`
    const call = stage.callers.call(from, '+15550100', port, {
      onFinal: (status, _rtpPort, retryAfter) => {
        settled++
        if (status === 200) {
          tally.answered++
          calls.add(call)
        } else if (status === 503) {
          tally.refused++
          if (retryAfter !== undefined) tally.withRetryAfter++
        } else tally.other++
      },
      onEnd: (why) => {
        calls.delete(call)
        if (why === 'timeout') {
          settled++
          tally.silent++
        }
      },
    })
  }
  stage.audio.resetGaps()
  const meter = stage.meter()
  const startedMs = performance.now()
  const total = perSecond * seconds
  while (tally.offered < total) {
    const due = Math.min(total, ((performance.now() - startedMs) / 1000) * perSecond)
    while (tally.offered < due) place()
    await pause(2)
  }
  await until(() => settled === total, 20_000)
  const cpu = meter.read()
  const gaps = stage.audio.readGaps()
  for (const call of calls) call.hangUp()
  return {
    ...tally,
    perSecond,
    gaps,
    server: cpu.server / cpu.wall,
    ownLateMs: stage.audio.ownLateMs,
  }
}

/** ms until a new call is answered again. */
async function recovery(stage: Stage, number: number): Promise<number> {
  const startedMs = performance.now()
  for (let attempt = 0; attempt < 30; attempt++) {
    try {
      const from = `+1998${String(number * 100 + attempt).padStart(7, '0')}`
      const talker = await callIn(stage, { from, fill: 0xd5 })
      talker.call.hangUp()
      talker.stream.stop()
      return performance.now() - startedMs
    } catch {
      await pause(250)
    }
  }
  return Infinity
}

async function part(what: string, callsLimit: number, perSecond: number, seconds: number) {
  const stage = await buildStage({ sockets: 4, punctual: true, limits: { calls: callsLimit } })
  try {
    const talkers = await callInMany(stage, 0, talking, 0xd5)
    await pause(1500)
    stage.audio.resetGaps()
    await pause(2000)
    const quiet = stage.audio.readGaps()
    const result = await offer(stage, perSecond, seconds, true)
    const recoveredMs = await recovery(stage, 1)
    const before = talkers.map(({ stream }) => stream.received)
    await pause(500)
    const alive = talkers.filter(({ stream }, at) => stream.received > (before[at] ?? 0)).length
    return { what, ...result, quiet, recoveredMs, alive }
  } finally {
    await stage.close()
  }
}

export async function benchOverload(full: boolean): Promise<Figures> {
  const seconds = full ? 15 : 4
  const parts = [
    await part(`limits.calls ${callsMax}`, callsMax, 100, seconds),
    await part('processor', 20_000, full ? 2000 : 1500, seconds),
  ]
  printTable(
    [
      'beyond',
      'offered/s',
      'offered',
      'answered',
      '503',
      'with Retry-After',
      'other',
      'no answer',
      'gap p99/max ms before',
      'during',
      'still up',
      'next call after ms',
    ],
    parts.map((one) => [
      one.what,
      one.perSecond,
      one.offered,
      one.answered,
      one.refused,
      one.withRetryAfter,
      one.other,
      one.silent,
      `${one.quiet.p99}/${round(one.quiet.max)}`,
      `${one.gaps.p99}/${round(one.gaps.max)}`,
      `${one.alive}/${talking}`,
      round(one.recoveredMs),
    ]),
  )
  const [limit, processor] = parts
  return {
    limit_refused: limit?.refused,
    limit_all_with_retry_after: limit?.refused === limit?.withRetryAfter,
    processor_answered: processor?.answered,
    processor_refused: processor?.refused,
    processor_no_answer: processor?.silent,
    gap_p99_ms_during: processor?.gaps.p99,
    gap_max_ms_during: processor && round(processor.gaps.max),
    calls_lost: parts.reduce((sum, one) => sum + talking - one.alive, 0),
    next_call_after_ms: processor && round(processor.recoveredMs),
  }
}
