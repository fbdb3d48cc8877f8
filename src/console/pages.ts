// The console's files over HTTP: which file a path means, for how long a browser may keep it, and what its pages may do.
// Only files that were read at the start exist, so no path leads out of the folder. Names below assets/ carry a hash of
// their content and are kept for ever; everything else is asked for each time and answered 304 while it is the same.
// A path without a file is one of the console's own routes: it gets the index, which reads the address by itself.

import { createHash } from 'node:crypto'
import type { AnswerPage, PageAnswer, PageFiles, PageRequest } from '../ports/pages.ts'

const contentTypes: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
}

/**
 * Everything from this server, nothing inline: a caller's name that were markup would stay text even if a page forgot to
 * treat it as such. `data:` pictures are the icon in the tab.
 */
const policy = [
  "default-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
}

const notBuilt = `The pages of the console are not built.

  npm ci && npm run build:console

builds them (the development dependencies are needed for it); then restart the server.
The API needs none of this.
`

/** `files`: the built folder, or undefined when there is none. A `.gz` beside a file is what clients get who take it. */
export function createConsole(files: PageFiles | undefined): AnswerPage {
  if (files?.get('index.html') === undefined) {
    const headers = { ...securityHeaders, 'content-type': 'text/plain; charset=utf-8' }
    return () => ({ status: 503, headers, body: notBuilt })
  }
  const tags = new Map([...files].map(([path, bytes]) => [path, tagOf(bytes)]))
  return (request) => {
    const path = files.has(request.path) ? request.path : 'index.html'
    const isIndex = path === 'index.html'
    if (isIndex && request.path.startsWith('assets/')) return notFound()
    return answerFile(files, path, tags.get(path) ?? '', request)
  }
}

function answerFile(files: PageFiles, path: string, tag: string, request: PageRequest): PageAnswer {
  const headers: Record<string, string> = {
    ...securityHeaders,
    etag: tag,
    vary: 'accept-encoding',
    'cache-control': path.startsWith('assets/')
      ? 'public, max-age=31536000, immutable'
      : 'no-cache',
  }
  if (isKnown(request.ifNoneMatch, tag)) return { status: 304, headers, body: undefined }
  headers['content-type'] = contentTypes[extensionOf(path)] ?? 'application/octet-stream'
  const zipped = files.get(`${path}.gz`)
  if (
    zipped !== undefined &&
    /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(request.acceptEncoding ?? '')
  ) {
    headers['content-encoding'] = 'gzip'
    return { status: 200, headers, body: zipped }
  }
  return { status: 200, headers, body: files.get(path) }
}

function notFound(): PageAnswer {
  const headers = { ...securityHeaders, 'content-type': 'text/plain; charset=utf-8' }
  return { status: 404, headers, body: 'There is no such file.\n' }
}

/** Weak: the compressed and the plain bytes carry the same tag (RFC 9110 §8.8.1). */
function tagOf(bytes: Uint8Array): string {
  return `W/"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
}

function isKnown(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false
  return ifNoneMatch.split(',').some((one) => one.trim() === tag || one.trim() === '*')
}

function extensionOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}
