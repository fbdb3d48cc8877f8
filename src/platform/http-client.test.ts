import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { test, type TestContext } from 'node:test'
import { addressMatcher } from './address-matcher.ts'
import { createHttpClient, type HttpClientOptions } from './http-client.ts'

const fixture = (name: string): string =>
  readFileSync(new URL(`../../test/fixtures/tls/${name}`, import.meta.url), 'utf8')
const [key, cert, expired] = [fixture('key.pem'), fixture('cert.pem'), fixture('expired.pem')]

/** Names that point at this machine, and one that also points elsewhere. */
const names: Readonly<Record<string, readonly string[]>> = {
  'hooks.example': ['127.0.0.1'],
  'other.example': ['127.0.0.1'],
  'mixed.example': ['127.0.0.1', '10.1.2.3'],
  'private.example': ['192.168.1.1'],
  'two.example': ['127.0.0.2', '127.0.0.1'],
}

function client(t: TestContext, over: Partial<HttpClientOptions> = {}) {
  const resolver = {
    resolve: (host: string) => {
      const literal = /^[\d.]+$|:/.test(host) ? [host] : []
      return Promise.resolve(names[host] ?? literal)
    },
  }
  const allow = addressMatcher(['127.0.0.0/8', '::1/128'])
  const made = createHttpClient({ resolver, allow, ...over })
  t.after(() => made.close())
  return made
}

async function listen(t: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

const serve = (t: TestContext, listener: RequestListener): Promise<number> =>
  listen(t, createServer(listener))

const limits = { timeoutMs: 30_000, bodyBytesMax: 1000 }

test('a request arrives with Host, headers and body of the URL, on one kept connection', async (t) => {
  const seen: {
    host: string | undefined
    url: string | undefined
    body: string
    port: number | undefined
  }[] = []
  const port = await serve(t, (request: IncomingMessage, response: ServerResponse) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const { headers, url, socket } = request
      seen.push({ host: headers.host, url, body, port: socket.remotePort })
      response.writeHead(201, { 'x-answer': 'yes' }).end('thanks')
    })
  })
  const http = client(t)
  const url = `http://hooks.example:${port}/a?b=c`
  for (const text of ['one', 'two']) {
    const outcome = await http.request({ method: 'POST', url, body: Buffer.from(text), ...limits })
    assert.ok(outcome.kind === 'answer')
    assert.equal(outcome.status, 201)
    assert.equal(Buffer.from(outcome.body).toString(), 'thanks')
    assert.ok(outcome.headers.some(([name, value]) => name === 'x-answer' && value === 'yes'))
  }
  assert.deepEqual(
    seen.map((one) => [one.host, one.url, one.body]),
    [
      [`hooks.example:${port}`, '/a?b=c', 'one'],
      [`hooks.example:${port}`, '/a?b=c', 'two'],
    ],
  )
  assert.equal(seen[0]?.port, seen[1]?.port)
})

test('private addresses are refused, by literal and by name, unless the configuration allows them', async (t) => {
  let hits = 0
  const port = await serve(t, (_, response) => {
    hits++
    response.end()
  })
  const strict = client(t, { allow: () => false })
  const get = (http: ReturnType<typeof client>, url: string) =>
    http.request({ method: 'GET', url, ...limits })
  for (const host of [
    '127.0.0.1',
    '[::ffff:127.0.0.1]',
    '[::1]',
    'hooks.example',
    '0.0.0.0',
    '169.254.169.254',
    '[fe80::1]',
    '[fd00::1]',
    '[64:ff9b::7f00:1]',
    '2130706433',
    '0x7f.1',
  ]) {
    const outcome = await get(strict, `http://${host}:${port}/`)
    assert.equal(outcome.kind === 'failed' && outcome.why, 'forbidden-address', host)
  }
  const usual = client(t)
  for (const host of ['mixed.example', 'private.example', '10.0.0.1']) {
    const outcome = await get(usual, `http://${host}:${port}/`)
    assert.equal(outcome.kind === 'failed' && outcome.why, 'forbidden-address', host)
  }
  assert.equal(hits, 0)
  assert.equal((await get(usual, `http://two.example:${port}/`)).kind, 'answer')
  assert.equal((await get(usual, `http://127.0.0.1:${port}/`)).kind, 'answer')
})

test('checkUrl says what is wrong without a look-up', (t) => {
  const http = client(t)
  assert.equal(http.checkUrl('https://example.com/x'), undefined)
  assert.equal(http.checkUrl('http://127.0.0.1:9000/webhooks'), undefined)
  assert.equal(http.checkUrl('http://8.8.8.8/'), undefined)
  assert.equal(http.checkUrl('ftp://example.com/'), 'scheme')
  assert.equal(http.checkUrl('http://user:secret@example.com/'), 'credentials')
  assert.equal(http.checkUrl('http://192.168.0.1/'), 'forbidden-address')
  assert.equal(http.checkUrl('http://[fd00::1]/'), 'forbidden-address')
  assert.equal(http.checkUrl('nonsense'), 'malformed')
  assert.equal(http.checkUrl(`http://example.com/${'a'.repeat(5000)}`), 'malformed')
})

