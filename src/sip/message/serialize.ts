// Bytes from parts. The last gate against header injection: CR, LF and NUL in any name, value, method, URI or phrase
// are refused by an exception, because edges that take text from users must have asked `unsafeHeader` before.

import { uriScheme } from './uri.ts'
import { reasonPhrase } from './status.ts'
import { isToken } from './text.ts'
import { fieldsOf } from './fields.ts'
import type { RequestParts, ResponseParts, SipRequest } from './types.ts'

/** Thrown for text that would break out of its place in a message: a missing check of ours, never a peer's fault. */
export class UnsafeMessageError extends Error {
  readonly code = 'SIP_UNSAFE_MESSAGE'
}

type HeaderPairs = Iterable<readonly [name: string, value: string]>

const lineBreakers = /[\r\n\0]/
const encoder = new TextEncoder()
const noBody = new Uint8Array(0)

/**
 * Why a header may not be sent, or undefined when it may. API edges call it with custom headers and display names before a
 * command is accepted.
 */
export function unsafeHeader(name: string, value: string): string | undefined {
  if (!isToken(name)) return `header name ${JSON.stringify(name)} is not a token`
  if (lineBreakers.test(value)) return `value of ${name} contains CR, LF or NUL`
  return undefined
}

/** The message as sent. Content-Length is added (a given one is replaced). Throws UnsafeMessageError. */
export function serializeRequest(parts: RequestParts): Uint8Array {
  if (!isToken(parts.method)) throw new UnsafeMessageError(`method ${JSON.stringify(parts.method)}`)
  if (/[\x00-\x20\x7f<>]/.test(parts.uri) || uriScheme(parts.uri) === undefined) {
    throw new UnsafeMessageError(`request URI ${JSON.stringify(parts.uri)}`)
  }
  return assemble(`${parts.method} ${parts.uri} SIP/2.0\r\n`, parts.headers, '', parts.body)
}

/**
 * As `serializeRequest`. `echoed` are lines copied from a received request (Via, From, To …): they stand first and may carry a
 * NUL that a peer put inside a quoted string (RFC 4475 §3.1.1.2), because they already were one line on the wire.
 */
export function serializeResponse(parts: ResponseParts, echoed: HeaderPairs = []): Uint8Array {
  const reason = parts.reason ?? reasonPhrase(parts.status)
  if (!Number.isInteger(parts.status) || parts.status < 100 || parts.status > 699) {
    throw new UnsafeMessageError(`status ${parts.status}`)
  }
  if (lineBreakers.test(reason))
    throw new UnsafeMessageError('reason phrase contains CR, LF or NUL')
  let top = ''
  for (const [name, value] of echoed) {
    if (!isToken(name) || /[\r\n]/.test(value))
      throw new UnsafeMessageError(`echoed header ${name}`)
    top += `${name}: ${value}\r\n`
  }
  return assemble(`SIP/2.0 ${parts.status} ${reason}\r\n`, parts.headers, top, parts.body)
}

function assemble(
  startLine: string,
  headers: HeaderPairs,
  top: string,
  body: Uint8Array = noBody,
): Uint8Array {
  let head = startLine + top
  for (const [name, value] of headers) {
    const unsafe = unsafeHeader(name, value)
    if (unsafe !== undefined) throw new UnsafeMessageError(unsafe)
    if (/^(content-length|l)$/i.test(name)) continue
    head += `${name}: ${value}\r\n`
  }
  head += `Content-Length: ${body.length}\r\n\r\n`
  const headBytes = encoder.encode(head)
  if (body.length === 0) return headBytes
  const bytes = new Uint8Array(headBytes.length + body.length)
  bytes.set(headBytes)
  bytes.set(body, headBytes.length)
  return bytes
}

/** The request a `RequestParts` stands for, as the rooms above see it. */
export function requestOf(parts: RequestParts): SipRequest {
  return {
    kind: 'request',
    method: parts.method,
    uri: parts.uri,
    headers: fieldsOf(parts.headers),
    body: parts.body ?? noBody,
  }
}
