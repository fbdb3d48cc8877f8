// SIP messages as a capture file that packet analysers open: classic pcap of raw IP packets, with the addresses and ports
// that the messages really had. Headers below SIP are made anew: a stream is cut into segments with running numbers.

import type { SipEnds } from '../ports/trace.ts'

export interface CapturedMessage {
  readonly atUs: number
  readonly direction: 'in' | 'out'
  readonly ends: SipEnds
  readonly bytes: Uint8Array
}

/** LINKTYPE_RAW: packets begin with the IP header. */
const linkRaw = 101
const snapLength = 262_144
/** Of a stream only: a datagram was one, and fits into an IP packet. */
const segmentBytes = 60_000
const protocol = { TCP: 6, UDP: 17 } as const
const tcpHeaderBytes = 20
const udpHeaderBytes = 8

/** In the order in which they are given. `ownAddress`: shown where all addresses of the machine were listened on; '' is none. */
export function pcapOf(messages: readonly CapturedMessage[], ownAddress = ''): Uint8Array {
  const head = Buffer.alloc(24)
  head.writeUInt32LE(0xa1b2c3d4, 0)
  head.writeUInt16LE(2, 4)
  head.writeUInt16LE(4, 6)
  head.writeUInt32LE(snapLength, 16)
  head.writeUInt32LE(linkRaw, 20)
  const parts: Uint8Array[] = [head]
  const sequences = new Map<string, number>()
  for (const message of withEnds(messages, ownAddress)) {
    for (const packet of packetsOf(message, sequences)) {
      parts.push(recordHead(message.atUs, packet.length), packet)
    }
  }
  return Buffer.concat(parts)
}

/**
 * A message that opens a connection is written down before the connection has a port: it is the one that the next message
 * over it has. A socket on all addresses does not know which one a datagram was sent to.
 */
function withEnds(messages: readonly CapturedMessage[], ownAddress: string): CapturedMessage[] {
  const nextOf = new Map<string, SipEnds>()
  const known = messages.toReversed().map((message) => {
    const { ends } = message
    const peer = `${ends.transport} ${ends.remoteAddress} ${ends.remotePort}`
    if (ends.localPort !== 0) nextOf.set(peer, ends)
    return { ...message, ends: withAddress(nextOf.get(peer) ?? ends, ownAddress) }
  })
  return known.toReversed()
}

function withAddress(ends: SipEnds, ownAddress: string): SipEnds {
  if (addressBytes(ends.localAddress).some((byte) => byte !== 0)) return ends
  const remote = addressBytes(ends.remoteAddress)
  const loopback = remote.length === 16 ? '::1' : '127.0.0.1'
  const isHere = remote[0] === 127 || ends.remoteAddress === loopback
  if (isHere) return { ...ends, localAddress: loopback }
  return addressBytes(ownAddress).some((byte) => byte !== 0)
    ? { ...ends, localAddress: ownAddress }
    : ends
}

function recordHead(atUs: number, bytes: number): Uint8Array {
  const head = Buffer.alloc(16)
  head.writeUInt32LE(Math.floor(atUs / 1_000_000), 0)
  head.writeUInt32LE(Math.floor(atUs % 1_000_000), 4)
  head.writeUInt32LE(bytes, 8)
  head.writeUInt32LE(bytes, 12)
  return head
}

interface Place {
  readonly address: string
  readonly port: number
}

function packetsOf(message: CapturedMessage, sequences: Map<string, number>): Uint8Array[] {
  const { localAddress, localPort, remoteAddress, remotePort, transport } = message.ends
  const local = { address: localAddress, port: localPort }
  const remote = { address: remoteAddress, port: remotePort }
  const [from, to] = message.direction === 'in' ? [remote, local] : [local, remote]
  if (transport === 'UDP') return [ip(from, to, protocol.UDP, udp(from, to, message.bytes))]
  const packets: Uint8Array[] = []
  for (let at = 0; at === 0 || at < message.bytes.length; at += segmentBytes) {
    const piece = message.bytes.subarray(at, at + segmentBytes)
    packets.push(ip(from, to, protocol.TCP, tcp(from, to, piece, sequences)))
  }
  return packets
}

