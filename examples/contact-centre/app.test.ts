// The application's own tests: what its callers and agents hear and see, with no telephone line and no internet.
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { freePort, startLab, type Lab } from 'holdfast/testing'
import { startContactCentre, type ContactCentre } from './app.ts'

const holdMusicHz = 700

let lab: Lab
let centre: ContactCentre

before(async () => {
  process.env['HOLDFAST_TEST_PATIENCE'] ??= '3'
  const port = await freePort()
  lab = await startLab({ webhookUrl: `http://127.0.0.1:${port}/webhooks`, agents: ['anna'] })
  const { baseURL, apiKey, publicKey, connectionId } = lab
  centre = await startContactCentre({
    ...{ baseURL, apiKey, publicKey, connectionId, host: '127.0.0.1', port },
    ...{ queueName: 'support', from: '+15550100', agents: ['sip:anna@localhost'] },
    agentRingSecs: 20,
  })
})

after(async () => {
  await lab.stop()
  await centre.close()
})

beforeEach(() => lab.reset())

test('a caller waits with music, and talks to the agent who answers', async () => {
  const anna = await lab.agent('anna', { answers: 'by-hand', says: 1000 })
  const caller = await lab.caller({ says: 440 })
  await caller.hears(holdMusicHz)
  await lab.queue('support').has([caller])
  await anna.answers()
  await caller.hearsOnly(1000)
  await anna.hears(440)
  await lab.events.next('call.dequeued', { from: caller, reason: 'bridged' })
  await caller.hangsUp()
  await anna.isHungUp()
})

test('who gives up is out of the queue', async () => {
  await lab.agent('anna', { answers: 'by-hand' })
  const caller = await lab.caller()
  await lab.queue('support').has([caller])
  await caller.hangsUp()
  await lab.events.next('call.dequeued', { from: caller, reason: 'hangup' })
  await lab.queue('support').isEmpty()
})

test('a webhook that comes twice rings nobody twice', async () => {
  const anna = await lab.agent('anna', { answers: 'by-hand' })
  await lab.faults.duplicateWebhook({ type: 'call.enqueued' })
  const caller = await lab.caller()
  await anna.isCalled()
  await lab.queue('support').has([caller])
  assert.equal(
    (await lab.events.list('call.initiated', { direction: 'outgoing' })).length > 0,
    true,
  )
  assert.equal(anna.phone.liveCalls.length, 1)
  assert.deepEqual(centre.surprises, [])
})
