// What a browser gets for each kind of path.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createConsole } from './pages.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const files = new Map([
  ['index.html', bytes('<html>')],
  ['index.html.gz', bytes('zipped html')],
  ['assets/a-1b2c.js', bytes('run()')],
  ['assets/a-1b2c.js.gz', bytes('zipped script')],
])
const ask = (path: string, extra: { ifNoneMatch?: string; acceptEncoding?: string } = {}) =>
  createConsole(files)({
    path,
    ifNoneMatch: extra.ifNoneMatch,
    acceptEncoding: extra.acceptEncoding,
  })
const textOf = (body: Uint8Array | string | undefined) =>
  typeof body === 'string' ? body : new TextDecoder().decode(body)

test('the mount point and the routes of the console are the index, asked for anew each time', () => {
  for (const path of ['', 'index.html', 'queues/support', 'calls/v3:abc', '../package.json']) {
    const { status, headers, body } = ask(path)
    assert.equal(status, 200)
    assert.equal(textOf(body), '<html>')
    assert.equal(headers['content-type'], 'text/html; charset=utf-8')
    assert.equal(headers['cache-control'], 'no-cache')
  }
})

test('a file with a hash in its name is kept for ever', () => {
  const { headers, body } = ask('assets/a-1b2c.js')
  assert.equal(textOf(body), 'run()')
  assert.equal(headers['content-type'], 'text/javascript; charset=utf-8')
  assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable')
})

test('an asset that is gone is 404, not the index: a browser would run it as a script', () => {
  const { status, headers } = ask('assets/a-old.js')
  assert.equal(status, 404)
  assert.equal(headers['x-content-type-options'], 'nosniff')
})

test('what the browser has already is 304', () => {
  const etag = ask('').headers['etag'] ?? ''
  assert.match(etag, /^W\/"[\w-]{22}"$/)
  assert.equal(ask('', { ifNoneMatch: etag }).status, 304)
  assert.equal(ask('', { ifNoneMatch: `"other", ${etag}` }).status, 304)
  assert.equal(ask('', { ifNoneMatch: 'W/"other"' }).status, 200)
})

test('compressed for those who take it, and only for those', () => {
  const zipped = ask('', { acceptEncoding: 'gzip, br' })
  assert.equal(textOf(zipped.body), 'zipped html')
  assert.equal(zipped.headers['content-encoding'], 'gzip')
  assert.equal(ask('', { acceptEncoding: 'br' }).headers['content-encoding'], undefined)
  assert.equal(ask('', { acceptEncoding: 'gzip;q=0, br' }).headers['content-encoding'], undefined)
})

test('pages may run nothing inline and nothing from elsewhere, and be framed by nobody', () => {
  for (const path of ['', 'assets/a-1b2c.js', 'assets/none.js']) {
    const policy = ask(path).headers['content-security-policy'] ?? ''
    assert.match(policy, /default-src 'self'/)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.doesNotMatch(policy, /unsafe|https?:|\*/)
  }
})

test('without built pages it says what to do', () => {
  for (const none of [undefined, new Map<string, Uint8Array>()]) {
    const { status, body } = createConsole(none)({
      path: '',
      ifNoneMatch: undefined,
      acceptEncoding: undefined,
    })
    assert.equal(status, 503)
    assert.match(textOf(body), /npm run build:console/)
  }
})
