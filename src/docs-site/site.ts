// The documentation over HTTP, out of the same Markdown files that lie in the repository: so a server tells of itself, of
// its own version and without internet. Files are read once at the start and rendered when they are first asked for. Pages
// are the project's own text, but get a policy that lets nothing run and nothing be loaded from elsewhere all the same.

import { createHash } from 'node:crypto'
import type { AnswerPage, PageAnswer, PageFiles } from '../ports/pages.ts'
import { addressOf, renderPage, type RenderedPage } from './render.ts'
import { styleSheet } from './style.ts'

const policy = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
}

/** Folders in the order in which the side of a page lists them. */
const chapters: readonly (readonly [folder: string, name: string])[] = [
  ['tutorial', 'Tutorial'],
  ['guides', 'Guides'],
  ['reference', 'Reference'],
  ['internals', 'Internals'],
  ['adr', 'Decisions'],
]

/** `files`: what lies below `docs/`; Markdown and pictures are shown. Undefined: there is no documentation beside this server. */
export function createDocsSite(files: PageFiles | undefined): AnswerPage {
  const decoder = new TextDecoder()
  const texts = new Map<string, string>()
  for (const [path, bytes] of files ?? []) {
    if (path.endsWith('.md')) texts.set(path, decoder.decode(bytes))
  }
  const isPage = (path: string): boolean => texts.has(path)
  const rendered = new Map<string, RenderedPage>()
  const pageOf = (path: string, text: string): RenderedPage => {
    const known = rendered.get(path)
    if (known !== undefined) return known
    const page = renderPage(path, text, isPage)
    rendered.set(path, page)
    return page
  }
  return ({ path, ifNoneMatch }) => {
    if (path === 'style.css') return answer(200, 'text/css; charset=utf-8', styleSheet, ifNoneMatch)
    const picture = files?.get(path)
    const pictureType = pictureTypes[path.slice(path.lastIndexOf('.') + 1)]
    if (picture !== undefined && pictureType !== undefined)
      return answer(200, pictureType, picture, ifNoneMatch)
    const folder = folderOf(path, isPage)
    if (folder !== undefined) return movedTo(folder)
    const file = fileOf(path, isPage)
    const text = texts.get(file)
    const up = '../'.repeat(path.split('/').length - 1)
    if (text === undefined)
      return answer(404, html, shell(notFound(up), up, file, texts), undefined)
    return answer(200, html, shell(pageOf(file, text), up, file, texts), ifNoneMatch)
  }
}

const pictureTypes: Readonly<Record<string, string>> = {
  png: 'image/png',
  svg: 'image/svg+xml',
}
const html = 'text/html; charset=utf-8'

/** `guides/events` and `guides/events.md` are the same page; a folder's is its README. */
function fileOf(path: string, isPage: (path: string) => boolean): string {
  if (path === '' || path.endsWith('/')) return `${path}README.md`
  return isPage(path) ? path : `${path}.md`
}

/** A folder without its slash: relative links of its page would start one folder too high. */
function folderOf(path: string, isPage: (path: string) => boolean): string | undefined {
  const isFolder = path !== '' && !path.endsWith('/') && isPage(`${path}/README.md`)
  return isFolder ? `${path.slice(path.lastIndexOf('/') + 1)}/` : undefined
}

function movedTo(location: string): PageAnswer {
  return { status: 308, headers: { ...securityHeaders, location }, body: '' }
}

function answer(
  status: number,
  type: string,
  body: string | Uint8Array,
  ifNoneMatch: string | undefined,
): PageAnswer {
  const tag = `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  const headers = { ...securityHeaders, 'cache-control': 'no-cache', etag: tag }
  if (ifNoneMatch?.split(',').some((one) => one.trim() === tag) === true)
    return { status: 304, headers, body: undefined }
  return { status, headers: { ...headers, 'content-type': type }, body }
}

function notFound(up: string): RenderedPage {
  const home = up === '' ? './' : up
  return {
    title: 'No such page',
    html: `<h1>No such page</h1>\n<p>The <a href="${home}">list of all pages</a> may help.</p>\n`,
  }
}

function shell(
  { title, html: body }: RenderedPage,
  up: string,
  file: string,
  texts: ReadonlyMap<string, string>,
): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} · Holdfast</title>
<link rel="stylesheet" href="${up}style.css">
</head>
<body>
<nav aria-label="All pages">
<p><a href="${up === '' ? './' : up}">Holdfast</a></p>
${chapters.map(([folder, name]) => chapter(folder, name, up, file, texts)).join('\n')}
</nav>
<main>
${body}</main>
</body>
</html>
`
}

function chapter(
  folder: string,
  name: string,
  up: string,
  file: string,
  texts: ReadonlyMap<string, string>,
): string {
  const pages = [...texts.keys()].filter((path) => path.startsWith(`${folder}/`)).sort()
  if (pages.length === 0) return ''
  // Open where the reader is; a list of everything would push the page off a phone.
  const open = file.startsWith(`${folder}/`) ? ' open' : ''
  const lines = pages.map((path) => {
    const here = path === file ? ' aria-current="page"' : ''
    const title = /^# (.+)$/m.exec(texts.get(path) ?? '')?.[1] ?? path
    return `<li><a href="${up}${addressOf(path)}"${here}>${escaped(title.replaceAll('`', ''))}</a></li>`
  })
  return `<details${open}><summary>${name}</summary><ul>\n${lines.join('\n')}\n</ul></details>`
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
