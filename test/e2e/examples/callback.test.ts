// examples/callback: a caller hangs up, keeps the place before a living one, and is called back when it is their turn.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startCallback, type RunningCallback } from '../../../examples/callback/callback.ts'
import type { Phone } from '../../../src/lab/phone.ts'
import { freePort } from '../../support/free-port.ts'
import { letIn } from '../../support/let-in.ts'
import { applicationId, listOf, startStage, type Stage } from '../../support/stage.ts'
import { until } from '../../support/until.ts'

let stage: Stage
let program: RunningCallback
before(async () => {
  const port = await freePort()
  const names = ['carol', 'dave', 'alice', 'bob']
  stage = await startStage({
    config: { sip_users: names.map((username) => ({ username, password: `of-${username}` })) },
    application: { webhook_event_url: `http://127.0.0.1:${port}/webhooks` },
  })
  program = await startCallback({
    ...{ baseURL: stage.server.baseURL, apiKey: stage.server.apiKey, port },
    ...{ publicKey: await stage.server.publicKey(), connectionId: applicationId },
    ...{ queueName: 'support', from: '+15550100', domain: 'localhost' },
  })
})
after(async () => {
  await program.close()
  await stage.close()
})

async function person(user: string, hz: number): Promise<Phone> {
  const phone = await stage.phone({
    ...{ user, password: `of-${user}`, domain: 'localhost' },
    ...{ voice: { kind: 'tone', hz }, answer: { kind: 'answer', afterMs: 0, before: 'ringing' } },
  })
  assert.equal(await phone.register(), 200)
  return phone
}

const inLine = async (): Promise<unknown[]> => {
  const answer = await stage.request('GET', '/queues/support/calls')
  return answer.status === 200 ? listOf(answer).map((one) => one['is_alive']) : []
}
const free = async (agent: string): Promise<void> => {
  const body = JSON.stringify({ agent: `sip:${agent}@localhost` })
  const url = `http://127.0.0.1:${program.port}/next`
  const { status } = await fetch(url, { method: 'POST', body })
  assert.equal(status, 204)
}
const lineIs = (wanted: readonly boolean[]): Promise<true> =>
  until(async () => (JSON.stringify(await inLine()) === JSON.stringify(wanted) ? true : undefined))

test('examples/callback: who hung up first is called back first, who waits is next', async () => {
  const carol = await person('carol', 440)
  const first = await letIn(carol, '+15550100')
  await first.answered(20_000)
  await lineIs([true])
  first.hangUp()
  await lineIs([false])
  const dave = await person('dave', 600)
  const second = await letIn(dave, '+15550100')
  await second.answered(20_000)
  await lineIs([false, true])

  const alice = await person('alice', 1000)
  await free('alice')
  const back = await carol.nextCall(20_000)
  await back.hears(1000, 10_000)
  await (await alice.nextCall(5_000)).hears(440, 5_000)
  await lineIs([true])

  await person('bob', 1300)
  await free('bob')
  await second.hears(1300, 20_000)
})
