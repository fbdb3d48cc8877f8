// What was told, looked up afterwards: the list of events, call events, webhook deliveries.
import assert from 'node:assert/strict'
import {
  assertField,
  assertOk,
  assertRefused,
  clientPage,
  dataOf,
  errorPage,
  isRecord,
  listOf,
  metaOf,
  page,
  wantedText,
  type Check,
  type Wanted,
} from '../check.ts'
import { life } from '../scenarios.ts'
import type { ConformanceStage, Json } from '../stage.ts'
import type { Delivery } from '../webhooks.ts'

type Stage = ConformanceStage

const check = (
  name: string,
  cites: string,
  covers: readonly string[],
  run: Check['run'],
): Check => ({ name, cites, covers, needs: 'calls', run })

const events = 'GET /events'
const newest = async (stage: Stage): Promise<string> =>
  String(metaOf(await stage.get('/events?after=newest'))['next'])

const refusals: readonly (readonly [query: string, code: string, parameter: string])[] = [
  ['limit=0', '10033', 'limit'],
  ['limit=1001', '10033', 'limit'],
  ['limit=many', '10026', 'limit'],
  ['wait_secs=-1', '10033', 'wait_secs'],
  ['wait_secs=31', '10033', 'wait_secs'],
  ['wait_secs=1.5', '10026', 'wait_secs'],
  ['after=yesterday', '10015', 'after'],
]

const feed: readonly Check[] = [
  ...refusals.map(([query, code, parameter]): Check => ({
    name: `events: ${query} is ${code}`,
    cites: `C79; ${errorPage(code)}`,
    covers: [events, `${events}#${parameter}`, `code 422 ${code}`],
    run: async (stage) => {
      assertRefused(await stage.get(`/events?${query}`), 422, code, { parameter })
    },
  })),
  {
    name: 'events: a cursor that is not kept is 410',
    cites: 'C79',
    covers: [`${events}#after`, 'code 410 10005'],
    run: async (stage) => {
      const answer = await stage.get(
        '/events?after=900000000000.00000000-0000-4000-8000-000000000000',
      )
      assertRefused(answer, 410, '10005', { parameter: 'after' })
    },
  },
  {
    name: 'events: after=newest is no event and a cursor to go on from',
    cites: 'C79',
    covers: [`${events}#after`, 'object page of events#meta'],
    run: async (stage) => {
      const answer = await stage.get('/events?after=newest')
      assert.deepEqual(listOf(answer), [])
      assertField(metaOf(answer), 'next', 'text')
      assert.equal((await stage.get(`/events?after=${await newest(stage)}`)).status, 200)
    },
  },
  check(
    'events: those of a call, in order, each the data of its webhook',
    'C79',
    [
      events,
      `${events}#after`,
      `${events}#limit`,
      ...[
        'cursor',
        'record_type',
        'event_type',
        'id',
        'occurred_at',
        'leg_sequence',
        'payload',
      ].map((field) => `object event of the list#${field}`),
    ],
    async (stage) => {
      const cursor = await newest(stage)
      const { id, call } = await stage.answered()
      await stage.ok(id, 'enqueue', { queue_name: stage.unique('feed') })
      call.hangUp()
      await stage.event(id, 'call.hangup')
      const told = stage.webhooks.ofCall(id).map(({ data }) => data)
      const found: Json[] = []
      for (let after = cursor; ;) {
        const answer = await stage.get(`/events?after=${after}&limit=7`)
        const some = listOf(answer)
        assert.ok(some.length <= 7)
        found.push(...some)
        if (some.length < 7) break
        const next = String(metaOf(answer)['next'])
        assert.equal(next, some.at(-1)?.['cursor'])
        after = next
      }
      const own = found.filter(
        ({ payload }) => isRecord(payload) && payload['call_control_id'] === id,
      )
      assert.deepEqual(
        own.map(({ cursor: _, ...data }) => data),
        told,
      )
      assert.equal(new Set(found.map((one) => one['cursor'])).size, found.length)
    },
  ),
  check(
    'events: wait_secs answers as soon as there is one',
    'C79',
    [`${events}#wait_secs`],
    async (stage) => {
      const after = await newest(stage)
      const waiting = stage.get(`/events?after=${after}&wait_secs=30`)
      const { id } = await stage.callIn()
      const answer = await waiting
      assert.ok(listOf(answer).length > 0)
      await stage.ok(id, 'hangup')
    },
  ),
  check(
    'events: without a cursor from the oldest that is kept',
    'C79',
    [`${events}#after`],
    async (stage) => {
      await life(stage)
      const [one] = listOf(await stage.get('/events?limit=1'))
      const [two] = listOf(await stage.get(`/events?limit=1&after=${String(one?.['cursor'])}`))
      assert.ok(one && two)
      assert.ok(String(one['occurred_at']) <= String(two['occurred_at']))
      assert.notEqual(one['id'], two['id'])
    },
  ),
]

