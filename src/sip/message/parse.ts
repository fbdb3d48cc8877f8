// Bytes to messages (RFC 3261 §7, §25; limits of limits.ts). Never throws: whatever arrives becomes a message, "incomplete" (streams
// only) or an error that says what to answer. Header text is kept raw; only what every layer needs is checked here: start line,
// Via, From, To, Call-ID, CSeq, Max-Forwards, Contact, Content-Length and headers that may not be repeated.
//
//   start-line CRLF *( header-line CRLF [ SP/HT continuation CRLF ] ) CRLF body
//
// The head is decoded as UTF-8, or as Latin-1 when it is none, so that no byte is lost. A CR or LF alone is a fault: two
// readers of one message must not see different lines.

import { isAscii, isUtf8 } from 'node:buffer'
import { Fields } from './fields.ts'
import { lowerName, singleValued } from './header-names.ts'
import { parseContacts } from './headers/contact.ts'
import { parseCSeq } from './headers/cseq.ts'
import { parseMaxForwards } from './headers/delta-seconds.ts'
import { parseNameAddr } from './headers/name-addr.ts'
import { parseVia } from './headers/via.ts'
import { defaultMessageLimits, type MessageLimits } from './limits.ts'
import { isToken, parseNumber } from './text.ts'
import { parseUri, uriScheme } from './uri.ts'
import type { HeaderFields, SipMessage } from './types.ts'

export interface ParseError {
  readonly kind: 'error'
  /** What to answer when `method` is known and the method is not ACK. */
  readonly status: number
  /** Names the fault; goes into the reason phrase. */
  readonly reason: string
  /** undefined: a response or nothing recognisable, to be dropped in silence. */
  readonly method: string | undefined
  /** What could be read, faulty values included. */
  readonly headers: HeaderFields
  /** Bytes to skip; undefined when the end of the message is unknown, so a stream must be closed. */
  readonly consumed: number | undefined
}

export type ParseResult =
  | { readonly kind: 'message'; readonly message: SipMessage; readonly consumed: number }
  | { readonly kind: 'incomplete' }
  | ParseError

export interface ParseOptions {
  /** On a stream Content-Length is required and missing bytes mean "incomplete". */
  readonly stream: boolean
  readonly limits?: MessageLimits
}

/** Reads the first message in `bytes`, a datagram unless told otherwise. Leading CRLFs are skipped. The body is a copy. */
export function parseMessage(
  bytes: Uint8Array,
  options: ParseOptions = { stream: false },
): ParseResult {
  const limits = options.limits ?? defaultMessageLimits
  const start = skipLineEnds(bytes, 0)
  const headEnd = findHeadEnd(bytes, start)
  if (headEnd < 0 && options.stream) {
    if (bytes.length - start <= limits.streamBytes) return { kind: 'incomplete' }
  }
  const head = parseHead(bytes, start, headEnd < 0 ? bytes.length : headEnd, options)
  if (headEnd < 0) return errorFrom(head, { status: 400, reason: 'Headers do not end' }, undefined)
  const bodyStart = headEnd + 4
  const length = head.contentLength ?? (options.stream ? undefined : bytes.length - bodyStart)
  if (length === undefined || head.framingLost) return finishHead(head, undefined, undefined)
  const available = bytes.length - bodyStart
  if (length > available) {
    if (options.stream) return { kind: 'incomplete' }
    return errorFrom(
      head,
      { status: 400, reason: 'Content-Length exceeds the datagram' },
      undefined,
    )
  }
  return finishHead(head, bytes.slice(bodyStart, bodyStart + length), bodyStart + length)
}

/** Index of the CRLFCRLF that ends the head, or -1. */
export function findHeadEnd(bytes: Uint8Array, from: number): number {
  return bufferOver(bytes).indexOf('\r\n\r\n', from, 'latin1')
}

/** Index of the first byte at or after `from` that is neither CR nor LF. */
export function skipLineEnds(bytes: Uint8Array, from: number): number {
  let at = from
  while (at < bytes.length && (bytes[at] === 0x0d || bytes[at] === 0x0a)) at++
  return at
}

function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

interface Fault {
  readonly status: number
  readonly reason: string
}

type StartLine =
  | { readonly kind: 'request'; readonly method: string; readonly uri: string }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string }
  | { readonly kind: 'unreadable' }

/** A parsed head waiting for its body. */
export interface Head {
  readonly startLine: StartLine
  readonly fields: Fields
  /** The first fault found; the rest of the head was read all the same, to be able to answer. */
  readonly fault: Fault | undefined
  /** undefined when absent or unusable. */
  readonly contentLength: number | undefined
  /** Content-Length is malformed, contradictory, over the limit, or missing on a stream. */
  readonly framingLost: boolean
}

