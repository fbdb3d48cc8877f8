// Disks that fail and disks that stall under a real server: calls go on, nothing new is begun, nothing is half-written, and
// when the disk is back the server goes on by itself with everything in order.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import type { ServerProgram } from '../../../src/lab/server-process.ts'
import { freePort, freeRtpPorts } from '../../support/free-port.ts'
import { inviteText, openRawSip, plainOffer } from '../../support/raw-sip.ts'
import {
  agentHz,
  type Json,
  firstError,
  listOf,
  musicHz,
  startStage,
  type Stage,
} from '../../support/stage.ts'
import { until } from '../../support/until.ts'

/** RTP that stands still with the disk is away as long as it; a busy machine may hold it back for a moment. */
const gapMsMax = 600

const isSlow = /^the disk: nothing has been written to the data directory for over 1000 ms$/

/** A way of making the disk of a running server fail. */
interface Means {
  readonly name: string
  /** Why it cannot be had on this machine. */
  readonly missing: () => string | undefined
  readonly program?: (folder: string) => ServerProgram
  /** What `/ready` says then. */
  readonly says: RegExp
  break(stage: Stage, folder: string): void
  mend(stage: Stage, folder: string): void
}

const faultFile = (folder: string): string => join(folder, 'fault')

function faulty(folder: string): ServerProgram {
  const preload = new URL('../../support/faulty-disk.ts', import.meta.url)
  const env = { NODE_OPTIONS: `--import ${preload.href}`, HOLDFAST_TEST_DISK: faultFile(folder) }
  return { main: 'src/main.ts', env }
}

/** The server's own small file system, seen from outside its mount namespace. */
const filler = ({ server }: Stage, folder: string): string =>
  join(`/proc/${server.child.pid}/root`, folder, 'data', 'filler')

function cannot(command: string, ...args: readonly string[]): string | undefined {
  const { status, error } = spawnSync(command, args)
  return status === 0 ? undefined : `${command} does not work here: ${error?.message ?? status}`
}

const means: readonly Means[] = [
  {
    name: 'a file system without space',
    missing: () => cannot('unshare', '-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt'),
    program: (folder) => {
      const mount = `mount -t tmpfs -o size=8m none ${folder}/data && exec "$@"`
      // Five seconds after its start a server keeps its compiled code, which would fill this disk by itself.
      const env = { NODE_DISABLE_COMPILE_CACHE: '1' }
      return { main: 'src/main.ts', within: ['unshare', '-rm', 'sh', '-c', mount, 'sh'], env }
    },
    says: /^the disk: writing to the data directory fails: database or disk is full$/,
    break: (stage, folder) => {
      const block = Buffer.alloc(4096)
      try {
        for (;;) writeFileSync(filler(stage, folder), block, { flag: 'a' })
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
      }
    },
    mend: (stage, folder) => rmSync(filler(stage, folder)),
  },
  {
    name: 'a disk on which every write fails',
    missing: () => cannot('prlimit', '--version'),
    says: /^the disk: writing to the data directory fails: disk I\/O error$/,
    break: ({ server }) => limitFiles(server.child.pid, '0'),
    mend: ({ server }) => limitFiles(server.child.pid, 'unlimited'),
  },
  {
    name: 'a disk that has become read-only',
    missing: () => undefined,
    program: faulty,
    says: /^the disk: writing to the data directory fails: attempt to write a readonly database$/,
    break: (_stage, folder) => writeFileSync(faultFile(folder), 'read-only'),
    mend: (_stage, folder) => rmSync(faultFile(folder)),
  },
]

