// What the tests of an application wait for: a server of their own, half an hour of waiting, and the whole file of the
// example. Wall time is what a developer sees; CPU time tells the program from the machine, which may be full of others.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { freePort, startLab, type Caller, type Lab } from '../src/testing/index.ts'
import { cpuSeconds } from './support/process.ts'
import { percentile, printTable, round, type Figures } from './support/report.ts'

const startTarget = 1000
const skipTarget = 1000
const exampleTarget = 10_000

interface Cost {
  readonly wallMs: number
  /** Of this process, and of the server where it is the same one before and after. */
  readonly ownCpuMs: number
  readonly serverCpuMs: number
}

export async function benchLab(full: boolean): Promise<Figures> {
  const starts: Cost[] = []
  for (let count = 0; count < (full ? 9 : 4); count++) {
    let lab: Lab | undefined
    starts.push(await costOf(async () => void (lab = await startLab())))
    await lab?.stop()
  }
  const skips = new Map<number, Cost>()
  for (const callers of full ? [1, 20, 100] : [1, 20]) skips.set(callers, await skipWith(callers))
  const example = await exampleTests()

  const [first, ...later] = starts
  const middle = (pick: (cost: Cost) => number): number => round(percentile(later.map(pick), 0.5))
  const later50: Cost = {
    wallMs: middle(({ wallMs }) => wallMs),
    ownCpuMs: middle(({ ownCpuMs }) => ownCpuMs),
    serverCpuMs: middle(({ serverCpuMs }) => serverCpuMs),
  }
  const line = (name: string, { wallMs, ownCpuMs, serverCpuMs }: Cost, targetMs: number) => [
    ...[name, round(wallMs, 0), round(serverCpuMs, 0), round(ownCpuMs, 0), targetMs],
  ]
  printTable(
    ['', 'wall ms', 'server CPU ms', 'own CPU ms', 'target ms'],
    [
      ...(first === undefined ? [] : [line('first server of a process', first, startTarget)]),
      line(`later ones, the middle of ${later.length}`, later50, startTarget),
      ...[...skips].map(([callers, cost]) =>
        line(`skip 30 min, ${callers} waiting`, cost, skipTarget),
      ),
      ['tests of the example', round(example, 0), '-', '-', exampleTarget],
    ],
  )
  return { first, later: later50, skips: Object.fromEntries(skips), exampleMs: round(example, 0) }
}

/** So many wait at most half an hour, and all of them have waited so long. */
async function skipWith(count: number): Promise<Cost> {
  const port = await freePort()
  let lab: Lab | undefined
  const application = await answering(port, (path, body) => lab?.request('POST', path, body))
  try {
    lab = await startLab({ webhookUrl: `http://127.0.0.1:${port}/` })
    const callers: Caller[] = []
    for (let index = 0; index < count; index++) callers.push(await lab.caller())
    await lab.queue('support').has(callers)
    const { events, skip } = { events: lab.events, skip: lab.skip.bind(lab) }
    return await costOf(async () => {
      await skip('30m')
      for (const caller of callers) {
        await events.next('call.dequeued', { from: caller, reason: 'timeout' })
      }
    })
  } finally {
    await lab?.stop()
    application.closeAllConnections()
    application.close()
  }
}

/** An application that answers every call and puts it into a queue for half an hour. */
async function answering(
  port: number,
  command: (path: string, body: object) => unknown,
): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      response.end()
      const text = Buffer.concat(chunks).toString()
      const [, type] = /"event_type":"([a-z.]+)"/.exec(text) ?? []
      const [, id] = /"call_control_id":"([^"]+)"/.exec(text) ?? []
      const actions = `/v2/calls/${id}/actions`
      if (type === 'call.initiated') command(`${actions}/answer`, {})
      const place = { queue_name: 'support', max_wait_time_secs: 1800 }
      if (type === 'call.answered') command(`${actions}/enqueue`, place)
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** Wall ms of the example's test file, in a process of its own as a developer runs it. */
async function exampleTests(): Promise<number> {
  const beganMs = performance.now()
  const child = spawn(process.execPath, ['--test', 'examples/contact-centre/app.test.ts'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said: Buffer[] = []
  child.stdout.on('data', (bytes: Buffer) => said.push(bytes))
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`the example's tests failed\n${Buffer.concat(said).toString()}`)
  return performance.now() - beganMs
}

async function costOf(work: () => Promise<void>): Promise<Cost> {
  const serverBefore = serverPid()
  const serverCpuBefore = serverBefore === undefined ? 0 : cpuSeconds(serverBefore)
  const ownBefore = cpuSeconds(process.pid)
  const beganMs = performance.now()
  await work()
  const wallMs = performance.now() - beganMs
  const server = serverPid()
  const serverCpu = server === undefined ? 0 : cpuSeconds(server)
  return {
    wallMs: round(wallMs),
    ownCpuMs: round((cpuSeconds(process.pid) - ownBefore) * 1000, 0),
    serverCpuMs: round((serverCpu - (server === serverBefore ? serverCpuBefore : 0)) * 1000, 0),
  }
}

/** The only child of this process. */
function serverPid(): number | undefined {
  const path = `/proc/${process.pid}/task/${process.pid}/children`
  const pid = Number(readFileSync(path, 'utf8').trim().split(' ').at(-1))
  return pid > 0 ? pid : undefined
}
