import assert from 'node:assert/strict'
import { test } from 'node:test'
import Telnyx from 'telnyx'
import { createClock } from '../platform/clock.ts'
import { createRandom } from '../platform/random.ts'
import { attemptRequest, judge } from './attempt.ts'
import { planAttempt } from './schedule.ts'
import { createWebhookSigner, signInPool, type KeyFile } from './signature.ts'

function memoryFile(text?: string): KeyFile & { text: string | undefined } {
  const file = {
    text,
    read: () => file.text,
    write: (given: string) => {
      file.text = given
    },
  }
  return file
}

const row = { method: 'POST', timeoutMs: 2000, dataJson: '{"id":"x","payload":{}}' } as const
const url = 'https://app.example.com/webhooks'

test('the official SDK accepts our signature, and refuses a changed body and another key', async () => {
  const signer = createWebhookSigner(memoryFile(), createRandom(), signInPool)
  assert.equal(signer.publicKey.length, 44)
  const nowMs = createClock().wallMs()
  const request = await attemptRequest({ row, url, number: 2, nowMs }, signer)
  const body = Buffer.from(request.body ?? []).toString()
  assert.deepEqual(JSON.parse(body), {
    data: { id: 'x', payload: {} },
    meta: { attempt: 2, delivered_to: url },
  })
  const headers = { ...request.headers }
  assert.equal(headers['user-agent'], 'telnyx-webhooks')
  const client = new Telnyx({ apiKey: 'KEY', publicKey: signer.publicKey })
  await client.webhooks.unwrap(body, { headers })
  await assert.rejects(client.webhooks.unwrap(`${body} `, { headers }), /Signature verification/)
  const other = createWebhookSigner(memoryFile(), createRandom())
  await assert.rejects(
    client.webhooks.unwrap(body, { headers, key: other.publicKey }),
    /Signature verification/,
  )
})

test('the key is kept: the same file gives the same key, a damaged file is refused and left', () => {
  const file = memoryFile()
  const first = createWebhookSigner(file, createRandom())
  const again = createWebhookSigner(file, createRandom())
  assert.equal(again.publicKey, first.publicKey)
  assert.equal(again.keyId, first.keyId)
  assert.match(first.keyId, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const damaged = memoryFile('half a k')
  assert.throws(() => createWebhookSigner(damaged, createRandom()), /damaged/)
  assert.equal(damaged.text, 'half a k')
})

test('C17: a GET carries the fields as query, keeps the query of the URL, and signs an empty body', async () => {
  const signer = createWebhookSigner(memoryFile(), createRandom())
  const dataJson = JSON.stringify({
    event_type: 'call.hangup',
    id: 'e1',
    payload: { from: '+1', client_state: null, custom_headers: [{ name: 'X-A', value: 'b c' }] },
  })
  const get = { ...row, method: 'GET', dataJson } as const
  const request = await attemptRequest(
    { row: get, url: `${url}?k=v`, number: 1, nowMs: 5000 },
    signer,
  )
  assert.equal(request.body, undefined)
  assert.deepEqual(Object.fromEntries(new URL(request.url).searchParams), {
    k: 'v',
    event_type: 'call.hangup',
    id: 'e1',
    from: '+1',
    'custom_headers[0][name]': 'X-A',
    'custom_headers[0][value]': 'b c',
    attempt: '1',
  })
  assert.deepEqual(
    request.headers?.['telnyx-signature-ed25519'],
    (await signer.headers('', 5000))['telnyx-signature-ed25519'],
  )
})

test('C20: 2xx is delivered, everything else has its number', () => {
  const of = (status: number) =>
    judge({ kind: 'answer', status, headers: [], body: new Uint8Array() })
  assert.deepEqual(
    [200, 204, 299].map((status) => of(status).delivered),
    [true, true, true],
  )
  assert.deepEqual(
    [302, 400, 404, 429, 500, 503].map((status) => of(status).errorCode),
    [75300, 75400, 75404, 75499, 75500, 75599],
  )
  const failed = judge({ kind: 'failed', why: 'certificate-expired', detail: '' })
  assert.deepEqual(failed, { delivered: false, status: 0, errorCode: 75004 })
})

test('C20: 0, +1 s, +5 s on each URL, then both in turn with pauses that grow to 15 minutes', () => {
  const plan = (over: object, count: number) =>
    Array.from({ length: count }, (_, attempts) => {
      const base = { url: 'p', failoverUrl: '', retriesMs: undefined }
      const { url: to, pauseMs } = planAttempt({ ...base, ...over }, attempts)
      return `${to}${pauseMs}`
    })
  assert.deepEqual(plan({}, 5), ['p0', 'p1000', 'p4000', 'p10000', 'p20000'])
  const both = plan({ failoverUrl: 'f' }, 8)
  assert.deepEqual(both, ['p0', 'p1000', 'p4000', 'f0', 'f1000', 'f4000', 'p10000', 'f20000'])
  assert.deepEqual(plan({ retriesMs: [50] }, 3), ['p0', 'p50', 'p10000'])
  assert.equal(planAttempt({ url: 'p', failoverUrl: '', retriesMs: [] }, 5000).pauseMs, 900_000)
})
