// What a wallboard shows, on the wire: figures that are a recount of the list of events, also after kill -9; the live
// stream and its resumption; sign-in with a key and with a read-only link.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startRecoveryStage, type RecoveryStage } from '../../support/recovery-stage.ts'
import { dataOf, type CallIn, type Json } from '../../support/stage.ts'
import { until } from '../../support/until.ts'

/** On a machine that is busy with other things it takes a while to hang up. */
const shortSecs = 20

let recovery: RecoveryStage
before(async () => {
  recovery = await startRecoveryStage({ statistics: { short_abandon_secs: shortSecs } })
})
after(() => recovery.close())

interface Figures {
  readonly queue_name: string | null
  readonly waiting_now: number
  readonly oldest_enqueued_at: string | null
  readonly waiting_history: readonly number[]
  readonly today: Json
  readonly service_level: Json
  readonly speed_of_answer: Json
  readonly agents: { readonly talking_legs: number }
  readonly webhooks?: { readonly backlog: number }
}

async function figuresOf(queue: string): Promise<Figures> {
  const answer = await recovery.stage.request('GET', `/queue_statistics/${queue}`)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return dataOf(answer) as unknown as Figures // Checked against the description by the unit tests.
}

/** From GET /v2/events, as anybody could. */
async function recount(queue: string) {
  const { body } = await recovery.stage.request('GET', '/events?limit=1000')
  const { data } = body as {
    data: readonly { event_type: string; payload: Json }[]
  }
  const of = (type: string, reason?: string) =>
    data.filter(
      ({ event_type, payload }) =>
        event_type === type &&
        payload['queue'] === queue &&
        (reason === undefined || payload['reason'] === reason),
    )
  const waits = of('call.dequeued', 'bridged').map(({ payload }) =>
    Number(payload['wait_time_secs']),
  )
  const hangups = of('call.dequeued', 'hangup')
  const short = hangups.filter(
    ({ payload }) => Number(payload['wait_time_secs']) < shortSecs,
  ).length
  const counted = waits.length + hangups.length - short
  return {
    waiting_now: of('call.enqueued').length - of('call.dequeued').length,
    today: {
      offered: of('call.enqueued').length,
      answered: waits.length,
      abandoned: hangups.length,
      short_abandoned: short,
      left_otherwise: of('call.dequeued').length - waits.length - hangups.length,
    },
    percent: counted === 0 ? null : (waits.filter((wait) => wait < 20).length / counted) * 100,
  }
}

async function sameAsRecounted(queue: string): Promise<Figures> {
  const figures = await figuresOf(queue)
  const { waiting_now, today, service_level } = figures
  const percent = service_level['percent']
  assert.deepEqual({ waiting_now, today, percent }, await recount(queue))
  return figures
}

test('figures are those of the list of events, before and after kill -9', async () => {
  const { stage } = recovery
  const { agent } = await stage.conversation('wall')
  const leaver = await stage.queueUp('wall')
  await stage.command(leaver.id, 'leave_queue')
  const quitter = await stage.queueUp('wall')
  quitter.call.hangUp()
  await stage.event(quitter.id, 'call.dequeued')
  const waiter = await stage.queueUp('wall')
  await stage.event(waiter.id, 'call.enqueued')
  const before = await sameAsRecounted('wall')
  assert.deepEqual(before.today, {
    ...{ offered: 4, answered: 1, abandoned: 1, short_abandoned: 1, left_otherwise: 1 },
  })
  assert.equal(before.agents.talking_legs, 1)
  assert.equal(before.waiting_history.length, 60)

  const path = '/queue_statistics/wall'
  const changed = await stage.request('PATCH', path, { seconds: 30, target_percent: 95 })
  assert.equal(changed.status, 200, JSON.stringify(changed.body))
  await recovery.crash()
  await until(async () => {
    const { status } = await stage.request('GET', '/queue_statistics')
    return status === 200 ? true : undefined
  })
  const later = await sameAsRecounted('wall')
  assert.deepEqual([later.agents.talking_legs, later.waiting_now], [1, 1])
  assert.equal(later.oldest_enqueued_at, before.oldest_enqueued_at)
  assert.deepEqual(
    [later.service_level['seconds'], later.service_level['target_percent']],
    [30, 95],
  )

  agent.call.hangUp()
  await stage.event(agent.id, 'call.hangup')
  assert.equal((await sameAsRecounted('wall')).agents.talking_legs, 0)
  const list = await stage.request('GET', '/queue_statistics')
  const { data } = list.body as { data: readonly Figures[] }
  assert.deepEqual(
    data.map(({ queue_name: name }) => name),
    [null, 'wall'],
  )
  assert.equal(typeof data[0]?.webhooks?.backlog, 'number')
  assert.equal((await stage.request('GET', '/queue_statistics/nowhere')).status, 404)
})

