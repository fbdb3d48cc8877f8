// Bodies as opaque text: SDP passes through unread, only its presence and media type matter here.

import { parseMediaType } from '../message/headers/media-type.ts'
import { bodyOfType } from '../message/multipart.ts'
import type { HeaderFields, SipMessage } from '../message/types.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const SDP_TYPE = 'application/sdp'

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text)
}

export function textOf(body: Uint8Array): string {
  return decoder.decode(body)
}

/** Lower-case type without parameters; undefined when absent or broken. */
export function typeOf(headers: HeaderFields): string | undefined {
  const text = headers.first('Content-Type')
  return text === undefined ? undefined : parseMediaType(text)?.type
}

/** The description a message carries, also as a part of a multipart body; undefined when it has none. */
export function sdpOf(message: SipMessage): string | undefined {
  const body = bodyOfType(message, SDP_TYPE)
  return body === undefined || body.length === 0 ? undefined : textOf(body)
}
