// Who may listen to a call, in plain HTTP: every refusal has its words and comes before anything else happens.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TracedCommand } from '../../ports/trace.ts'
import type { IncomingLine, IncomingListener } from '../../ports/web-socket.ts'
import { adminCookie, readCookie } from '../sessions/testing.ts'
import { callView, legId, nowMs, testApi, withKey } from '../testing.ts'
import type { TestWorld } from '../testing.ts'
import { asksToListen } from './route.ts'

const url = `/v2/calls/${legId}/listen`
const upgrade = { upgrade: 'websocket', connection: 'Upgrade' }
const own = { host: 'calls.example.com', origin: 'http://calls.example.com' }
const allowed: TestWorld = { mayListen: true, calls: [callView] }
const noLine: IncomingLine = {
  send: () => undefined,
  ping: () => undefined,
  bufferedBytes: () => 0,
  close: () => undefined,
  drop: () => undefined,
}

/** Status, code and detail of the answer. */
async function asked(world: TestWorld, headers: Readonly<Record<string, string>>) {
  const { api } = testApi(world)
  try {
    const answer = await api.inject({ url, headers })
    const [error] = answer.json().errors
    return { status: answer.statusCode, code: error.code as string, detail: error.detail as string }
  } finally {
    await api.close()
  }
}

test('strangers, readers, and everybody where it is off, are refused', async () => {
  assert.equal((await asked(allowed, upgrade)).status, 401)
  const reader = await asked(allowed, { ...upgrade, ...own, cookie: readCookie() })
  assert.deepEqual([reader.status, reader.code], [403, '10010'])
  assert.match(reader.detail, /may only read/)
  const off = await asked({ calls: [callView] }, { ...upgrade, ...withKey })
  assert.deepEqual([off.status, off.code], [403, '10010'])
  assert.match(off.detail, /console\.allow_listen/)
})

test('a cookie counts only on pages of this server; a key counts from everywhere', async () => {
  const cookie = { ...upgrade, cookie: adminCookie(), host: own.host }
  for (const origin of [
    'http://evil.example',
    'http://calls.example.com:8081',
    'http://calls.example.com.evil.example',
    'null',
    '',
  ]) {
    const { status, detail } = await asked(allowed, { ...cookie, origin })
    assert.equal(status, 403, origin)
    assert.match(detail, /Origin/)
  }
  assert.equal((await asked(allowed, cookie)).status, 403, 'browsers say where they come from')
  // Let in as far as this world goes: it has no room for listeners.
  assert.equal((await asked(allowed, { ...cookie, ...own })).status, 503)
  assert.equal((await asked(allowed, { ...upgrade, ...withKey })).status, 503)
  const proxied = { ...cookie, host: '127.0.0.1:8080', origin: 'https://calls.example.com' }
  assert.equal((await asked(allowed, proxied)).status, 403)
  const publicUrl = 'https://calls.example.com/'
  assert.equal((await asked({ ...allowed, publicUrl }, proxied)).status, 503)
})

test('a call that is not there, has ended, or was not answered cannot be listened to', async () => {
  const headers = { ...upgrade, ...withKey }
  const world = (over: object): TestWorld => ({
    mayListen: true,
    calls: [{ ...callView, ...over }],
  })
  assert.equal((await asked({ mayListen: true, calls: [] }, headers)).status, 404)
  const ended = await asked(world({ alive: false, endedAtMs: nowMs }), headers)
  assert.deepEqual([ended.status, ended.code], [422, '90018'])
  const ringing = await asked(world({ answeredAtMs: undefined }), headers)
  assert.deepEqual([ringing.status, ringing.code], [422, '90034'])
})

test('a plain GET is told to come as a WebSocket, when all else is right', async (t) => {
  const { api } = testApi(allowed)
  t.after(() => api.close())
  const answer = await api.inject({ url, headers: withKey })
  assert.equal(answer.statusCode, 426)
  assert.equal(answer.headers['upgrade'], 'websocket')
  assert.equal((await asked({ calls: [callView] }, withKey)).status, 403)
  const full = { hasRoom: () => false, listen: () => undefined }
  const { status, detail } = await asked({ ...allowed, listening: full }, withKey)
  assert.match(`${status} ${detail}`, /^503 .*limits\.listeners/)
})

test('a handshake that the protocol does not know is refused, and its place is free again', async (t) => {
  let places = 0
  const listening: TestWorld['listening'] = {
    hasRoom: () => true,
    listen: () => {
      places += 1
      return { stop: () => void (places -= 1) }
    },
  }
  const { api } = testApi({ ...allowed, listening })
  t.after(() => api.close())
  const answer = await api.inject({ url, headers: { ...upgrade, ...withKey } })
  assert.equal(answer.statusCode, 400)
  assert.equal(places, 0)
})

test('who is let in gets the sound; the server closes the connection when it stops', async () => {
  const closed: (readonly [number, string])[] = []
  const sent: number[] = []
  const line = {
    ...noLine,
    send: ({ length }: Uint8Array) => void sent.push(length),
    close: (code: number, reason: string) => void closed.push([code, reason]),
  }
  let heard: IncomingListener | undefined
  const { api, logged } = testApi({
    ...allowed,
    listening: {
      hasRoom: () => true,
      listen: (_leg, listener) => {
        queueMicrotask(() => listener.frame(new Uint8Array(160)))
        return { stop: () => undefined }
      },
    },
    webSockets: {
      accept: (_request, on) => {
        heard = on
        return line
      },
    },
  })
  void api.inject({ url, headers: { ...upgrade, ...withKey } })
  while (sent.length === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.ok(heard)
  await api.close()
  assert.deepEqual(closed, [[1001, 'the server stops']])
  const codes = logged.map(({ fields }) => fields['code'])
  assert.deepEqual(codes, ['LISTEN_BEGAN', 'LISTEN_ENDED'])
  assert.equal(logged[0]?.fields['keyName'], 'dev')
})

test('who was refused stands in the timeline of the call; a plain question does not', async (t) => {
  const traced: TracedCommand[] = []
  const { api } = testApi({ calls: [callView], traced })
  t.after(() => api.close())
  await api.inject({ url, headers: withKey })
  assert.equal(traced.length, 0)
  await api.inject({ url, headers: { ...upgrade, ...withKey } })
  const [one] = traced
  assert.deepEqual([one?.method, one?.path, one?.status, one?.keyName], ['GET', url, 403, 'dev'])
  assert.deepEqual(one?.legIds, [legId])
})

test('only WebSockets at this very path leave the ordinary way of requests', () => {
  const headers = { upgrade: 'WebSocket' }
  assert.ok(asksToListen({ url: '/v2/calls/v3%3Aa/listen', headers }))
  assert.ok(asksToListen({ url: '/v2/calls/a/listen?x=1', headers }))
  for (const other of ['/v2/calls/a/listen/b', '/v2/calls/a/b/listen', '/v2/calls/a', '/v2/live']) {
    assert.ok(!asksToListen({ url: other, headers }), other)
  }
  assert.ok(!asksToListen({ url: '/v2/calls/a/listen', headers: { upgrade: 'h2c' } }))
  assert.ok(!asksToListen({ url: '/v2/calls/a/listen', headers: {} }))
})
