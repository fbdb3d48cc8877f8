// The process as an operator meets it: the first run, wrong configurations, two processes on one folder, the end, the
// pages that need no key, and what the log does not say.
import assert from 'node:assert/strict'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startPlain } from '../../support/plain-server.ts'
import { startStage, type Stage } from '../../support/stage.ts'

const anyPorts = { HOLDFAST_HTTP__PORT: '0', HOLDFAST_SIP__PORT: '0' }
const readyLine = /holdfast ready http=(\S+) sip=(\S+)/

let folder: string
let stage: Stage
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-start-'))
  stage = await startStage({ config: { log: { level: 'debug' } } })
})
after(async () => {
  await stage.close()
  await rm(folder, { recursive: true, force: true })
})

test('the first run without a configuration makes a key, prints it once and keeps it', async () => {
  const first = startPlain(folder, anyPorts)
  const [, http = ''] = await first.prints(readyLine)
  const key = /KEY[\w-]{20,}/.exec(first.stdout())?.[0] ?? ''
  assert.notEqual(key, '')
  const authorization = `Bearer ${key}`
  const answer = await fetch(`${http}/v2/call_control_applications`, { headers: { authorization } })
  const { data } = (await answer.json()) as { data: { id: string; application_name: string }[] }
  assert.deepEqual(
    data.map(({ id, application_name }) => [id, application_name]),
    [['1000000001', 'default']],
  )
  const { mode } = await stat(join(folder, 'data', 'api-key'))
  assert.equal(mode & 0o777, 0o600)
  first.signal('SIGTERM')
  assert.equal(await first.ended, 0)

  const second = startPlain(folder, anyPorts)
  const [, http2 = ''] = await second.prints(readyLine)
  assert.ok(!second.stdout().includes(key), 'printed once only')
  assert.equal((await fetch(`${http2}/v2/queues`, { headers: { authorization } })).status, 200)

  // While it runs, nobody else may have its folder.
  const rival = startPlain(folder, anyPorts)
  assert.equal(await rival.ended, 2)
  assert.match(rival.stderr(), /another|in use|lock/i)
  assert.equal((await fetch(`${http2}/health`)).status, 200)
  second.signal('SIGINT')
  assert.equal(await second.ended, 0)
})

test('a wrong configuration stops the start and names every fault', async () => {
  const file = join(folder, 'wrong.yaml')
  await writeFile(
    file,
    'http: { port: 70000, prt: 80 }\nqueues: { collect_empty_after_secs: soon }',
  )
  const server = startPlain(folder, { HOLDFAST_CONFIG: file, HOLDFAST_SIP__PORT: 'five' })
  assert.equal(await server.ended, 2)
  assert.match(server.stderr(), /http\.port.*65535/)
  assert.match(server.stderr(), /http\.prt/)
  assert.match(server.stderr(), /queues\.collect_empty_after_secs/)
  assert.match(server.stderr(), /sip\.port|HOLDFAST_SIP__PORT/)
  assert.doesNotMatch(server.stderr(), /\n\s+at /, 'a message, not a stack')
})

test('health, readiness, metrics and the description need no key; the rest does', async () => {
  const { origin, apiKey } = stage.server
  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    stage.recorder.fetch(`${origin}${path}`, { headers })
  assert.deepEqual(await (await get('/health')).json(), { status: 'ok' })
  assert.deepEqual(await (await get('/ready')).json(), { status: 'ready' })
  const metrics = await (await fetch(`${origin}/metrics`)).text()
  assert.match(metrics, /^# TYPE holdfast_/m)
  const description = (await (await get('/openapi.json')).json()) as { paths: object }
  assert.ok(Object.keys(description.paths).includes('/v2/queues/{queue_name}'))
  assert.equal((await get('/v2/public_key')).status, 401)
  const key = await get('/v2/public_key', { authorization: `Bearer ${apiKey}` })
  const { data } = (await key.json()) as { data: { public: string; record_type: string } }
  assert.equal(data.record_type, 'public_key')
  assert.equal(Buffer.from(data.public, 'base64').length, 32)
})

test('the log masks numbers and keys', async () => {
  const caller = await stage.answered({ user: '+4915112345678' })
  await stage.command(caller.id, 'transfer', { to: '+4930987654321' }).catch(() => undefined)
  caller.call.hangUp()
  await stage.event(caller.id, 'call.hangup')
  const log = stage.server.log()
  assert.ok(log.length > 0)
  assert.doesNotMatch(log, /15112345678|30987654321/)
  assert.ok(!log.includes(stage.server.apiKey))
})
