// No request, however odd, makes the server fault: never a 500, always the error envelope. The seed is printed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  callView,
  conferenceView,
  participantView,
  queueRecord,
  testApi,
  withKey,
} from './testing.ts'

const seed = Number(process.env['HOLDFAST_FUZZ_SEED'] ?? 20_260_716)
const requests = 1500

// mulberry32: small, seeded, good enough for choosing.
function seeded(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const random = seeded(seed)
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!

const names = [
  ...['queue_name', 'max_size', 'call_control_id', 'queue', 'client_state', 'command_id', 'to'],
  ...['from', 'connection_id', 'loop', 'audio_url', 'playback_content', 'custom_headers', 'stop'],
  ...['webhook_urls', 'webhook_retries_policies', 'sip_address', 'cause', 'name', '__proto__'],
  ...['call_control_ids', 'timeout_secs', 'preferred_codecs', 'hold_audio_url', 'constructor'],
]
const scalars = [
  ...[null, true, false, 0, -1, 1e308, 1.5, 2 ** 53, '', 'a', '\u0000', '\ud800', 'sip:a@b'],
  ...['+15550100', 'x'.repeat(5000), 'http://[', 'http://a/\r\nb', 'aGk=', '1', 'infinity', '💥'],
]

function value(depth: number): unknown {
  const kind = random()
  if (depth > 3 || kind < 0.6) return pick(scalars)
  if (kind < 0.75) return Array.from({ length: Math.floor(random() * 4) }, () => value(depth + 1))
  return JSON.parse(
    `{${[1, 2].map(() => `${JSON.stringify(pick(names))}:${text(depth)}`).join(',')}}`,
  )
}

const text = (depth: number): string => JSON.stringify(value(depth + 1)) ?? 'null'

function body(): string | Buffer {
  const kind = random()
  if (kind < 0.05) return ''
  if (kind < 0.1) return Buffer.from(Array.from({ length: 40 }, () => Math.floor(random() * 256)))
  if (kind < 0.15) return text(0)
  if (kind < 0.17) return '['.repeat(20_000)
  if (kind < 0.19) return `${'[{"a":'.repeat(5000)}1${'}]'.repeat(5000)}`
  const fields = Array.from({ length: 1 + Math.floor(random() * 6) }, () => {
    return `${JSON.stringify(pick(names))}:${text(0)}`
  })
  return `{${fields.join(',')}}`
}

const segments = [
  ...['v2', 'queues', 'calls', 'actions', 'enqueue', 'bridge', 'conferences', 'participants'],
  ...['support', 'v3:leg-A', '%00', '%2F', '..', '.', '', '+', '%zz', '%ED%A0%80', 'a'.repeat(300)],
  ...['playback_start', 'answer', 'transfer', 'join', 'client_state_update', '__proto__', ';x'],
]
const templates = [
  ...['/v2/queues', '/v2/queues/{}', '/v2/queues/{}/calls', '/v2/queues/{}/calls/{}', '/v2/calls'],
  ...['/v2/calls/{}', '/v2/calls/{}/actions/{}', '/v2/conferences', '/v2/conferences/{}'],
  ...['/v2/conferences/{}/actions/{}', '/v2/conferences/{}/participants/{}'],
  ...['/v2/phone_numbers/{}', '/v2/credential_connections/{}', '/v2/telephony_credentials/{}'],
  ...['/v2/webhook_deliveries/{}', '/v2/call_events', '/v2/phone_numbers', '/v2/connections/{}'],
  ...['/v2/connections/{}/active_calls', '/v2/call_control_applications/{}', '/{}/{}/{}', '/ready'],
]
const queries = [
  ...['', '', '?page[size]=1', '?page[size]=x', '?page[number]=99999999999', '?&&=&[]=', '?a=%zz'],
  ...['?page[size]=1&page[size]=2', '?filter[muted]=maybe', '?__proto__=1', '?filter[name]=%00'],
]
const actions = ['enqueue', 'bridge', 'answer', 'transfer', 'hangup', 'playback_start', 'join']

function path(): string {
  const template = pick(templates).replace('/actions/{}', () => `/actions/${pick(actions)}`)
  return template.replaceAll('{}', () => pick(segments)) + pick(queries)
}

const methods = [
  'GET',
  'POST',
  'POST',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'HEAD',
  'OPTIONS',
] as const
const types = [
  ...['application/json', 'application/json; charset=utf-8', 'text/plain', '', 'a/b', ';', 'é'],
  'application/json; charset="',
]

test(`odd requests never fault (seed ${seed})`, async (t) => {
  t.diagnostic(`seed ${seed}`)
  const { api, logged } = testApi({
    queues: [queueRecord('support')],
    calls: [callView],
    conferences: [conferenceView],
    participants: [participantView],
  })
  t.after(() => api.close())
  const seen = new Map<number, number>()
  for (let count = 0; count < requests; count++) {
    const method = pick(methods)
    const url = path()
    const headers: Record<string, string> = random() < 0.95 ? { ...withKey } : {}
    if (random() < 0.7) headers['content-type'] = pick(types)
    if (random() < 0.1) headers['x-stainless-retry-count'] = pick(['1', 'x', '-1', '9e9'])
    const payload = method === 'GET' || method === 'HEAD' ? undefined : body()
    const request = `${method} ${url} ${JSON.stringify(headers)} ${String(payload).slice(0, 300)}`
    const answer = await api.inject({
      method,
      url,
      headers,
      ...(payload === undefined ? {} : { payload }),
    })
    seen.set(answer.statusCode, (seen.get(answer.statusCode) ?? 0) + 1)
    assert.ok(answer.statusCode < 500, `${answer.statusCode} for ${request}\n${answer.body}`)
    if (answer.statusCode >= 400 && method !== 'HEAD') {
      assert.match(String(answer.headers['content-type']), /^application\/json/, request)
      const [error] = answer.json().errors
      assert.match(error.code, /^\d{5}$/, request)
      assert.ok(error.title !== '' && error.detail !== '', request)
    }
  }
  assert.deepEqual(logged, [])
  // The requests reach both sides of the checks, else this test proves nothing.
  for (const status of [200, 400, 401, 404, 405, 415, 422]) assert.ok(seen.has(status), `${status}`)
})
