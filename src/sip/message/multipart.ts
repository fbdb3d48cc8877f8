// Bodies by content type. Multipart bodies (RFC 2046 §5.1) stay bytes; only the part that somebody asks for is cut out.

import { parseMediaType } from './headers/media-type.ts'
import type { SipMessage } from './types.ts'

const partCountMax = 20

/** The body, or the first part of a multipart body, that has content type `type` (lower case); undefined when there is none. */
export function bodyOfType(message: SipMessage, type: string): Uint8Array | undefined {
  if (message.body.length === 0) return undefined
  const contentType = parseMediaType(message.headers.first('content-type') ?? '')
  if (contentType?.type === type) return message.body
  const boundary = contentType?.parameters.get('boundary')
  if (!contentType?.type.startsWith('multipart/') || boundary === undefined || boundary === '') {
    return undefined
  }
  return partOfType(message.body, boundary, type)
}

function partOfType(body: Uint8Array, boundary: string, type: string): Uint8Array | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const delimiter = `--${boundary}`
  let at = bytes.indexOf(delimiter)
  for (let count = 0; at >= 0 && count < partCountMax; count++) {
    const headStart = bytes.indexOf('\r\n', at + delimiter.length) + 2
    const next = bytes.indexOf(`\r\n${delimiter}`, at + delimiter.length)
    const headEnd = bytes.indexOf('\r\n\r\n', headStart - 2)
    if (headStart < 2 || next < 0 || headEnd < 0 || headEnd > next) return undefined
    const head = bytes.toString('latin1', headStart, Math.max(headStart, headEnd))
    const line = /^content-type\s*:(.*)$/im.exec(head)?.[1] ?? 'text/plain'
    if (parseMediaType(line)?.type === type) return body.slice(headEnd + 4, next)
    at = next + 2
  }
  return undefined
}
