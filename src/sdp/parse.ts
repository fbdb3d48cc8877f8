// Reads a peer's session description (RFC 8866). Liberal: lines that we do not need are dropped before the syntax
// library sees them, missing o=, s= and t= are forgiven, case and trailing blanks do not matter. What comes out is
// checked: ports in range, addresses IP literals, counts bounded. Never throws; a text that cannot be used is a value.

import { parse } from 'sdp-transform'
import type { ParsedMedia, ParsedSession } from 'sdp-transform'

import { refused, ok } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import { ipVersion, isGroup } from './address.ts'
import type { IpVersion } from './address.ts'

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

export interface RemoteDescription {
  /** Session id and version of o=, as text; equal text means an unchanged description (RFC 3264 §8). */
  readonly origin: string
  readonly media: readonly RemoteMedia[]
}

export interface RemoteMedia {
  readonly kind: string
  /** 0: refused or switched off. */
  readonly port: number
  readonly protocol: string
  /** Payload types or other formats, as on the m= line. */
  readonly formats: readonly string[]
  /** Format (payload type) to codec, upper case, with the static types 0, 8, 9 and 13 filled in. */
  readonly codecs: ReadonlyMap<string, RemoteCodec>
  /** undefined when there is no c= line or none that we can send to. */
  readonly address: string | undefined
  readonly ipVersion: IpVersion | undefined
  readonly rtcpPort: number | undefined
  readonly rtcpMux: boolean
  readonly direction: Direction
  /** Milliseconds, 10 to 60 in steps of 10. */
  readonly ptimeMs: number
  readonly ice: boolean
}

export interface RemoteCodec {
  readonly name: string
  readonly rate: number
}

/** Bytes of a description and counts within it; more is refused, not truncated. */
export const SDP_LIMITS = {
  characters: 16_384,
  lines: 512,
  lineCharacters: 1024,
  media: 16,
  formats: 64,
}

const NEEDED_ATTRIBUTE =
  /^a=(rtpmap:|ptime:|maxptime:|sendrecv|sendonly|recvonly|inactive|rtcp:|rtcp-mux|ice-ufrag:)/i
const DEFAULT_PTIME_MS = 20

/** The description, or why it cannot be used (goes into logs and the Warning header of a 488). */
export function parseDescription(text: string): Result<RemoteDescription, string> {
  if (text.length > SDP_LIMITS.characters) return refused('description too long')
  const lines = text.split(/\r\n|\r|\n/)
  if (lines.length > SDP_LIMITS.lines) return refused('too many lines')
  const kept: string[] = []
  let mediaLines = 0
  for (const line of lines) {
    if (line.length > SDP_LIMITS.lineCharacters) return refused('line too long')
    const trimmed = line.trim()
    if (/^[moc]=/.test(trimmed) || NEEDED_ATTRIBUTE.test(trimmed)) kept.push(normalise(trimmed))
    if (trimmed.startsWith('m=')) mediaLines++
  }
  if (mediaLines === 0) return refused('no media')
  if (mediaLines > SDP_LIMITS.media) return refused('too many media lines')
  let session: ParsedSession
  try {
    session = parse(kept.join('\r\n'))
  } catch {
    return refused('syntax')
  }
  return readSession(session)
}

/** One space between words, no port count, attribute names in lower case: what the library's patterns expect. */
function normalise(line: string): string {
  const single = line.replace(/[ \t]+/g, ' ')
  if (single.startsWith('m=')) return single.replace(/^(m=\S+ \d+)\/\d+ /, '$1 ')
  if (!single.startsWith('a=')) return single
  const colon = single.indexOf(':')
  if (colon < 0) return single.toLowerCase()
  return single.slice(0, colon).toLowerCase() + ':' + single.slice(colon + 1).trim()
}

function readSession(session: ParsedSession): Result<RemoteDescription, string> {
  const media: RemoteMedia[] = []
  for (const parsed of session.media) {
    const read = readMedia(parsed, session)
    if (!read.ok) return read
    media.push(read.value)
  }
  const { origin } = session
  return ok({
    origin: `${String(origin?.sessionId ?? '')} ${String(origin?.sessionVersion ?? '')}`,
    media,
  })
}

function readMedia(parsed: ParsedMedia, session: ParsedSession): Result<RemoteMedia, string> {
  const { type, port, protocol } = parsed
  if (typeof type !== 'string' || typeof protocol !== 'string' || type === '' || protocol === '') {
    return refused('malformed media line')
  }
  if (!isPort(port) && port !== 0) return refused('media port out of range')
  const formats = String(parsed.payloads ?? '')
    .split(' ')
    .filter((format) => /^[\w.+*-]{1,32}$/.test(format))
  if (formats.length > SDP_LIMITS.formats) return refused('too many formats')
  const connection = parsed.connection ?? session.connection
  const address = readAddress(connection?.ip)
  const rtcpPort = parsed.rtcp?.port
  return ok({
    kind: type,
    port,
    protocol,
    formats,
    codecs: readCodecs(parsed, formats),
    address,
    ipVersion: address === undefined ? undefined : ipVersion(address),
    rtcpPort: isPort(rtcpPort) ? rtcpPort : undefined,
    rtcpMux: parsed.rtcpMux !== undefined,
    direction: readDirection(parsed.direction ?? session.direction),
    ptimeMs: readPtime(parsed.ptime, parsed.maxptime),
    ice: (parsed.iceUfrag ?? session.iceUfrag) !== undefined,
  })
}

function readCodecs(parsed: ParsedMedia, formats: readonly string[]): Map<string, RemoteCodec> {
  const codecs = new Map<string, RemoteCodec>()
  if (formats.includes('0')) codecs.set('0', { name: 'PCMU', rate: 8000 })
  if (formats.includes('8')) codecs.set('8', { name: 'PCMA', rate: 8000 })
  if (formats.includes('9')) codecs.set('9', { name: 'G722', rate: 8000 })
  if (formats.includes('13')) codecs.set('13', { name: 'CN', rate: 8000 })
  for (const { payload, codec, rate } of parsed.rtp) {
    const format = String(payload)
    if (!formats.includes(format) || !/^\d{1,3}$/.test(format) || Number(format) > 127) continue
    codecs.set(format, { name: String(codec).toUpperCase(), rate: Number(rate) })
  }
  return codecs
}

/** Only unicast literals are addresses; names, multicast and `a.b.c.d/ttl` are none. */
function readAddress(ip: unknown): string | undefined {
  if (typeof ip !== 'string') return undefined
  const version = ipVersion(ip)
  if (version === undefined || isGroup(ip)) return undefined
  // One form, so that it can be compared with the sources that sockets name (RFC 5952).
  return version === 4 ? ip : new URL(`http://[${ip}]/`).hostname.slice(1, -1)
}

function readDirection(value: unknown): Direction {
  switch (value) {
    case 'sendonly':
    case 'recvonly':
    case 'inactive':
      return value
    default:
      return 'sendrecv'
  }
}

/** What the peer wants to receive, as far as we can: 10 to 60 ms in whole 10 ms, never above its maxptime. */
function readPtime(ptime: unknown, maxptime: unknown): number {
  const wanted = typeof ptime === 'number' && ptime > 0 ? ptime : DEFAULT_PTIME_MS
  const most = typeof maxptime === 'number' && maxptime > 0 ? maxptime : wanted
  return Math.min(60, Math.max(10, Math.floor(Math.min(wanted, most) / 10) * 10))
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 65_535
}
