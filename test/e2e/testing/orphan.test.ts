// A test that is killed, by its runner for instance, leaves no server behind; and an interrupted lab says good-bye.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startLab } from 'holdfast/testing'
import { command } from '../../support/command.ts'
import { until } from '../../support/until.ts'

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Of this process. */
function children(): readonly number[] {
  const path = `/proc/${process.pid}/task/${process.pid}/children`
  return readFileSync(path, 'utf8').trim().split(' ').map(Number)
}

/** Other tests make folders of that name at the same time. */
function isOurs(folder: string): boolean {
  try {
    return readFileSync(join(folder, 'holdfast.yaml'), 'utf8').includes('"port":-1')
  } catch {
    return false
  }
}

test('the server of a test that is killed ends by itself', async () => {
  const script = `
    import { readFileSync } from 'node:fs'
    import { startLab } from 'holdfast/testing'
    await startLab()
    console.log(readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim())`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  const server = Number(said.toString().trim())
  assert.ok(isAlive(server), String(said))
  child.kill('SIGKILL')
  await until(() => (isAlive(server) ? undefined : true))
})

test('a server that dies in the middle of a test is named as the reason, with its last words', async () => {
  const before = new Set(children())
  await using lab = await startLab()
  const server = children().find((pid) => !before.has(pid)) ?? 0
  process.kill(server, 'SIGKILL')
  await until(() => (isAlive(server) ? undefined : true))
  await assert.rejects(lab.get('/v2/queues'), /the server has ended \(SIGKILL\)[^]*holdfast ready/)
})

test('a server that cannot start says why, and leaves no folder behind', async () => {
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith('holdfast-'))
  await assert.rejects(startLab({ config: { http: { port: -1 } } }), /http\.port is -1/)
  const left = readdirSync(tmpdir()).filter((name) => name.startsWith('holdfast-'))
  assert.deepEqual(
    left.filter((name) => !before.includes(name) && isOurs(join(tmpdir(), name))),
    [],
  )
})

test('a lab has nothing to do with the server that the environment is meant for', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'holdfast-live-'))
  process.env['HOLDFAST_DATA'] = data
  t.after(() => {
    delete process.env['HOLDFAST_DATA']
    rmSync(data, { recursive: true, force: true })
  })
  await using lab = await startLab()
  await lab.get('/v2/queues')
  assert.deepEqual(readdirSync(data), [])
})

test('Ctrl-C ends a lab at any moment, with its server, and is no failure', async () => {
  const starting = command(['lab', '--rate', '0'])
  await starting.prints(/key/)
  starting.child.kill('SIGINT')
  assert.equal((await starting.ended).code, 0)
  const timed = command(['lab', '--rate', '60', '--for', '60'])
  await timed.prints(/callers in a minute/)
  timed.child.kill('SIGINT')
  const { code, stdout, stderr } = await timed.ended
  assert.equal(code, 0, stderr)
  assert.equal(stderr, '')
  assert.match(stdout, /\d+ came, .* ahead; no faults\n$/)
})
