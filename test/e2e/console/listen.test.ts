// Listening along to calls of a real server with real phones: both sides are heard through everything that happens to the
// call, the call notices nothing, and nobody listens who may not.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CallListener, listen, type Headers } from '../../support/call-listener.ts'
import {
  agentHz,
  callerHz,
  dataOf,
  musicHz,
  startStage,
  type Json,
  type Stage,
} from '../../support/stage.ts'
import { tone } from '../../support/stream-agent.ts'
import { until } from '../../support/until.ts'

let stage: Stage
let key: Headers

before(async () => {
  const config = { console: { allow_listen: true }, limits: { listeners: 3 } }
  stage = await startStage({ config: { ...config, log: { level: 'info' } } })
  key = { authorization: `Bearer ${stage.server.apiKey}` }
})

after(() => stage.close())

async function listening(id: string, headers = key): Promise<CallListener> {
  const opened = await listen(stage.server.origin, id, headers)
  assert.ok(opened instanceof CallListener, JSON.stringify(opened))
  stage.recorder.exchange('GET', `/v2/calls/${id}/listen`, 101, undefined)
  return opened
}

async function refused(id: string, headers: Headers, of: Stage = stage) {
  const answer = await listen(of.server.origin, id, headers)
  assert.ok(!(answer instanceof CallListener), 'it was let in')
  const { errors } = answer.body as { errors: readonly { code: string; detail: string }[] }
  return { status: answer.status, ...errors[0] }
}

/** A session's cookie: of the key, or of a read-only link that it made. */
async function cookieOf(role: 'admin' | 'read'): Promise<string> {
  let by: Json = { api_key: stage.server.apiKey }
  if (role === 'read') {
    const made = await stage.request('POST', '/read_only_links', {})
    by = { link: String(dataOf(made)['url']).split('#link=')[1] }
  }
  const signedIn = await stage.request('POST', '/sessions', by)
  assert.equal(dataOf(signedIn)['may_listen'], role === 'admin')
  return signedIn.headers.get('set-cookie')?.split(';', 1)[0] ?? ''
}

test('both sides of a call are heard, from the queue to its end, and neither side notices', async () => {
  const caller = await stage.queueUp('heard')
  await stage.command(caller.id, 'playback_start', { audio_url: stage.musicUrl, loop: 'infinity' })
  const one = await listening(caller.id)
  await one.hears(callerHz, musicHz)

  const agent = await stage.dialAgent()
  const bridge = { call_control_id: agent.id, park_after_unbridge: 'self' }
  await stage.command(caller.id, 'bridge', bridge)
  await stage.event(caller.id, 'call.bridged')
  await one.hears(callerHz, agentHz)
  assert.deepEqual([...one.lengths.keys()], [160], '20 ms of PCMU each')

  // What a listener says goes nowhere; two of them hear the same.
  const other = await listening(agent.id)
  one.socket.send(tone(2000, 500))
  await other.hears(callerHz, agentHz)
  await Promise.all([caller.call.hearsOnly(agentHz, 5_000), agent.call.hearsOnly(callerHz, 5_000)])

  // Put on hold by the agent's phone: one side is left.
  assert.equal(await agent.call.hold(), 200)
  await one.hears(callerHz)

  // The agent goes, the next one comes: the caller's listener stays, the agent's does not.
  agent.call.hangUp()
  assert.deepEqual(await other.end(), { code: 1000, reason: 'the call is over' })
  await one.hears(callerHz)
  const next = await stage.phone({
    user: 'next',
    voice: { kind: 'tone', hz: 1500 },
    answer: { kind: 'answer', afterMs: 0, before: 'ringing' },
  })
  await stage.command(caller.id, 'transfer', { to: next.contactUri })
  await one.hears(callerHz, 1500)

  caller.call.hangUp()
  assert.deepEqual(await one.end(), { code: 1000, reason: 'the call is over' })
  await stage.event(caller.id, 'call.hangup')

  const told = await until(async () => {
    const answer = await stage.request('GET', `/calls/${caller.id}/timeline`)
    const items = dataOf(answer)['items'] as readonly Json[]
    const own = items.filter(({ kind }) => String(kind).startsWith('listen'))
    return own.length === 4 ? own : undefined
  })
  assert.deepEqual(
    told.map(({ kind, leg, lane }) => [kind, leg, lane]),
    [
      ['listen', caller.id, 'command'],
      ['listen', agent.id, 'command'],
      ['listen ended', agent.id, 'command'],
      ['listen ended', caller.id, 'command'],
    ],
  )
  assert.match(String(told[0]?.['summary']), /listens to the call/)
  assert.match(String(told[3]?.['summary']), /listened for \d+\.\d s: the call is over/)
  const logged = (code: string): number => stage.server.log().split(`"${code}"`).length - 1
  await until(() => (logged('LISTEN_ENDED') >= 2 ? true : undefined))
  assert.deepEqual([logged('LISTEN_BEGAN'), logged('LISTEN_ENDED')], [2, 2])
})

