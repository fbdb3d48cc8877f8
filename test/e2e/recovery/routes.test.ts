// Calls through proxies over a kill -9: what the next process sends goes the same way, in the same dialog. The proxies and
// phones here are bare sockets, so that every header is seen.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { inviteText, openRawSip, plainOffer, type RawSip } from '../../support/raw-sip.ts'
import { startRecoveryStage, type RecoveryStage } from '../../support/recovery-stage.ts'
import type { Stage } from '../../support/stage.ts'

let recovery: RecoveryStage
let stage: Stage
let proxy: RawSip
let phone: RawSip

before(async () => {
  recovery = await startRecoveryStage()
  stage = recovery.stage
  proxy = await openRawSip(recovery.server.sip.port)
  phone = await openRawSip(recovery.server.sip.port)
})

after(async () => {
  proxy.close()
  phone.close()
  await recovery.close()
})

const header = (message: string, name: string): string =>
  new RegExp(`^${name}: *(.*?)\\r?$`, 'im').exec(message)?.[1] ?? ''
const all = (message: string, name: string): readonly string[] =>
  [...message.matchAll(new RegExp(`^${name}: *(.*?)\\r?$`, 'gim'))].flatMap(([, value = '']) =>
    value.split(/, */),
  )

/** What holds a dialog together: Call-ID and both sides with their tags. */
const dialogOf = (message: string): readonly string[] =>
  ['Call-ID', 'From', 'To'].map((name) => header(message, name))

test('a caller behind a proxy: after two crashes BYE goes by the proxy, with the route set of the INVITE', async () => {
  const to = `sip:+15550100@127.0.0.1:${recovery.server.sip.port}`
  const routes = [`<sip:127.0.0.1:${proxy.port};lr>`, '<sip:inner.invalid;lr;x=1>']
  const invite = inviteText({ to, port: proxy.port, callId: 'routed-in', sdp: plainOffer })
    .replace(/^Contact: .*$/m, `Contact: <sip:raw@127.0.0.1:${phone.port}>`)
    .replace('\nContact:', `\nRecord-Route: ${routes.join(', ')}\nContact:`)
  proxy.send(invite)
  const initiated = await stage.receiver.waitFor(
    ({ type, payload }) => type === 'call.initiated' && payload['from'] === 'raw',
  )
  const id = String(initiated.payload['call_control_id'])
  await stage.command(id, 'answer')
  const answer = await proxy.next(/^SIP\/2\.0 200 /, 5_000)
  assert.deepEqual(all(answer, 'Record-Route'), routes)
  proxy.send(`ACK ${to} SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:${proxy.port};branch=z9hG4bKack;rport
Max-Forwards: 70
From: ${header(answer, 'From')}
To: ${header(answer, 'To')}
Call-ID: routed-in
CSeq: 1 ACK
Content-Length: 0

`)
  await stage.event(id, 'call.answered')
  // Answered after the ACK was taken, in order of arrival at the same thread.
  await stage.command(id, 'client_state_update', { client_state: 'YWNrZWQ=' })
  await recovery.crash()
  await recovery.crash()
  await stage.command(id, 'hangup')
  const bye = await proxy.next(/^BYE /, 5_000)
  assert.match(bye, new RegExp(`^BYE sip:raw@127\\.0\\.0\\.1:${phone.port} `), 'to the Contact')
  assert.deepEqual(all(bye, 'Route'), routes)
  const [callId, from, toHeader] = dialogOf(answer)
  assert.deepEqual(dialogOf(bye), [callId, toHeader, from])
  proxy.send(responseTo(bye, '200 OK'))
  await stage.event(id, 'call.hangup')
})

test('a phone called through proxies: after a crash our requests go back by them, numbers rising', async () => {
  const id = await stage.dial(`sip:behind@127.0.0.1:${phone.port}`)
  const invite = await phone.next(/^INVITE /, 5_000)
  const routes = [`<sip:127.0.0.1:${proxy.port};lr>`, '<sip:edge.invalid;lr>']
  phone.send(
    responseTo(
      invite,
      '200 OK',
      `Record-Route: ${routes.toReversed().join(', ')}
Contact: <sip:behind@127.0.0.1:${phone.port}>
Content-Type: application/sdp
`,
      plainOffer,
    ),
  )
  const ack = await proxy.next(/^ACK /, 5_000)
  assert.deepEqual(all(ack, 'Route'), routes)
  await stage.event(id, 'call.answered')
  await recovery.crash()
  await stage.command(id, 'hangup')
  const bye = await proxy.next(/^BYE /, 5_000)
  assert.match(bye, new RegExp(`^BYE sip:behind@127\\.0\\.0\\.1:${phone.port} `))
  assert.deepEqual(all(bye, 'Route'), routes)
  assert.deepEqual(dialogOf(bye), dialogOf(ack))
  const [before, now] = [invite, bye].map((one) => Number.parseInt(header(one, 'CSeq'), 10))
  assert.ok((now ?? 0) > (before ?? 0), `${now} after ${before}`)
  proxy.send(responseTo(bye, '200 OK'))
  await stage.event(id, 'call.hangup')
})

function responseTo(request: string, status: string, lines = '', sdp = ''): string {
  const to = header(request, 'To')
  const body = sdp.replace(/\r?\n/g, '\r\n')
  return `SIP/2.0 ${status}
Via: ${all(request, 'Via').join(', ')}
From: ${header(request, 'From')}
To: ${to.includes('tag=') ? to : `${to};tag=behind`}
Call-ID: ${header(request, 'Call-ID')}
CSeq: ${header(request, 'CSeq')}
${lines}Content-Length: ${Buffer.byteLength(body)}

${sdp}`
}
