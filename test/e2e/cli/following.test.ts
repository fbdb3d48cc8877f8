// What goes on until it is ended: events with their deliveries, forwarded ones with a signature that the official SDK
// accepts, and the ends of it: Ctrl-C, and a reader who has seen enough.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import Telnyx from 'telnyx'
import { createLab } from '../../../src/lab/runner.ts'
import { startServer } from '../../../src/lab/server-process.ts'
import { command, run } from '../../support/command.ts'
import { freePort } from '../../support/free-port.ts'
import { letIn } from '../../support/let-in.ts'
import { patience } from '../../support/patience.ts'
import { startReceiver } from '../../support/receiver.ts'
import { startStage, type Stage } from '../../support/stage.ts'

let stage: Stage
let folder: string
before(async () => {
  stage = await startStage()
  folder = await mkdtemp(join(tmpdir(), 'holdfast-cli-'))
})
after(async () => {
  await stage.close()
  await rm(folder, { recursive: true, force: true })
})

const env = () => ({
  HOLDFAST_URL: stage.server.origin,
  HOLDFAST_API_KEY: stage.server.apiKey,
  XDG_CONFIG_HOME: folder,
})

test('events --follow prints each event and its delivery until Ctrl-C, which is no failure', async () => {
  const following = command(['events', '--follow'], { env: env() })
  await following.prints(/from now on/)
  const caller = await stage.answered()
  await following.prints(/call\.initiated +…\S+ +incoming caller\d+ → \+15550100/)
  await following.prints(/✔ 200 {2}call\.initiated → http:\/\/127\.0\.0\.1:\d+\S* in \d+ ms/)
  caller.call.hangUp()
  await following.prints(/call\.hangup .*cause normal_clearing/)
  following.child.kill('SIGINT')
  const { code, stdout, stderr } = await following.ended
  assert.equal(code, 0, stderr)
  assert.equal(stderr, '')
  assert.ok(!stdout.includes('\u001b'))
})

test('--forward-to sends each event signed; the SDK accepts it with the printed key, which stays the same', async () => {
  const receiver = await startReceiver()
  const args = ['events', '--forward-to', receiver.url, '--json']
  const first = command(args, { env: env() })
  const [, key = ''] = await first.prints(/"public_key":"([^"]+)"/)
  const caller = await stage.callIn()
  const { raw, headers, payload } = await receiver.waitFor('call.initiated', 20_000)
  assert.equal(payload['call_control_id'], caller.id)
  const plain = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, String(value)]),
  )
  const client = new Telnyx({ apiKey: 'KEY', publicKey: key })
  const event = await client.webhooks.unwrap(raw, { headers: plain })
  assert.deepEqual(event, JSON.parse(raw))
  const other = new Telnyx({ apiKey: 'KEY', publicKey: await stage.server.publicKey() })
  await assert.rejects(other.webhooks.unwrap(raw, { headers: plain }), 'not the key of the server')
  await first.prints(/"forward":\{[^}]*"status":200,"ok":true/)
  caller.call.hangUp()
  first.child.kill('SIGTERM')
  assert.equal((await first.ended).code, 0)

  const second = command(args, { env: env() })
  const [, again] = await second.prints(/"public_key":"([^"]+)"/)
  assert.equal(again, key)
  second.child.kill('SIGINT')
  assert.equal((await second.ended).code, 0)
  await receiver.close()
})

test('a reader who has seen enough (| head -1) ends it without an error', async () => {
  const following = command([], { env: env(), shell: '$HOLDFAST events --follow | head -1' })
  await following.prints(/from now on/)
  const caller = await stage.answered()
  caller.call.hangUp()
  const { code, stdout, stderr } = await following.ended
  assert.equal(stderr, '')
  assert.equal(code, 0)
  assert.equal(stdout.trim().split('\n').length, 1)
})

test('a server that is killed and started again does not end what follows it, and nothing is left out', async () => {
  const [http, sip] = await Promise.all([freePort(), freePort()])
  const own = await startServer({
    config: { http: { port: http }, sip: { port: sip }, log: { level: 'warn' } },
  })
  const phones = createLab('127.0.0.1', patience)
  const ownEnv = { HOLDFAST_URL: own.origin, HOLDFAST_API_KEY: own.apiKey }
  const caller = await phones.phone({ user: 'a', server: { port: own.sip.port } })
  const following = command(['events', '--follow', '--json'], { env: ownEnv })
  await following.prints(/"following"/)
  await letIn(caller, '+15550100')
  await following.prints(/"event_type":"call\.initiated"/)

  await own.kill()
  await following.complains(/\{"notice":"no server at [^"]+\. Going on when it is back/)
  const again = await own.again()
  await letIn(caller, '+15550101')
  await following.prints(/"event_type":"call\.initiated"[^\n]+\+15550101/, 20_000)
  await following.complains(/\{"notice":"the server is back after \d+ s"\}/)
  following.child.kill('SIGINT')
  const { code, stdout } = await following.ended
  assert.equal(code, 0)
  // Every line is an object, and no event came twice.
  const lines = stdout.trim().split('\n')
  const ids = lines
    .map((line) => JSON.parse(line) as { event?: { id: string } })
    .flatMap(({ event }) => (event === undefined ? [] : [event.id]))
  assert.equal(new Set(ids).size, ids.length)
  phones.close()
  await again.stop()
})

test('following a server that was never there, or with a wrong key, ends at once', async () => {
  const nobody = { HOLDFAST_URL: 'http://127.0.0.1:9', HOLDFAST_API_KEY: 'KEY' }
  assert.equal((await run(['events', '--follow'], { env: nobody })).code, 3)
  const wrong = { ...env(), HOLDFAST_API_KEY: 'KEYwrong' }
  assert.equal((await run(['events', '--follow'], { env: wrong })).code, 1)
})
