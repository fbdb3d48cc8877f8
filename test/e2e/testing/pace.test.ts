// How long a developer waits: for half an hour that a caller waits, and for all tests of the example application, which need no
// network. A machine that is full of other work makes a round longer, never shorter: where it was held up, the processor time
// that it took counts. How soon a server is there is measured by `npm run bench -- lab`.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { startLab } from 'holdfast/testing'

/** Of /proc/…/stat, proc(5): USER_HZ. */
const ticksPerSec = 100

/** Processor time of this process, of those that it has started, and of theirs that have ended; ms. */
function cpuMs(): number {
  const tasks = readdirSync('/proc/self/task')
  const children = tasks.flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean),
  )
  return ['self', ...children].reduce((sum, pid) => sum + cpuMsOf(pid), 0)
}

function cpuMsOf(pid: string): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = text.replace(/^.*\) /, '').split(' ')
  // utime, stime, cutime, cstime are the fields 14 to 17; the state, which comes first here, is field 3.
  return (fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * 1000) / ticksPerSec
}

async function assertWithin(t: TestContext, maxMs: number, work: () => Promise<void>) {
  const cpuBefore = cpuMs()
  const beganMs = performance.now()
  await work()
  const tookMs = [performance.now() - beganMs, cpuMs() - cpuBefore]
  t.diagnostic(`${tookMs.map(Math.round).join(' ms, processor: ')} ms`)
  assert.ok(Math.min(...tookMs) <= maxMs, `${tookMs.join(' ms, processor: ')} ms, not ${maxMs}`)
}

test('half an hour that a caller waits takes under a second', async (t) => {
  const lab = await startLab()
  try {
    const caller = await lab.caller()
    const actions = `/v2/calls/${caller.callControlId}/actions`
    await lab.request('POST', `${actions}/answer`, {})
    await caller.isAnswered()
    const place = { queue_name: 'support', max_wait_time_secs: 1800 }
    await lab.request('POST', `${actions}/enqueue`, place)
    await lab.queue('support').has([caller])
    await assertWithin(t, 1000, async () => {
      await lab.skip('30m')
      const { payload } = await lab.events.next('call.dequeued', { from: caller })
      assert.equal(payload['reason'], 'timeout')
    })
  } finally {
    await lab.stop()
  }
})

test('the tests of the example run in under ten seconds, with no network at all', async (t) => {
  // Nothing but the loopback device: what asks for the world outside fails.
  const isolated = ['unshare', '-rn', 'sh', '-c', 'ip link set lo up && exec "$0" "$@"']
  const canIsolate = spawnSync('unshare', ['-rn', 'ip', 'link', 'set', 'lo', 'up']).status === 0
  t.diagnostic(canIsolate ? 'with loopback alone' : 'network namespaces cannot be made here')
  const tests = [process.execPath, '--test', 'examples/contact-centre/app.test.ts']
  const [program = '', ...args] = canIsolate ? [...isolated, ...tests] : tests
  const { NODE_TEST_CONTEXT: _ours, ...env } = process.env
  await assertWithin(t, 10_000, async () => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()))
    const [code] = await once(child, 'close')
    assert.equal(code, 0, said)
    assert.match(said, /pass 3/)
  })
})
