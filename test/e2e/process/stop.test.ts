// SIGTERM, seen from outside: what is refused, what is finished, what is kept, and how the process ends.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import type { RunningServer } from '../../../src/lab/server-process.ts'
import { freePort, freeRtpPorts } from '../../support/free-port.ts'
import { inviteText, openRawSip, plainOffer } from '../../support/raw-sip.ts'
import { applicationId, firstError, startStage, type Stage } from '../../support/stage.ts'
import { until } from '../../support/until.ts'

let stage: Stage
let server: RunningServer

before(async () => {
  const [http, sip, rtp] = await Promise.all([freePort(), freePort(), freeRtpPorts()])
  stage = await startStage({
    config: {
      http: { host: '127.0.0.1', port: http },
      sip: { host: '127.0.0.1', port: sip, domain: 'localhost' },
      media: { host: '127.0.0.1', ports: rtp },
    },
  })
  server = stage.server
})

after(async () => {
  if (server !== stage.server) await server.stop({ keepData: true })
  await stage.close()
})

test('SIGTERM: nothing new, webhooks finished, callers kept for the next start, exit 0', async () => {
  const { receiver } = stage
  const waiting = await stage.queueUp('evening')
  const leaving = await stage.queueUp('evening')
  await stage.event(leaving.id, 'call.enqueued')
  const gate = Promise.withResolvers<number>()
  receiver.answerWith(() => gate.promise)
  await stage.command(leaving.id, 'hangup')
  await stage.event(leaving.id, 'call.dequeued') // On its way, not yet accepted; call.hangup waits behind it.
  const ended = once(server.child, 'close')
  server.child.kill('SIGTERM')

  const draining = await until(async () => {
    const { status, body } = await server.get('/ready')
    return status === 503 ? body : undefined
  })
  assert.deepEqual(draining, { status: 'draining', reasons: ['the server is draining'] })
  assert.equal((await server.get('/health')).status, 200)
  const raw = await openRawSip(server.sip.port)
  const to = `sip:+15550100@127.0.0.1:${server.sip.port}`
  raw.send(inviteText({ to, port: raw.port, callId: 'late', sdp: plainOffer }))
  const refusal = await raw.next(/^SIP\/2\.0 [2-6]\d\d/, 5_000)
  raw.close()
  assert.match(refusal, /^SIP\/2\.0 503/)
  assert.match(refusal, /^Retry-After: \d+\r$/m)
  const dial = { connection_id: applicationId, to: 'sip:a@127.0.0.1', from: '+15550100' }
  const refused = await stage.request('POST', '/calls', dial)
  assert.equal(refused.status, 503)
  assert.equal(firstError(refused).code, '10007')
  assert.ok(Number(refused.headers.get('retry-after')) >= 1)
  await stage.command(waiting.id, 'client_state_update', { client_state: 'bGF0ZQ==' })

  gate.resolve(200)
  assert.deepEqual(await ended, [0, null])
  assert.deepEqual(receiver.typesOf(leaving.id).slice(-2), ['call.dequeued', 'call.hangup'])
  assert.equal(waiting.call.state, 'up', 'no BYE')

  const before = receiver.deliveries.length
  receiver.answerWith(200)
  server = await server.again()
  await waiting.call.hearsSilence(2_000)
  const { body } = await stage.request('GET', '/queues/evening/calls')
  const { data } = body as { data: readonly { call_control_id: string }[] }
  assert.deepEqual(
    data.map((one) => one.call_control_id),
    [waiting.id],
  )
  assert.equal(receiver.deliveries.length, before, 'nothing was left over')
  await stage.command(waiting.id, 'hangup')
  await waiting.call.ended(3_000)
  await stage.event(waiting.id, 'call.hangup')
})

test('neither readers who wait and follow nor connections that ask nothing hold it', async () => {
  const caller = await stage.queueUp('evening')
  await stage.event(caller.id, 'call.enqueued')
  // The thread of the timelines begins with the first question when the server has just started; one that is still at that
  // when the server stops gives no answer in time.
  await stage.request('GET', `/calls/${caller.id}/timeline`)
  const { body } = await stage.request('GET', '/events?after=newest')
  const { next } = (body as { meta: { next: string } }).meta // As the description has it.
  const headers = { authorization: `Bearer ${server.apiKey}` }
  const follow = await fetch(`${server.baseURL}/live`, { headers })
  const waits = [
    server.get(`/v2/events?after=${next}&wait_secs=30`),
    server.get(`/v2/calls/${caller.id}/timeline?after=999999&wait_secs=30`),
  ]
  const { port, hostname } = new URL(server.origin)
  const head = 'POST /v2/queues HTTP/1.1\r\nHost: x\r\n'
  const rest = `Authorization: Bearer ${server.apiKey}\r\nContent-Length: 100\r\n\r\n{`
  // Opened ahead as browsers do, in the middle of a head, and in the middle of a body.
  const sockets = ['', head, head + rest].map((text) => {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    socket.write(text)
    return socket
  })
  // What is asked on another connection is answered after them.
  await stage.request('GET', '/queues')
  const ended = once(server.child, 'close')
  const askedAtMs = performance.now()
  server.child.kill('SIGTERM')
  for (const { status } of await Promise.all(waits)) assert.equal(status, 200)
  await assert.doesNotReject(follow.text())
  assert.deepEqual(await ended, [0, null])
  const tookMs = performance.now() - askedAtMs
  assert.ok(tookMs < 10_000, `${tookMs} ms`)
  for (const socket of sockets) socket.destroy()
  server = await server.again()
  await stage.command(caller.id, 'hangup')
  await stage.event(caller.id, 'call.hangup')
})

test('a second signal ends the process at once; what was owed is delivered by the next start', async () => {
  const { receiver } = stage
  const caller = await stage.queueUp('evening')
  await stage.event(caller.id, 'call.enqueued')
  receiver.answerWith(() => new Promise<number>(() => undefined))
  await stage.command(caller.id, 'hangup')
  await stage.event(caller.id, 'call.dequeued')
  const ended = once(server.child, 'close')
  const askedAtMs = performance.now()
  server.child.kill('SIGTERM')
  await until(async () => ((await server.get('/ready')).status === 503 ? true : undefined))
  server.child.kill('SIGTERM')
  assert.deepEqual(await ended, [1, null])
  const tookMs = performance.now() - askedAtMs
  assert.ok(tookMs < 5_000, `${tookMs} ms: the webhook would have held it for five seconds`)
  assert.match(server.log(), /stopped at once by a second signal/)
  receiver.answerWith(200)
  server = await server.again()
  await stage.event(caller.id, 'call.hangup')
})
