// The story of a call, told afterwards: SIP, commands, events, webhooks and media of both legs on one time axis, without any
// secret, also when the server was killed in between.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { join } from 'node:path'
import type { Timeline, TimelineItem } from '../../../src/ports/trace.ts'
import { readCapture } from '../../support/read-capture.ts'
import {
  dataOf,
  listOf,
  startStage,
  untilLetIn,
  type Answer,
  type Stage,
} from '../../support/stage.ts'
import { until } from '../../support/until.ts'

const secret = 'wonderland-4711'
const hookSecret = 'hook-secret-4712'

let stage: Stage
before(async () => {
  stage = await startStage({
    config: {
      sip: { accept_unauthenticated_from: [] },
      sip_users: [{ username: 'alice', password: secret }],
    },
  })
})
after(() => stage.close())

async function timelineOf(id: string, query = ''): Promise<Timeline> {
  const answer = await stage.request('GET', `/calls/${id}/timeline${query}`)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return dataOf(answer) as unknown as Timeline // The description's shape, which the API test holds.
}

/** Reads on until the timeline fits. */
async function timelineWith(
  id: string,
  fits: (items: readonly TimelineItem[]) => boolean,
): Promise<Timeline> {
  const items: TimelineItem[] = []
  for (let after = '0', reads = 0; reads < 100; reads++) {
    const answer = await stage.request('GET', `/calls/${id}/timeline?after=${after}&wait_secs=2`)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    const timeline = dataOf(answer) as unknown as Timeline // As above.
    items.push(...timeline.items)
    after = nextOf(answer)
    if (fits(items)) return { ...timeline, items }
  }
  assert.fail(`never told: ${items.map(({ summary }) => summary).join('\n')}`)
}

function nextOf({ body }: Answer): string {
  return (body as { meta: { next: string } }).meta.next // As above.
}

function kinds(items: readonly TimelineItem[], lane: string, leg?: string): string[] {
  return items
    .filter((item) => item.lane === lane && item.leg === (leg ?? item.leg))
    .toSorted((a, b) => (a.at < b.at ? -1 : 1))
    .map(({ kind }) => kind)
}