/** RFC 768. The checksum is filled in by `ip`, which knows the pseudo header. */
function udp(from: Place, to: Place, payload: Uint8Array): Buffer {
  const packet = Buffer.alloc(udpHeaderBytes + payload.length)
  packet.writeUInt16BE(from.port, 0)
  packet.writeUInt16BE(to.port, 2)
  packet.writeUInt16BE(packet.length, 4)
  packet.set(payload, udpHeaderBytes)
  return packet
}

/** RFC 9293 §3.1: data segments only, each acknowledging what has come the other way. */
function tcp(from: Place, to: Place, payload: Uint8Array, sequences: Map<string, number>): Buffer {
  const mine = `${from.address} ${from.port} ${to.address} ${to.port}`
  const theirs = `${to.address} ${to.port} ${from.address} ${from.port}`
  const sequence = sequences.get(mine) ?? 1
  sequences.set(mine, (sequence + payload.length) % 2 ** 32)
  const packet = Buffer.alloc(tcpHeaderBytes + payload.length)
  packet.writeUInt16BE(from.port, 0)
  packet.writeUInt16BE(to.port, 2)
  packet.writeUInt32BE(sequence, 4)
  packet.writeUInt32BE(sequences.get(theirs) ?? 1, 8)
  packet.writeUInt8((tcpHeaderBytes / 4) << 4, 12)
  packet.writeUInt8(0x18, 13) // PSH, ACK
  packet.writeUInt16BE(65_535, 14)
  packet.set(payload, tcpHeaderBytes)
  return packet
}

/** RFC 791 or RFC 8200, whichever the addresses are. */
function ip(from: Place, to: Place, number: 6 | 17, payload: Buffer): Uint8Array {
  const [source, target] = [addressBytes(from.address), addressBytes(to.address)]
  const isV6 = source.length === 16 || target.length === 16
  const [a, b] = isV6 ? [asV6(source), asV6(target)] : [source, target]
  payload.writeUInt16BE(transportChecksum(a, b, number, payload), number === 17 ? 6 : 16)
  const head = Buffer.alloc(isV6 ? 40 : 20)
  if (isV6) {
    head.writeUInt8(0x60, 0)
    head.writeUInt16BE(payload.length, 4)
    head.writeUInt8(number, 6)
    head.writeUInt8(64, 7)
    head.set(a, 8)
    head.set(b, 24)
  } else {
    head.writeUInt8(0x45, 0)
    head.writeUInt16BE(20 + payload.length, 2)
    head.writeUInt16BE(0x4000, 6)
    head.writeUInt8(64, 8)
    head.writeUInt8(number, 9)
    head.set(a, 12)
    head.set(b, 16)
    head.writeUInt16BE(checksum([head]), 10)
  }
  return Buffer.concat([head, payload])
}

function transportChecksum(a: Uint8Array, b: Uint8Array, number: 6 | 17, payload: Buffer): number {
  const pseudo = Buffer.alloc(8)
  pseudo.writeUInt32BE(payload.length, 0)
  pseudo.writeUInt8(number, 7)
  const sum = checksum([a, b, pseudo, payload])
  // RFC 768: 0 means that there is none.
  return number === 17 && sum === 0 ? 0xffff : sum
}

/** RFC 1071 over pieces of even length, the last one excepted. */
export function checksum(pieces: readonly Uint8Array[]): number {
  let sum = 0
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += 2) {
      sum += (piece[at]! << 8) | (piece[at + 1] ?? 0)
      if (sum > 0xffff_0000) sum = (sum & 0xffff) + Math.floor(sum / 0x10000)
    }
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000)
  return ~sum & 0xffff
}

/** 4 or 16 bytes; what is no address becomes 0.0.0.0. */
export function addressBytes(text: string): Uint8Array {
  const plain = text.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1] ?? plain
  if (/^\d+\.\d+\.\d+\.\d+$/.test(mapped)) return Uint8Array.from(mapped.split('.'), Number)
  if (!mapped.includes(':')) return new Uint8Array(4)
  const [before = '', after] = mapped.split('::', 2)
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16) || 0)
  const left = groups(before)
  const right = groups(after ?? '')
  const zeros = new Array<number>(Math.max(0, 8 - left.length - right.length)).fill(0)
  const all = [...left, ...zeros, ...right].slice(0, 8)
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}

function asV6(address: Uint8Array): Uint8Array {
  if (address.length === 16) return address
  return Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...address])
}
