// Applications, numbers and SIP users over the API: what is made of a body, what is refused where, and that every answer
// has the published shape.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { testApi, withKey } from '../testing.ts'
import type { TestWorld } from '../testing.ts'

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

function ask(world: TestWorld = {}) {
  const { api } = testApi(world)
  const request = async (method: Method, path: string, payload?: object) => {
    const url = `/v2${path}`
    const body = payload === undefined ? {} : { payload }
    const answer = await api.inject({ method, url, headers: withKey, ...body })
    return { status: answer.statusCode, body: answer.json() }
  }
  return { api, request }
}

const app = { application_name: 'support line', webhook_event_url: 'https://app.example/hook' }
const user = { connection_name: 'agents', user_name: 'agent1', password: 'secret-words' }

test('an application is made, changed in what the body names, and deleted', async (t) => {
  const { api, request } = ask()
  t.after(() => api.close())
  const made = await request('POST', '/call_control_applications', {
    ...app,
    inbound: { channel_limit: 5 },
    webhook_timeout_secs: 7,
  })
  assert.equal(made.status, 201)
  assert.match(made.body.data.id, /^\d{19}$/)
  assert.equal(made.body.data.inbound.channel_limit, 5)
  assert.equal(made.body.data.dtmf_type, 'RFC 2833')
  const path = `/call_control_applications/${made.body.data.id}`
  const changed = await request('PATCH', path, {
    ...app,
    application_name: 'sales',
    inbound: { channel_limit: 0 },
  })
  assert.equal(changed.status, 200)
  assert.equal(changed.body.data.application_name, 'sales')
  assert.equal(changed.body.data.webhook_timeout_secs, 7)
  assert.equal(changed.body.data.inbound.channel_limit, undefined)
  const removed = await request('DELETE', path)
  assert.equal(removed.status, 200)
  assert.equal(removed.body.data.application_name, 'sales')
  assert.equal((await request('GET', path)).status, 404)
  assert.equal((await request('PATCH', path, app)).body.errors[0].code, '10005')
})

test('what the file defines is shown and cannot be changed', async (t) => {
  const { api, request } = ask()
  t.after(() => api.close())
  const path = '/call_control_applications/1000000001'
  assert.equal((await request('GET', path)).status, 200)
  for (const method of ['PATCH', 'DELETE'] as const) {
    const { status, body } = await request(method, path, method === 'PATCH' ? app : undefined)
    assert.equal(status, 403)
    assert.equal(body.errors[0].code, '10010')
  }
})

test('a disk that takes nothing is 503, and nothing is promised', async (t) => {
  const { api, request } = ask({ setupRefusal: 'unavailable' })
  t.after(() => api.close())
  assert.equal((await request('POST', '/call_control_applications', app)).status, 503)
})

const refusedBodies: readonly (readonly [string, object, string, string])[] = [
  [
    '/call_control_applications',
    { webhook_event_url: 'https://a.example' },
    '10004',
    '/application_name',
  ],
  ['/call_control_applications', { application_name: 'a' }, '10004', '/webhook_event_url'],
  [
    '/call_control_applications',
    { ...app, webhook_event_url: 'nowhere' },
    '10015',
    '/webhook_event_url',
  ],
  [
    '/call_control_applications',
    { ...app, webhook_event_failover_url: 'x' },
    '10015',
    '/webhook_event_failover_url',
  ],
  [
    '/call_control_applications',
    { ...app, webhook_api_version: '1' },
    '10032',
    '/webhook_api_version',
  ],
  [
    '/call_control_applications',
    { ...app, webhook_timeout_secs: 31 },
    '10033',
    '/webhook_timeout_secs',
  ],
  ['/call_control_applications', { ...app, active: 'yes' }, '10026', '/active'],
  [
    '/call_control_applications',
    { ...app, anchorsite_override: 'Mars' },
    '10032',
    '/anchorsite_override',
  ],
  ['/call_control_applications', { ...app, dtmf_type: 'Morse' }, '10032', '/dtmf_type'],
  [
    '/call_control_applications',
    { ...app, first_command_timeout_secs: 0 },
    '10033',
    '/first_command_timeout_secs',
  ],
  [
    '/call_control_applications',
    { ...app, call_cost_in_webhooks: true },
    '10015',
    '/call_cost_in_webhooks',
  ],
  [
    '/call_control_applications',
    { ...app, inbound: { sip_subdomain: 'a' } },
    '10015',
    '/inbound/sip_subdomain',
  ],
  [
    '/call_control_applications',
    { ...app, inbound: { channel_limit: -1 } },
    '10033',
    '/inbound/channel_limit',
  ],
  ['/call_control_applications', { ...app, outbound: 5 }, '10026', '/outbound'],
  ['/call_control_applications', { ...app, tags: ['a', 5] }, '10026', '/tags/1'],
  ['/phone_numbers', {}, '10004', '/phone_number'],
  ['/phone_numbers', { phone_number: '0555' }, '10016', '/phone_number'],
  ['/phone_numbers', { phone_number: '+15550100', connection_id: 5 }, '10026', '/connection_id'],
  ['/credential_connections', { ...user, user_name: 'ag1' }, '10025', '/user_name'],
  ['/credential_connections', { ...user, user_name: 'agent one' }, '10015', '/user_name'],
  ['/credential_connections', { ...user, password: 'short' }, '10025', '/password'],
  ['/credential_connections', { ...user, password: 'with\nnewline' }, '10015', '/password'],
  ['/credential_connections', { ...user, encrypted_media: 'SRTP' }, '10015', '/encrypted_media'],
  [
    '/credential_connections',
    { ...user, sip_uri_calling_preference: 'all' },
    '10032',
    '/sip_uri_calling_preference',
  ],
  ['/telephony_credentials', { name: 'a' }, '10004', '/connection_id'],
  ['/telephony_credentials', { connection_id: '1', expires_at: 'soon' }, '10015', '/expires_at'],
]

