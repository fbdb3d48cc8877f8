// `npm run demo`: the main job on one machine. The real server with throw-away data, the example contact centre written
// with the official client, robot agents that register and robot callers that come in, some of them impatient. What
// counts is what the robots heard. The last line of stdout is one JSON object; exit 0 ok, 1 failed, 2 could not run.

import { createServer, type AddressInfo } from 'node:net'
import { createLab, type Lab } from '../src/lab/runner.ts'
import { startServer, type RunningServer } from '../src/lab/server-process.ts'
import { startContactCentre, type CallNews, type ContactCentre } from './contact-centre/app.ts'
import { readOptions, usage, type DemoOptions } from './demo/options.ts'
import { agent, caller, type AgentPhone, type CallerReport } from './demo/people.ts'
import { Table } from './demo/table.ts'

const applicationId = '1000000001'
/** Time for the last callers to be served after the last one came in. */
const servingMs = 30_000
/** One caller in this many is impatient. */
const impatientOneIn = 5

/** What the webhooks said, as far as the promises go. */
class Promises {
  doubled = 0
  outOfOrder = 0
  readonly waitingSince = new Map<string, number>()
  readonly talking = new Set<string>()
  readonly #takenOut = new Map<string, number>()

  take(news: CallNews): void {
    const leg = news.callControlId
    if (news.type === 'call.enqueued') this.waitingSince.set(leg, Date.now())
    if (news.type === 'call.hangup') this.talking.delete(leg)
    if (news.type !== 'call.dequeued') return
    this.waitingSince.delete(leg)
    const times = (this.#takenOut.get(leg) ?? 0) + 1
    this.#takenOut.set(leg, times)
    if (times > 1) this.doubled += 1
    if (news.reason !== 'bridged') return
    this.talking.add(leg)
    if (news.position !== 1) this.outOfOrder += 1
  }
}

interface Stage {
  readonly server: RunningServer
  readonly centre: ContactCentre
  readonly lab: Lab
  readonly promises: Promises
}

async function buildStage(options: DemoOptions): Promise<Stage> {
  const appPort = await freePort()
  const names = Array.from({ length: options.agents }, (_, index) => `agent${index + 1}`)
  const server = await startServer({
    config: {
      ...(options.keep
        ? {
            http: { host: '127.0.0.1', port: 8080 },
            sip: { host: '127.0.0.1', port: 5060, domain: 'localhost' },
          }
        : {}),
      log: { level: 'warn' },
      applications: [
        {
          id: applicationId,
          name: 'demo',
          webhook_event_url: `http://127.0.0.1:${appPort}/webhooks`,
          numbers: ['*'],
        },
      ],
      sip_users: names.map((username) => ({ username, password: `${username}-secret` })),
    },
  })
  const promises = new Promises()
  const centre = await startContactCentre({
    baseURL: server.baseURL,
    apiKey: server.apiKey,
    publicKey: await server.publicKey(),
    connectionId: applicationId,
    queueName: 'support',
    from: '+15550100',
    agents: names.map((name) => `sip:${name}@localhost`),
    agentRingSecs: 10,
    host: '127.0.0.1',
    port: appPort,
    onNews: (news) => promises.take(news),
  })
  return { server, centre, lab: createLab(), promises }
}

async function play(options: DemoOptions, stage: Stage): Promise<readonly CallerReport[]> {
  const { server, centre, lab, promises } = stage
  const agents: AgentPhone[] = []
  for (let index = 1; index <= options.agents; index++) {
    const name = `agent${index}`
    const talkMs = (): number => 1_500 + Math.random() * 2_000
    agents.push(await agent(lab, server.sip.port, name, `${name}-secret`, talkMs))
  }
  const started = Date.now()
  const spreadMs = options.seconds * 1000
  const deadlineMs = started + spreadMs + servingMs
  let come = 0
  let answered = 0
  let abandoned = 0
  const reports = Array.from({ length: options.calls }, async (_, index) => {
    await pause((spreadMs * index) / options.calls)
    come += 1
    const impatient = index % impatientOneIn === impatientOneIn - 1
    const patienceMs = impatient ? 500 + Math.random() * 3_000 : undefined
    const report = await caller(lab, server.sip.port, `caller${index}`, patienceMs, deadlineMs)
    if (report.end === 'answered') answered += 1
    if (report.end === 'abandoned') abandoned += 1
    return report
  })
  const table = new Table()
  const drawing = setInterval(() => {
    const now = Date.now()
    const oldest = Math.min(now, ...promises.waitingSince.values())
    table.show(
      {
        waiting: promises.waitingSince.size,
        longestWaitMs: now - oldest,
        talking: promises.talking.size,
        answered,
        abandoned,
        toCome: options.calls - come,
        webhooks: centre.counts.webhooks,
      },
      now,
    )
  }, 250)
  try {
    return await Promise.all(reports)
  } finally {
    clearInterval(drawing)
    for (const one of agents) one.stop()
  }
}

function summarise(reports: readonly CallerReport[], stage: Stage): Record<string, unknown> {
  const count = (test: (report: CallerReport) => boolean): number => reports.filter(test).length
  const { promises, centre } = stage
  const answered = count(({ end }) => end === 'answered')
  const lost = count(({ end }) => end === 'lost')
  const silent = count((report) => report.silent)
  const waits = reports.map(({ waitedMs }) => waitedMs).sort((a, b) => a - b)
  const median = waits[Math.floor(waits.length / 2)] ?? 0
  console.log(
    `\n${reports.length} callers, ${answered} talked to an agent; waited ${median} ms in the middle, ${waits.at(-1) ?? 0} ms at most; ${centre.counts.webhooks} webhooks, ${centre.counts.refused} with a bad signature`,
  )
  for (const { end, silent: mute, heard } of reports) {
    if (end === 'lost' || mute) console.log(`  ${end}${mute ? ', silent' : ''}: heard ${heard}`)
  }
  for (const surprise of centre.surprises)
    console.log(`  the application was surprised: ${surprise}`)
  const kept = lost === 0 && silent === 0 && promises.doubled === 0 && promises.outOfOrder === 0
  const clean = centre.surprises.length === 0 && centre.counts.refused === 0 && answered > 0
  return {
    demo: kept && clean ? 'ok' : 'failed',
    calls: reports.length,
    answered,
    abandoned: count(({ end }) => end === 'abandoned'),
    lost,
    doubled: promises.doubled,
    out_of_order: promises.outOfOrder,
    silent,
  }
}

async function stayUp(stage: Stage): Promise<void> {
  const { server } = stage
  console.log(`
Still up. Call in with a softphone: sip:support@${server.sip.host}:${server.sip.port} (no account needed from this machine).
API key ${server.apiKey}. In another terminal:

  curl -H "Authorization: Bearer ${server.apiKey}" ${server.baseURL}/queues/support
  curl -H "Authorization: Bearer ${server.apiKey}" ${server.baseURL}/queues/support/calls
  curl -X POST -H "Authorization: Bearer ${server.apiKey}" -H "Content-Type: application/json" \\
    --data '{"queue_name": "support"}' ${server.baseURL}/calls/<CALL_CONTROL_ID>/actions/enqueue
  curl -X POST -H "Authorization: Bearer ${server.apiKey}" -H "Content-Type: application/json" \\
    --data '{"queue": "support"}' ${server.baseURL}/calls/<AGENT_CALL_CONTROL_ID>/actions/bridge
  curl -X POST -H "Authorization: Bearer ${server.apiKey}" ${server.baseURL}/calls/<CALL_CONTROL_ID>/actions/leave_queue

Ctrl-C ends it.`)
  await new Promise<void>((resolve) => process.once('SIGINT', () => resolve()))
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

const options = readOptions(process.argv.slice(2))
if (typeof options === 'string') {
  console.error(`${options}\n\n${usage}`)
  process.exit(2)
}
let stage: Stage
try {
  stage = await buildStage(options)
} catch (error) {
  console.error(
    `the demo could not start: ${error instanceof Error ? error.message : String(error)}`,
  )
  process.exit(2)
}
const reports = await play(options, stage)
const summary = summarise(reports, stage)
if (options.keep) await stayUp(stage)
stage.lab.close()
await stage.centre.close()
await stage.server.stop()
console.log(JSON.stringify(summary))
process.exit(summary['demo'] === 'ok' ? 0 : 1)