test('nobody listens who may not, and each is told why', async () => {
  const { id, call } = await stage.answered()
  const own = { origin: stage.server.origin }
  assert.equal((await refused(id, {})).status, 401)
  assert.equal((await refused(id, { authorization: 'Bearer KEYwrong' })).status, 401)
  const reader = await refused(id, { ...own, cookie: await cookieOf('read') })
  assert.deepEqual([reader.status, reader.code], [403, '10010'])
  const cookie = await cookieOf('admin')
  const foreign = await refused(id, { cookie, origin: 'http://evil.example' })
  assert.match(`${foreign.status} ${foreign.detail}`, /^403 .*Origin/)
  assert.match(`${(await refused(id, { cookie })).detail}`, /Origin/)
  assert.equal((await refused('v3:nobody', key)).status, 404)
  const ringing = await stage.callIn()
  assert.deepEqual((await refused(ringing.id, key)).code, '90034')
  ringing.call.hangUp()
  const plain = await stage.request('GET', `/calls/${id}/listen`)
  assert.equal(plain.status, 426)

  const console_ = await listening(id, { ...own, cookie })
  await console_.hears(callerHz)
  // Who signs out hears no more.
  const out = { cookie, 'x-holdfast-console': '1' }
  await fetch(`${stage.server.baseURL}/sessions/current`, { method: 'DELETE', headers: out })
  assert.equal((await console_.end()).code, 1008)

  const many = [await listening(id), await listening(id), await listening(id)]
  assert.equal((await refused(id, key)).status, 503)
  many[0]?.socket.terminate()
  const place = await until(async () => {
    const opened = await listen(stage.server.origin, id, key)
    return opened instanceof CallListener ? opened : undefined
  })
  await place.hears(callerHz)
  call.hangUp()
  for (const one of [many[1], many[2], place]) assert.equal((await one?.end())?.code, 1000)
  await stage.event(id, 'call.hangup')
  const ended = await refused(id, key)
  assert.deepEqual([ended.status, ended.code], [422, '90018'])
})

test('a call that hangs up at the very moment leaves nobody waiting', async () => {
  for (let times = 0; times < 5; times++) {
    const { id, call } = await stage.answered()
    call.hangUp()
    const opened = await listen(stage.server.origin, id, key)
    if (opened instanceof CallListener) assert.equal((await opened.end()).code, 1000)
    else assert.ok([422, 404].includes(opened.status), `${opened.status}`)
  }
})

test('where it is off nobody listens; a server that stops says so', async () => {
  const off = await startStage()
  const quiet = await off.answered()
  const headers = { authorization: `Bearer ${off.server.apiKey}` }
  const answer = await refused(quiet.id, headers, off)
  assert.match(`${answer.status} ${answer.detail}`, /^403 .*console\.allow_listen/)
  quiet.call.hangUp()
  await off.close()

  const { id, call } = await stage.answered()
  const last = await listening(id)
  await last.hears(callerHz)
  await stage.server.stop()
  assert.deepEqual(await last.end(), { code: 1001, reason: 'the server stops' })
  call.hangUp()
})
