// Headers that an application gives with `answer` and `hangup` as the phone sees them on the wire, and those of the phone's
// own 200 and BYE as the application sees them. The dial, the transfer and the INVITE are in dial-parameters.test.ts.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startStage, type Stage } from '../../support/stage.ts'

let stage: Stage
before(async () => {
  stage = await startStage()
})
after(() => stage.close())

const ticket = { name: 'X-Ticket', value: '42; open' }
const uui = { name: 'User-to-User', value: '3132;encoding=hex' }

test('answer: in the 200; hangup: in the BYE', async () => {
  const { id, call } = await stage.callIn({}, { headers: [[uui.name, '6869;encoding=hex']] })
  await stage.command(id, 'answer', { custom_headers: [ticket], sip_headers: [uui] })
  await call.answered(5_000)
  const accepted = call.accepted?.headers
  assert.equal(accepted?.first(ticket.name), ticket.value)
  assert.equal(accepted?.first(uui.name), uui.value)
  const goodbye = { name: 'X-Goodbye', value: 'come again' }
  await stage.command(id, 'hangup', { custom_headers: [goodbye] })
  await call.ended(5_000)
  const farewell = call.bye?.headers
  assert.equal(farewell?.first(goodbye.name), goodbye.value)
  // Each goes with its own message only.
  assert.equal(farewell?.first(ticket.name), undefined)
  assert.equal(accepted?.first(goodbye.name), undefined)
})

test('the 200 of a called phone is told by call.answered, its BYE by call.hangup', async () => {
  const phone = await stage.phone({ answer: { kind: 'manual' } })
  const id = await stage.dial(phone.contactUri)
  const call = await phone.nextCall(5_000)
  call.answer([
    [ticket.name, ticket.value],
    [uui.name, uui.value],
    ['Subject', 'no business of the application'],
  ])
  const { payload: answered } = await stage.event(id, 'call.answered')
  assert.deepEqual(answered['custom_headers'], [ticket])
  assert.deepEqual(answered['sip_headers'], [uui])
  call.hangUp([
    ['X-Mood', 'fine'],
    [uui.name, uui.value],
  ])
  const { payload: ended } = await stage.event(id, 'call.hangup')
  assert.deepEqual(ended['custom_headers'], [{ name: 'X-Mood', value: 'fine' }])
  assert.deepEqual(ended['sip_headers'], [uui])
})

test('a header that belongs to SIP, or to more than one line, is refused and nothing is sent', async () => {
  const { id, call } = await stage.callIn()
  for (const [field, header] of [
    ['custom_headers', { name: 'Via', value: 'SIP/2.0/UDP 192.0.2.1' }],
    ['custom_headers', { name: 'X-Lines', value: 'a\r\nVia: b' }],
    ['sip_headers', { name: 'Diversion', value: '<sip:a@b>' }],
  ] as const) {
    const error = await stage.refused(id, 'answer', { [field]: [header] })
    assert.match(error.source?.pointer ?? '', new RegExp(`^/${field}`), JSON.stringify(error))
  }
  assert.equal(call.accepted, undefined)
  await stage.command(id, 'hangup')
  await call.ended(5_000)
})
