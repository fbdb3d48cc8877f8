// What all endpoints share: keys, paths, methods, bodies, headers.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { legId, queueRecord, testApi, withKey } from './testing.ts'

const json = { ...withKey, 'content-type': 'application/json' }
const actions = `/v2/calls/${legId}/actions`

function firstError(body: string): { code: string; title: string; detail: string } {
  return JSON.parse(body).errors[0]
}

const refused: readonly {
  name: string
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
  url: string
  headers?: Record<string, string>
  payload?: string | Buffer
  expect: readonly [status: number, code: string]
}[] = [
  { name: 'no key', url: '/v2/queues', headers: {}, expect: [401, '10009'] },
  {
    name: 'wrong key',
    url: '/v2/queues',
    headers: { authorization: 'Bearer KEYwrong' },
    expect: [401, '10009'],
  },
  {
    name: 'wrong scheme',
    url: '/v2/queues',
    headers: { authorization: 'Basic KEYtest' },
    expect: [401, '10009'],
  },
  { name: 'no key and no path', url: '/v2/nothing', headers: {}, expect: [401, '10009'] },
  {
    name: 'no key and bad JSON',
    method: 'POST',
    url: '/v2/queues',
    headers: { 'content-type': 'application/json' },
    payload: '{',
    expect: [401, '10009'],
  },
  {
    name: 'no key, path in disguise',
    url: '/%762/queues',
    headers: {},
    expect: [401, '10009'],
  },
  { name: 'no key, bad escape', url: '/v2/queues/%zz', headers: {}, expect: [401, '10009'] },
  { name: 'bad escape', url: '/v2/queues/%zz', expect: [400, '10015'] },
  { name: 'unknown path', url: '/v2/nothing', expect: [404, '10005'] },
  { name: 'unknown path outside', url: '/nothing', headers: {}, expect: [404, '10005'] },
  { name: 'unknown action', method: 'POST', url: `${actions}/dance`, expect: [404, '10005'] },
  {
    name: 'unknown action with bad JSON',
    method: 'POST',
    url: `${actions}/dance`,
    headers: json,
    payload: '{',
    expect: [404, '10005'],
  },
  { name: 'wrong method', method: 'PUT', url: '/v2/queues', expect: [405, '10030'] },
  { name: 'GET of an action', url: `${actions}/hangup`, expect: [405, '10030'] },
  { name: 'OPTIONS', method: 'OPTIONS', url: '/v2/queues', expect: [405, '10030'] },
  { name: 'long path', url: `/v2/queues/${'a'.repeat(9000)}`, expect: [414, '10015'] },
  {
    name: 'bad JSON',
    method: 'POST',
    url: '/v2/queues',
    headers: json,
    payload: '{"queue_name":',
    expect: [400, '10023'],
  },
  {
    name: 'a list as body',
    method: 'POST',
    url: '/v2/queues',
    headers: json,
    payload: '[]',
    expect: [400, '10015'],
  },
  {
    name: 'bad UTF-8',
    method: 'POST',
    url: '/v2/queues',
    headers: json,
    payload: Buffer.from([0x7b, 0x22, 0xc3, 0x28]),
    expect: [400, '10028'],
  },
  {
    name: 'a form',
    method: 'POST',
    url: '/v2/queues',
    headers: { ...withKey, 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'queue_name=a',
    expect: [415, '10029'],
  },
  {
    name: 'a content type that is none',
    method: 'POST',
    url: '/v2/queues',
    headers: { ...withKey, 'content-type': 'nonsense' },
    payload: '{}',
    expect: [415, '10029'],
  },
  {
    name: 'a body over the limit',
    method: 'POST',
    url: '/v2/queues',
    headers: json,
    payload: `"${'a'.repeat(1_048_576)}"`,
    expect: [413, '10015'],
  },
]

for (const { name, method, url, headers, payload, expect } of refused) {
  test(`refused: ${name}`, async (t) => {
    const { api } = testApi()
    t.after(() => api.close())
    const answer = await api.inject({
      method: method ?? 'GET',
      url,
      headers: headers ?? withKey,
      ...(payload === undefined ? {} : { payload }),
    })
    assert.deepEqual([answer.statusCode, firstError(answer.body).code], expect)
    assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8')
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.match(String(answer.headers['x-request-id']), /^[0-9a-f-]{36}$/)
    assert.equal(answer.headers['request-id'], answer.headers['x-request-id'])
  })
}

test('the 405 answer lists the methods, the encoding error the byte', async (t) => {
  const { api } = testApi()
  t.after(() => api.close())
  const wrong = await api.inject({ method: 'DELETE', url: '/v2/queues', headers: withKey })
  assert.equal(wrong.headers['allow'], 'GET, HEAD, POST')
  const payload = Buffer.concat([Buffer.from('{"queue_name":"ä'), Buffer.from([0xff])])
  const bad = await api.inject({ method: 'POST', url: '/v2/queues', headers: json, payload })
  assert.equal(firstError(bad.body).detail, 'Error decoding request body at position 17')
})

test('bodies that clients in the field send are understood', async (t) => {
  const { api, submitted } = testApi()
  t.after(() => api.close())
  const post = (path: string, headers: Record<string, string>, payload?: string) =>
    api.inject({
      method: 'POST',
      url: `${actions}/${path}`,
      headers: { ...withKey, ...headers },
      ...(payload === undefined ? {} : { payload }),
    })
  const answers = [
    await post('leave_queue', {}),
    await post('leave_queue', { 'content-type': 'application/json' }),
    await post('leave_queue', { 'content-type': 'application/json' }, '{}'),
    await post('leave_queue', { 'content-type': 'application/json; charset=UTF-8' }, 'null'),
    await post('leave_queue', { 'content-type': 'text/plain', 'content-length': '0' }, ''),
    await post('enqueue', {}, '{"queue_name":"support","unknown":[1],"max_size":null}'),
    await api.inject({
      method: 'PUT',
      url: `${actions}/client_state_update`,
      headers: withKey,
      payload: Buffer.from('{"client_state":"aGk="}'),
    }),
  ]
  assert.deepEqual(
    answers.map(({ statusCode, body }) => [statusCode, body]),
    answers.map(() => [200, '{"data":{"result":"ok"}}']),
  )
  assert.equal(submitted.at(-1)?.clientState, 'aGk=')
})

test('call ids and queue names arrive decoded, plus signs as they are or as spaces', async (t) => {
  const queues = ['a/b', 'a+b', 'c d', '100%', 'größe'].map((name) => queueRecord(name))
  const { api, submitted } = testApi({ queues })
  t.after(() => api.close())
  const nameAt = async (segment: string) => {
    const url = `/v2/queues/${segment}`
    const answer = await api.inject({ method: 'GET', url, headers: withKey })
    return answer.statusCode === 200 ? JSON.parse(answer.body).data.name : answer.statusCode
  }
  const segments = ['a%2Fb', 'a+b', 'a%2Bb', 'c+d', 'c%20d', 'c%2Bd', '100%25', 'gr%C3%B6%C3%9Fe']
  const names = []
  for (const segment of segments) names.push(await nameAt(segment))
  assert.deepEqual(names, ['a/b', 'a+b', 'a+b', 'c d', 'c d', 404, '100%', 'größe'])
  for (const id of ['v3:a-b', 'v3%3Aa-b', 'v2:x==', 'a@b:c=d+e%20f%2Fg']) {
    await api.inject({ method: 'POST', url: `/v2/calls/${id}/actions/hangup`, headers: withKey })
  }
  const ids = submitted.map(({ command }) => 'legId' in command && command.legId)
  assert.deepEqual(ids, ['v3:a-b', 'v3:a-b', 'v2:x==', 'a@b:c=d+e f/g'])
})

test('204 has neither body nor content type; HEAD answers as GET without body', async (t) => {
  const { api } = testApi({ queues: [queueRecord('a')] })
  t.after(() => api.close())
  const gone = await api.inject({ method: 'DELETE', url: '/v2/queues/a', headers: withKey })
  assert.deepEqual([gone.statusCode, gone.body], [204, ''])
  assert.equal(gone.headers['content-type'], undefined)
  const head = await api.inject({ method: 'HEAD', url: '/v2/queues/a', headers: withKey })
  assert.deepEqual([head.statusCode, head.body], [200, ''])
})

test('open paths need no key', async (t) => {
  const ready = { status: 'draining', reasons: ['stopping'] } as const
  const { api } = testApi({ ready })
  t.after(() => api.close())
  assert.equal((await api.inject('/health')).body, '{"status":"ok"}')
  const answer = await api.inject('/ready')
  assert.deepEqual([answer.statusCode, answer.json()], [503, ready])
  const metrics = await api.inject('/metrics')
  assert.equal(metrics.body, 'holdfast_calls 0\n')
  assert.match(String(metrics.headers['content-type']), /^text\/plain/)
  assert.equal((await api.inject('/openapi.json')).statusCode, 200)
  assert.equal((await api.inject('/v2/public_key')).statusCode, 401)
  const key = await api.inject({ url: '/v2/public_key', headers: withKey })
  assert.deepEqual(key.json().data, {
    id: '6f1d9ffb-5d0c-4a83-9b35-5f6b9a0f5a57',
    public: 'QUJD',
    record_type: 'public_key',
  })
})

test('the rate limit answers 429 with the time to wait', async (t) => {
  const { api } = testApi({ rateLimit: 2 })
  t.after(() => api.close())
  const ask = () => api.inject({ url: '/v2/queues', headers: withKey })
  const [one, two, three] = [await ask(), await ask(), await ask()]
  assert.deepEqual([one.statusCode, two.statusCode, three.statusCode], [200, 200, 429])
  assert.equal(two.headers['x-ratelimit-remaining'], '0')
  assert.equal(three.headers['retry-after'], '1')
  assert.equal(firstError(three.body).code, '10011')
})

test('bytes that are no HTTP get our envelope', async (t) => {
  const { api } = testApi()
  t.after(() => api.close())
  await api.listen({ host: '127.0.0.1', port: 0 })
  const address = api.server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const answer = await new Promise<string>((resolve, reject) => {
    let text = ''
    const socket = connect(address.port, '127.0.0.1', () => socket.end('nonsense\r\n\r\n'))
    socket.on('data', (chunk) => (text += chunk.toString()))
    socket.on('end', () => resolve(text))
    socket.on('error', reject)
  })
  assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/)
  assert.match(answer, /"code":"10015"/)
})