test('redirects are answers, large answers are cut or refused, silence ends in time', async (t) => {
  const port = await serve(t, (request, response) => {
    if (request.url === '/redirect') response.writeHead(302, { location: '/large' }).end()
    else if (request.url === '/large') response.end('x'.repeat(100_000))
    else if (request.url === '/half') response.writeHead(200).write('half')
  })
  const http = client(t)
  const get = (path: string, over: object = {}) => {
    const url = `http://127.0.0.1:${port}${path}`
    return http.request({ method: 'GET', url, ...limits, ...over })
  }
  const redirect = await get('/redirect')
  assert.equal(redirect.kind === 'answer' && redirect.status, 302)
  const large = await get('/large')
  assert.equal(large.kind === 'failed' && large.why, 'too-large')
  const cut = await get('/large', { truncateBody: true })
  assert.equal(cut.kind === 'answer' && cut.body.length, 1000)
  for (const path of ['/never', '/half']) {
    const late = await get(path, { timeoutMs: 60 })
    assert.equal(late.kind === 'failed' && late.why, 'timeout', path)
  }
})

test('a look-up that hangs counts against the same time; an unknown name and a closed port are told', async (t) => {
  const hanging = client(t, { resolver: { resolve: () => new Promise(() => undefined) } })
  const url = 'http://slow.example/'
  const late = await hanging.request({ method: 'GET', url, timeoutMs: 30, bodyBytesMax: 1 })
  assert.equal(late.kind === 'failed' && late.why, 'timeout')
  const http = client(t)
  const unknown = await http.request({ method: 'GET', url: 'http://no.example/', ...limits })
  assert.equal(unknown.kind === 'failed' && unknown.why, 'name-resolution')
  const server = createServer()
  const port = await listen(t, server)
  await new Promise((resolve) => server.close(resolve))
  const closed = await http.request({ method: 'GET', url: `http://127.0.0.1:${port}/`, ...limits })
  assert.deepEqual(closed, { kind: 'failed', why: 'connect', detail: 'ECONNREFUSED' })
})

test('a kept connection that the peer has closed meanwhile costs nothing', async (t) => {
  let connections = 0
  const server = createServer((_, response) => response.end('ok'))
  server.keepAliveTimeout = 1
  server.on('connection', () => connections++)
  const port = await listen(t, server)
  const http = client(t)
  for (let i = 0; i < 5; i++) {
    const url = `http://127.0.0.1:${port}/`
    const outcome = await http.request({ method: 'POST', url, body: Buffer.from('x'), ...limits })
    assert.equal(outcome.kind, 'answer')
    server.closeIdleConnections()
  }
  assert.ok(connections > 1)
})

test('certificates: trusted by name, untrusted, wrong name, expired', async (t) => {
  const tls = (certificate: string): Promise<number> =>
    listen(
      t,
      createTlsServer({ key, cert: certificate }, (_, response) => response.end('ok')),
    )
  const [good, old] = [await tls(cert), await tls(expired)]
  const ask = async (http: ReturnType<typeof client>, url: string) => {
    const outcome = await http.request({ method: 'GET', url, ...limits })
    return outcome.kind === 'failed' ? outcome.why : outcome.status
  }
  const trusting = client(t, { ca: cert })
  assert.equal(await ask(trusting, `https://hooks.example:${good}/`), 200)
  assert.equal(await ask(trusting, `https://other.example:${good}/`), 'certificate-name')
  assert.equal(await ask(client(t), `https://hooks.example:${good}/`), 'certificate-untrusted')
  const outdated = client(t, { ca: expired })
  assert.equal(await ask(outdated, `https://hooks.example:${old}/`), 'certificate-expired')
  const plain = await serve(t, (_, response) => response.end())
  assert.equal(await ask(trusting, `https://hooks.example:${plain}/`), 'certificate')
})

test('a request may be longer than a URL that is named: an event as a query', async (t) => {
  const port = await serve(t, ({ url = '' }, response) => response.end(String(url.length)))
  const { checkUrl, request } = client(t)
  const url = `http://hooks.example:${port}/?q=${'x'.repeat(10_000)}`
  assert.equal(checkUrl(url), 'malformed')
  const outcome = await request({ method: 'GET', url, ...limits })
  assert.ok(outcome.kind === 'answer')
  assert.equal(Buffer.from(outcome.body).toString(), '10004')
  const endless = `${url}${'x'.repeat(65_536)}`
  assert.equal((await request({ method: 'GET', url: endless, ...limits })).kind, 'failed')
})
