// What a stream's URL and a fork's targets must look like (C201, C205). Both are judged by the same egress rule as every
// other address that a client names.

import type { UdpTarget } from '../ports/streaming.ts'

/** Why the egress rules forbid a URL, or undefined. */
type JudgeUrl = (url: string) => string | undefined

/** Hz, as published. */
const rates: readonly unknown[] = [8000, 16_000, 22_050, 24_000, 48_000]

/** Why a `stream_url` cannot be used, or undefined. */
export function streamUrlFault(value: unknown, judgeUrl: JudgeUrl): string | undefined {
  if (typeof value !== 'string' || value.length > 4096 || /[\s\p{Cc}]/u.test(value)) {
    return 'must be a ws or wss URL'
  }
  const { protocol, hash } = URL.parse(value) ?? {}
  if (protocol !== 'ws:' && protocol !== 'wss:') return 'must be a ws or wss URL'
  // RFC 6455 §3: there is none in a WebSocket's URL.
  if (hash !== '' || value.endsWith('#')) return 'must be a ws or wss URL without a fragment'
  return judgeUrl(asWebUrl(value)) === undefined
    ? undefined
    : 'has a URL that this server may not reach'
}

/** The URL of the HTTP request with which a WebSocket begins (RFC 6455 §3). */
export function asWebUrl(url: string): string {
  return url.replace(/^ws(s?):/i, 'http$1:')
}

/** `udp:address:port` with a literal address; undefined otherwise. */
export function readUdpTarget(text: string): UdpTarget | undefined {
  const [, host = '', port = ''] = /^udp:([\d.]+|\[[\da-f:.]+\]):(\d{1,5})$/i.exec(text) ?? []
  const url = URL.parse(`http://${host}:${port}/`)
  if (url === null || Number(port) === 0) return undefined
  // The parser has written short and octal forms out.
  return { address: url.hostname.replace(/^\[|\]$/g, ''), port: Number(port) }
}

export function udpTargetFault(value: unknown, judgeUrl: JudgeUrl): string | undefined {
  const target = typeof value === 'string' ? readUdpTarget(value) : undefined
  if (target === undefined) return 'must be of the form udp:address:port'
  const { address, port } = target
  const host = address.includes(':') ? `[${address}]` : address
  return judgeUrl(`http://${host}:${port}/`) === undefined
    ? undefined
    : 'has an address that this server may not reach'
}

export function samplingRateFault(value: unknown): string | undefined {
  return rates.includes(value) ? undefined : `must be one of: ${rates.join(', ')}`
}
