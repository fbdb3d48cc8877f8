// Where webhooks go, how often they are tried, and where what was told can be looked up afterwards.
import assert from 'node:assert/strict'
import {
  assertOk,
  assertRefused,
  dataOf,
  errorPage,
  page,
  webhookPage,
  type Check,
} from '../check.ts'
import type { ConformanceStage, Json } from '../stage.ts'
import type { Delivery } from '../webhooks.ts'

type Stage = ConformanceStage

const check = (
  name: string,
  cites: string,
  covers: readonly string[],
  run: Check['run'],
): Check => ({ name, cites, covers, needs: 'calls', run })

const hook = (stage: Stage) => {
  const path = stage.unique('hook')
  return { path, url: `${stage.webhooks.at(path)}?team=7` }
}

const at = (stage: Stage, path: string, fits: (one: Delivery) => boolean = () => true) =>
  stage.webhooks.next((one) => one.path.includes(`/${path}`) && fits(one), `delivery to ${path}`)

/** A leg whose command carries `extra`, what its webhook then is, and how to end it. */
interface Way {
  readonly command: string
  readonly make: (stage: Stage, extra: Json) => Promise<{ readonly id: string }>
}

const dialling = 'POST /calls'
const answering = 'POST /calls/{call_control_id}/actions/answer'
const transferring = 'POST /calls/{call_control_id}/actions/transfer'

const ways: readonly Way[] = [
  {
    command: answering,
    make: async (stage, extra) => {
      const { id } = await stage.callIn()
      assertOk(await stage.command(id, 'answer', extra))
      return { id }
    },
  },
  { command: dialling, make: (stage, extra) => stage.dialledQuietly(extra) },
  {
    command: transferring,
    make: async (stage, extra) => {
      const caller = await stage.answered()
      const callee = await stage.phone()
      await stage.ok(caller.id, 'transfer', { to: callee.contactUri, ...extra })
      return { id: caller.id }
    },
  },
]

