// Calls per second through answer, enqueue and hangup: SIP over UDP, commands over HTTP, every webhook delivered. The
// offered rate rises until the server no longer keeps up: every call must end correctly, and the 99th percentile of the
// time from INVITE to its 200 stay under a second.

import { threadSeconds } from './support/process.ts'
import { buildStage, createQueue, type Stage } from './support/stage.ts'
import { percentile, printTable, round, until, pause, type Figures } from './support/report.ts'

const answerP99LimitMs = 1000
const settleMs = 5000
/** Every call must have told exactly this. */
const told = ['call.initiated', 'call.answered', 'call.enqueued', 'call.dequeued', 'call.hangup']

interface Call {
  readonly startedMs: number
  answerMs: number
  ended: boolean
  readonly heard: string[]
  refused: string
}

class Round {
  readonly calls = new Map<string, Call>()
  /** By call_control_id: not every webhook names the caller. */
  readonly byId = new Map<string, Call>()

  finished(call: Call): boolean {
    return (
      call.ended &&
      call.heard.length === told.length &&
      told.every((type) => call.heard.includes(type))
    )
  }

  get done(): number {
    return [...this.calls.values()].filter((call) => this.finished(call)).length
  }
}

function playApplication(stage: Stage, round: Round): void {
  const command = (id: string, name: string, body: unknown, call: Call): void => {
    stage.commands.post(`/calls/${id}/actions/${name}`, body, (reply) => {
      if (reply.status !== 200) call.refused = `${name}: ${reply.status} ${reply.body}`
    })
  }
  stage.onNews = ({ type, callControlId, from }) => {
    const call = round.byId.get(callControlId) ?? round.calls.get(from)
    if (call === undefined) return
    round.byId.set(callControlId, call)
    call.heard.push(type)
    if (type === 'call.initiated') command(callControlId, 'answer', {}, call)
    else if (type === 'call.answered') {
      command(callControlId, 'enqueue', { queue_name: 'bench' }, call)
    } else if (type === 'call.enqueued') command(callControlId, 'hangup', {}, call)
  }
}

let numberNext = 0

function placeCall(stage: Stage, round: Round, rtpPort: number): void {
  const from = `+1777${String(numberNext++).padStart(7, '0')}`
  const call: Call = {
    startedMs: performance.now(),
    answerMs: 0,
    ended: false,
    heard: [],
    refused: '',
  }
  round.calls.set(from, call)
  stage.callers.call(from, '+15550100', rtpPort, {
    onFinal: (status) => {
      if (status === 200) call.answerMs = performance.now() - call.startedMs
      else call.refused = `INVITE: ${status}`
    },
    onEnd: (why) => {
      if (why === 'bye') call.ended = true
      else call.refused = 'INVITE: no response'
    },
  })
}

/** CPU seconds of the server's main thread, which is the first to be full. */
function mainSeconds(stage: Stage): number {
  return threadSeconds(stage.pid).find(({ name }) => name === 'main')?.seconds ?? 0
}

async function offer(stage: Stage, perSecond: number, seconds: number) {
  const round = new Round()
  playApplication(stage, round)
  const { port } = stage.audio.nextPlace()
  const meter = stage.meter()
  const mainBefore = mainSeconds(stage)
  const startedMs = performance.now()
  const total = perSecond * seconds
  while (round.calls.size < total) {
    const dueCount = Math.min(total, ((performance.now() - startedMs) / 1000) * perSecond)
    while (round.calls.size < dueCount) placeCall(stage, round, port)
    await pause(2)
  }
  await until(() => round.done === total, settleMs)
  const cpu = meter.read()
  const calls = [...round.calls.values()]
  const answers = calls.filter(({ answerMs }) => answerMs > 0).map(({ answerMs }) => answerMs)
  const why = calls.find(({ refused }) => refused !== '')?.refused ?? ''
  const p99 = percentile(answers, 0.99)
  return {
    perSecond,
    total,
    done: round.done,
    why,
    p50: percentile(answers, 0.5),
    p99,
    kept: round.done === total && p99 < answerP99LimitMs,
    serverCpu: cpu.server,
    mainCpu: mainSeconds(stage) - mainBefore,
    generatorCpu: cpu.generator,
    wall: cpu.wall,
  }
}

export async function benchCalls(full: boolean): Promise<Figures> {
  const stage = await buildStage({ sockets: 1 })
  try {
    await createQueue(stage, 'bench')
    await offer(stage, 50, 3)
    const seconds = full ? 10 : 4
    const step = full ? 25 : 50
    const rows = []
    let best = undefined
    for (let rate = 100; rate <= 800; rate += step) {
      let result = await offer(stage, rate, seconds)
      // Others may have had the machine for a moment: a failure counts when it happens twice.
      if (!result.kept) result = await offer(stage, rate, seconds)
      rows.push(result)
      if (!result.kept) break
      best = result
    }
    printTable(
      [
        'calls/s',
        'calls',
        'finished',
        '200 p50 ms',
        'p99 ms',
        'server CPU s',
        'per 1000',
        'main thread',
        'generator CPU s',
      ],
      rows.map((row) => [
        row.perSecond,
        row.total,
        row.done,
        round(row.p50),
        round(row.p99),
        round(row.serverCpu, 2),
        round((row.serverCpu / row.total) * 1000, 2),
        round((row.mainCpu / row.total) * 1000, 2),
        round(row.generatorCpu, 2),
      ]),
    )
    const last = rows.at(-1)
    if (last !== undefined && last.why !== '') console.log(`  it ended with: ${last.why}`)
    return {
      calls_per_sec: best?.perSecond ?? 0,
      answer_p50_ms: round(best?.p50 ?? 0),
      answer_p99_ms: round(best?.p99 ?? 0),
      server_cpu_sec_per_1000_calls: best && round((best.serverCpu / best.total) * 1000, 2),
      main_thread_cpu_sec_per_1000_calls: best && round((best.mainCpu / best.total) * 1000, 2),
      generator_cpu_sec_per_1000_calls: best && round((best.generatorCpu / best.total) * 1000, 2),
    }
  } finally {
    await stage.close()
  }
}
