// Webhooks under trouble: a receiver that is down, slow or refusing loses nothing and never holds up a call.
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { startReceiver, type Delivery, type Receiver } from '../../support/receiver.ts'
import { signedBy } from '../../support/webhook-signature.ts'
import { agentHz, startStage, type Stage } from '../../support/stage.ts'

let stage: Stage
let failover: Receiver
before(async () => {
  failover = await startReceiver()
  stage = await startStage({
    application: {
      webhook_event_failover_url: `${failover.origin}/failover`,
      // Longer than anything here waits: what does not wait for an unanswered webhook is seen by not being late.
      webhook_timeout_secs: 30,
    },
  })
})
afterEach(() => stage.receiver.answerWith(200))
after(async () => {
  for (const { raw } of failover.deliveries) stage.recorder.webhook(raw)
  await failover.close()
  await stage.close()
})

const occurredAt = ({ raw }: Delivery): string =>
  (JSON.parse(raw) as { data: { occurred_at: string } }).data.occurred_at

test('500 brings a second attempt: same event, new number, new signature', async () => {
  const { receiver, telnyx, server } = stage
  receiver.answerWith(({ type, attempt }) =>
    type === 'call.answered' && attempt === 1 ? 500 : 200,
  )
  const { id } = await stage.answered()
  const first = await stage.event(id, 'call.answered')
  const second = await receiver.waitFor((one) => one.id === first.id && one.attempt === 2)
  const publicKey = await server.publicKey()
  for (const delivery of [first, second]) {
    assert.ok(signedBy(publicKey, delivery))
    assert.ok(!signedBy(publicKey, delivery, delivery.raw.replace('answered', 'Answered')))
    assert.equal(delivery.headers['content-type'], 'application/json')
    assert.equal(delivery.headers['user-agent'], 'telnyx-webhooks')
    const headers = {
      'telnyx-signature-ed25519': String(delivery.headers['telnyx-signature-ed25519']),
      'telnyx-timestamp': String(delivery.headers['telnyx-timestamp']),
    }
    await telnyx.webhooks.unwrap(delivery.raw, { headers })
  }
  const { meta } = JSON.parse(second.raw) as { meta: unknown }
  assert.deepEqual(meta, { attempt: 2, delivered_to: receiver.url })
  const [one, two] = [first, second].map(({ headers }) => headers['telnyx-signature-ed25519'])
  assert.notEqual(one, two)
})

test('a failing event holds back the later ones of its leg and of no other', async () => {
  const { receiver } = stage
  // It fails once; its second attempt, a second later, finds nobody who answers until everything has been looked at.
  const looked = Promise.withResolvers<void>()
  receiver.answerWith(({ type, attempt }) => {
    if (type !== 'call.answered') return 200
    return attempt === 1 ? 503 : looked.promise.then(() => 200)
  })
  const stuck = await stage.answered()
  await stage.command(stuck.id, 'enqueue', { queue_name: 'held' })
  await stage.event(stuck.id, 'call.answered')
  const other = await stage.callIn()
  await stage.event(other.id, 'call.initiated')
  assert.ok(!receiver.typesOf(stuck.id).includes('call.enqueued'))
  looked.resolve()
  await stage.event(stuck.id, 'call.enqueued')
  const types = receiver.typesOf(stuck.id)
  assert.equal(types.at(-1), 'call.enqueued')
  assert.equal(types.filter((type) => type === 'call.answered').length, 2)
})

test('a receiver that is down and comes back gets everything, each leg in order', async () => {
  const { receiver } = stage
  let down = true
  const isBack = Promise.withResolvers<void>()
  const accepted: Delivery[] = []
  receiver.answerWith((delivery) => {
    const accept = (): number => {
      accepted.push(delivery)
      return 200
    }
    if (!down) return accept()
    // Of a third failure, five seconds later, the failover URL would hear.
    return delivery.attempt < 3 ? 503 : isBack.promise.then(accept)
  })
  const people = await Promise.all([stage.callIn(), stage.callIn(), stage.callIn()])
  for (const { id, call } of people) {
    await stage.command(id, 'answer')
    await call.answered(5_000)
    await stage.command(id, 'enqueue', { queue_name: 'patience' })
    call.hangUp()
  }
  down = false
  isBack.resolve()
  const wanted = [
    'call.initiated',
    'call.answered',
    'call.enqueued',
    'call.dequeued',
    'call.hangup',
  ]
  for (const { id } of people) {
    await stage.event(id, 'call.hangup')
    const own = accepted.filter(({ payload }) => payload['call_control_id'] === id)
    assert.deepEqual(
      own.map(({ type }) => type),
      wanted,
    )
    const times = own.map(occurredAt)
    assert.deepEqual(times, times.toSorted())
  }
})

