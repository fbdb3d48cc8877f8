// The messages of a stream as both ends write them, in JSON (C201). What the far end sends is looked at once, here.

import { isoMicros } from '../../base/iso-time.ts'
import type { StreamCodecName, StreamedLeg, StreamOrder } from '../../ports/streaming.ts'
import { mediaFormat } from './sound.ts'

/** There are no accounts here. */
const USER_ID = '00000000-0000-0000-0000-000000000000'

/** What a far end may say. */
export type BackMessage =
  /** Base64. */
  | { readonly kind: 'media'; readonly payload: string }
  | { readonly kind: 'mark'; readonly name: string }
  | { readonly kind: 'clear' }
  /** Nothing of ours, and no harm. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'malformed'; readonly why: string }

const NAME_MAX = 255
const base64 = /^[A-Za-z0-9+/]*={0,2}$/

export function readMessage(text: string): BackMessage {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return { kind: 'malformed', why: 'The frame is not JSON.' }
  }
  switch (at(parsed, 'event')) {
    case 'media': {
      const payload = at(at(parsed, 'media'), 'payload')
      if (typeof payload === 'string' && base64.test(payload)) return { kind: 'media', payload }
      return { kind: 'malformed', why: 'media.payload must be base64 text.' }
    }
    case 'mark': {
      const name = at(at(parsed, 'mark'), 'name')
      if (typeof name === 'string' && name.length <= NAME_MAX) return { kind: 'mark', name }
      return { kind: 'malformed', why: `mark.name must be text of at most ${NAME_MAX} characters.` }
    }
    case 'clear':
      return { kind: 'clear' }
    default:
      return typeof at(parsed, 'event') === 'string'
        ? { kind: 'unknown' }
        : { kind: 'malformed', why: 'The frame has no event.' }
  }
}

function at(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return (value as Record<string, unknown>)[key] // An object of parsed JSON.
}

export const streamErrors = {
  malformed: { code: 100_003, title: 'malformed_frame' },
  media: { code: 100_004, title: 'invalid_media' },
  rate: { code: 100_005, title: 'rate_limit_reached' },
} as const

/** Writes the messages of one stream, numbered in the order in which they are sent. */
export class StreamWriter {
  readonly #order: StreamOrder
  readonly #leg: StreamedLeg
  #sequence = 0

  constructor(order: StreamOrder, leg: StreamedLeg) {
    this.#order = order
    this.#leg = leg
  }

  connected(): string {
    const { authToken } = this.#order
    const connected = { 'x-telnyx-streaming-auth-token': authToken }
    const more = authToken === undefined ? {} : { connected }
    return JSON.stringify({ event: 'connected', version: '1.0.0', ...more })
  }

  start(codec: StreamCodecName): string {
    const { legId, sessionId, from, to, clientState, tags } = this.#leg
    const custom = this.#order.customParameters.map(({ name, value }) => [name, value] as const)
    return this.#numbered('start', {
      start: {
        user_id: USER_ID,
        call_control_id: legId,
        call_session_id: sessionId,
        from,
        to,
        tags,
        client_state: clientState,
        custom_parameters: Object.fromEntries(custom),
        media_format: mediaFormat(codec),
      },
    })
  }

  /** The one that comes a hundred times per second: put together by hand. */
  media(track: 'inbound' | 'outbound', chunk: number, timestampMs: number, bytes: Uint8Array) {
    this.#sequence++
    const payload = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
    const media = `{"track":"${track}","chunk":"${chunk}","timestamp":"${timestampMs}","payload":"${payload}"}`
    return `{"event":"media","sequence_number":"${this.#sequence}","media":${media},"stream_id":"${this.#order.streamId}"}`
  }

  dtmf(digit: string, atUs: number): string {
    return this.#numbered('dtmf', { occurred_at: isoMicros(atUs), dtmf: { digit } })
  }

  mark(name: string): string {
    return this.#numbered('mark', { mark: { name } })
  }

  error({ code, title }: { readonly code: number; readonly title: string }, detail: string) {
    return this.#numbered('error', { payload: { code, title, detail } })
  }

  stop(): string {
    const stop = { user_id: USER_ID, call_control_id: this.#leg.legId }
    return this.#numbered('stop', { stop })
  }

  #numbered(event: string, more: object): string {
    this.#sequence++
    const { streamId } = this.#order
    const sequence_number = String(this.#sequence)
    return JSON.stringify({ event, sequence_number, stream_id: streamId, ...more })
  }
}
