// The queue part with the two generations of the official client before today's.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import Telnyx6 from 'telnyx-6'
import { agentHz, applicationId, callerHz, startStage, type Stage } from '../../support/stage.ts'

// The ES module of this generation cannot verify signatures (its `tweetnacl` import is wrong); its CommonJS one can.
const Telnyx5 = createRequire(import.meta.url)('telnyx-5') as typeof Telnyx6

let stage: Stage
before(async () => {
  stage = await startStage()
})
after(() => stage.close())

for (const [generation, Client] of [
  ['6', Telnyx6],
  ['5', Telnyx5],
] as const) {
  test(`a caller’s way through a queue with telnyx ${generation}`, async () => {
    const { server, recorder } = stage
    const client = new Client({
      apiKey: server.apiKey,
      baseURL: server.baseURL,
      publicKey: await server.publicKey(),
      maxRetries: 0,
      fetch: (input, init) => recorder.fetch(input, init),
    })
    const name = `queue of ${generation}/${generation}`
    await client.queues.create({ queue_name: name, max_size: 5 })
    await client.queues.update(name, { max_size: 6 })
    const caller = await stage.callIn()
    await client.calls.actions.answer(caller.id, {})
    await caller.call.answered(5_000)
    await client.calls.actions.enqueue(caller.id, { queue_name: name })
    await client.calls.actions.leaveQueue(caller.id, {})
    await client.calls.actions.enqueue(caller.id, { queue_name: name })
    assert.equal((await client.queues.retrieve(name)).data?.max_size, 6)
    const ids: string[] = []
    for await (const call of client.queues.calls.list(name)) ids.push(call.call_control_id)
    assert.deepEqual(ids, [caller.id])
    const call = await client.queues.calls.retrieve(caller.id, { queue_name: name })
    assert.equal(call.data?.queue_position, 1)
    await client.queues.calls.update(caller.id, { queue_name: name, keep_after_hangup: true })

    const phone = await stage.phone({ voice: { kind: 'tone', hz: agentHz } })
    const agent = await client.calls.dial({
      connection_id: applicationId,
      to: phone.contactUri,
      from: '+15550100',
    })
    const agentId = agent.data?.call_control_id ?? ''
    const answered = await stage.event(agentId, 'call.answered')
    const signature = String(answered.headers['telnyx-signature-ed25519'])
    const timestamp = String(answered.headers['telnyx-timestamp'])
    const headers = { 'telnyx-signature-ed25519': signature, 'telnyx-timestamp': timestamp }
    const event = await client.webhooks.unwrap(answered.raw, { headers })
    assert.ok(event)
    // The client's types want the other leg's id, which excludes the queue on the wire.
    const bridge = { queue: name } as Parameters<typeof client.calls.actions.bridge>[1]
    await client.calls.actions.bridge(agentId, bridge)
    const agentCall = await phone.nextCall(5_000)
    await agentCall.hears(callerHz, 5_000)
    await client.calls.actions.hangup(caller.id, {})
    await stage.event(caller.id, 'call.hangup')
    await client.queues.delete(name)
    const names: string[] = []
    for await (const queue of client.queues.list()) names.push(queue.name)
    assert.ok(!names.includes(name))
  })
}