test('a slow receiver does not slow calls', async () => {
  const { receiver } = stage
  const waiting: (() => void)[] = []
  receiver.answerWith(() => new Promise((resolve) => waiting.push(() => resolve(200))))
  const { id, call } = await stage.callIn()
  await stage.command(id, 'answer')
  await call.answered(10_000)
  await stage.command(id, 'enqueue', { queue_name: 'slow' })
  assert.deepEqual(receiver.typesOf(id), ['call.initiated'], 'asked once, and not answered yet')
  receiver.answerWith(200)
  for (const go of waiting) go()
  await stage.event(id, 'call.enqueued')
})

test('three failures on the first URL, then the failover URL', async () => {
  stage.receiver.answerWith(500)
  const caller = await stage.callIn()
  const { headers, raw, path } = await failover.waitFor(
    ({ payload }) => payload['call_control_id'] === caller.id,
    15_000,
  )
  assert.equal(path, '/failover')
  const { meta } = JSON.parse(raw) as { meta: { attempt: number; delivered_to: string } }
  assert.deepEqual(meta, { attempt: 4, delivered_to: `${failover.origin}/failover` })
  assert.ok(headers['telnyx-signature-ed25519'])
  const tried = stage.receiver.deliveries.filter(({ id }) => id === caller.initiated.id)
  assert.equal(tried.length, 3)
})

test('webhook_url of a command moves the leg’s later webhooks, with the query kept', async () => {
  const { receiver } = stage
  const agent = await stage.dialAgent({ webhook_url: `${receiver.origin}/agents?team=7` })
  const answered = await stage.event(agent.id, 'call.answered')
  assert.equal(answered.path, '/agents?team=7')
  const caller = await stage.queueUp('addressed')
  await stage.command(agent.id, 'bridge', { queue: 'addressed' })
  await caller.call.hears(agentHz, 5_000)
  assert.equal((await stage.event(agent.id, 'call.bridged')).path, '/agents?team=7')
  assert.equal((await stage.event(caller.id, 'call.bridged')).path, '/webhooks')
})

test('webhook_urls by event, GET included; an unknown name is refused', async () => {
  const { receiver } = stage
  const { id, call } = await stage.callIn()
  await stage.command(id, 'answer', {
    webhook_urls: { 'call.hangup': `${receiver.origin}/hangups` },
    webhook_url: `${receiver.origin}/others`,
    webhook_url_method: 'GET',
  })
  await call.answered(5_000)
  const got = await receiver.waitFor(
    ({ path }) => path.startsWith('/others?') && path.includes(encodeURIComponent(id)),
  )
  const query = new URL(got.path, receiver.origin).searchParams
  assert.deepEqual([query.get('event_type'), query.get('call_control_id')], ['call.answered', id])
  assert.ok(signedBy(await stage.server.publicKey(), got), 'a GET signs the empty body')
  call.hangUp()
  assert.equal((await stage.event(id, 'call.hangup')).path, '/hangups')
  const other = await stage.callIn()
  const error = await stage.refused(other.id, 'answer', {
    webhook_urls: { 'call.bridge': `${receiver.origin}/x` },
  })
  assert.equal(error.code, '90057')
})

test('webhook_retries_policies sets the pauses of one event', async () => {
  const { receiver } = stage
  receiver.answerWith(({ type, attempt }) => (type === 'call.answered' && attempt < 4 ? 500 : 200))
  const { id, call } = await stage.callIn()
  await stage.command(id, 'answer', {
    webhook_retries_policies: { 'call.answered': { retries_ms: [20, 20, 20] } },
  })
  await call.answered(5_000)
  const last = await receiver.waitFor(
    ({ type, attempt, payload }) =>
      type === 'call.answered' && attempt === 4 && payload['call_control_id'] === id,
    3_000,
  )
  assert.equal(last.path, '/webhooks')
})
