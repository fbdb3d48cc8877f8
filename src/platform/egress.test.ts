// Hostile URLs against the one way out. No socket may be opened for any of them: the rule refuses the URL, or the look-up does.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { hostileNames, hostileUrls } from '../../test/support/hostile-urls.ts'
import { refusalOf } from './egress.ts'
import { createHttpClient } from './http-client.ts'

function client() {
  const asked = new Map<string, number>()
  const http = createHttpClient({
    resolver: {
      resolve: (host) => {
        const time = asked.get(host) ?? 0
        asked.set(host, time + 1)
        const answers = hostileNames[host] ?? [[]]
        return Promise.resolve(answers[Math.min(time, answers.length - 1)] ?? [])
      },
    },
    allow: () => false,
  })
  return { http, asked }
}

test(`${hostileUrls.length} hostile URLs: none passes`, async (t) => {
  const { http } = client()
  t.after(() => http.close())
  assert.ok(hostileUrls.length >= 60)
  for (const url of hostileUrls) {
    const outcome = await http.request({ method: 'GET', url, timeoutMs: 30_000, bodyBytesMax: 100 })
    assert.ok(outcome.kind === 'failed', url)
    const refusals = ['bad-url', 'forbidden-address', 'name-resolution']
    assert.ok(
      refusals.includes(outcome.why),
      `${url.slice(0, 80)}: ${outcome.why} ${outcome.detail}`,
    )
  }
})

test('fuzz 1909714422: a host name that canParse takes and the parser does not is no URL', () => {
  const url = `http://A${'a;'.repeat(16_300)};;`
  assert.equal(URL.canParse(url), true, 'or the test has lost its point')
  assert.equal(
    refusalOf(url, () => true),
    'malformed',
  )
})

test('public addresses of both families are let through', (t) => {
  const { http } = client()
  t.after(() => http.close())
  for (const url of [
    'https://93.184.216.34/',
    'http://[2606:4700::1111]:8080/',
    'https://hooks.example/a',
  ])
    assert.equal(http.checkUrl(url), undefined, url)
})

test('rebinding: one look-up decides and is connected to, a later answer changes nothing', async (t) => {
  let hits = 0
  const server = createServer((_request, response) => {
    hits++
    response.end('private')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  let lookUps = 0
  const http = createHttpClient({
    // First allowed (a loopback address without a server), then the one that must not be reached.
    resolver: { resolve: () => Promise.resolve([lookUps++ === 0 ? '127.0.0.77' : '127.0.0.1']) },
    allow: (address) => address === '127.0.0.77',
  })
  t.after(() => http.close())
  const url = `http://rebinding.example:${port}/`
  const first = await http.request({ method: 'GET', url, timeoutMs: 30_000, bodyBytesMax: 100 })
  assert.equal(first.kind === 'failed' && first.why, 'connect')
  assert.equal(lookUps, 1)
  const second = await http.request({ method: 'GET', url, timeoutMs: 30_000, bodyBytesMax: 100 })
  assert.equal(second.kind === 'failed' && second.why, 'forbidden-address')
  assert.equal(hits, 0)
})

test('redirects are answers, bombs stay packed, endless and slow bodies are cut', async (t) => {
  const server = createServer((request, response) => {
    const { url } = request
    if (url === '/redirect') response.writeHead(302, { location: 'http://127.0.0.1/secret' }).end()
    else if (url === '/bomb') {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(5_000_000)))
    } else if (url === '/endless') {
      const more = (): void => {
        while (response.write(Buffer.alloc(65_536)));
        response.once('drain', more)
      }
      more()
    } else {
      const dripping = setInterval(() => response.write('x'), 20)
      response.on('close', () => clearInterval(dripping))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const http = createHttpClient({
    resolver: { resolve: () => Promise.resolve([]) },
    allow: (address) => address === '127.0.0.1',
  })
  t.after(() => http.close())
  const get = (path: string, timeoutMs: number) =>
    http.request({
      method: 'GET',
      url: `http://127.0.0.1:${port}${path}`,
      timeoutMs,
      bodyBytesMax: 100_000,
    })
  const redirect = await get('/redirect', 30_000)
  assert.equal(redirect.kind === 'answer' && redirect.status, 302)
  const bomb = await get('/bomb', 30_000)
  assert.ok(bomb.kind === 'answer' && bomb.body.length < 100_000, 'bytes as they came')
  const endless = await get('/endless', 30_000)
  assert.equal(endless.kind === 'failed' && endless.why, 'too-large')
  const slow = await get('/slow', 200)
  assert.equal(slow.kind === 'failed' && slow.why, 'timeout')
})