test('a caller in a queue, an agent, a conversation: all of it is there, in order', async () => {
  const alice = await stage.phone({ user: 'alice', domain: 'localhost', password: secret })
  const initiated = stage.receiver.waitFor(
    ({ type, payload }) => type === 'call.initiated' && payload['direction'] === 'incoming',
  )
  const { call, ...told } = await untilLetIn(() => alice.call('+15550100'), initiated)
  const id = String(told.initiated.payload['call_control_id'])
  await stage.command(id, 'answer')
  await call.answered(5_000)
  await stage.command(id, 'enqueue', { queue_name: 'support' })
  const agent = await stage.dialAgent({
    webhook_url: `${stage.receiver.url}?token=${hookSecret}`,
    sip_auth_username: 'x',
    sip_auth_password: secret,
  })
  await stage.command(agent.id, 'bridge', { queue: 'support' })
  await stage.event(agent.id, 'call.bridged')
  await stage.refused(id, 'enqueue')
  await timelineWith(id, (items) => items.some(({ kind }) => kind === 'sample'))
  call.hangUp()
  await stage.event(agent.id, 'call.hangup')

  // Two lanes of webhooks and two dialogs: each ends when it ends.
  const isOver = (all: readonly TimelineItem[], leg: string): boolean =>
    kinds(all, 'webhook', leg).includes('call.hangup') && kinds(all, 'sip', leg).at(-1) === '200'
  const { legs, items, gaps } = await timelineWith(
    id,
    (all) => isOver(all, id) && isOver(all, agent.id),
  )
  assert.deepEqual(gaps, [])
  assert.deepEqual(
    new Map(legs.map((leg) => [leg.call_control_id, [leg.state, leg.queue_name]])),
    new Map([
      [id, ['ended', 'support']],
      [agent.id, ['ended', null]],
    ]),
  )
  const own = kinds(items, 'sip', id)
  assert.deepEqual(own.slice(0, 3), ['INVITE', '407', 'ACK'], 'the challenge is part of the story')
  assert.ok(own.indexOf('BYE') > own.lastIndexOf('ACK'), own.join())
  assert.equal(own.filter((kind) => kind === 'INVITE').length, 2)
  const theirs = kinds(items, 'sip', agent.id)
  assert.equal(theirs[0], 'INVITE')
  assert.ok(theirs.indexOf('BYE') > theirs.indexOf('ACK'), theirs.join())
  assert.deepEqual(kinds(items, 'command', id), ['answer', 'enqueue', 'enqueue'])
  assert.deepEqual(kinds(items, 'command', agent.id), ['dial', 'bridge'])
  const refused = items.find(({ lane, detail }) => lane === 'command' && detail['status'] === 422)
  assert.match(refused?.summary ?? '', /^enqueue → 422: ./)
  assert.match(String(refused?.detail['curl']), /^curl -X POST "\$HOLDFAST_URL"'\/v2\/calls\//)
  assert.deepEqual(kinds(items, 'event', id).slice(0, 3), [
    'call.initiated',
    'call.answered',
    'call.enqueued',
  ])
  assert.equal(kinds(items, 'event', id).at(-1), 'call.hangup')
  assert.deepEqual(kinds(items, 'webhook', id), kinds(items, 'event', id))
  const attempt = items.find(({ lane, kind }) => lane === 'webhook' && kind === 'call.enqueued')
  assert.equal(attempt?.detail['status'], 200)
  const heard = items.filter(({ kind, leg }) => kind === 'hears' && leg === id)
  assert.ok(heard.some(({ detail }) => detail['hears'] === `leg ${agent.id}`))
  const samples = items.filter(({ kind, leg }) => kind === 'sample' && leg === id)
  const last = samples.at(-1)?.detail as { inbound: { packets: number; level_dbov: number } }
  assert.ok(last.inbound.packets > 0)
})

test('files: a bundle, and a capture with the true addresses, without secrets', async () => {
  const answer = await stage.request('GET', '/call_timelines?filter[from]=alice')
  const [row] = listOf(answer)
  assert.equal(row?.['state'], 'ended')
  const id = String(row?.['call_control_id'])
  const bundle = await stage.request('GET', `/calls/${id}/timeline/bundle`)
  assert.equal(bundle.status, 200)
  const text = JSON.stringify(bundle.body)
  const { items, complete } = bundle.body as Timeline & { complete: boolean }
  assert.equal(complete, true)
  assert.deepEqual(
    items.map(({ at }) => at),
    items.map(({ at }) => at).toSorted(),
  )
  const response = await stage.recorder.fetch(`${stage.server.baseURL}/calls/${id}/timeline/pcap`, {
    headers: { authorization: `Bearer ${stage.server.apiKey}` },
  })
  assert.equal(response.status, 200)
  const packets = readCapture(new Uint8Array(await response.arrayBuffer()))
  const messages = items.filter(({ lane }) => lane === 'sip')
  assert.deepEqual(
    packets.map(({ payload }) => payload),
    messages.map(({ detail }) => detail['text']),
  )
  const [first] = packets
  assert.equal(first?.to, `127.0.0.1:${stage.server.sip.port}`)
  assert.match(first.payload, /^INVITE /)
  const credentials = packets.filter(({ payload }) => /^proxy-authorization:/im.test(payload))
  assert.ok(credentials.length > 0)
  for (const { payload } of credentials) assert.match(payload, /response="\*{32}"/)
  for (const hidden of [secret, hookSecret, stage.server.apiKey]) {
    assert.ok(!text.includes(hidden), `${hidden} in the bundle`)
    for (const name of readdirSync(stage.server.dataDirectory)) {
      if (!name.startsWith('trace.db')) continue
      const bytes = readFileSync(join(stage.server.dataDirectory, name))
      assert.ok(!bytes.includes(hidden), `${hidden} in ${name}`)
    }
  }
})

test('what is unknown is 404, what is no cursor is refused', async () => {
  for (const path of ['', '/bundle', '/pcap']) {
    const { status } = await stage.request('GET', `/calls/v3:nobody/timeline${path}`)
    assert.equal(status, 404)
  }
  const [row] = listOf(await stage.request('GET', '/call_timelines'))
  const id = String(row?.['call_control_id'])
  assert.equal((await stage.request('GET', `/calls/${id}/timeline?after=x`)).status, 422)
  const page = await timelineOf(id, '?limit=3')
  assert.equal(page.items.length, 3)
})

test('what was told before a kill -9 is there after the next start, and the story goes on', async (t) => {
  const first = await startStage()
  const { id } = await first.answered()
  const told = async (on: Stage, path: string): Promise<Timeline> =>
    dataOf(await on.request('GET', path)) as unknown as Timeline // The description's shape.
  const before = await told(first, `/calls/${id}/timeline`)
  assert.ok(before.items.some(({ kind }) => kind === 'call.answered'))
  first.server.child.kill('SIGKILL')
  await new Promise((resolve) => first.server.child.once('exit', resolve))
  first.lab.close()
  const { dataDirectory } = first.server
  const second = await startStage({ dataDirectory, receiver: first.receiver })
  t.after(async () => {
    await second.close()
    await first.receiver.close()
    await first.sounds.close()
  })
  await second.command(id, 'hangup')
  await second.event(id, 'call.hangup')
  const { items, legs } = await told(second, `/calls/${id}/timeline`)
  assert.deepEqual(items.slice(0, before.items.length), before.items)
  assert.equal(legs[0]?.state, 'ended')
  assert.ok(items.some(({ lane, kind }) => lane === 'sip' && kind === 'BYE'))
})

test('users and trunks: who is registered, what is there, and what is wrong', async (t) => {
  const carrierStage = await startStage()
  t.after(() => carrierStage.close())
  const own = await startStage({
    config: {
      sip_users: [
        { username: 'alice', password: secret },
        { username: 'bob', password: secret },
      ],
      trunks: [{ name: 'carrier', uri: `sip:127.0.0.1:${carrierStage.server.sip.port}` }],
    },
  })
  t.after(() => own.close())
  const alice = await own.phone({ user: 'alice', domain: 'localhost', password: secret })
  assert.equal(await alice.register(), 200)
  const users = listOf(await own.request('GET', '/sip_registrations'))
  assert.deepEqual(
    users.map((one) => [one['username'], one['registered'], one['problem'] === null]),
    [
      ['alice', true, true],
      ['bob', false, false],
    ],
  )
  const trunk = await until(async () => {
    const [one] = listOf(await own.request('GET', '/sip_trunks'))
    return one?.['reachable'] === true ? one : undefined
  })
  assert.deepEqual([trunk['last_status'], trunk['problem']], [200, null])
})
