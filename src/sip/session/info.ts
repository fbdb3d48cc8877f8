// Keys as INFO (RFC 2976): `application/dtmf-relay` with Signal and Duration lines, `application/dtmf` with the bare key.

import type { ServerTransaction } from '../transaction/types.ts'
import { bytesOf, textOf, typeOf } from './body.ts'
import { lose } from './bye.ts'
import type { SessionCore } from './core.ts'

const RELAY_TYPE = 'application/dtmf-relay'
const PLAIN_TYPE = 'application/dtmf'
/** When the peer names none, ms. */
const DURATION_DEFAULT_MS = 250
const DURATION_MAX_MS = 10_000
const KEYS = '0123456789*#ABCD'

export interface DtmfKey {
  readonly digit: string
  readonly durationMs: number
}

export function onInfo(core: SessionCore, transaction: ServerTransaction): void {
  const { request } = transaction
  const type = typeOf(request.headers)
  if (request.body.length > 0 && type !== RELAY_TYPE && type !== PLAIN_TYPE) {
    transaction.respond({ status: 415, headers: [['Accept', `${RELAY_TYPE}, ${PLAIN_TYPE}`]] })
    return
  }
  const text = textOf(request.body)
  const key =
    request.body.length === 0 ? undefined : type === RELAY_TYPE ? readRelay(text) : readPlain(text)
  if (request.body.length > 0 && key === undefined) {
    transaction.respond({ status: 400, reason: 'Bad DTMF Body', headers: [] })
    return
  }
  transaction.respond({ status: 200, headers: [] })
  // Before the call is answered there is nobody who listens to keys.
  if (key !== undefined && core.established) core.emit({ kind: 'leg-info-dtmf', ...key })
}

export function sendInfo(core: SessionCore, key: DtmfKey): void {
  if (!core.established) return
  const body = bytesOf(`Signal=${key.digit}\r\nDuration=${key.durationMs}\r\n`)
  core.request('INFO', [['Content-Type', RELAY_TYPE]], body, (outcome) => {
    // A refused key costs nothing but the key; only a dead dialog ends the call.
    if (outcome.kind === 'timeout') lose(core, 'dialog-gone', 408, true)
    if (outcome.kind === 'response' && outcome.response.status === 481)
      lose(core, 'dialog-gone', 481, false)
  })
}

/** `Signal=5` and `Duration=160` lines; undefined when there is no key in it. */
export function readRelay(text: string): DtmfKey | undefined {
  const signal = /^\s*signal\s*=\s*(\S+)\s*$/im.exec(text)?.[1]
  const duration = /^\s*duration\s*=\s*(\d{1,6})\s*$/im.exec(text)?.[1]
  const digit = signal === undefined ? undefined : readKey(signal)
  if (digit === undefined) return undefined
  const durationMs = duration === undefined ? DURATION_DEFAULT_MS : Number(duration)
  return { digit, durationMs: Math.min(Math.max(durationMs, 1), DURATION_MAX_MS) }
}

export function readPlain(text: string): DtmfKey | undefined {
  const digit = readKey(text.trim())
  return digit === undefined ? undefined : { digit, durationMs: DURATION_DEFAULT_MS }
}

// 10 to 15 are the event numbers of * # A B C D (RFC 4733 §3.2), which some gateways write here.
function readKey(text: string): string | undefined {
  if (text.length === 1) {
    const upper = text.toUpperCase()
    return KEYS.includes(upper) ? upper : undefined
  }
  return /^1[0-5]$/.test(text) ? KEYS[Number(text)] : undefined
}
