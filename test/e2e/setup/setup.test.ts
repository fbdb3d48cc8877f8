// A contact centre sets itself up over the API with the official client: an application, a number, its agents' SIP users.
// What was made is in force at once, and is still there after kill -9.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Phone } from '../../../src/lab/phone.ts'
import { startRecoveryStage, type RecoveryStage } from '../../support/recovery-stage.ts'
import { dataOf, startStage, untilLetIn, type Json, type Stage } from '../../support/stage.ts'

const number = '+15550177'

/** A registered phone of a SIP user. */
async function register(stage: Stage, user: string, password: string): Promise<Phone> {
  const phone = await stage.phone({ user, password, domain: 'localhost' })
  assert.equal(await phone.register(), 200, user)
  return phone
}

/** Calls the number; the webhook that says so, which came to `path`. */
async function callIn(recovery: RecoveryStage, phone: Phone, path: string, to = number) {
  const { receiver } = recovery.stage
  const seen = receiver.deliveries.length
  const told = receiver.waitFor(
    (one) =>
      receiver.deliveries.indexOf(one) >= seen &&
      one.type === 'call.initiated' &&
      one.path === path,
    20_000,
  )
  const { call, initiated } = await untilLetIn(() => phone.call(to), told)
  const { payload } = initiated
  return { call, payload, id: String(payload['call_control_id']) }
}

async function made(stage: Stage, path: string, body: Json): Promise<Json> {
  const answer = await stage.request('POST', path, body)
  assert.equal(answer.status, 201, JSON.stringify(answer.body))
  return dataOf(answer)
}

test('application, number and SIP user by the official client; a call; kill -9; the same again', async (t) => {
  const recovery = await startRecoveryStage()
  t.after(() => recovery.close())
  const { stage } = recovery
  const { receiver, telnyx } = stage
  const app = await telnyx.callControlApplications.create({
    application_name: 'agents',
    webhook_event_url: `${receiver.origin}/first`,
    webhook_api_version: '2',
  })
  const appId = String(app.data?.id)
  const bought = await made(stage, '/phone_numbers', { phone_number: number })
  const assigned = await telnyx.phoneNumbers.update(String(bought['id']), { connection_id: appId })
  assert.equal(assigned.data?.connection_name, 'agents')
  const connection = await telnyx.credentialConnections.create({
    connection_name: 'desk',
    user_name: 'agentone',
    password: 'correct horse',
  })
  const credential = await telnyx.telephonyCredentials.create({
    connection_id: String(connection.data?.id),
    name: 'second phone',
  })
  const { sip_username: name = '', sip_password: secret = '' } = credential.data ?? {}

  const agent = await register(stage, 'agentone', 'correct horse')
  const first = await callIn(recovery, agent, '/first')
  assert.equal(first.payload['connection_id'], appId)
  // A changed URL holds for the call that is up, from the next event on.
  await telnyx.callControlApplications.update(appId, {
    application_name: 'agents',
    webhook_event_url: `${receiver.origin}/second`,
  })
  await stage.command(first.id, 'answer')
  const answered = await stage.event(first.id, 'call.answered')
  assert.equal(answered.path, '/second')

  await recovery.crash()
  assert.equal(
    (await telnyx.callControlApplications.retrieve(appId)).data?.application_name,
    'agents',
  )
  await stage.command(first.id, 'hangup')
  await stage.event(first.id, 'call.hangup')
  const other = await register(stage, name, secret)
  const again = await callIn(recovery, other, '/second')
  assert.equal(again.payload['connection_id'], appId)
  assert.equal(again.payload['from'], name)
  // The agent's registration of the former process still leads to the agent.
  const dialled = await stage.dial(`sip:agentone@localhost`, { connection_id: appId })
  const ringing = await agent.nextCall(5_000)
  await stage.command(dialled, 'hangup')
  await stage.event(dialled, 'call.hangup')
  assert.ok(ringing)
})

test('a removed user and a removed application: no login, no new call, and calls that are up go on', async (t) => {
  const recovery = await startRecoveryStage()
  t.after(() => recovery.close())
  const { stage } = recovery
  const { receiver, telnyx } = stage
  const app = await made(stage, '/call_control_applications', {
    application_name: 'short',
    webhook_event_url: `${receiver.origin}/short`,
  })
  const appId = String(app['id'])
  await made(stage, '/phone_numbers', { phone_number: number, connection_id: appId })
  const user = { connection_name: 'desk', user_name: 'agenttwo', password: 'battery staple' }
  const connection = await made(stage, '/credential_connections', user)
  const phone = await register(stage, 'agenttwo', 'battery staple')
  const up = await callIn(recovery, phone, '/short')
  await stage.command(up.id, 'answer')
  await stage.event(up.id, 'call.answered')

  const removed = await telnyx.callControlApplications.delete(appId)
  assert.equal(removed.data?.active, true)
  const unassigned = await stage.request('GET', `/phone_numbers/${encodeURIComponent(number)}`)
  assert.equal(dataOf(unassigned)['connection_id'], null)
  const refused = await stage.request('POST', '/calls', {
    connection_id: appId,
    to: 'sip:agenttwo@localhost',
    from: '+15550100',
  })
  assert.equal(refused.status, 422)
  // What it said last still holds for its calls, also in the next process.
  await recovery.crash()
  await stage.command(up.id, 'hangup')
  assert.equal((await stage.event(up.id, 'call.hangup')).path, '/short')

  const gone = await stage.request('DELETE', `/credential_connections/${connection['id']}`)
  assert.equal(gone.status, 200)
  assert.equal(await phone.register(), 401)
  const nobody = await stage.request('POST', '/calls', {
    connection_id: '1000000001',
    to: 'sip:agenttwo@localhost',
    from: '+15550100',
  })
  assert.equal(nobody.status, 422, JSON.stringify(nobody.body))
})