/** Parses start line and headers in bytes[start, end). */
export function parseHead(
  bytes: Uint8Array,
  start: number,
  end: number,
  options: ParseOptions,
): Head {
  const limits = options.limits ?? defaultMessageLimits
  const reader = new HeadReader(limits)
  const size = end - start
  if (size > (options.stream ? limits.streamBytes : limits.datagramBytes)) {
    reader.blame(513, 'Message too large')
  }
  const lines = unfold(decode(bytes, start, Math.min(end, start + limits.streamBytes)), reader)
  const startLine = parseStartLine(lines[0] ?? '', reader)
  readHeaders(lines, reader)
  const length = readContentLength(reader, options)
  checkHeaders(startLine, reader)
  return { startLine, fields: reader.fields, fault: reader.fault, ...length }
}

/** The result for a head whose body has arrived; `consumed` undefined means the framing is lost. */
export function finishHead(
  head: Head,
  body: Uint8Array | undefined,
  consumed: number | undefined,
): ParseResult {
  const { startLine, fields, fault } = head
  if (fault !== undefined || body === undefined || consumed === undefined) {
    return errorFrom(head, { status: 400, reason: 'Bad Content-Length' }, consumed)
  }
  switch (startLine.kind) {
    case 'request': {
      const { method, uri } = startLine
      return {
        kind: 'message',
        message: { kind: 'request', method, uri, headers: fields, body },
        consumed,
      }
    }
    case 'response': {
      const { status, reason } = startLine
      return {
        kind: 'message',
        message: { kind: 'response', status, reason, headers: fields, body },
        consumed,
      }
    }
    case 'unreadable':
      return errorFrom(head, { status: 400, reason: 'Bad start line' }, consumed)
  }
}

/** The error for a head: its own fault when it has one, otherwise `fault`. */
export function errorFrom(head: Head, fault: Fault, consumed: number | undefined): ParseError {
  const { status, reason } = head.fault ?? fault
  const method = head.startLine.kind === 'request' ? head.startLine.method : undefined
  return { kind: 'error', status, reason, method, headers: head.fields, consumed }
}

class HeadReader {
  readonly fields = new Fields()
  readonly limits: MessageLimits
  fault: Fault | undefined

  constructor(limits: MessageLimits) {
    this.limits = limits
  }

  blame(status: number, reason: string): void {
    this.fault ??= { status, reason }
  }
}

function decode(bytes: Uint8Array, start: number, end: number): string {
  const part = bufferOver(bytes).subarray(start, end)
  if (isAscii(part)) return part.toString('latin1')
  return isUtf8(part) ? part.toString('utf8') : part.toString('latin1')
}

/** Lines with continuations joined by one space (RFC 3261 §7.3.1). */
function unfold(text: string, reader: HeadReader): string[] {
  const lines: string[] = []
  const rawLines = text.split('\r\n')
  const { startLineBytes, headerLineBytes, headerCount } = reader.limits
  for (const line of rawLines) {
    if (line.includes('\n') || line.includes('\r')) reader.blame(400, 'CR or LF alone')
    const folded = line.startsWith(' ') || line.startsWith('\t')
    if (folded && lines.length > 1) lines.push(`${lines.pop() ?? ''} ${line.trim()}`)
    else lines.push(line)
    const longest = lines[lines.length - 1]?.length ?? 0
    if (lines.length === 1 && longest > startLineBytes) reader.blame(414, 'Start line too long')
    if (lines.length > 1 && longest > headerLineBytes) {
      reader.blame(400, 'Header line too long')
      // Not kept: an answer would have to carry it back.
      lines.pop()
      break
    }
    if (lines.length > headerCount + 1) {
      reader.blame(400, 'Too many headers')
      break
    }
  }
  return lines
}

function parseStartLine(line: string, reader: HeadReader): StartLine {
  if (line.startsWith('SIP/')) return parseStatusLine(line)
  const parts = splitRequestLine(line)
  if (parts === undefined) return { kind: 'unreadable' }
  const { method, gap, uri, secondGap, version } = parts
  if (!isToken(method)) return { kind: 'unreadable' }
  if (version !== '2.0') reader.blame(505, 'Version Not Supported')
  // RFC 3261 §7.1: exactly one SP between the parts; trailing white space is tolerated (RFC 4475 §3.1.2.10).
  if (gap !== ' ' || secondGap !== ' ' || /[ \t]/.test(uri)) reader.blame(400, 'Bad Request-Line')
  else checkRequestUri(uri, reader)
  return { kind: 'request', method, uri }
}

interface RequestLine {
  readonly method: string
  readonly gap: string
  readonly uri: string
  readonly secondGap: string
  readonly version: string
}

/** By indexes: one pattern over the whole line backtracks for seconds when a stranger sends 64 kB of spaces. */
function splitRequestLine(line: string): RequestLine | undefined {
  const end = blanksBefore(line, line.length)
  const versionAt = line.lastIndexOf('/', end - 1) - 3
  const version = line.slice(versionAt + 4, end)
  const known = versionAt > 0 && line.slice(versionAt, versionAt + 4).toUpperCase() === 'SIP/'
  if (!known || !/^\d{1,10}\.\d{1,10}$/.test(version)) return undefined
  const methodEnd = line.search(/[ \t]/)
  const uriStart = blanksFrom(line, methodEnd)
  const uriEnd = blanksBefore(line, versionAt)
  if (methodEnd < 1 || uriEnd <= uriStart || uriEnd === versionAt) return undefined
  return {
    method: line.slice(0, methodEnd),
    gap: line.slice(methodEnd, uriStart),
    uri: line.slice(uriStart, uriEnd),
    secondGap: line.slice(uriEnd, versionAt),
    version,
  }
}

