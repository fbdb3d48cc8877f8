// Calls that the API dials: how they fail and what that is called, and what `link_to` and its relatives do.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  agentHz,
  applicationId,
  callerHz,
  firstError,
  startStage,
  type Json,
  type Stage,
} from '../../support/stage.ts'

let stage: Stage
/** Two legs that nobody answers; the shortest `timeout_secs` is 5, so they ring while the other tests run. */
let unanswered: { readonly timeout: string; readonly noAnswer: string }
before(async () => {
  stage = await startStage()
  const phone = await stage.phone({ answer: { kind: 'manual' } })
  const dial = (extra: Json): Promise<string> =>
    stage.dial(phone.contactUri, { timeout_secs: 5, ...extra })
  unanswered = { timeout: await dial({}), noAnswer: await dial({ retry_on_timeout: false }) }
})
after(() => stage.close())

async function hangupOf(id: string): Promise<unknown[]> {
  const { payload } = await stage.event(id, 'call.hangup')
  return [payload['hangup_cause'], payload['hangup_source'], payload['sip_hangup_cause']]
}

for (const [status, cause, source] of [
  [486, 'user_busy', 'callee'],
  [600, 'user_busy', 'callee'],
  [403, 'call_rejected', 'callee'],
  [603, 'call_rejected', 'callee'],
  [404, 'not_found', 'callee'],
  [410, 'not_found', 'callee'],
  [484, 'not_found', 'callee'],
  [604, 'not_found', 'callee'],
  [408, 'no_answer', 'callee'],
  [480, 'no_answer', 'callee'],
  [488, 'unspecified', 'unknown'],
  [503, 'unspecified', 'unknown'],
] as const) {
  test(`a phone that answers ${status} is ${cause}`, async () => {
    const phone = await stage.phone({ answer: { kind: 'reject', status, afterMs: 0 } })
    const id = await stage.dial(phone.contactUri)
    assert.deepEqual(await hangupOf(id), [cause, source, String(status)])
    assert.deepEqual(stage.receiver.typesOf(id), ['call.initiated', 'call.hangup'])
  })
}

test('hangup of a ringing leg cancels it', async () => {
  const phone = await stage.phone({ answer: { kind: 'manual' } })
  const id = await stage.dial(phone.contactUri)
  const call = await phone.nextCall(5_000)
  call.ring()
  await stage.command(id, 'hangup')
  assert.equal((await call.ended(5_000)).by, 'cancelled')
  assert.deepEqual(await hangupOf(id), ['originator_cancel', 'caller', '487'])
})

test('the callee hangs up', async () => {
  const agent = await stage.dialAgent()
  agent.call.hangUp()
  assert.deepEqual(await hangupOf(agent.id), ['normal_clearing', 'callee', '200'])
})

test('refused before anything is dialled', async () => {
  const dial = (body: Json) =>
    stage.request('POST', '/calls', {
      connection_id: applicationId,
      to: 'sip:x@127.0.0.1:5999',
      from: '+15550100',
      ...body,
    })
  const code = async (body: Json): Promise<unknown[]> => {
    const answer = await dial(body)
    return [answer.status, firstError(answer).code, firstError(answer).source?.pointer]
  }
  assert.deepEqual(await code({ connection_id: '42' }), [422, '10015', '/connection_id'])
  assert.deepEqual(await code({ to: '15551' }), [422, '10016', '/to'])
  assert.deepEqual((await code({ to: 'sip:x@192.0.2.1' })).slice(0, 2), [403, '10010'])
  assert.deepEqual((await code({ to: 'sip:nobody@localhost' })).slice(0, 1), [422])
  assert.deepEqual(await code({ bridge_on_answer: true }), [422, '10004', '/link_to'])
})

test('link_to shares the session, without it there is a new one', async () => {
  const caller = await stage.answered()
  const session = caller.initiated.payload['call_session_id']
  const linked = await stage.dialAgent({ link_to: caller.id })
  const alone = await stage.dialAgent()
  const sessionOf = async (id: string): Promise<unknown> =>
    (await stage.event(id, 'call.initiated')).payload['call_session_id']
  assert.equal(await sessionOf(linked.id), session)
  assert.notEqual(await sessionOf(alone.id), session)
})

test('bridge_intent shows the linked caller’s number to the agent', async () => {
  const caller = await stage.answered()
  const agent = await stage.dialAgent({ link_to: caller.id, bridge_intent: true })
  const { payload } = await stage.event(agent.id, 'call.initiated')
  assert.equal(payload['from'], caller.initiated.payload['from'])
})

test('bridge_on_answer with park_after_unbridge: the agent outlives the caller', async () => {
  const caller = await stage.answered()
  const agent = await stage.dialAgent({
    link_to: caller.id,
    bridge_on_answer: true,
    park_after_unbridge: 'self',
  })
  await caller.call.hears(agentHz, 5_000)
  await agent.call.hears(callerHz, 5_000)
  caller.call.hangUp()
  await stage.event(caller.id, 'call.hangup')
  await agent.call.hearsSilence(5_000)
  assert.equal(agent.call.state, 'up')
})

test('prevent_double_bridge: the second agent is hung up, by dial and by bridge', async () => {
  const { caller } = await stage.conversation('taken')
  const extra = { link_to: caller.id, bridge_on_answer: true, prevent_double_bridge: true }
  const second = await stage.dialAgent(extra)
  await second.call.ended(5_000)
  assert.deepEqual(await hangupOf(second.id), ['normal_clearing', 'caller', 'unspecified'])
  const third = await stage.dialAgent()
  const error = await stage.refused(third.id, 'bridge', {
    call_control_id: caller.id,
    prevent_double_bridge: true,
  })
  assert.deepEqual([error.code, error.source?.pointer], ['10027', '/call_control_id'])
  // Without it the caller moves and the first agent is released.
  await stage.command(third.id, 'bridge', { call_control_id: caller.id })
  await third.call.hears(callerHz, 5_000)
})

test('audio_url is played to the callee before the bridge', async () => {
  const caller = await stage.answered()
  const phone = await stage.phone({ answer: { kind: 'manual' } })
  const id = await stage.dial(phone.contactUri, {
    link_to: caller.id,
    bridge_on_answer: true,
    audio_url: stage.sounds.url(520, 300),
  })
  const call = await phone.nextCall(5_000)
  // It begins with the answer, and may be over before anybody is told of that.
  const heard = call.hearsOnly(520, 5_000)
  call.answer()
  await heard
  await call.hears(callerHz, 5_000)
  await stage.event(id, 'call.bridged')
  assert.deepEqual(stage.receiver.typesOf(id), [
    'call.initiated',
    'call.answered',
    'call.playback.started',
    'call.playback.ended',
    'call.bridged',
  ])
})

test('headers and display name reach the phone', async () => {
  const phone = await stage.phone()
  await stage.dial(phone.contactUri, {
    from_display_name: 'Support Line',
    custom_headers: [{ name: 'X-Ticket', value: '42' }],
    sip_headers: [{ name: 'User-to-User', value: 'abc' }],
  })
  const { headers } = (await phone.nextCall(5_000)).invite
  assert.equal(headers.first('X-Ticket'), '42')
  assert.equal(headers.first('User-to-User'), 'abc')
  assert.match(headers.first('From') ?? '', /^"?Support Line"? <sip:\+15550100@/)
})

test('nobody answers: timeout, or no_answer without retries', async () => {
  assert.deepEqual(await hangupOf(unanswered.timeout), ['timeout', 'caller', '487'])
  assert.deepEqual(await hangupOf(unanswered.noAnswer), ['no_answer', 'caller', '487'])
})
