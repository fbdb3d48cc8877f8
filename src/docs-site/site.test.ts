// What a browser gets of the documentation, and that each page's links work in it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PageAnswer } from '../ports/pages.ts'
import { docsFolder, readPageFolder } from '../platform/page-folder.ts'
import { createDocsSite } from './site.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const files = new Map([
  ['README.md', bytes('# Home\n\n[events](guides/events.md#when-it-is-down)')],
  [
    'guides/events.md',
    bytes(
      '# Events & more\n\n## When `it` is down\n\n<script>alert(1)</script>\n\n' +
        '[home](../README.md) [code](../../src/main.ts) [site](https://example.org) [inside](../internals/README.md)',
    ),
  ],
  ['images/queue.png', bytes('picture')],
  ['images/notes.txt', bytes('notes')],
  ['internals/README.md', bytes('# Internals')],
])
const ask = (path: string, ifNoneMatch?: string, site = createDocsSite(files)): PageAnswer =>
  site({ path, ifNoneMatch, acceptEncoding: undefined })

test('a page: links without .md, headings with names, markup as text, nothing may run', () => {
  const { status, headers, body } = ask('guides/events')
  const html = String(body)
  assert.equal(status, 200)
  assert.match(headers['content-security-policy'] ?? '', /^default-src 'none'; style-src 'self'/)
  assert.ok(html.includes('<title>Events &amp; more · Holdfast</title>'))
  assert.ok(html.includes('<h2 id="when-it-is-down">'))
  assert.ok(html.includes('&lt;script&gt;'), 'markup in a text is text')
  assert.ok(!/<script|<style| style=/.test(html))
  assert.ok(html.includes('<a href="../">home</a>'))
  assert.ok(html.includes('<a href="../internals/">inside</a>'))
  assert.ok(html.includes('<a href="https://example.org">site</a>'))
  assert.ok(!html.includes('main.ts'), 'sources are not served, so there is no link to them')
  assert.equal(ask('guides/events.md').body, body, 'the name of the file does as well')
  assert.equal(ask('guides/events', headers['etag']).status, 304)
})

test('the home page leads on; a folder without its slash is moved; what is not there is 404', () => {
  assert.ok(String(ask('').body).includes('<a href="guides/events#when-it-is-down">'))
  const moved = ask('internals')
  assert.deepEqual([moved.status, moved.headers['location']], [308, 'internals/'])
  assert.equal(ask('internals/').status, 200)
  for (const path of ['nothing', 'guides/', '../package.json', 'guides/../../x', '%2e%2e/x']) {
    const missing = ask(path)
    assert.equal(missing.status, 404, path)
    assert.ok(String(missing.body).includes('No such page'))
  }
  assert.equal(ask('images/queue.png').headers['content-type'], 'image/png')
  assert.equal(ask('images/notes.txt').status, 404, 'only pages and pictures')
  assert.equal(ask('', undefined, createDocsSite(undefined)).status, 404)
})

test('our own pages: every link of the side and of the text is answered', () => {
  const own = readPageFolder(docsFolder)
  assert.ok(own)
  const site = createDocsSite(own)
  const seen = new Set<string>()
  const open = ['']
  const wrong: string[] = []
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue
    seen.add(path)
    const { status, body } = ask(path, undefined, site)
    if (status !== 200) {
      wrong.push(`${path}: ${status}`)
      continue
    }
    for (const [, href = ''] of String(body).matchAll(/ href="([^"]+)"/g)) {
      if (/^(https?:|mailto:)/.test(href)) continue
      const target = new URL(href, `http://x/docs/${path}`)
      assert.ok(target.pathname.startsWith('/docs/'), `${href} in ${path} leads out`)
      open.push(target.pathname.slice('/docs/'.length))
    }
  }
  assert.deepEqual(wrong, [])
  const pages = [...own.keys()].filter((path) => path.endsWith('.md'))
  assert.ok(seen.size >= pages.length, 'every page can be reached')
})