function isBlank(text: string, at: number): boolean {
  return text[at] === ' ' || text[at] === '\t'
}

/** Index of the first character at or after `from` that is neither space nor tab. */
function blanksFrom(text: string, from: number): number {
  let at = from
  while (isBlank(text, at)) at++
  return at
}

/** Index behind the last character before `end` that is neither space nor tab. */
function blanksBefore(text: string, end: number): number {
  let at = end
  while (isBlank(text, at - 1)) at--
  return at
}

function checkRequestUri(uri: string, reader: HeadReader): void {
  const scheme = uriScheme(uri)
  if (scheme === undefined) reader.blame(400, 'Bad Request-URI')
  else if (scheme === 'sip' || scheme === 'sips' || scheme === 'tel') {
    const parsed = parseUri(uri)
    if (parsed === undefined) reader.blame(400, 'Bad Request-URI')
    // RFC 3261 §19.1.1 table: header parts are not allowed in a Request-URI.
    else if (parsed.scheme !== 'tel' && parsed.headers !== undefined) {
      reader.blame(400, 'Headers in Request-URI')
    }
  }
}

function parseStatusLine(line: string): StartLine {
  const match = /^SIP\/2\.0 (\d{3})(?: ([^]*))?$/.exec(line)
  const status = parseNumber(match?.[1] ?? '', 699)
  if (match === null || status === undefined || status < 100) return { kind: 'unreadable' }
  return { kind: 'response', status, reason: match[2] ?? '' }
}

/** Quoted strings may hold a NUL (RFC 4475 §3.1.1.2). These are echoed as they came, cleaned, or never sent; all others are refused. */
const nulBearers = new Set(['from', 'to', 'authorization', 'proxy-authorization'])

function readHeaders(lines: readonly string[], reader: HeadReader): void {
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] ?? ''
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).trimEnd()
    if (colon < 1 || !isToken(name)) {
      reader.blame(400, 'Bad header line')
      continue
    }
    const value = line.slice(colon + 1).trim()
    if (value.includes('\0') && !nulBearers.has(lowerName(name)))
      reader.blame(400, 'NUL in a header')
    reader.fields.add(name, value)
  }
}

function readContentLength(
  reader: HeadReader,
  options: ParseOptions,
): { contentLength: number | undefined; framingLost: boolean } {
  const lines = reader.fields.all('content-length')
  const [first] = lines
  if (first === undefined) {
    // RFC 3261 §20.14: required on streams, where nothing else ends the body.
    if (options.stream) reader.blame(400, 'Missing Content-Length')
    return { contentLength: undefined, framingLost: options.stream }
  }
  const length = parseNumber(first, Number.MAX_SAFE_INTEGER)
  if (length === undefined || lines.some((line) => line !== first)) {
    reader.blame(400, 'Bad Content-Length')
    return { contentLength: undefined, framingLost: true }
  }
  if (length > reader.limits.bodyBytes) {
    reader.blame(413, 'Request Entity Too Large')
    return { contentLength: undefined, framingLost: true }
  }
  return { contentLength: length, framingLost: false }
}

function checkHeaders(startLine: StartLine, reader: HeadReader): void {
  const { fields } = reader
  const seen = new Set<string>()
  for (const key of fields.keys()) {
    if (!singleValued.has(key)) continue
    if (seen.has(key)) reader.blame(400, `Repeated ${key}`)
    seen.add(key)
  }
  const vias = fields.values('via')
  if (vias.length > reader.limits.viaCount) reader.blame(400, 'Too many Via values')
  if (parseVia(vias[0] ?? '') === undefined) reader.blame(400, 'Bad Via')
  for (const name of ['From', 'To']) {
    const value = fields.first(name)
    if (value === undefined) reader.blame(400, `Missing ${name}`)
    else if (parseNameAddr(value) === undefined) reader.blame(400, `Bad ${name}`)
  }
  const callId = fields.first('call-id')
  if (callId === undefined) reader.blame(400, 'Missing Call-ID')
  else if (callId === '' || /[ \t]/.test(callId)) reader.blame(400, 'Bad Call-ID')
  const cseq = parseCSeq(fields.first('cseq') ?? '')
  if (cseq === undefined) reader.blame(400, 'Bad CSeq')
  if (startLine.kind !== 'request') return
  if (cseq !== undefined && cseq.method !== startLine.method)
    reader.blame(400, 'CSeq method mismatch')
  const maxForwards = fields.first('max-forwards')
  if (maxForwards !== undefined && parseMaxForwards(maxForwards) === undefined) {
    reader.blame(400, 'Bad Max-Forwards')
  }
  if (fields.has('contact') && parseContacts(fields) === undefined) reader.blame(400, 'Bad Contact')
}
