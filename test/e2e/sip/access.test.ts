// Who gets in and out: phones that register with digest, calls that must prove who they are, carriers in both
// directions, TCP, and offers we cannot take.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { Phone } from '../../../src/lab/phone.ts'
import { demandDigest } from '../../support/carrier.ts'
import { freePort } from '../../support/free-port.ts'
import { openRawSip } from '../../support/raw-sip.ts'
import { agentHz, firstError, refusalOf, startStage, type Stage } from '../../support/stage.ts'

const hash = (algorithm: 'md5' | 'sha256', user: string): string =>
  createHash(algorithm).update(`${user}:localhost:secret of ${user}`).digest('hex')

let stage: Stage
let carrier: Phone
let carrierSaw: { letIn: number }
before(async () => {
  const port = await freePort()
  stage = await startStage({
    config: {
      api_keys: [
        { name: 'lab', key: 'KEYlab', outbound_prefixes: ['+1555'], outbound_concurrent_calls: 1 },
      ],
      sip: { accept_unauthenticated_from: [], digest_algorithms: ['SHA-256', 'MD5'] },
      sip_users: [
        { username: 'alice', password: 'secret of alice' },
        { username: 'bob', ha1_md5: hash('md5', 'bob'), ha1_sha256: hash('sha256', 'bob') },
      ],
      trunks: [
        {
          name: 'carrier',
          uri: `sip:127.0.0.1:${port}`,
          inbound_from: ['127.0.0.2/32'],
          username: 'holdfast',
          password: 'trunk secret',
        },
      ],
    },
  })
  const voice = { kind: 'tone', hz: agentHz } as const
  carrier = await stage.phone({ user: 'carrier', sipPort: port, voice })
  carrierSaw = demandDigest(carrier, 'carrier.example', {
    username: 'holdfast',
    password: 'trunk secret',
  })
})
after(() => stage.close())

const userPhone = (user: string, password = `secret of ${user}`): Promise<Phone> =>
  stage.phone({ user, domain: 'localhost', password, voice: { kind: 'tone', hz: agentHz } })

for (const [user, known] of [
  ['alice', 'by password'],
  ['bob', 'by hashes'],
] as const) {
  test(`${user}, known ${known}, registers and is called by name`, async () => {
    const phone = await userPhone(user)
    assert.equal(await phone.register(), 200)
    assert.ok(phone.registeredSecs > 0)
    const id = await stage.dial(`sip:${user}@localhost`)
    const call = await phone.nextCall(5_000)
    await stage.event(id, 'call.answered')
    call.hangUp()
    const { payload } = await stage.event(id, 'call.hangup')
    assert.equal(payload['hangup_source'], 'callee')
    assert.equal(await phone.unregister(), 200)
    const gone = await stage.dial(`sip:${user}@localhost`)
    const { payload: nobody } = await stage.event(gone, 'call.hangup')
    assert.deepEqual([nobody['hangup_cause'], nobody['sip_hangup_cause']], ['no_answer', '480'])
  })
}

test('a wrong password neither registers nor calls', async () => {
  const phone = await userPhone('alice', 'guessed')
  assert.equal(await phone.register(), 401)
  const end = await refusalOf(() => phone.call('+15550100'))
  assert.equal(end.by, 'refused')
  assert.ok([401, 403, 407].includes(end.status), String(end.status))
})

test('a registered phone calls in after proving itself', async () => {
  const caller = await stage.callIn({
    user: 'alice',
    domain: 'localhost',
    password: 'secret of alice',
  })
  await stage.command(caller.id, 'answer')
  await caller.call.answered(5_000)
  caller.call.hangUp()
  await stage.event(caller.id, 'call.hangup')
})

test('a stranger is not let in', async () => {
  const stranger = await stage.phone({ user: 'mallory' })
  const end = await refusalOf(() => stranger.call('+15550100'))
  assert.deepEqual([end.by, end.status], ['refused', 403])
  const seen = stage.receiver.deliveries.filter(({ payload }) => payload['from'] === 'mallory')
  assert.equal(seen.length, 0)
})

test('a number is called through the carrier, which asks for credentials', async () => {
  const id = await stage.dial('+15559876')
  const call = await carrier.nextCall(5_000)
  await stage.event(id, 'call.answered')
  assert.equal(carrierSaw.letIn, 1)
  assert.match(call.invite.uri, /^sip:\+15559876@127\.0\.0\.1/)
  const body = { connection_id: '1000000001', from: '+15550100' }
  for (const [to, status, code] of [
    ['+442071838750', 403, '10010'],
    ['+15559877', 422, '90043'],
  ] as const) {
    const answer = await stage.request('POST', '/calls', { ...body, to })
    assert.equal(answer.status, status)
    const { code: said, detail } = firstError(answer)
    assert.equal(said, code)
    assert.match(detail, /API key/, 'C80: the limits of the key')
  }
  await stage.command(id, 'hangup')
  await call.ended(5_000)
})

test('a phone that knows only MD5 registers too', async () => {
  const raw = await openRawSip(stage.server.sip.port)
  try {
    const register = (cseq: number, authorization = ''): string => `REGISTER sip:localhost SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:${raw.port};branch=z9hG4bKmd5${cseq};rport
Max-Forwards: 70
From: <sip:bob@localhost>;tag=md5
To: <sip:bob@localhost>
Call-ID: md5-only
CSeq: ${cseq} REGISTER
Contact: <sip:bob@127.0.0.1:${raw.port}>
Expires: 60
${authorization}Content-Length: 0

`
    raw.send(register(1))
    const challenge = await raw.next(/^SIP\/2\.0 401/, 5_000)
    const nonce = /nonce="([^"]+)", algorithm=MD5/.exec(challenge)?.[1] ?? ''
    assert.match(challenge, /algorithm=SHA-256/)
    const md5 = (text: string): string => createHash('md5').update(text).digest('hex')
    const ha2 = md5('REGISTER:sip:localhost')
    const response = md5(`${hash('md5', 'bob')}:${nonce}:00000001:abcdef:auth:${ha2}`)
    raw.send(
      register(
        2,
        `Authorization: Digest username="bob", realm="localhost", nonce="${nonce}", uri="sip:localhost", response="${response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="abcdef"\n`,
      ),
    )
    const answer = await raw.next(/^SIP\/2\.0 [2-6]\d\d/, 5_000)
    assert.match(answer, /^SIP\/2\.0 200/)
  } finally {
    raw.close()
  }
})
