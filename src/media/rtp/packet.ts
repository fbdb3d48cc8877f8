// RTP packets, read and written in place: the hot path must not make objects, so a caller keeps one `RtpHeader` and has
// it filled again for each packet.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |V=2|P|X|  CC   |M|     PT      |       sequence number         |
//   |                           timestamp                           |
//   |                             SSRC                              |
//   |                    CSRC 0 … CSRC (CC - 1)                      |
//   |  extension: profile (16), length in words (16), words, if X    |
//   |  payload …                              padding, its length, if P|
//                                                     (RFC 3550 §5.1)

export const RTP_HEADER_BYTES = 12

export interface RtpHeader {
  marker: boolean
  payloadType: number
  sequence: number
  timestamp: number
  ssrc: number
  payloadOffset: number
  payloadLength: number
}

export function emptyHeader(): RtpHeader {
  return {
    marker: false,
    payloadType: 0,
    sequence: 0,
    timestamp: 0,
    ssrc: 0,
    payloadOffset: 0,
    payloadLength: 0,
  }
}

/** Fills `into`; false when the bytes are no RTP packet (then `into` is not to be used). Never throws. */
export function readRtp(bytes: Uint8Array, into: RtpHeader): boolean {
  const length = bytes.length
  if (length < RTP_HEADER_BYTES) return false
  const first = bytes[0]!
  if (first >> 6 !== 2) return false
  let offset = RTP_HEADER_BYTES + 4 * (first & 0x0f)
  if (offset > length) return false
  if ((first & 0x10) !== 0) {
    if (offset + 4 > length) return false
    offset += 4 + 4 * ((bytes[offset + 2]! << 8) | bytes[offset + 3]!)
    if (offset > length) return false
  }
  let end = length
  if ((first & 0x20) !== 0) {
    const padding = bytes[length - 1]!
    if (padding === 0 || offset + padding > length) return false
    end -= padding
  }
  into.marker = (bytes[1]! & 0x80) !== 0
  into.payloadType = bytes[1]! & 0x7f
  into.sequence = (bytes[2]! << 8) | bytes[3]!
  into.timestamp = readU32(bytes, 4)
  into.ssrc = readU32(bytes, 8)
  into.payloadOffset = offset
  into.payloadLength = end - offset
  return true
}

/** Writes a header without CSRC, extension and padding at `at`; 12 bytes must be there. */
export function writeRtpHeader(
  bytes: Uint8Array,
  at: number,
  marker: boolean,
  payloadType: number,
  sequence: number,
  timestamp: number,
  ssrc: number,
): void {
  bytes[at] = 0x80
  bytes[at + 1] = (marker ? 0x80 : 0) | payloadType
  bytes[at + 2] = (sequence >> 8) & 0xff
  bytes[at + 3] = sequence & 0xff
  writeU32(bytes, at + 4, timestamp)
  writeU32(bytes, at + 8, ssrc)
}

/** RTCP on the RTP port: packet types 192 to 223 stand where RTP has marker and payload type (RFC 5761 §4). */
export function looksLikeRtcp(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && bytes[0]! >> 6 === 2 && bytes[1]! >= 192 && bytes[1]! <= 223
}

/** Big-endian unsigned 32 bits; the caller checked the bounds. */
export function readU32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  )
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = (value >>> 24) & 0xff
  bytes[at + 1] = (value >>> 16) & 0xff
  bytes[at + 2] = (value >>> 8) & 0xff
  bytes[at + 3] = value & 0xff
}
