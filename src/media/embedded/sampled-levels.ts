// How loud a leg is, for people who look at a call: one packet per second and direction is measured, so that it costs a
// comparison per packet. G.711 only: the other codecs cannot be understood from one packet.

import { alawToLinear, ulawToLinear } from '../audio/g711.ts'
import { RTP_HEADER_BYTES } from '../rtp/packet.ts'
import { LegColumn } from './quality-table.ts'
import type { QualityTable } from './quality-table.ts'

/** Ticks of 20 ms between two measurements. */
const measureEveryTicks = 50
/** How much a measurement falls below the last one at most, dB: a pause between two words is no silence. */
const fallDb = 6
/** dBov (RFC 6465 §1): 0 is the loudest, -127 digital silence. */
const silenceDbov = -127
/** Nothing was measured yet. */
const unknown = 0

export class SampledLevels {
  /** dBov; 0: unknown. */
  inbound = unknown
  outbound = unknown
  #ticks = 0
  #inboundDue = false
  #outboundDue = false

  publish(table: QualityTable, slot: number): void {
    table.set(slot, LegColumn.levelIn, this.inbound)
    table.set(slot, LegColumn.levelOut, this.outbound)
  }

  tick(): void {
    if (++this.#ticks < measureEveryTicks) return
    this.#ticks = 0
    this.#inboundDue = true
    this.#outboundDue = true
  }

  /** A packet of the peer; `codec` as negotiated. */
  hear(bytes: Uint8Array, offset: number, length: number, codec: string): void {
    if (!this.#inboundDue) return
    const table = tableOf(codec)
    if (table === undefined) return
    this.#inboundDue = false
    this.inbound = fallen(this.inbound, levelOf(table, bytes, offset, offset + length))
  }

  /** A packet that leaves. RTCP, keys and other codecs have other payload types (RFC 3551 §6). */
  sent(packet: Uint8Array): void {
    if (!this.#outboundDue) return
    const type = packet[1]! & 0x7f
    const table = type === 0 ? ulawToLinear : type === 8 ? alawToLinear : undefined
    if (table === undefined) return
    this.#outboundDue = false
    this.outbound = fallen(this.outbound, levelOf(table, packet, RTP_HEADER_BYTES, packet.length))
  }
}

function tableOf(codec: string): Int16Array | undefined {
  if (codec === 'PCMU') return ulawToLinear
  return codec === 'PCMA' ? alawToLinear : undefined
}

/** Mean power against that of a full-scale square wave; below 0 always, because 0 says unknown. */
export function levelOf(table: Int16Array, bytes: Uint8Array, from: number, to: number): number {
  if (to <= from) return silenceDbov
  let sum = 0
  for (let at = from; at < to; at++) {
    const sample = table[bytes[at]!]!
    sum += sample * sample
  }
  const power = sum / (to - from) / 32_768 ** 2
  if (power <= 0) return silenceDbov
  return Math.min(-0.1, Math.max(silenceDbov, 10 * Math.log10(power)))
}

function fallen(before: number, now: number): number {
  return before === unknown ? now : Math.max(now, before - fallDb)
}
