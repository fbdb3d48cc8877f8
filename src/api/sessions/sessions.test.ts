// Sign-in: what a cookie may, how long, and what keeps others from having one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiKeyHash } from '../../config/credentials.ts'
import { defaultApplication } from '../../config/shape.ts'
import { message } from '../live/reader.ts'
import { nowMs, recordingView, testApi, testKey, withKey } from '../testing.ts'
import { SignInAttempts } from './attempts.ts'
import { messageWithoutSecrets, withoutSecrets } from './read-role.ts'
import { readCookie } from './testing.ts'
import { Tokens } from './tokens.ts'

const post = { method: 'POST', url: '/v2/sessions' } as const
const withHeader = { 'x-holdfast-console': '1' }

function cookieIn(headers: Readonly<Record<string, unknown>>): string {
  const text = String(headers['set-cookie'])
  return text.split(';', 1)[0] ?? ''
}

test('a key is exchanged for a cookie that scripts and other sites cannot use', async (t) => {
  const { api } = testApi()
  t.after(() => api.close())
  const answer = await api.inject({ ...post, payload: { api_key: testKey } })
  assert.equal(answer.statusCode, 201, answer.body)
  assert.deepEqual(answer.json().data, {
    record_type: 'session',
    role: 'admin',
    expires_at: new Date(nowMs + 43_200_000).toISOString(),
    may_listen: false,
  })
  const set = String(answer.headers['set-cookie'])
  assert.match(set, /^holdfast_session=[\w.-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/)
  assert.ok(!set.includes(testKey))
  assert.ok(!set.includes(Buffer.from(apiKeyHash(testKey)).toString('base64url')))
  const headers = { cookie: `theme=dark; ${cookieIn(answer.headers)}` }
  const read = await api.inject({ url: '/v2/sessions/current', headers })
  assert.deepEqual(read.json().data, answer.json().data)
  const payload = { queue_name: 'b' }
  const made = { method: 'POST', url: '/v2/queues', payload } as const
  assert.equal((await api.inject({ ...made, headers })).statusCode, 403)
  const allowed = await api.inject({ ...made, headers: { ...headers, ...withHeader } })
  assert.equal(allowed.statusCode, 200, allowed.body)
})

test('behind https the cookie is Secure', async (t) => {
  const { api } = testApi({ publicUrl: 'https://calls.example.com' })
  t.after(() => api.close())
  const answer = await api.inject({ ...post, payload: { api_key: testKey } })
  assert.match(String(answer.headers['set-cookie']), /; Secure$/)
})

test('a read-only link gives a session that reads and nothing else', async (t) => {
  const { api } = testApi()
  t.after(() => api.close())
  const made = await api.inject({
    ...{ method: 'POST', url: '/v2/read_only_links', headers: withKey },
    payload: { expires_in_secs: 3600 },
  })
  assert.equal(made.statusCode, 201, made.body)
  const { url } = made.json().data
  assert.match(url, /^\/console\/#link=[\w.-]+$/)
  const link = String(url).split('#link=')[1] ?? ''
  const session = await api.inject({ ...post, payload: { link } })
  assert.equal(session.statusCode, 201, session.body)
  assert.equal(session.json().data.role, 'read')
  const expires = new Date(nowMs + 3_600_000).toISOString()
  assert.equal(session.json().data.expires_at, expires, 'not longer than the link')
  const headers = { cookie: cookieIn(session.headers), ...withHeader }
  assert.equal((await api.inject({ url: '/v2/queue_statistics', headers })).statusCode, 200)
  for (const [method, path] of [
    ['POST', '/v2/queues'],
    ['PATCH', '/v2/queue_statistics/a'],
    ['DELETE', '/v2/queues/a'],
    ['POST', '/v2/read_only_links'],
  ] as const) {
    const refused = await api.inject({ method, url: path, headers, payload: {} })
    assert.equal(refused.statusCode, 403, path)
    assert.equal(refused.json().errors[0].code, '10010')
  }
  // A link is no cookie, and a cookie is no link.
  const forged = { cookie: `holdfast_session=${link}` }
  assert.equal((await api.inject({ url: '/v2/queues', headers: forged })).statusCode, 401)
  const token = headers.cookie.split('=')[1] ?? ''
  assert.equal((await api.inject({ ...post, payload: { link: token } })).statusCode, 401)
})

test('signing out ends the session for every copy of its cookie', async (t) => {
  const { api } = testApi()
  t.after(() => api.close())
  const cookie = readCookie()
  const url = '/v2/sessions/current'
  assert.equal((await api.inject({ url, headers: { cookie } })).statusCode, 200)
  const without = await api.inject({ method: 'DELETE', url, headers: { cookie } })
  assert.equal(without.statusCode, 403)
  const out = await api.inject({ method: 'DELETE', url, headers: { cookie, ...withHeader } })
  assert.equal(out.statusCode, 204)
  assert.match(String(out.headers['set-cookie']), /^holdfast_session=; .*Max-Age=0/)
  assert.equal((await api.inject({ url, headers: { cookie } })).statusCode, 401)
})

test('expired, changed or foreign cookies are worth nothing; neither is a right one beside a wrong key', async (t) => {
  const { api } = testApi()
  t.after(() => api.close())
  const good = readCookie()
  const cookies = [
    readCookie(nowMs),
    good.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    good.replace('=', '=x'),
    good.replace('.', ''),
    'holdfast_session=',
    `holdfast_session=${'a'.repeat(3000)}.b`,
    good.replace('holdfast_session', 'other'),
  ]
  for (const cookie of cookies) {
    const answer = await api.inject({ url: '/v2/queues', headers: { cookie } })
    assert.equal(answer.statusCode, 401, cookie)
  }
  const headers = { cookie: good, authorization: 'Bearer wrong' }
  assert.equal((await api.inject({ url: '/v2/queues', headers })).statusCode, 401)
})

test('a session dies with the key it was made with, and with the secret', () => {
  const [kept, removed] = ['a', 'b'].map((name) => ({ name, hash: apiKeyHash(name) }))
  assert.ok(kept && removed)
  const secret = new Uint8Array(32)
  const claims = { id: '1', role: 'admin', expiresAtMs: nowMs + 1 } as const
  const token = new Tokens(secret, [kept, removed]).sign('session', claims, removed)
  assert.equal(new Tokens(secret, [kept, removed]).verify('session', token, nowMs)?.key, removed)
  assert.equal(new Tokens(secret, [kept]).verify('session', token, nowMs), undefined)
  const other = new Tokens(new Uint8Array(32).fill(1), [removed])
  assert.equal(other.verify('session', token, nowMs), undefined)
})

test('wrong sign-ins are limited per source, right ones are not', async (t) => {
  const { api } = testApi()
  t.after(() => api.close())
  const attempt = (key: string) => api.inject({ ...post, payload: { api_key: key } })
  for (let n = 0; n < 20; n++) assert.equal((await attempt(testKey)).statusCode, 201)
  for (let n = 0; n < 10; n++) assert.equal((await attempt(`wrong-${n}`)).statusCode, 401)
  const limited = await attempt(testKey)
  assert.equal(limited.statusCode, 429)
  assert.equal(limited.headers['retry-after'], '60')
  const both = await api.inject({ ...post, payload: { api_key: testKey, link: 'x' } })
  assert.equal(both.statusCode, 422)
})

test('a session of role read gets no links to recordings and no passwords of addresses', async (t) => {
  const hook = 'https://u:p4ss@app.example/hook?token=t0ken&a=1'
  const { api } = testApi({
    recordings: [recordingView],
    applications: [defaultApplication(hook)],
  })
  t.after(() => api.close())
  const get = async (url: string, headers: Record<string, string>) => {
    const answer = await api.inject({ url, headers })
    assert.equal(answer.statusCode, 200, answer.body)
    return answer
  }
  const read = { cookie: readCookie() }
  const urls = '/v2/recordings'
  const whole = (await get(urls, withKey)).json().data[0]
  const shown = (await get(urls, read)).json().data[0]
  assert.match(JSON.stringify(whole.download_urls), /http/)
  assert.deepEqual(shown, { ...whole, download_urls: { mp3: null, wav: null } })
  const application = (await get('/v2/call_control_applications', read)).body
  assert.doesNotMatch(application, /p4ss|t0ken/)
  assert.match(application, /app\.example\/hook\?token=\*\*\*&a=1/)
  assert.match((await get('/v2/call_control_applications', withKey)).body, /p4ss.*t0ken/)
})

test('what a webhook receiver answered is not for a session of role read', () => {
  const request = { url: 'https://x/hook', headers: [] }
  const response = { status: 200, headers: [['set-cookie', 'id=1']], body: 'hello' }
  assert.deepEqual(withoutSecrets({ attempts: [{ http: { request, response } }] }), {
    attempts: [{ http: { request, response: { status: 200, headers: [], body: '' } } }],
  })
})

test('messages of the live stream, for a session of role read', () => {
  const data = { cursor: '1', payload: { recording_urls: { mp3: null, wav: 'https://x/y?sig=1' } } }
  assert.equal(
    messageWithoutSecrets(message('event', data, '1')),
    message('event', { cursor: '1', payload: { recording_urls: { mp3: null, wav: null } } }, '1'),
  )
  const plain = message('event', { to: 'sip:a:b@c' }, '2')
  assert.equal(messageWithoutSecrets(plain), plain)
})

test('a source of IPv6 is its network', () => {
  const attempts = new SignInAttempts({ wallMs: () => 0, wallUs: () => 0, monotonicMs: () => 0 })
  for (let n = 0; n < 10; n++) attempts.failed(`2001:db8:0:1::${n.toString(16)}`)
  assert.equal(attempts.waitSecs('2001:db8:0:1:ffff:1:2:3'), 60)
  assert.equal(attempts.waitSecs('2001:db8::1'), undefined)
  for (let n = 0; n < 10; n++) attempts.failed('::ffff:192.0.2.1')
  assert.equal(attempts.waitSecs('192.0.2.1'), 60)
  assert.equal(attempts.waitSecs('::1'), undefined)
})

test('a source may try again after a minute; a flood of sources shares what is left', () => {
  let now = 0
  const clock = { wallMs: () => now, wallUs: () => now, monotonicMs: () => now }
  const attempts = new SignInAttempts(clock)
  for (let n = 0; n < 10; n++) attempts.failed('a')
  assert.equal(attempts.waitSecs('a'), 60)
  assert.equal(attempts.waitSecs('b'), undefined)
  now = 60_000
  assert.equal(attempts.waitSecs('a'), undefined)
  for (let n = 0; n < 10_020; n++) attempts.failed(`source-${n}`)
  assert.equal(attempts.waitSecs('source-1'), undefined)
  assert.equal(attempts.waitSecs('one-more'), 60)
})