/** Reads the stream until `enough`; what came, in order. */
async function listen(
  headers: Readonly<Record<string, string>>,
  enough: (heard: readonly Message[]) => boolean,
): Promise<readonly Message[]> {
  const stop = new AbortController()
  const response = await fetch(`${recovery.server.baseURL}/live`, { headers, signal: stop.signal })
  recovery.stage.recorder.exchange('GET', '/v2/live', response.status, undefined)
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
  assert.ok(response.body)
  const heard: Message[] = []
  let rest = ''
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const messages = (rest + text).split('\n\n')
    rest = messages.pop() ?? ''
    for (const one of messages) heard.push(messageOf(one))
    if (enough(heard)) break
  }
  stop.abort()
  return heard
}

interface Message {
  readonly event: string
  readonly id: string
  readonly data: Json
}

function messageOf(text: string): Message {
  const field = (name: string) =>
    text
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2) ?? ''
  return { event: field('event'), id: field('id'), data: JSON.parse(field('data') || '{}') }
}

test('the live stream tells events and figures, and goes on where a reader stopped', async () => {
  const { stage, server } = recovery
  const key = { authorization: `Bearer ${server.apiKey}` }
  const isOf = (id: string, type: string) => (one: Message) =>
    one.data['event_type'] === type && (one.data['payload'] as Json)['call_control_id'] === id
  let caller: Promise<CallIn> | undefined
  const first = await listen(key, (heard) => {
    // Not before: the stream tells what happens while it is read.
    if (heard.length > 0) caller ??= stage.queueUp('live')
    const enqueued = heard.some(({ data }) => data['event_type'] === 'call.enqueued')
    return enqueued && heard.filter(({ event }) => event === 'statistics').length > 1
  })
  assert.deepEqual([first[0]?.event, first[1]?.event], ['hello', 'statistics'])
  const { data: all } = first[1]?.data as { data: readonly Figures[] }
  assert.equal(all[0]?.queue_name, null)
  assert.ok(caller)
  const { id, call } = await caller
  const last = first.filter(({ event }) => event === 'event').at(-1)
  assert.ok(last)
  call.hangUp()
  await stage.event(id, 'call.hangup')
  const hungUp = isOf(id, 'call.hangup')
  const second = await listen({ ...key, 'last-event-id': last.id }, (heard) => heard.some(hungUp))
  const { body } = await stage.request('GET', `/events?after=${last.id}`)
  const missed = (body as { data: readonly { cursor: string }[] }).data.map(({ cursor }) => cursor)
  assert.deepEqual(
    second
      .filter(({ event }) => event === 'event')
      .map(({ id: cursor }) => cursor)
      .slice(0, missed.length),
    missed,
  )
})

test('sign-in with a key, a link from it, and a wallboard that reads with the link', async () => {
  const { stage, server } = recovery
  const ask = (
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: Json,
  ) =>
    stage.recorder.fetch(`${server.baseURL}${path}`, {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
  const cookieOf = (answer: Response) => answer.headers.get('set-cookie')?.split(';', 1)[0] ?? ''
  const signedIn = await ask('POST', '/sessions', {}, { api_key: server.apiKey })
  assert.equal(signedIn.status, 201)
  const headers = { cookie: cookieOf(signedIn), 'x-holdfast-console': '1' }
  assert.equal((await ask('GET', '/sessions/current', headers)).status, 200)
  const made = await ask('POST', '/read_only_links', headers, { expires_in_secs: 600 })
  assert.equal(made.status, 201)
  const { data } = (await made.json()) as { data: { url: string } }
  const wall = await ask('POST', '/sessions', {}, { link: data.url.split('#link=')[1] ?? '' })
  const wallHeaders = { cookie: cookieOf(wall), 'x-holdfast-console': '1' }
  // The secret outlives the process, and so do sessions.
  await recovery.crash()
  const heard = await listen({ cookie: wallHeaders.cookie }, (all) => all.length > 0)
  assert.equal(heard[0]?.event, 'hello')
  assert.equal((await ask('POST', '/queues', wallHeaders, { queue_name: 'no' })).status, 403)
  assert.equal((await ask('DELETE', '/sessions/current', headers)).status, 204)
  assert.equal((await ask('GET', '/sessions/current', headers)).status, 401)
})