test('every fault of a body has its code and its place', async (t) => {
  const { api, request } = ask()
  t.after(() => api.close())
  for (const [path, body, code, pointer] of refusedBodies) {
    const answer = await request('POST', path, body)
    const where = `${path} ${JSON.stringify(body)} ${JSON.stringify(answer.body)}`
    assert.equal(answer.status, 422, where)
    assert.equal(answer.body.errors[0].code, code, where)
    assert.equal(answer.body.errors[0].source.pointer, pointer, where)
  }
})

test('passwords are told once', async (t) => {
  const { api, request } = ask()
  t.after(() => api.close())
  const made = await request('POST', '/credential_connections', user)
  assert.equal(made.body.data.password, user.password)
  const path = `/credential_connections/${made.body.data.id}`
  assert.equal((await request('GET', path)).body.data.password, undefined)
  const renamed = await request('PATCH', path, { user_name: 'agent2' })
  assert.equal(renamed.body.errors[0].source.pointer, '/password')
  const both = await request('PATCH', path, { user_name: 'agent2', password: 'other-words' })
  assert.equal(both.status, 200)
  const credential = await request('POST', '/telephony_credentials', {
    connection_id: made.body.data.id,
  })
  assert.equal(credential.status, 201)
  assert.equal(typeof credential.body.data.sip_password, 'string')
  const again = await request('GET', `/telephony_credentials/${credential.body.data.id}`)
  assert.equal(again.body.data.sip_password, undefined)
  assert.equal(again.body.data.resource_id, `connection:${made.body.data.id}`)
})

test('lists are filtered, sorted and paged', async (t) => {
  const { api, request } = ask()
  t.after(() => api.close())
  await request('POST', '/call_control_applications', app)
  await request('POST', '/credential_connections', { ...user, connection_name: 'another' })
  const all = await request('GET', '/connections?sort=connection_name&page[size]=2')
  const names = all.body.data.map((one: { connection_name: string }) => one.connection_name)
  assert.deepEqual(names, ['another', 'default'])
  const { meta } = all.body
  assert.deepEqual([meta.page_size, meta.total_pages], [2, meta.total_results === 2 ? 1 : 2])
  const found = await request('GET', '/connections?filter[connection_name][contains]=ANO')
  assert.equal(found.body.data.length, 1)
  assert.equal((await request('GET', '/connections?sort=age')).body.errors[0].code, '10032')
})

test('answers have the published shape', async (t) => {
  const { api, request } = ask()
  t.after(() => api.close())
  const { paths } = (await api.inject('/openapi.json')).json()
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  const asked: readonly (readonly [Method, string, string, object?])[] = [
    ['POST', '/call_control_applications', '', app],
    ['PATCH', '/call_control_applications/{id}', '1293384261075731499', app],
    ['GET', '/call_control_applications', ''],
    ['POST', '/phone_numbers', '', { phone_number: '+15550100' }],
    ['GET', '/phone_numbers', ''],
    ['GET', '/phone_numbers/{id}', '7'],
    ['PATCH', '/phone_numbers/{id}', '7', { tags: ['a'] }],
    ['GET', '/phone_numbers/{id}/voice', '7'],
    [
      'PATCH',
      '/phone_numbers/{id}/voice',
      '7',
      { call_forwarding: { call_forwarding_enabled: false } },
    ],
    ['DELETE', '/phone_numbers/{id}', '7'],
    ['POST', '/credential_connections', '', user],
    ['GET', '/credential_connections', ''],
    ['GET', '/credential_connections/{id}', '1293384261075731499'],
    ['GET', '/connections', ''],
    ['GET', '/connections/{connection_id}', '1293384261075731499'],
    [
      'POST',
      '/telephony_credentials',
      '',
      { connection_id: '1', expires_at: '2030-01-01T00:00:00Z' },
    ],
    ['GET', '/telephony_credentials', ''],
    ['GET', '/telephony_credentials/{id}', 'c215a3e1-be41-4701-97e8-1d3c22f9a5b7'],
    ['DELETE', '/telephony_credentials/{id}', 'c215a3e1-be41-4701-97e8-1d3c22f9a5b7'],
  ]
  for (const [method, path, id, payload] of asked) {
    const answer = await request(method, path.replace(/\{\w+\}/, id), payload)
    const described = paths[`/v2${path}`]?.[method.toLowerCase()]?.responses[String(answer.status)]
    const schema = described?.content['application/json'].schema
    assert.ok(schema, `${method} ${path} ${answer.status} ${JSON.stringify(answer.body)}`)
    const closed = JSON.parse(
      JSON.stringify(schema).replaceAll(
        '"type":"object"',
        '"type":"object","additionalProperties":false',
      ),
    )
    const right = ajv.validate(closed, answer.body)
    assert.ok(right, `${method} ${path}: ${ajv.errorsText()} ${JSON.stringify(answer.body)}`)
  }
})
