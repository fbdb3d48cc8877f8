// Reads a request body: JSON whatever the client forgot to say about it. Clients in the field send a JSON type with no
// body, and JSON without a type, so both are understood.

import { isUtf8 } from 'node:buffer'
import { RequestRefused } from './problems.ts'

/**
 * The parsed body, or undefined for an empty one.
 * @throws RequestRefused for another content type (415), bad UTF-8 or bad JSON (400).
 */
export function parseBody(contentType: string | undefined, bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  if (!isJson(contentType)) throw new RequestRefused([{ name: 'not-json' }])
  if (!isUtf8(bytes)) {
    const detail = `Error decoding request body at position ${badByte(bytes)}`
    throw new RequestRefused([{ name: 'bad-encoding', detail }])
  }
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new RequestRefused([{ name: 'invalid-json' }])
  }
}

function isJson(contentType: string | undefined): boolean {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  return type === '' || type === 'application/json' || /^application\/[\w.-]+\+json$/.test(type)
}

// The longest prefix that could still become valid, by bisection: a streaming decoder fails only at a certain fault.
function badByte(bytes: Buffer): number {
  let good = 0
  let bad = bytes.length
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (couldBeUtf8(bytes.subarray(0, middle))) good = middle
    else bad = middle
  }
  return good
}

function couldBeUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
    return true
  } catch {
    return false
  }
}
