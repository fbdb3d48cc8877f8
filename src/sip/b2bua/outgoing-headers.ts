// Headers that users of the API chose, on their way into our messages. The API has refused bad ones with an error; this
// is the second lock: what could change the message's meaning or break its lines is left out and counted.

import { isReservedHeader } from '../../base/reserved-headers.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { NamedValue } from '../../ports/signaling.ts'
import { unsafeHeader } from '../message/serialize.ts'
import type { Headers } from '../session/capabilities.ts'

/** Header fields of one effect. */
const HEADERS_MAX = 50
/** Of one value, characters. */
const VALUE_LENGTH_MAX = 4096

/** Whether a header may be set by a user of the API; undefined when it may, else why not. */
export function headerRefusal(header: NamedValue): 'reserved' | 'unsafe' | 'too-long' | undefined {
  if (isReservedHeader(header.name)) return 'reserved'
  if (unsafeHeader(header.name, header.value) !== undefined) return 'unsafe'
  return header.value.length > VALUE_LENGTH_MAX ? 'too-long' : undefined
}

/** The headers that may go out. */
export function outgoingHeaders(headers: readonly NamedValue[], metrics: Metrics): Headers {
  const kept: (readonly [string, string])[] = []
  for (const header of headers) {
    const why = kept.length >= HEADERS_MAX ? 'too-many' : headerRefusal(header)
    if (why === undefined) kept.push([header.name, header.value])
    else metrics.count('holdfast_sip_headers_dropped_total', { why })
  }
  return kept
}

/** Text for a display name or a quoted parameter: what can not stand on one line becomes a space. */
export function plainText(text: string): string {
  return text.replace(/[\x00-\x1f\x7f]/g, ' ')
}
