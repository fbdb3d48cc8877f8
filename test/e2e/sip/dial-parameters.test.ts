// What a dial and a transfer say about how the new call is to be made is in its INVITE; and what a caller's INVITE says
// beside its number is in the webhook.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { SipRequest } from '../../../src/sip/message/types.ts'
import { startStage, type Stage } from '../../support/stage.ts'

let stage: Stage
before(async () => {
  stage = await startStage()
})
after(() => stage.close())

const asked = {
  from_display_name: 'Support Line',
  custom_headers: [{ name: 'X-Ticket', value: '42' }],
  sip_headers: [{ name: 'User-to-User', value: '3132;encoding=hex' }],
  sip_transport_protocol: 'TCP',
  preferred_codecs: 'PCMA',
}

function assertAsked({ headers, body }: SipRequest): void {
  assert.equal(headers.first('X-Ticket'), '42')
  assert.equal(headers.first('User-to-User'), '3132;encoding=hex')
  assert.match(headers.first('Via') ?? '', /^SIP\/2\.0\/TCP /)
  assert.match(headers.first('From') ?? '', /^"?Support Line"? <sip:\+15550/)
  const sdp = Buffer.from(body).toString()
  assert.match(sdp, /^m=audio \d+ RTP\/AVP 8 \d+\r$/m)
}

test('dial: name, headers, transport and codecs are those that were asked for', async () => {
  const phone = await stage.phone()
  await stage.dial(phone.contactUri, asked)
  assertAsked((await phone.nextCall(5_000)).invite)
})

test('transfer: the same', async () => {
  const caller = await stage.answered()
  const phone = await stage.phone()
  await stage.command(caller.id, 'transfer', { to: phone.contactUri, from: '+15550100', ...asked })
  const call = await phone.nextCall(5_000)
  assertAsked(call.invite)
  await stage.event(caller.id, 'call.bridged')
  assert.equal(call.line.agreement?.codec, 'PCMA')
})

for (const how of ['dial', 'transfer'] as const) {
  test(`privacy of a ${how}: the caller is anonymous`, async () => {
    const phone = await stage.phone()
    if (how === 'dial') await stage.dial(phone.contactUri, { privacy: 'id' })
    else {
      const { id } = await stage.answered()
      await stage.command(id, 'transfer', { to: phone.contactUri, privacy: 'id' })
    }
    const { headers } = (await phone.nextCall(5_000)).invite
    assert.equal(headers.first('Privacy'), 'id')
    assert.match(headers.first('From') ?? '', /^"?Anonymous"? <sip:anonymous@anonymous\.invalid>/i)
    // RFC 3325 §9.1: only a trunk, which is trusted, is told who it is.
    assert.equal(headers.first('P-Asserted-Identity'), undefined)
  })
}

test('headers of a caller are in call.initiated', async () => {
  const { initiated } = await stage.callIn(
    {},
    {
      headers: [
        ['X-Account', 'A 7'],
        ['User-to-User', '3132;encoding=hex'],
        ['Subject', 'no business of the application'],
      ],
    },
  )
  assert.deepEqual(initiated.payload['custom_headers'], [{ name: 'X-Account', value: 'A 7' }])
  assert.deepEqual(initiated.payload['sip_headers'], [
    { name: 'User-to-User', value: '3132;encoding=hex' },
  ])
})
