// kill -9 while the disk is full: the next process sends sound to every phone all the same. What it has decided has to be on
// disk before it says or joins anything, so it is ready when there is space, by itself. The data directory is a small file system of its own, in a mount namespace that outlives the server.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { freePort, freeRtpPorts } from '../../support/free-port.ts'
import { agentHz, listOf, startStage } from '../../support/stage.ts'
import { until } from '../../support/until.ts'

const cannot = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status !== 0

test('kill -9 on a full disk: no line is dead, and all goes on when there is space', async (t) => {
  if (cannot) return t.skip('no mount namespaces here')
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-disk-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'data'))
  const mount = `mount -t tmpfs -o size=16m none ${folder}/data && echo there && exec cat`
  const holder = spawn('unshare', ['-rm', 'sh', '-c', mount], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.after(() => holder.kill())
  await once(holder.stdout, 'data')
  const program = {
    main: 'src/main.ts',
    within: [
      'nsenter',
      '-t',
      String(holder.pid),
      '-U',
      '-m',
      '--preserve-credentials',
      `--wd=${process.cwd()}`,
      '--',
    ],
  }
  const filler = join(`/proc/${holder.pid}/root`, folder, 'data', 'filler')
  const [http, sip, rtp] = await Promise.all([freePort(), freePort(), freeRtpPorts()])
  const stage = await startStage({
    config: {
      data: join(folder, 'data'),
      http: { host: '127.0.0.1', port: http },
      sip: { host: '127.0.0.1', port: sip, domain: 'localhost' },
      media: { host: '127.0.0.1', ports: rtp },
    },
    dataDirectory: folder,
    program,
    provokes: /"code":"STORE_FAILING"/,
  })
  const pair = await stage.conversation('talk')
  const waiting = await stage.queueUp('wait')
  await pair.caller.call.hearsOnly(agentHz, 5_000)
  fill(filler)
  await stage.server.kill()
  fill(filler)

  const killedAtMs = performance.now()
  let isReady = false
  const next = stage.server.again(program).then((server) => {
    isReady = true
    t.after(() => server.stop({ keepData: true }))
    return server
  })
  await Promise.all([pair.caller.call.hearsSilence(10_000), waiting.call.hearsSilence(10_000)])
  t.diagnostic(`packets came ${Math.round(performance.now() - killedAtMs)} ms after the kill`)
  assert.equal(isReady, false, 'what the start decided is not on disk')

  rmSync(filler)
  const server = await next
  assert.match(server.log(), /"code":"STORE_FAILING"[^\n]*database or disk is full/)
  await until(async () => ((await server.get('/ready')).status === 200 ? true : undefined))
  await pair.caller.call.hearsOnly(agentHz, 5_000)
  const inLine = listOf(await stage.request('GET', '/queues/wait/calls'))
  assert.deepEqual(
    inLine.map((one) => one['call_control_id']),
    [waiting.id],
  )
  const agent = await stage.dialAgent()
  await stage.command(agent.id, 'bridge', { queue: 'wait' })
  await waiting.call.hearsOnly(agentHz, 5_000)
  waiting.call.hangUp()
  await stage.event(waiting.id, 'call.hangup')
  pair.agent.call.hangUp()
  assert.equal((await pair.caller.call.ended(3_000)).by, 'peer')
  await stage.event(pair.caller.id, 'call.hangup')
  stage.lab.close()
  await stage.receiver.close()
  await stage.sounds.close()
})

/** Until not one block is left. */
function fill(file: string): void {
  const block = Buffer.alloc(4096)
  try {
    for (;;) writeFileSync(file, block, { flag: 'a' })
  } catch (error) {
    assert.equal(Object(error).code, 'ENOSPC')
  }
}