function limitFiles(pid: number | undefined, bytes: string): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`])
}

const folders: string[] = []
// Hooks run in the order they were named: a test's own would take the folder from a server that still runs.
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

async function stageOn(program?: (folder: string) => ServerProgram, config: Json = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-disk-'))
  folders.push(folder)
  mkdirSync(join(folder, 'data'))
  const stage = await startStage({
    config: { data: join(folder, 'data'), ...config },
    dataDirectory: folder,
    provokes: /"code":"STORE_FAILING"/,
    ...(program === undefined ? {} : { program: program(folder) }),
  })
  return { stage, folder }
}

for (const way of means) {
  test(`${way.name}: calls go on, new commands get 503, and all is well when it is mended`, async (t) => {
    const missing = way.missing()
    if (missing !== undefined) return t.skip(missing)
    const { stage, folder } = await stageOn(way.program)
    const crowd = await callersOf(stage)
    const fromMs = performance.now()
    way.break(stage, folder)
    // Decided before the server knows: answered when it is on disk, and not with an error, for it will happen. Unless a
    // write beside it (what became of a webhook) meets the dead disk first: then it is refused, and does not happen.
    const held = stage.request('POST', '/queues', { queue_name: 'held' })
    let heldStatus = 0
    void held.then(({ status }) => (heldStatus = status))
    // For a thread that stands still the disk is slow before it fails.
    const reason = await until(async () => {
      const why = await degraded(stage)
      return why === undefined || isSlow.test(why) ? undefined : why
    })
    assert.match(reason, way.says)

    await refusesWhatIsNew(stage)
    await readsOn(stage, crowd)
    assert.equal(await hangUp(crowd.leaver), 200)
    await crowd.first.call.hearsOnly(musicHz, 2_000)
    await crowd.pair.caller.call.hearsOnly(agentHz, 2_000)
    const wasHeld = heldStatus === 0
    assert.equal(lines(stage, 'STORE_FAILING'), 1, 'said once, not per request')
    assert.deepEqual(stage.receiver.typesOf(crowd.leaver.id).slice(-1), ['call.enqueued'])

    way.mend(stage, folder)
    const brokenMs = performance.now() - fromMs
    await until(async () => ((await stage.server.get('/ready')).status === 200 ? true : undefined))
    const { status: made } = await stage.request('GET', '/queues/held')
    assert.deepEqual([(await held).status, made], wasHeld ? [200, 200] : [503, 404])
    assert.equal(lines(stage, 'STORE_WELL'), 1)
    await stage.event(crowd.leaver.id, 'call.hangup')
    noGap(crowd, fromMs, brokenMs)
    await goesOn(stage, crowd)
    await nothingMissing(stage, join(`/proc/${stage.server.child.pid}/root`, folder, 'data'))
    assert.equal(await stage.close({ keepData: true }), 0)
  })
}

test('a disk that stands still for two seconds: nobody hears it, and everything comes in order after it', async (t) => {
  const { stage, folder } = await stageOn(faulty)
  const crowd = await callersOf(stage)
  const raw = await openRawSip(stage.server.sip.port)
  t.after(() => raw.close())
  const fromMs = performance.now()
  writeFileSync(faultFile(folder), 'stall')
  const held = [1, 2, 3].map((n) => stage.request('POST', '/queues', { queue_name: `held${n}` }))
  const to = `sip:+15550100@127.0.0.1:${stage.server.sip.port}`
  const invite = inviteText({ to, port: raw.port, callId: 'patient', sdp: plainOffer })
  for (const _ of [1, 2, 3]) raw.send(invite)
  await raw.next(/^SIP\/2\.0 100/, 5_000)
  assert.equal(await hangUp(crowd.leaver), 200)
  const reason = await until(() => degraded(stage))
  assert.match(reason, isSlow)
  await refusesWhatIsNew(stage)
  await readsOn(stage, crowd, { events: false })
  await until(() => performance.now() - fromMs > 2_000 || undefined)
  assert.deepEqual(stage.receiver.typesOf(crowd.leaver.id).slice(-1), ['call.enqueued'])
  rmSync(faultFile(folder))
  const brokenMs = performance.now() - fromMs

  assert.deepEqual(
    (await Promise.all(held)).map(({ status }) => status),
    [200, 200, 200],
  )
  await stage.event(crowd.leaver.id, 'call.hangup')
  await until(async () => ((await stage.server.get('/ready')).status === 200 ? true : undefined))
  noGap(crowd, fromMs, brokenMs)
  const rung = await stage.receiver.waitFor(({ payload }) => payload['from'] === 'raw')
  await stage.command(String(rung.payload['call_control_id']), 'reject', { cause: 'USER_BUSY' })
  await raw.next(/^SIP\/2\.0 486/, 5_000)
  const calls = stage.receiver.deliveries.filter(
    ({ type, payload }) => type === 'call.initiated' && payload['from'] === 'raw',
  )
  assert.equal(calls.length, 1, 'the repeated INVITE is one call')
  await goesOn(stage, crowd)
  assert.deepEqual([lines(stage, 'STORE_SLOW'), lines(stage, 'STORE_WELL')], [1, 1])
  await nothingMissing(stage, join(folder, 'data'))
  assert.equal(await stage.close({ keepData: true }), 0)
})

test('SIGTERM on a dead disk: exit 1 in time, and the next start finds what was last told to anybody', async (t) => {
  const [http, sip, rtp] = await Promise.all([freePort(), freePort(), freeRtpPorts()])
  const { stage, folder } = await stageOn(faulty, {
    http: { host: '127.0.0.1', port: http },
    sip: { host: '127.0.0.1', port: sip, domain: 'localhost' },
    media: { host: '127.0.0.1', ports: rtp },
  })
  const caller = await stage.queueUp('wait')
  writeFileSync(faultFile(folder), 'read-only')
  const held = stage.request('POST', '/queues', { queue_name: 'held' }).catch(() => undefined)
  await until(() => degraded(stage))
  const ended = once(stage.server.child, 'close')
  stage.server.child.kill('SIGTERM')
  assert.deepEqual(await ended, [1, null])
  assert.match(stage.server.log(), /the disk did not take the last writes in time/)
  // Another write may have met the dead disk before it: then it was refused.
  const told = await held
  assert.ok(told === undefined || told.status === 503, 'nobody was told that it happened')
  assert.equal(caller.call.state, 'up')

  rmSync(faultFile(folder))
  const next = await stage.server.again()
  t.after(() => next.stop({ keepData: true }))
  assert.equal((await stage.request('GET', '/queues/held')).status, 404)
  const waiting = listOf(await stage.request('GET', '/queues/wait/calls'))
  assert.deepEqual(
    waiting.map((one) => one['call_control_id']),
    [caller.id],
  )
  await caller.call.hearsSilence(2_000)
  await stage.command(caller.id, 'hangup')
  await caller.call.ended(3_000)
  await stage.event(caller.id, 'call.hangup')
  stage.lab.close()
  await stage.receiver.close()
  await stage.sounds.close()
})

type Crowd = Awaited<ReturnType<typeof callersOf>>

async function callersOf(stage: Stage) {
  const pair = await stage.conversation('talk')
  const first = await stage.queueUp('wait')
  await stage.command(first.id, 'playback_start', { audio_url: stage.musicUrl, loop: 'infinity' })
  const leaver = await stage.queueUp('wait')
  await stage.event(leaver.id, 'call.enqueued')
  await first.call.hearsOnly(musicHz, 5_000)
  await pair.caller.call.hearsOnly(agentHz, 5_000)
  return { pair, first, leaver }
}

/** What `/ready` complains about, once it does. */
async function degraded({ server }: Stage): Promise<string | undefined> {
  const { status, body } = await server.get('/ready')
  if (status === 200) return undefined
  const { status: word, reasons } = body as { status: string; reasons: readonly string[] }
  assert.deepEqual([status, word, reasons.length], [503, 'degraded', 1])
  return reasons[0]
}

async function refusesWhatIsNew(stage: Stage): Promise<void> {
  for (let n = 0; n < 20; n++) {
    const refused = await stage.request('POST', '/queues', { queue_name: `refused${n}` })
    assert.equal(refused.status, 503)
    assert.equal(firstError(refused).code, '10007')
    assert.ok(Number(refused.headers.get('retry-after')) >= 1)
  }
  const raw = await openRawSip(stage.server.sip.port)
  const to = `sip:+15550100@127.0.0.1:${stage.server.sip.port}`
  raw.send(inviteText({ to, port: raw.port, callId: 'refused', sdp: plainOffer }))
  const refusal = await raw.next(/^SIP\/2\.0 [2-6]\d\d/, 3_000)
  raw.close()
  assert.match(refusal, /^SIP\/2\.0 503[^]*^Retry-After: \d+\r$/m)
}

async function readsOn(stage: Stage, crowd: Crowd, { events = true } = {}): Promise<void> {
  const paths = [`/queues/wait/calls`, `/calls/${crowd.first.id}`, ...(events ? ['/events'] : [])]
  for (const path of paths) assert.equal((await stage.request('GET', path)).status, 200, path)
  const metrics = await fetch(`${stage.server.origin}/metrics`)
  assert.match(await metrics.text(), /^holdfast_store_ok 0$/m)
}

/** The status that answers the caller's BYE. */
async function hangUp({ call }: Crowd['leaver']): Promise<number> {
  const final = await call.inDialog('BYE', [])
  call.finish('us')
  return final.kind === 'none' ? 0 : final.response.status
}

function noGap({ first, pair }: Crowd, fromMs: number, brokenMs: number): void {
  const mostMs = Math.max(gapMsMax, brokenMs / 2)
  for (const { call } of [first, pair.caller, pair.agent]) {
    const { gaps } = call.statistics()
    const long = gaps.filter((gap) => gap.toMs > fromMs && gap.toMs - gap.fromMs > mostMs)
    assert.deepEqual(long, [], call.describe())
  }
}

async function goesOn(stage: Stage, { first }: Crowd): Promise<void> {
  const agent = await stage.dialAgent()
  await stage.command(agent.id, 'bridge', { queue: 'wait' })
  await first.call.hearsOnly(agentHz, 5_000)
  first.call.hangUp()
  await stage.event(agent.id, 'call.hangup')
}

/** The file is whole, and the events of each call are numbered without a hole. */
async function nothingMissing(stage: Stage, data: string): Promise<void> {
  // A copy: SQLite would not find its way through the link into another mount namespace.
  const copy = mkdtempSync(join(tmpdir(), 'holdfast-disk-'))
  for (const name of ['holdfast.db', 'holdfast.db-wal']) {
    copyFileSync(join(data, name), join(copy, name))
  }
  const database = new DatabaseSync(join(copy, 'holdfast.db'))
  assert.equal(database.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok')
  database.close()
  rmSync(copy, { recursive: true })
  const events = listOf(await stage.request('GET', '/events?limit=1000'))
  const last = new Map<unknown, number>()
  for (const { payload, leg_sequence: sequence } of events) {
    const { call_control_id: id } = payload as { call_control_id: string }
    assert.equal(sequence, (last.get(id) ?? 0) + 1)
    last.set(id, Number(sequence))
  }
  assert.ok(last.size >= 5, `the calls of the test: ${last.size}`)
}

function lines({ server }: Stage, code: string): number {
  return server.log().split(`"code":"${code}"`).length - 1
}
