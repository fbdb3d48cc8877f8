// Everything the server writes while it works, refuses, retries and meets strangers, at its most talkative: no key, no password,
// no Authorization header and no telephone number may stand in it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Phone } from '../../../src/lab/phone.ts'
import { demandDigest } from '../../support/carrier.ts'
import { freePort } from '../../support/free-port.ts'
import { problemsIn } from '../../support/log-scan.ts'
import { openRawSip } from '../../support/raw-sip.ts'
import { agentHz, startStage, type Stage } from '../../support/stage.ts'

const secrets = {
  user: 'wonderland-77',
  trunk: 'trunk-secret-88',
  wrongKey: 'KEYstolen99',
  leg: 'leg-password-66',
  token: 'token-in-url-55',
  header: 'customer-44',
}
const dialled = '+15557654321'
const caller = '15551234567'

let stage: Stage
let carrier: Phone
before(async () => {
  const port = await freePort()
  stage = await startStage({
    config: {
      log: { level: 'debug' },
      sip: { accept_unauthenticated_from: ['127.0.0.1/32'] },
      sip_users: [{ username: 'alice', password: secrets.user }],
      trunks: [
        {
          name: 'carrier',
          uri: `sip:127.0.0.1:${port}`,
          inbound_from: [],
          username: 'holdfast',
          password: secrets.trunk,
        },
      ],
    },
  })
  carrier = await stage.phone({
    user: 'carrier',
    sipPort: port,
    voice: { kind: 'tone', hz: agentHz },
  })
  demandDigest(carrier, 'carrier.example', { username: 'holdfast', password: secrets.trunk })
})
after(() => stage.close())

test('the log of a busy run holds no secret and no number', async () => {
  const phone = await stage.phone({ user: 'alice', domain: 'localhost', password: secrets.user })
  assert.equal(await phone.register(), 200)
  const guesser = await stage.phone({ user: 'alice', domain: 'localhost', password: 'guessed-33' })
  assert.equal(await guesser.register(), 401)

  const refused = await fetch(`${stage.server.origin}/v2/queues`, {
    headers: { authorization: `Bearer ${secrets.wrongKey}` },
  })
  assert.equal(refused.status, 401)

  const called = await stage.dial(dialled, {
    custom_headers: [{ name: 'X-Customer', value: secrets.header }],
    webhook_url: `http://127.0.0.1:1/hook?token=${secrets.token}`,
  })
  await carrier.nextCall(5_000)
  const wrong = { sip_auth_username: 'leg', sip_auth_password: secrets.leg }
  await stage.event(await stage.dial(dialled, wrong), 'call.hangup')

  const { id, call } = await stage.answered({ user: caller })
  await call.sendDtmf('7')
  await call.sendDtmf('9', 'info')
  await stage.event(id, 'call.dtmf.received', ({ digit }) => digit === '7')
  await stage.event(id, 'call.dtmf.received', ({ digit }) => digit === '9')
  await stage.command(id, 'playback_start', {
    audio_url: `${stage.musicUrl}?token=${secrets.token}`,
  })
  await stage.event(id, 'call.playback.ended')
  await stage.command(id, 'playback_start', {
    audio_url: `http://127.0.0.1:1/${secrets.token}.wav`,
  })
  await stage.request('POST', `/calls/${called}/actions/hangup`, {})
  call.hangUp()
  await stage.event(id, 'call.hangup')

  const raw = await openRawSip(stage.server.sip.port)
  raw.send(`OPTIONS sip:${caller}@localhost SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:${raw.port};branch=z9hG4bKlog;rport
From: <sip:${caller}@localhost>;tag=l
To: <sip:${caller}@localhost>
Call-ID: log
CSeq: 1 INVITE
Authorization: Digest username="alice", response="${secrets.user}"
Content-Length: 0

`)
  await raw.next(/^SIP\/2\.0 400/, 5_000)
  raw.close()

  const log = stage.server.log()
  for (const [what, secret] of Object.entries({
    ...secrets,
    key: stage.server.apiKey,
    guessed: 'guessed-33',
  }))
    assert.ok(!log.includes(secret), `${what} in the log:\n${linesWith(log, secret)}`)
  for (const number of [dialled.slice(1), caller])
    assert.ok(!log.includes(number), `a number in the log:\n${linesWith(log, number)}`)
  assert.deepEqual(problemsIn(log, []), [])
  assert.notEqual(log, '', 'a run without a line proves nothing')
})

function linesWith(log: string, text: string): string {
  return log
    .split('\n')
    .filter((line) => line.includes(text))
    .join('\n')
}
