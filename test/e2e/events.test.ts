// Events pulled from GET /v2/events: the same as the webhooks, in order, from any cursor on.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startStage, type Stage } from '../support/stage.ts'

let stage: Stage
before(async () => {
  stage = await startStage()
})
after(() => stage.close())

interface PulledEvent {
  readonly id: string
  readonly event_type: string
  readonly cursor: string
  readonly leg_sequence: number
  readonly payload: { readonly call_control_id?: string }
}

async function pull(query: string): Promise<{ events: PulledEvent[]; next: string }> {
  const { status, body } = await stage.request('GET', `/events${query}`)
  assert.equal(status, 200, JSON.stringify(body))
  const { data, meta } = body as { data: PulledEvent[]; meta: { next: string } } // Checked below.
  return { events: data, next: meta.next }
}

test('a consumer that was away pulls what the webhooks said, each once and numbered', async () => {
  const { next: before } = await pull('?after=newest')
  const caller = await stage.queueUp('pulled')
  caller.call.hangUp()
  await stage.event(caller.id, 'call.hangup')
  const { events, next } = await pull(`?after=${before}`)
  const story = events.filter(({ payload }) => payload.call_control_id === caller.id)
  assert.deepEqual(
    story.map(({ event_type }) => event_type),
    stage.receiver.typesOf(caller.id),
  )
  assert.deepEqual(
    story.map(({ leg_sequence }) => leg_sequence),
    story.map((_, index) => index + 1),
  )
  assert.equal(next, events.at(-1)?.cursor)
  const half = await pull(`?after=${events[1]?.cursor ?? ''}&limit=2`)
  assert.deepEqual(
    half.events.map(({ id }) => id),
    events.slice(2, 4).map(({ id }) => id),
  )
  const empty = await pull(`?after=${next}`)
  assert.deepEqual([empty.events, empty.next], [[], next])
})

test('a cursor of another data folder is gone, a text that is none is refused', async () => {
  const gone = await stage.request('GET', '/events?after=7.00000000-0000-4000-8000-000000000000')
  assert.equal(gone.status, 410)
  const refused = await stage.request('GET', '/events?after=yesterday')
  assert.equal(refused.status, 422)
})

test('limits of a page, and cursors that are none, are refused with the parameter named', async () => {
  const refused = {
    limit: ['0', '1001', '1.5', 'all'],
    wait_secs: ['-1', '31'],
    after: ['1', '-1.x', '1.00000000', '9'.repeat(101), '1%27%3B--', '%00'],
  }
  for (const [name, values] of Object.entries(refused)) {
    for (const value of values) {
      const { status, body } = await stage.request('GET', `/events?${name}=${value}`)
      const { errors } = body as { errors: { source?: { parameter?: string } }[] }
      assert.deepEqual([status, errors[0]?.source?.parameter], [422, name], `${name}=${value}`)
    }
  }
  const { events } = await pull('?limit=1000')
  const first = events[0]
  assert.ok(first)
  const mixed = `${first.cursor.split('.')[0]}.00000000-0000-4000-8000-000000000000`
  const foreign = await stage.request('GET', `/events?after=${mixed}`)
  assert.equal(foreign.status, 410, 'a number that exists here with the id of another server')
})
