import { test } from 'node:test'
import assert from 'node:assert/strict'
import { testApi, withKey } from './testing.ts'

const wav = 'http://198.51.100.1/a.wav'

async function ask(
  api: ReturnType<typeof testApi>['api'],
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  payload?: object,
) {
  const answer = await api.inject({
    method,
    url: `/v2/media${url}`,
    headers: withKey,
    ...(payload === undefined ? {} : { payload }),
  })
  return { status: answer.statusCode, body: answer.body === '' ? {} : answer.json() }
}

/** A form as browsers and curl -F write it. */
function form(fields: Readonly<Record<string, string>>, file: Buffer | undefined) {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  const head =
    '--x\r\ncontent-disposition: form-data; name="media"; filename="../../etc/a.wav"\r\n\r\n'
  const body = file === undefined ? [] : [Buffer.from(head), file, Buffer.from('\r\n')]
  return {
    headers: { ...withKey, 'content-type': 'multipart/form-data; boundary=x' },
    payload: Buffer.concat([Buffer.from(parts.join('')), ...body, Buffer.from('--x--\r\n')]),
  }
}

test('a file is uploaded by URL, told, replaced, given another lifetime, and deleted', async () => {
  const { api } = testApi()
  const made = await ask(api, 'POST', '', { media_url: wav, media_name: 'moh', ttl_secs: 60 })
  assert.equal(made.status, 200)
  assert.deepEqual(Object.keys(made.body.data).sort(), [
    'content_type',
    'created_at',
    'expires_at',
    'media_name',
    'updated_at',
  ])
  const { created_at: created, expires_at: expires } = made.body.data
  assert.equal(Date.parse(expires) - Date.parse(created), 60_000)
  assert.deepEqual((await ask(api, 'GET', '/moh')).body, made.body)
  const longer = await ask(api, 'PUT', '/moh', { ttl_secs: 120 })
  assert.equal(Date.parse(longer.body.data.expires_at) - Date.parse(created), 120_000)
  assert.equal((await ask(api, 'PUT', '/moh', { media_url: wav })).status, 200)
  const answer = await api.inject({ url: '/v2/media/moh/download', headers: withKey })
  assert.equal(answer.headers['content-type'], 'audio/wav')
  assert.deepEqual([...answer.rawPayload], [1, 2, 3])
  assert.equal((await ask(api, 'DELETE', '/moh')).status, 204)
  for (const [method, url] of [
    ['GET', '/moh'],
    ['PUT', '/moh'],
    ['DELETE', '/moh'],
    ['GET', '/moh/download'],
  ] as const) {
    const gone = await ask(api, method, url)
    assert.equal(gone.status, 404, `${method} ${url}`)
    assert.equal(gone.body.errors[0].code, '10005')
  }
})

test('without a name one is made up; without ttl_secs it is two days', async () => {
  const { api } = testApi()
  const { body } = await ask(api, 'POST', '', { media_url: wav })
  assert.match(body.data.media_name, /^[0-9a-f-]{36}$/)
  const { created_at: created, expires_at: expires } = body.data
  assert.equal(Date.parse(expires) - Date.parse(created), 172_800_000)
})

test('a form carries the file itself; its own file name means nothing', async () => {
  const { api } = testApi()
  const url = '/v2/media'
  const bytes = Buffer.from([5, 6, 7, 8])
  const sent = form({ media_name: 'beep', ttl_secs: '30' }, bytes)
  const made = await api.inject({ method: 'POST', url, ...sent })
  assert.equal(made.statusCode, 200, made.body)
  assert.equal(made.json().data.media_name, 'beep')
  const got = await api.inject({ url: '/v2/media/beep/download', headers: withKey })
  assert.deepEqual([...got.rawPayload], [5, 6, 7, 8])

  const big = await api.inject({ method: 'POST', url, ...form({}, Buffer.alloc(20_001)) })
  assert.equal(big.statusCode, 413)
  const without = await api.inject({ method: 'POST', url, ...form({ media_name: 'x' }, undefined) })
  assert.equal(without.json().errors[0].code, '10004')
  const broken = await api.inject({ method: 'POST', url, ...form({}, bytes), payload: '--y' })
  assert.equal(broken.statusCode, 400)
  const unauthorised = { ...sent.headers, authorization: 'Bearer no' }
  const refused = await api.inject({ method: 'POST', url, ...sent, headers: unauthorised })
  assert.equal(refused.statusCode, 401)
})

test('what cannot be kept is refused with its reason', async () => {
  const { api } = testApi()
  const cases: readonly (readonly [object, number, string, string])[] = [
    [{}, 422, '10004', '/media_url'],
    [{ media_url: 'ftp://a/b' }, 422, '10015', '/media_url'],
    [{ media_url: 'http://198.51.100.1/404' }, 404, '10005', '/media_url'],
    [{ media_url: 'http://198.51.100.1/500' }, 400, '90040', '/media_url'],
    [{ media_url: wav, media_name: '../x' }, 422, '10015', '/media_name'],
    [{ media_url: wav, media_name: '..' }, 422, '10015', '/media_name'],
    [{ media_url: wav, media_name: 'a\u0000' }, 422, '10015', '/media_name'],
    [{ media_url: wav, media_name: 'a'.repeat(256) }, 422, '10025', '/media_name'],
    [{ media_url: wav, ttl_secs: 0 }, 422, '10033', '/ttl_secs'],
    [{ media_url: wav, ttl_secs: 630_720_001 }, 422, '10033', '/ttl_secs'],
  ]
  for (const [payload, status, code, pointer] of cases) {
    const answer = await ask(api, 'POST', '', payload)
    assert.equal(answer.status, status, JSON.stringify(payload))
    assert.equal(answer.body.errors[0].code, code)
    assert.equal(answer.body.errors[0].source.pointer, pointer)
  }
})

test('the list has pages and a filter by content type', async () => {
  const { api } = testApi({ media: ['a', 'b', 'c'] })
  const names = async (query: string) => {
    const { body } = await ask(api, 'GET', query)
    return body.data.map((one: { media_name: string }) => one.media_name)
  }
  assert.deepEqual(await names(''), ['a', 'b', 'c'])
  assert.deepEqual(await names('?page[size]=2&page[number]=2'), ['c'])
  assert.deepEqual(await names('?filter[content_type][]=audio/mpeg'), [])
  assert.deepEqual(await names('?filter[content_type]=audio/mpeg,audio/wav'), ['a', 'b', 'c'])
})

test('media_name of a command names an uploaded file, or there is none', async () => {
  const { api, submitted } = testApi({ media: ['moh'] })
  const url = '/v2/calls/v3:x/actions/playback_start'
  const play = (media_name: string) =>
    api.inject({ method: 'POST', url, headers: withKey, payload: { media_name } })
  assert.equal((await play('moh')).statusCode, 200)
  const [envelope] = submitted
  assert.ok(envelope?.command.kind === 'playback-start')
  assert.deepEqual(envelope.command.audio, { kind: 'media', name: 'moh' })
  const unknown = await play('other')
  assert.equal(unknown.statusCode, 404)
  assert.equal(unknown.json().errors[0].code, '10005')
})