const overrides: readonly Check[] = ways.flatMap(({ command, make }) => [
  check(
    `${command}: webhook_url gets the later webhooks of that call, its query kept`,
    command === transferring ? 'C42' : webhookPage,
    [`${command}#webhook_url`],
    async (stage) => {
      const { path, url } = hook(stage)
      await make(stage, { webhook_url: url })
      const first = await at(stage, path, ({ type }) => type === 'call.answered')
      assert.ok(first.path.endsWith('?team=7'), first.path)
      const meta = first.body?.['meta']
      assert.deepEqual(meta, { attempt: 1, delivered_to: url })
      const id = String(first.payload['call_control_id'])
      await stage.ok(id, 'hangup')
      await at(stage, path, ({ type }) => type === 'call.hangup')
      const elsewhere = stage.webhooks
        .ofCall(id)
        .filter((one) => one.type !== 'call.initiated' && !one.path.includes(`/${path}`))
      assert.deepEqual(
        elsewhere.map(({ type }) => type),
        [],
      )
    },
  ),
  check(
    `${command}: webhook_url_method GET puts the payload into the query`,
    'C17',
    [`${command}#webhook_url_method`, `${command}#webhook_url_method=GET`],
    async (stage) => {
      const { path, url } = hook(stage)
      await make(stage, { webhook_url: url, webhook_url_method: 'GET' })
      const got = await at(stage, path, (one) => one.path.includes('call.answered'))
      const query = new URL(got.path, 'http://host').searchParams
      assert.deepEqual([got.method, got.raw], ['GET', ''])
      assert.deepEqual([query.get('team'), query.get('event_type')], ['7', 'call.answered'])
      const id = query.get('call_control_id') ?? ''
      assert.match(id, /^v3:/)
      assert.match(String(got.headers['telnyx-signature-ed25519']), /^[A-Za-z0-9+/]{86}==$/)
      await stage.ok(id, 'hangup')
    },
  ),
  check(
    `${command}: webhook_urls moves the webhooks of one event only, by webhook_urls_method`,
    webhookPage,
    [
      `${command}#webhook_urls`,
      `${command}#webhook_urls_method`,
      `${command}#webhook_urls_method=GET`,
    ],
    async (stage) => {
      const [all, hangups] = [hook(stage), hook(stage)]
      await make(stage, {
        webhook_url: all.url,
        webhook_urls: { 'call.hangup': hangups.url },
        webhook_urls_method: 'GET',
      })
      const answered = await at(stage, all.path, ({ type }) => type === 'call.answered')
      assert.equal(answered.method, 'POST')
      await stage.ok(String(answered.payload['call_control_id']), 'hangup')
      const got = await at(stage, hangups.path)
      assert.equal(got.method, 'GET')
      assert.equal(new URL(got.path, 'http://host').searchParams.get('event_type'), 'call.hangup')
    },
  ),
  check(
    `${command}: webhook_retries_policies sets the pauses; each attempt has its number and signature, all one id`,
    'C20',
    [`${command}#webhook_retries_policies`, 'rule retries'],
    async (stage) => {
      const { path } = hook(stage)
      const url = stage.webhooks.at(path)
      stage.webhooks.failAt(path, 500, 2)
      await make(stage, {
        webhook_urls: { 'call.answered': url },
        webhook_retries_policies: { 'call.answered': { retries_ms: [30, 30] } },
      })
      const attempt = (one: Delivery) => (one.body?.['meta'] as Json)['attempt']
      const third = await at(stage, path, (one) => attempt(one) === 3)
      const all = stage.webhooks.deliveries.filter((one) => one.path.endsWith(`/${path}`))
      assert.deepEqual(all.map(attempt), [1, 2, 3])
      assert.equal(new Set(all.map(({ data }) => data['id'])).size, 1)
      const signatures = all.map(({ headers }) => headers['telnyx-signature-ed25519'])
      assert.equal(new Set(signatures).size, 3)
      await stage.ok(String(third.payload['call_control_id']), 'hangup')
    },
  ),
  ...(
    [
      ['webhook_urls', { 'call.bridge': 'https://app.example.com/' }, '90057', ''],
      ['webhook_urls', { 'call.hangup': 'no url' }, '10015', '/call.hangup'],
      ['webhook_retries_policies', { 'call.rung': { retries_ms: [1] } }, '90057', ''],
      [
        'webhook_retries_policies',
        { 'call.hangup': { retries_ms: [1, 1, 1, 1, 1, 1] } },
        '10015',
        '/call.hangup',
      ],
      [
        'webhook_retries_policies',
        { 'call.hangup': { retries_ms: [60_001] } },
        '10015',
        '/call.hangup',
      ],
    ] as const
  ).map(([name, value, code, end]): Check => ({
    name: `${command}: ${name} ${JSON.stringify(value)} is ${code}`,
    cites: `C72; ${errorPage(code)}`,
    covers: [`${command}#${name}`, `code 422 ${code}`],
    run: async (stage) => {
      const path = command.slice(5).replace('{call_control_id}', 'v3:nobody')
      const body = { connection_id: '1', to: 'sip:a@127.0.0.1', from: '+15550100', [name]: value }
      assertRefused(await stage.post(path, body), 422, code, { pointer: `/${name}${end}` })
    },
  })),
])

/** An application of its own, and a ringing call of it: where `call.initiated` goes is the application's business. */
async function ownCall(stage: Stage, settings: Json, dial: Json = {}) {
  const application_name = stage.unique('addressed')
  const made = dataOf(
    await stage.post('/call_control_applications', { application_name, ...settings }),
    201,
  )
  const callee = await stage.phone({ answer: { kind: 'manual' } })
  const answer = await stage.post('/calls', {
    connection_id: made['id'],
    to: callee.contactUri,
    from: '+15550100',
    ...dial,
  })
  return { application: String(made['id']), id: String(dataOf(answer)['call_control_id']) }
}

