// An application that is removed stays known as long as anything may still be told of it, and no longer (C184): kept places,
// conferences and recordings outlive its calls. Hours pass by the lab's clock.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startLab, type Lab } from 'holdfast/testing'
import { startReceiver, type Receiver } from '../../support/receiver.ts'

type Json = Readonly<Record<string, unknown>>

let lab: Lab
let receiver: Receiver
before(async () => {
  receiver = await startReceiver()
  // Webhooks of the file's own application go nowhere: what arrives is of the others.
  lab = await startLab()
})
after(async () => {
  await lab.stop()
  await receiver.close()
})

async function ask(method: string, path: string, body?: Json): Promise<Json> {
  const answer = await lab.request(method, path, body)
  assert.ok(answer.status < 300, `${method} ${path}: ${JSON.stringify(answer.body)}`)
  return ((answer.body as { data?: Json } | undefined)?.data ?? {}) as Json // As published.
}

/** An application that answers for a number of its own. */
async function application(dials: string): Promise<string> {
  const { id } = await ask('POST', '/v2/call_control_applications', {
    application_name: dials,
    webhook_event_url: receiver.url,
  })
  await ask('POST', '/v2/phone_numbers', { phone_number: dials, connection_id: id })
  return String(id)
}

async function answered(dials: string) {
  const caller = await lab.caller({ dials })
  await ask('POST', `/v2/calls/${caller.callControlId}/actions/answer`, {})
  await caller.isAnswered()
  return caller
}

const told = (type: string, fits: (payload: Json) => boolean) =>
  receiver.waitFor((one) => one.type === type && fits(one.payload))

test('the end of a kept place and of a conference is told to an application that was removed hours before', async () => {
  const [kept, founder] = [await application('+15550301'), await application('+15550302')]
  const waiting = await answered('+15550301')
  const leg = waiting.callControlId
  const place = { queue_name: 'callbacks', keep_after_hangup: true }
  await ask('POST', `/v2/calls/${leg}/actions/enqueue`, place)
  await waiting.hangsUp()
  await told('call.hangup', (payload) => payload['call_control_id'] === leg)

  const first = await answered('+15550302')
  const guest = await answered('+15550100')
  const body = { call_control_id: first.callControlId, name: 'long' }
  const { id: room } = await ask('POST', '/v2/conferences', body)
  const join = `/v2/conferences/${String(room)}/actions/join`
  await ask('POST', join, { call_control_id: guest.callControlId })
  await first.hangsUp()
  await told('call.hangup', ({ call_control_id }) => call_control_id === first.callControlId)

  for (const id of [kept, founder]) await ask('DELETE', `/v2/call_control_applications/${id}`)
  await lab.skip('1h')
  await ask('DELETE', `/v2/queues/callbacks/calls/${encodeURIComponent(leg)}`)
  await guest.hangsUp()
  const dequeued = await told('call.dequeued', (payload) => payload['call_control_id'] === leg)
  assert.equal(dequeued.payload['connection_id'], kept)
  const ended = await told('conference.ended', ({ conference_id }) => conference_id === room)
  assert.equal(ended.payload['connection_id'], founder)
})