test('a connection that parks gets the calls of its users, whatever number they are to', async (t) => {
  const recovery = await startRecoveryStage({
    // Or the phone would be let in without having to say who it is.
    sip: { accept_unauthenticated_from: [] },
  })
  t.after(() => recovery.close())
  const { stage } = recovery
  const connection = await made(stage, '/credential_connections', {
    connection_name: 'dialler',
    user_name: 'agentthree',
    password: 'purple monkey',
    webhook_event_url: `${stage.receiver.origin}/parked`,
    outbound: { call_parking_enabled: true },
  })
  const id = String(connection['id'])
  const phone = await register(stage, 'agentthree', 'purple monkey')
  const parked = await callIn(recovery, phone, '/parked', '+15550199')
  assert.equal(parked.payload['connection_id'], id)
  const { body } = await stage.request('GET', `/connections/${id}/active_calls`)
  assert.equal((body as { meta: { total_items: number } }).meta.total_items, 1)
  await stage.command(parked.id, 'reject', { cause: 'USER_BUSY' })
  await stage.event(parked.id, 'call.hangup')
})

test('the official client reads, changes and removes all of it', async (t) => {
  const stage = await startStage()
  t.after(() => stage.close())
  const { telnyx } = stage
  const application = await telnyx.callControlApplications.create({
    application_name: 'support',
    webhook_event_url: stage.receiver.url,
  })
  const appId = String(application.data?.id)
  await made(stage, '/phone_numbers', { phone_number: number, connection_id: appId })
  const listed: (string | undefined)[] = []
  for await (const one of telnyx.callControlApplications.list({ sort: 'connection_name' })) {
    listed.push(one.application_name)
  }
  assert.deepEqual(listed, ['support', 'test'])

  const numbers = await telnyx.phoneNumbers.list({ filter: { connection_id: appId } })
  const [mine] = numbers.data
  assert.equal(mine?.phone_number, number)
  const id = String(mine?.id)
  assert.equal((await telnyx.phoneNumbers.retrieve(id)).data?.connection_name, 'support')
  const voice = await telnyx.phoneNumbers.voice.retrieve(id)
  assert.equal(voice.data?.connection_id, appId)
  await telnyx.phoneNumbers.voice.update(id, { usage_payment_method: 'channel' })
  await assert.rejects(
    telnyx.phoneNumbers.voice.update(id, { tech_prefix_enabled: true }),
    /tech_prefix_enabled/,
  )
  await telnyx.phoneNumbers.delete(id)
  assert.deepEqual((await telnyx.phoneNumbers.list()).data, [])

  const connection = await telnyx.credentialConnections.create({
    connection_name: 'desk',
    user_name: 'agentfour',
    password: 'green elephant',
  })
  const connectionId = String(connection.data?.id)
  assert.equal(connection.data?.password, 'green elephant')
  assert.equal((await telnyx.credentialConnections.list()).data.length, 1)
  await telnyx.credentialConnections.update(connectionId, { connection_name: 'front desk' })
  const desk = await telnyx.credentialConnections.retrieve(connectionId)
  assert.deepEqual([desk.data?.connection_name, desk.data?.password], ['front desk', undefined])
  const connections = await telnyx.connections.list({ sort: 'connection_name' })
  assert.deepEqual(
    connections.data.map((one) => one.connection_name),
    ['front desk', 'support', 'test'],
  )
  const whole = await telnyx.connections.retrieve(connectionId)
  assert.equal(whole.data?.record_type, 'credential_connection')

  const credential = await telnyx.telephonyCredentials.create({ connection_id: connectionId })
  const credentialId = String(credential.data?.id)
  await telnyx.telephonyCredentials.update(credentialId, { name: 'second phone' })
  const found = await telnyx.telephonyCredentials.list({ filter: { name: 'second' } })
  assert.equal(found.data[0]?.id, credentialId)
  const read = await telnyx.telephonyCredentials.retrieve(credentialId)
  assert.equal(read.data?.resource_id, `connection:${connectionId}`)
  await assert.rejects(telnyx.telephonyCredentials.createToken(credentialId), /20015/)
  await telnyx.telephonyCredentials.delete(credentialId)
  await assert.rejects(telnyx.telephonyCredentials.retrieve(credentialId), /10005/)
  await telnyx.credentialConnections.delete(connectionId)
  await assert.rejects(telnyx.callControlApplications.delete('1000000001'), /10010/)
})
