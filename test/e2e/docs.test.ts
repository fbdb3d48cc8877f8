// The documentation on a real server, without a key; and its metrics are those of the reference.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type RunningServer } from '../../src/lab/server-process.ts'
import { metricTable } from '../../src/platform/metric-table.ts'

let server: RunningServer
before(async () => {
  server = await startServer()
})
after(() => server.stop())

test('/docs: pages, pictures and style with a strict policy; what is not there is a page too', async () => {
  const bare = await fetch(`${server.origin}/docs`, { redirect: 'manual' })
  assert.deepEqual([bare.status, bare.headers.get('location')], [308, '/docs/'])
  const home = await fetch(`${server.origin}/docs/`)
  assert.equal(home.status, 200)
  assert.match(home.headers.get('content-type') ?? '', /^text\/html/)
  assert.match(home.headers.get('content-security-policy') ?? '', /^default-src 'none'/)
  const text = await home.text()
  assert.match(text, /<a href="guides\/porting">/)
  assert.match(text, /<link rel="stylesheet" href="style\.css">/)
  const page = await fetch(`${server.origin}/docs/reference/errors`)
  assert.equal(page.status, 200)
  assert.match(await page.text(), /href="\.\.\/style\.css"/)
  const style = await fetch(`${server.origin}/docs/style.css`)
  assert.match(style.headers.get('content-type') ?? '', /^text\/css/)
  for (const path of ['nothing', 'reference/nothing', '..%2fpackage.json', '%2e%2e/package.json']) {
    const missing = await fetch(`${server.origin}/docs/${path}`)
    assert.equal(missing.status, 404, path)
    assert.doesNotMatch(await missing.text(), /"scripts"/)
  }
})

test('/metrics: every metric of ours is in the reference', async () => {
  const known = new Set(metricTable.map(({ name }) => name))
  const text = await (await fetch(`${server.origin}/metrics`)).text()
  const names = [...text.matchAll(/^# TYPE (holdfast_\w+)/gm)].map((match) => match[1] ?? '')
  assert.ok(names.length > 5)
  assert.deepEqual(
    names.filter((name) => !known.has(name)),
    [],
  )
})