/** A finished call with a refused command, and what `/call_events` has of it. */
interface Story {
  readonly id: string
  readonly leg: string
  readonly session: string
  readonly from: string
  readonly to: string
  readonly all: readonly Json[]
}

const wanted = [
  'webhook call.initiated',
  'command answer',
  'webhook call.answered',
  'command leave_queue',
  'command hangup',
  'webhook call.hangup',
]

const story = (stage: Stage): Promise<Story> =>
  stage.once('story', async () => {
    const { id } = await stage.answered()
    assertRefused(await stage.command(id, 'leave_queue'), 422, '90035')
    await stage.ok(id, 'hangup')
    const { payload } = await stage.event(id, 'call.hangup')
    const text = (name: string): string => String(payload[name])
    const leg = text('call_leg_id')
    // Commands are written down together, a moment later.
    for (let left = 100; ; left -= 1) {
      const all = listOf(await stage.get(`/call_events?filter[leg_id]=${leg}&page[size]=250`))
      if (all.length >= wanted.length || left === 0) {
        return {
          id,
          leg,
          session: text('call_session_id'),
          from: text('from'),
          to: text('to'),
          all,
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })

const said = (rows: readonly Json[]): readonly string[] =>
  rows.map(({ type, name }) => `${String(type)} ${String(name)}`)

const callEventFields: Readonly<Record<string, Wanted>> = {
  record_type: ['call_event'],
  type: ['webhook'],
  name: ['call.initiated'],
  call_leg_id: 'uuid',
  call_session_id: 'uuid',
  event_timestamp: 'micros',
  metadata: 'object',
}

const nobody: Story = {
  ...{ id: '', leg: '', all: [] },
  ...{ session: 'of the session', from: 'of the caller', to: 'of the callee' },
}

/** A query by the story, and what it finds of it. */
const callEventFilters: readonly (readonly [
  filter: string,
  value: (story: Story) => string,
  finds: readonly string[],
])[] = [
  ['filter[application_session_id]', ({ session }) => session, wanted],
  ['filter[from]', ({ from }) => from, wanted],
  ['filter[to]', ({ to }) => to, wanted],
  ['filter[product]', () => 'call_control', wanted],
  ['filter[product]', () => 'fax', []],
  ['filter[product]', () => 'texml', []],
  ['filter[type]', () => 'command', wanted.filter((one) => one.startsWith('command'))],
  ['filter[type]', () => 'webhook', wanted.filter((one) => one.startsWith('webhook'))],
  ['filter[failed]', () => 'true', ['command leave_queue']],
  ['filter[failed]', () => 'false', wanted.filter((one) => one !== 'command leave_queue')],
  ['filter[name]', () => 'call.answered', ['webhook call.answered']],
  ['filter[name]', () => 'hangup', ['command hangup']],
  ['filter[status]', () => 'completed', wanted],
  ['filter[status]', () => 'init', []],
  ['filter[status]', () => 'in_progress', []],
]

const times: readonly (readonly [
  comparison: string,
  finds: (all: readonly Json[]) => readonly Json[],
])[] = [
  ['eq', (all) => all.slice(2, 3)],
  ['gt', (all) => all.slice(3)],
  ['gte', (all) => all.slice(2)],
  ['lt', (all) => all.slice(0, 2)],
  ['lte', (all) => all.slice(0, 3)],
]

const callEvents: readonly Check[] = [
  check(
    'call events: commands and webhooks of a call in order, the refused one with its errors',
    'C190',
    ['GET /call_events', 'GET /call_events#filter[leg_id]', 'object call event#metadata'],
    async (stage) => {
      const { all } = await story(stage)
      assert.deepEqual(said(all), wanted)
      assert.match(JSON.stringify(all[3]?.['metadata']), /90035/)
    },
  ),
  ...Object.entries(callEventFields).map(([field, kind]) =>
    check(
      `call event: ${field} is ${wantedText(kind)}`,
      page('List call events'),
      ['GET /call_events', `object call event#${field}`],
      async (stage) => {
        const [first] = (await story(stage)).all
        assert.ok(first)
        assertField(first, field, kind)
      },
    ),
  ),
  ...callEventFilters.map(([filter, valueOf, finds]) =>
    check(
      `call events: ${filter} ${valueOf(nobody)} finds ${finds.length}`,
      'C190',
      [
        'GET /call_events',
        `GET /call_events#${filter}`,
        `GET /call_events#${filter}=${valueOf(nobody)}`,
      ],
      async (stage) => {
        const its = await story(stage)
        const query = `${filter}=${encodeURIComponent(valueOf(its))}&filter[leg_id]=${its.leg}`
        assert.deepEqual(said(listOf(await stage.get(`/call_events?${query}`))), finds)
      },
    ),
  ),
  ...times.map(([comparison, finds]) =>
    check(
      `call events: filter[occurred_at][${comparison}]`,
      page('List call events'),
      [`GET /call_events#filter[occurred_at][${comparison}]`],
      async (stage) => {
        const { all, leg } = await story(stage)
        const time = encodeURIComponent(String(all[2]?.['event_timestamp']))
        const query = `filter[occurred_at][${comparison}]=${time}&filter[leg_id]=${leg}`
        assert.deepEqual(listOf(await stage.get(`/call_events?${query}`)), finds(all))
      },
    ),
  ),
  check(
    'call events: filter[connection_id]',
    page('List call events'),
    ['GET /call_events#filter[connection_id]'],
    async (stage) => {
      const { all, leg } = await story(stage)
      const of = async (id: string) =>
        listOf(await stage.get(`/call_events?filter[connection_id]=${id}&filter[leg_id]=${leg}`))
      assert.deepEqual(await of(stage.connectionId), all)
      assert.deepEqual(await of('7'), [])
    },
  ),
  ...(['page', 'limit'] as const).map((way) =>
    check(
      `call events: paged by ${way === 'page' ? 'page[number] and page[size]' : 'page[limit]'}`,
      page('Pagination'),
      way === 'page'
        ? ['GET /call_events#page[number]', 'GET /call_events#page[size]']
        : ['GET /call_events#page[limit]'],
      async (stage) => {
        const { all, leg } = await story(stage)
        const query = way === 'page' ? 'page[size]=4&page[number]=2' : 'page[limit]=4'
        const answer = await stage.get(`/call_events?filter[leg_id]=${leg}&${query}`)
        assert.deepEqual(listOf(answer), way === 'page' ? all.slice(4) : all.slice(0, 4))
        assert.equal(metaOf(answer)['total_results'], all.length)
      },
    ),
  ),
  ...(
    [
      [
        'filter[occurred_at][gt]=2025-01-01T00:00:00Z&filter[occurred_at][eq]=2025-01-01T00:00:00Z',
        '10031',
        'filter[occurred_at][gt]',
      ],
      ['filter[occurred_at][gt]=soon', '10015', 'filter[occurred_at][gt]'],
      ['filter[type]=noise', '10032', 'filter[type]'],
      ['filter[product]=pizza', '10032', 'filter[product]'],
      ['filter[status]=odd', '10032', 'filter[status]'],
      ['filter[failed]=perhaps', '10026', 'filter[failed]'],
    ] as const
  ).map(([query, code, parameter]): Check => ({
    name: `call events: ${query} is ${code}`,
    cites: `C190; ${errorPage(code)}`,
    covers: [`GET /call_events#${parameter}`, `code 422 ${code}`],
    run: async (stage) => {
      assertRefused(await stage.get(`/call_events?${query}`), 422, code, { parameter })
    },
  })),
  ...['/call_events', '/webhook_deliveries'].flatMap((path) =>
    ['page[after]', 'page[before]'].map((parameter): Check => ({
      name: `GET ${path}: ${parameter}=x is accepted`,
      cites: 'C190',
      covers: [`GET ${path}#${parameter}`],
      run: async (stage) => {
        listOf(await stage.get(`${path}?${parameter}=x`))
      },
    })),
  ),
  check(
    'official client: callEvents.list goes through all pages',
    clientPage,
    ['GET /call_events'],
    async (stage) => {
      const { leg } = await story(stage)
      const found: string[] = []
      const pages = await stage.telnyx.callEvents.list({
        filter: { leg_id: leg },
        'page[size]': 2,
      })
      for await (const { type, name } of pages) found.push(`${type} ${name}`)
      assert.deepEqual(found, wanted)
    },
  ),
]

const one = '/webhook_deliveries/{id}'

/** A webhook that was taken at its second attempt, and its delivery. */
interface Tried {
  readonly delivery: Json
  readonly url: string
  readonly webhook: Delivery
}

const tried = (stage: Stage): Promise<Tried> =>
  stage.once('tried', async () => {
    const { id } = await stage.callIn()
    const path = stage.unique('tried')
    const url = stage.webhooks.at(path)
    stage.webhooks.failAt(path, 500, 1)
    assertOk(
      await stage.command(id, 'answer', {
        webhook_urls: { 'call.answered': url },
        webhook_retries_policies: { 'call.answered': { retries_ms: [20] } },
      }),
    )
    const webhook = await stage.webhooks.next(
      ({ path: its, body }) => its.endsWith(path) && (body?.['meta'] as Json)['attempt'] === 2,
      'the second attempt',
    )
    await stage.ok(id, 'hangup')
    // Nothing new comes into the lists after this.
    await deliveryOf(stage, await stage.event(id, 'call.hangup'), 'delivered')
    const delivery = await deliveryOf(stage, webhook, 'delivered')
    return { delivery, url, webhook }
  })

/** Its delivery, once it says so. */
async function deliveryOf(stage: Stage, webhook: Delivery, status: string): Promise<Json> {
  for (let left = 100; ; left -= 1) {
    const answer = await stage.get(`/webhook_deliveries/${String(webhook.data['id'])}`)
    if (left === 0) return dataOf(answer)
    if (answer.status === 200 && dataOf(answer)['status'] === status) return dataOf(answer)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const deliveryFields: Readonly<Record<string, Wanted>> = {
  id: 'uuid',
  record_type: ['webhook_delivery'],
  user_id: 'text',
  status: ['delivered'],
  started_at: 'millis',
  finished_at: 'millis',
  webhook: 'object',
  attempts: 'list',
}

const deliveryFilters: readonly (readonly [
  filter: string,
  finds: (tried: Tried) => string,
  misses: (tried: Tried) => string,
])[] = [
  ['filter[status][eq]', () => 'delivered', () => 'failed'],
  ['filter[event_type]', () => 'call.hangup,call.answered', () => 'call.hangup,call.bridged'],
  [
    'filter[webhook][contains]',
    ({ webhook }) => String(webhook.payload['call_leg_id']),
    () => 'pizza',
  ],
  ['filter[attempts][contains]', ({ url }) => url, () => 'http://nobody.example.com/'],
  ['filter[started_at][gte]', () => '2001-01-01T00:00:00Z', () => '2099-01-01T00:00:00Z'],
  ['filter[started_at][lte]', () => '2099-01-01T00:00:00Z', () => '2001-01-01T00:00:00Z'],
  ['filter[finished_at][gte]', () => '2001-01-01T00:00:00Z', () => '2099-01-01T00:00:00Z'],
  ['filter[finished_at][lte]', () => '2099-01-01T00:00:00Z', () => '2001-01-01T00:00:00Z'],
]

const deliveries: readonly Check[] = [
  ...Object.entries(deliveryFields).map(([field, kind]) =>
    check(
      `webhook delivery: ${field} is ${wantedText(kind)}`,
      page('Find webhook_delivery details by ID'),
      [`GET ${one}`, `object webhook delivery#${field}`],
      async (stage) => assertField((await tried(stage)).delivery, field, kind),
    ),
  ),
  check(
    'webhook delivery: two attempts, each with what was sent and answered',
    'C191',
    [`GET ${one}`, 'object webhook delivery#attempts', 'object webhook delivery#webhook'],
    async (stage) => {
      const { delivery, url, webhook } = await tried(stage)
      const attempts = delivery['attempts'] as readonly Json[]
      assert.deepEqual(
        attempts.map(({ status }) => status),
        ['delivered', 'failed'],
        'the most recent is the first',
      )
      const [second, first] = attempts.map(({ http }) => http as Readonly<Record<string, Json>>)
      assert.deepEqual([first?.['request']?.['url'], first?.['response']?.['status']], [url, 500])
      assert.deepEqual([second?.['request']?.['url'], second?.['response']?.['status']], [url, 200])
      const sent = JSON.stringify(second?.['request']?.['headers'])
      assert.ok(sent.includes(String(webhook.headers['telnyx-signature-ed25519'])))
      const { payload } = delivery['webhook'] as Json
      assert.deepEqual(payload, webhook.payload)
      assert.equal(delivery['id'], webhook.data['id'])
    },
  ),
  ...deliveryFilters.map(([filter, finds, misses]) =>
    check(
      `webhook deliveries: ${filter} finds what fits, and nothing else`,
      page('List webhook deliveries'),
      [
        'GET /webhook_deliveries',
        `GET /webhook_deliveries#${filter}`,
        ...(filter.includes('status')
          ? ['delivered', 'failed'].map((one) => `GET /webhook_deliveries#${filter}=${one}`)
          : []),
      ],
      async (stage) => {
        const its = await tried(stage)
        const leg = String(its.webhook.payload['call_leg_id'])
        const ids = async (value: string) => {
          const more =
            filter === 'filter[webhook][contains]' ? '' : `&filter[webhook][contains]=${leg}`
          const query = `${filter}=${encodeURIComponent(value)}${more}`
          return listOf(await stage.get(`/webhook_deliveries?${query}`)).map(({ id }) => id)
        }
        assert.ok((await ids(finds(its))).includes(its.delivery['id']))
        assert.ok(!(await ids(misses(its))).includes(its.delivery['id']))
      },
    ),
  ),
  check(
    'webhook deliveries: newest first, paged by page[limit] and page[number]',
    'C191',
    [
      'GET /webhook_deliveries#page[limit]',
      'GET /webhook_deliveries#page[number]',
      'GET /webhook_deliveries#page[size]',
    ],
    async (stage) => {
      const { webhook } = await tried(stage)
      const leg = String(webhook.payload['call_leg_id'])
      const of = async (query: string) =>
        listOf(await stage.get(`/webhook_deliveries?filter[webhook][contains]=${leg}&${query}`))
      const all = await of('page[size]=50')
      const starts = all.map((delivery) => String(delivery['started_at']))
      assert.deepEqual(starts, [...starts].sort().reverse())
      assert.ok(all.length >= 2)
      // One of them is sent again by another check meanwhile, which changes it, but not its place.
      const ids = async (query: string) => (await of(query)).map(({ id }) => id)
      assert.deepEqual(await ids('page[limit]=1'), [all[0]?.['id']])
      assert.deepEqual(await ids('page[size]=1&page[number]=2'), [all[1]?.['id']])
    },
  ),
  check(
    'webhook delivery: sent again by hand, with the next attempt number and the same id',
    'C192',
    [`POST ${one}/actions/redeliver`],
    async (stage) => {
      const { webhook } = await tried(stage)
      const id = String(webhook.data['id'])
      assertOk(await stage.post(`/webhook_deliveries/${id}/actions/redeliver`))
      const again = await stage.webhooks.next(
        ({ data, body }) => data['id'] === id && (body?.['meta'] as Json)['attempt'] === 3,
        'the third attempt',
      )
      assert.deepEqual(again.payload, webhook.payload)
    },
  ),
  check(
    'webhook delivery: one that is still tried is not sent again, 10027',
    `C192; ${errorPage('10027')}`,
    [`POST ${one}/actions/redeliver`, 'code 422 10027'],
    async (stage) => {
      const { id } = await stage.callIn()
      const path = stage.unique('stuck')
      stage.webhooks.failAt(path, 500)
      await stage.ok(id, 'answer', { webhook_urls: { 'call.answered': stage.webhooks.at(path) } })
      const { data } = await stage.webhooks.next((got) => got.path.endsWith(path), path)
      const delivery = `/webhook_deliveries/${String(data['id'])}`
      assertRefused(await stage.post(`${delivery}/actions/redeliver`), 422, '10027')
      stage.webhooks.failAt(path, 200)
      await stage.ok(id, 'hangup')
    },
  ),
  ...(['GET', 'POST'] as const).map((method): Check => ({
    name: `webhook delivery: ${method} of an unknown one is 404`,
    cites: errorPage('10005'),
    covers: [method === 'GET' ? `GET ${one}` : `POST ${one}/actions/redeliver`, 'code 404 10005'],
    run: async (stage) => {
      const path = '/webhook_deliveries/6e00ab49-9487-4364-8ad6-23965965afb2'
      const end = method === 'POST' ? '/actions/redeliver' : ''
      assertRefused(await stage.request(method, `${path}${end}`), 404, '10005')
    },
  })),
]

const activePath = 'GET /connections/{connection_id}/active_calls'

const active: readonly Check[] = [
  check(
    'active calls: page[limit] and page[after] go through them, page[before] goes back',
    page('List all active calls for given connection'),
    ['page[limit]', 'page[after]', 'page[before]', 'page[size]', 'page[number]'].map(
      (parameter) => `${activePath}#${parameter}`,
    ),
    async (stage) => {
      const application_name = stage.unique('active')
      const made = dataOf(
        await stage.post('/call_control_applications', {
          application_name,
          webhook_event_url: stage.webhooks.url,
        }),
        201,
      )
      const connection_id = String(made['id'])
      const callee = await stage.phone({ answer: { kind: 'manual' } })
      const ids: string[] = []
      for (let left = 3; left > 0; left -= 1) {
        const body = { connection_id, to: callee.contactUri, from: '+15550100' }
        ids.push(String(dataOf(await stage.post('/calls', body))['call_control_id']))
      }
      const path = `/connections/${connection_id}/active_calls`
      const of = async (query: string) => {
        const answer = await stage.get(`${path}?${query}`)
        const found = listOf(answer).map((call) => String(call['call_control_id']))
        return { found, meta: metaOf(answer) }
      }
      const cursor = (meta: Json, side: string): string =>
        encodeURIComponent(String((meta['cursors'] as Json)[side]))
      const first = await of('page[limit]=2')
      const next = await of(`page[limit]=2&page[after]=${cursor(first.meta, 'after')}`)
      assert.deepEqual([...first.found, ...next.found].sort(), [...ids].sort())
      assert.deepEqual([first.found.length, next.found.length], [2, 1])
      assert.deepEqual((next.meta['cursors'] as Json)['after'], null)
      const back = await of(`page[limit]=2&page[before]=${cursor(next.meta, 'before')}`)
      assert.deepEqual(back.found, first.found)
      const numbered = await of('page[size]=2&page[number]=2')
      assert.deepEqual(numbered.found, next.found)
      for (const id of ids) await stage.ok(id, 'hangup')
    },
  ),
]

export const recordChecks: readonly Check[] = [...feed, ...callEvents, ...deliveries, ...active]
