// RTCP (RFC 3550 §6): what we report every few seconds, and what we read of the peer's reports. Packets are built into
// a buffer that the caller owns and read without throwing; unknown packet types inside a compound are skipped.

import { readU32, writeU32 } from './packet.ts'

const SENDER_REPORT = 200
const RECEIVER_REPORT = 201
const DESCRIPTION = 202
const BYE = 203
const CNAME = 1
const BLOCK_BYTES = 24
/** Seconds from 1900 to 1970. */
const NTP_OFFSET_SECONDS = 2_208_988_800

export interface SenderFigures {
  readonly ssrc: number
  readonly wallMs: number
  readonly timestamp: number
  readonly packets: number
  readonly octets: number
}

export interface ReportBlock {
  readonly ssrc: number
  readonly fractionLost: number
  readonly lost: number
  readonly extendedHighest: number
  readonly jitterTicks: number
  /** Middle 32 bits of the NTP time of the last SR heard, and 65536ths of a second since; 0 and 0 without one. */
  readonly lastReport: number
  readonly sinceLastReport: number
}

/** Bytes that the largest compound of `buildReport` needs. */
export const REPORT_BYTES_MAX = 28 + BLOCK_BYTES + 8 + 2 + 64 + 4 + 8

/**
 * Builds SR (or RR when nothing was sent) + SDES CNAME, and BYE at the end of a leg. Returns the length in bytes.
 * `cname`: ASCII, at most 64 characters.
 */
export function buildReport(
  into: Uint8Array,
  sender: SenderFigures,
  block: ReportBlock | undefined,
  cname: string,
  bye: boolean,
): number {
  const sending = sender.packets > 0
  let at = 8
  if (sending) {
    writeU32(into, 8, ntpSeconds(sender.wallMs))
    writeU32(into, 12, ntpFraction(sender.wallMs))
    writeU32(into, 16, sender.timestamp)
    writeU32(into, 20, sender.packets)
    writeU32(into, 24, sender.octets)
    at = 28
  }
  if (block !== undefined) {
    writeBlock(into, at, block)
    at += BLOCK_BYTES
  }
  writeHead(into, 0, block === undefined ? 0 : 1, sending ? SENDER_REPORT : RECEIVER_REPORT, at)
  writeU32(into, 4, sender.ssrc)
  at = writeDescription(into, at, sender.ssrc, cname)
  if (!bye) return at
  writeHead(into, at, 1, BYE, 8)
  writeU32(into, at + 4, sender.ssrc)
  return at + 8
}

/** What a compound of the peer told us; only what concerns `ourSsrc` among the report blocks. */
export interface HeardReport {
  /** Middle 32 bits of the sender report's NTP time; undefined without a sender report. */
  readonly reportTime: number | undefined
  readonly block: ReportBlock | undefined
  readonly bye: boolean
}

/** Reads a compound packet; undefined when it is none. Never throws. */
export function readReport(bytes: Uint8Array, ourSsrc: number): HeardReport | undefined {
  let at = 0
  let reportTime: number | undefined
  let block: ReportBlock | undefined
  let bye = false
  while (at + 4 <= bytes.length) {
    if (bytes[at]! >> 6 !== 2) return undefined
    const type = bytes[at + 1]!
    const end = at + 4 + 4 * ((bytes[at + 2]! << 8) | bytes[at + 3]!)
    // RFC 3550 A.2: a compound begins with a report.
    if (end > bytes.length || (at === 0 && type !== SENDER_REPORT && type !== RECEIVER_REPORT)) {
      return undefined
    }
    if (type === SENDER_REPORT && end - at >= 28) {
      reportTime = ((readU32(bytes, at + 8) << 16) | (readU32(bytes, at + 12) >>> 16)) >>> 0
      block ??= findBlock(bytes, at + 28, end, bytes[at]! & 0x1f, ourSsrc)
    } else if (type === RECEIVER_REPORT) {
      block ??= findBlock(bytes, at + 8, end, bytes[at]! & 0x1f, ourSsrc)
    } else if (type === BYE) {
      bye = true
    }
    at = end
  }
  return at === 0 ? undefined : { reportTime, block, bye }
}

/** Middle 32 bits of the NTP time, the unit of round trips: 65536ths of a second. */
export function compactNtp(wallMs: number): number {
  return ((ntpSeconds(wallMs) << 16) | (ntpFraction(wallMs) >>> 16)) >>> 0
}

/** Round trip in ms from a report block heard at `wallMs` (RFC 3550 §6.4.1), or undefined. */
export function roundTripMs(block: ReportBlock, wallMs: number): number | undefined {
  if (block.lastReport === 0) return undefined
  const units = (compactNtp(wallMs) - block.lastReport - block.sinceLastReport) | 0
  return units < 0 ? undefined : (units * 1000) / 65_536
}

function findBlock(
  bytes: Uint8Array,
  from: number,
  end: number,
  count: number,
  ourSsrc: number,
): ReportBlock | undefined {
  for (let i = 0, at = from; i < count && at + BLOCK_BYTES <= end; i++, at += BLOCK_BYTES) {
    if (readU32(bytes, at) !== ourSsrc) continue
    return {
      ssrc: ourSsrc,
      fractionLost: bytes[at + 4]!,
      // 24 bits, signed.
      lost: (readU32(bytes, at + 4) << 8) >> 8,
      extendedHighest: readU32(bytes, at + 8),
      jitterTicks: readU32(bytes, at + 12),
      lastReport: readU32(bytes, at + 16),
      sinceLastReport: readU32(bytes, at + 20),
    }
  }
  return undefined
}

function writeBlock(into: Uint8Array, at: number, block: ReportBlock): void {
  writeU32(into, at, block.ssrc)
  // 24 bits: clamped, not wrapped (RFC 3550 A.3).
  writeU32(into, at + 4, Math.min(0x7fffff, Math.max(0, block.lost)))
  into[at + 4] = block.fractionLost
  writeU32(into, at + 8, block.extendedHighest)
  writeU32(into, at + 12, block.jitterTicks)
  writeU32(into, at + 16, block.lastReport)
  writeU32(into, at + 20, block.sinceLastReport)
}

function writeDescription(into: Uint8Array, at: number, ssrc: number, cname: string): number {
  writeU32(into, at + 4, ssrc)
  into[at + 8] = CNAME
  into[at + 9] = cname.length
  let end = at + 10
  for (let i = 0; i < cname.length; i++) into[end++] = cname.charCodeAt(i) & 0x7f
  // At least one zero ends the chunk, up to a word boundary (RFC 3550 §6.5).
  do into[end++] = 0
  while ((end - at) % 4 !== 0)
  writeHead(into, at, 1, DESCRIPTION, end - at)
  return end
}

function writeHead(into: Uint8Array, at: number, count: number, type: number, bytes: number): void {
  const words = bytes / 4 - 1
  into[at] = 0x80 | count
  into[at + 1] = type
  into[at + 2] = (words >> 8) & 0xff
  into[at + 3] = words & 0xff
}

function ntpSeconds(wallMs: number): number {
  return (Math.floor(wallMs / 1000) + NTP_OFFSET_SECONDS) >>> 0
}

function ntpFraction(wallMs: number): number {
  const rest = wallMs - Math.floor(wallMs / 1000) * 1000
  return Math.floor((rest / 1000) * 4_294_967_296) >>> 0
}