const attempts = (stage: Stage, id: string) =>
  stage.webhooks.deliveries
    .filter(({ type, payload }) => type === 'call.initiated' && payload['call_control_id'] === id)
    .map(({ path, body }) => [path.split('/').at(-1), (body?.['meta'] as Json)['attempt']])

const applications: readonly Check[] = [
  check(
    'an application made over the API gets the webhooks of its calls at its own URL',
    page('Create a call control application'),
    ['POST /call_control_applications#webhook_event_url', 'rule addressing'],
    async (stage) => {
      const path = stage.unique('own')
      const { id, application } = await ownCall(stage, {
        webhook_event_url: stage.webhooks.at(path),
      })
      const { payload } = await at(stage, path)
      assert.deepEqual([payload['call_control_id'], payload['connection_id']], [id, application])
      await stage.ok(id, 'hangup')
    },
  ),
  ...(
    [
      ['answers 500', 500],
      ['answers 404', 404],
      ['answers 302', 302],
      ['does not answer within webhook_timeout_secs', 0],
    ] as const
  ).map(([what, status]) =>
    check(
      `a receiver that ${what} is tried again, then webhook_event_failover_url is`,
      'C20',
      [
        'POST /call_control_applications#webhook_event_failover_url',
        ...(status === 0 ? ['POST /call_control_applications#webhook_timeout_secs'] : []),
        'rule retries',
      ],
      async (stage) => {
        const [first, second] = [stage.unique('first'), stage.unique('second')]
        stage.webhooks.failAt(first, status)
        const { id } = await ownCall(
          stage,
          {
            webhook_event_url: stage.webhooks.at(first),
            webhook_event_failover_url: stage.webhooks.at(second),
            webhook_timeout_secs: 1,
          },
          { webhook_retries_policies: { 'call.initiated': { retries_ms: [20] } } },
        )
        await at(stage, second)
        assert.deepEqual(attempts(stage, id), [
          [first, 1],
          [first, 2],
          [second, 3],
        ])
        await stage.ok(id, 'hangup')
      },
    ),
  ),
  ...[201, 204].map((status) =>
    check(
      `a receiver that answers ${status} has taken the webhook`,
      'C20',
      ['rule retries'],
      async (stage) => {
        const path = stage.unique('taken')
        stage.webhooks.failAt(path, status)
        const { id } = await ownCall(stage, { webhook_event_url: stage.webhooks.at(path) })
        await stage.ok(id, 'hangup')
        await at(stage, path, ({ type }) => type === 'call.hangup')
        assert.deepEqual(attempts(stage, id), [[path, 1]])
      },
    ),
  ),
  check(
    'a second dial over outbound.channel_limit is 90043',
    errorPage('90043'),
    ['POST /call_control_applications#outbound', 'code 422 90043'],
    async (stage) => {
      const { id, application } = await ownCall(stage, {
        webhook_event_url: stage.webhooks.at(stage.unique('limited')),
        outbound: { channel_limit: 1 },
      })
      const callee = await stage.phone({ answer: { kind: 'manual' } })
      const body = { connection_id: application, to: callee.contactUri, from: '+15550100' }
      assertRefused(await stage.post('/calls', body), 422, '90043')
      await stage.ok(id, 'hangup')
    },
  ),
  check(
    'an inactive application makes no calls: 10015',
    errorPage('10015'),
    ['POST /call_control_applications#active', 'POST /calls#connection_id', 'code 422 10015'],
    async (stage) => {
      const application_name = stage.unique('inactive')
      const webhook_event_url = stage.webhooks.url
      const made = dataOf(
        await stage.post('/call_control_applications', {
          application_name,
          webhook_event_url,
          active: false,
        }),
        201,
      )
      const body = { connection_id: made['id'], to: 'sip:x@127.0.0.1', from: '+15550100' }
      assertRefused(await stage.post('/calls', body), 422, '10015', { pointer: '/connection_id' })
    },
  ),
]

export const addressingChecks: readonly Check[] = [...overrides, ...applications]
