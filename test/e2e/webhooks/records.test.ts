// Looking up what was said: call events, webhook deliveries with their attempts, sending one again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dataOf, listOf, startStage, type Json } from '../../support/stage.ts'
import { until } from '../../support/until.ts'

const eventually = (look: () => Promise<boolean>) =>
  until(async () => ((await look()) ? true : undefined))

test('a call is found again: its commands and webhooks in order, and every filter', async (t) => {
  const stage = await startStage()
  t.after(() => stage.close())
  const caller = await stage.queueUp('support')
  await stage.refused(caller.id, 'enqueue', { queue_name: 'support' })
  await stage.command(caller.id, 'hangup')
  const { payload } = await stage.event(caller.id, 'call.hangup')
  const legId = String(payload['call_leg_id'])
  const other = await stage.answered()
  const ask = async (query: string) => {
    const answer = await stage.request('GET', `/call_events?page[size]=250&${query}`)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    return listOf(answer)
  }
  const named = async (query: string) =>
    (await ask(query)).map(({ type, name }) => `${type} ${name}`)
  const ofLeg = `filter[leg_id]=${legId}`
  const story = [
    'webhook call.initiated',
    'command answer',
    'webhook call.answered',
    'command enqueue',
    'webhook call.enqueued',
    'command enqueue',
    'command hangup',
    'webhook call.dequeued',
    'webhook call.hangup',
  ]
  // Commands are written down together, a moment later.
  await eventually(async () => (await named(ofLeg)).length === story.length)
  assert.deepEqual(await named(ofLeg), story)
  const session = String(payload['call_session_id'])
  assert.deepEqual(await named(`filter[application_session_id]=${session}`), story)
  assert.deepEqual(await named(`${ofLeg}&filter[type]=command`), [
    'command answer',
    'command enqueue',
    'command enqueue',
    'command hangup',
  ])
  assert.deepEqual(await named(`${ofLeg}&filter[failed]=true`), ['command enqueue'])
  assert.deepEqual(await named(`${ofLeg}&filter[name]=call.hangup`), ['webhook call.hangup'])
  assert.equal((await ask('filter[name]=call.hangup')).length, 1)
  assert.equal((await ask(`filter[name]=call.initiated`)).length, 2)
  assert.equal(
    (await ask(`filter[from]=${String(caller.initiated.payload['from'])}`)).length,
    story.length,
  )
  assert.deepEqual(await ask('filter[to]=nobody'), [])
  assert.deepEqual(await ask('filter[connection_id]=7'), [])
  assert.ok((await ask('filter[connection_id]=1000000001')).length > story.length)
  assert.deepEqual(await ask('filter[product]=fax'), [])
  const [first, second] = await ask(ofLeg)
  const at = String(first?.['event_timestamp'])
  assert.deepEqual(await ask(`${ofLeg}&filter[occurred_at][eq]=${at}`), [first])
  assert.deepEqual((await ask(`${ofLeg}&filter[occurred_at][gt]=${at}`))[0], second)
  assert.deepEqual(await ask(`${ofLeg}&filter[occurred_at][lt]=${at}`), [])
  const page = await stage.telnyx.callEvents.list({ filter: { leg_id: legId }, 'page[size]': 4 })
  const all: string[] = []
  for await (const one of page) all.push(`${one.type} ${one.name}`)
  assert.deepEqual(all, story)
  await stage.command(other.id, 'hangup')
})

test('a webhook that failed at first: its attempts with headers and answers; sent again by hand', async (t) => {
  const stage = await startStage({ provokes: /webhook/ })
  t.after(() => stage.close())
  let failures = 1
  stage.receiver.answerWith(({ type }) => (type === 'call.initiated' && failures-- > 0 ? 500 : 200))
  const caller = await stage.callIn()
  await stage.receiver.waitFor((one) => one.type === 'call.initiated' && one.attempt === 2)
  const { id } = caller.initiated
  const deliveryOf = async () => dataOf(await stage.request('GET', `/webhook_deliveries/${id}`))
  await eventually(async () => (await deliveryOf())['status'] === 'delivered')
  const delivery = await deliveryOf()
  const attempts = delivery['attempts'] as readonly {
    readonly status: string
    readonly errors: readonly number[]
    readonly http: {
      readonly request: { readonly url: string; readonly headers: readonly string[][] }
      readonly response: { readonly status: number; readonly headers: readonly string[][] }
    }
  }[]
  assert.deepEqual(
    attempts.map(({ status, errors, http }) => [status, errors, http.response.status]),
    [
      ['delivered', [], 200],
      ['failed', [75_500], 500],
    ],
  )
  const names = attempts[0]?.http.request.headers.map(([name]) => name)
  assert.ok(names?.includes('telnyx-signature-ed25519'), JSON.stringify(names))
  assert.ok((attempts[0]?.http.response.headers.length ?? 0) > 0)
  assert.equal((delivery['webhook'] as Json)['event_type'], 'call.initiated')

  const list = async (query: string) =>
    listOf(await stage.request('GET', `/webhook_deliveries?${query}`)).map((one) => one['id'])
  assert.deepEqual(await list('filter[event_type]=call.initiated,call.hold'), [id])
  assert.deepEqual(
    await list(`filter[webhook][contains]=${String(caller.initiated.payload['from'])}`),
    [id],
  )
  assert.deepEqual(await list('filter[attempts][contains]=75500'), [id])
  assert.deepEqual(await list('filter[status][eq]=failed'), [])
  assert.deepEqual(await list('filter[started_at][gte]=2099-01-01T00:00:00Z'), [])
  assert.deepEqual(await list('filter[finished_at][lte]=2099-01-01T00:00:00Z'), [id])

  const again = await stage.request('POST', `/webhook_deliveries/${id}/actions/redeliver`)
  assert.equal(again.status, 200, JSON.stringify(again.body))
  await stage.receiver.waitFor((one) => one.id === id && one.attempt === 3)
  await eventually(async () => ((await deliveryOf())['attempts'] as unknown[]).length === 3)
  const unknown = '/webhook_deliveries/0ccc7b54-4df3-4bca-a65a-3da1ecc777f0'
  assert.equal((await stage.request('GET', unknown)).status, 404)
  assert.equal((await stage.request('POST', `${unknown}/actions/redeliver`)).status, 404)
  await stage.command(caller.id, 'reject', { cause: 'USER_BUSY' })
})
