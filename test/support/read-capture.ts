// Reads back a capture file of raw IP packets: header, lengths, addresses, checksums. Throws where an analyser would complain.
import assert from 'node:assert/strict'

export interface CapturedPacket {
  readonly atUs: number
  /** `address:port` */
  readonly from: string
  readonly to: string
  readonly protocol: 'UDP' | 'TCP'
  readonly sequence: number | undefined
  readonly payload: string
}

export function readCapture(bytes: Uint8Array): readonly CapturedPacket[] {
  const file = Buffer.from(bytes)
  assert.equal(file.readUInt32LE(0), 0xa1b2c3d4, 'magic')
  assert.deepEqual([file.readUInt16LE(4), file.readUInt16LE(6)], [2, 4], 'version')
  assert.equal(file.readUInt32LE(20), 101, 'LINKTYPE_RAW')
  const packets: CapturedPacket[] = []
  for (let at = 24; at < file.length;) {
    const length = file.readUInt32LE(at + 8)
    assert.equal(file.readUInt32LE(at + 12), length, 'nothing is cut off')
    const atUs = file.readUInt32LE(at) * 1_000_000 + file.readUInt32LE(at + 4)
    packets.push({ atUs, ...readPacket(file.subarray(at + 16, at + 16 + length)) })
    at += 16 + length
  }
  return packets
}

function readPacket(packet: Buffer): Omit<CapturedPacket, 'atUs'> {
  const isV6 = packet[0]! >> 4 === 6
  const headBytes = isV6 ? 40 : 20
  const protocol = packet[isV6 ? 6 : 9]
  const addresses = isV6 ? packet.subarray(8, 40) : packet.subarray(12, 20)
  if (isV6) assert.equal(packet.readUInt16BE(4), packet.length - 40, 'IPv6 length')
  else {
    assert.equal(packet.readUInt16BE(2), packet.length, 'IPv4 length')
    assert.equal(sumOf(packet.subarray(0, 20)), 0xffff, 'IPv4 checksum')
  }
  const inner = packet.subarray(headBytes)
  const pseudo = Buffer.alloc(8)
  pseudo.writeUInt32BE(inner.length, 0)
  pseudo[7] = protocol!
  assert.equal(sumOf(Buffer.concat([addresses, pseudo, inner])), 0xffff, 'checksum')
  const half = addresses.length / 2
  const place = (from: number, port: number): string =>
    `${nameOf(addresses.subarray(from, from + half))}:${port}`
  const ends = { from: place(0, inner.readUInt16BE(0)), to: place(half, inner.readUInt16BE(2)) }
  if (protocol === 17) {
    assert.equal(inner.readUInt16BE(4), inner.length, 'UDP length')
    return { ...ends, protocol: 'UDP', sequence: undefined, payload: inner.toString('utf8', 8) }
  }
  assert.equal(protocol, 6)
  const start = (inner[12]! >> 4) * 4
  const sequence = inner.readUInt32BE(4)
  return { ...ends, protocol: 'TCP', sequence, payload: inner.toString('utf8', start) }
}

function nameOf(address: Buffer): string {
  if (address.length === 4) return address.join('.')
  return [...Array(8).keys()].map((at) => address.readUInt16BE(at * 2).toString(16)).join(':')
}

/** Ones' complement sum of 16-bit words (RFC 1071). */
function sumOf(bytes: Buffer): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) | (bytes[at + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return sum
}
