// RTCP of one leg: our report every 5 s ± 50 % (RFC 3550 §6.2, §6.3.1), the peer's reports read for what it hears of
// us, BYE at the end. The engine's tick asks whether a report is due, so a leg needs no timer.

import type { Random } from '../../ports/random.ts'
import { buildReport, readReport, REPORT_BYTES_MAX, roundTripMs } from '../rtp/rtcp.ts'
import type { ReportBlock } from '../rtp/rtcp.ts'
import type { ReceiverStatistics } from '../rtp/receiver-statistics.ts'
import type { RtpSender } from './sender.ts'

const INTERVAL_MIN_MS = 2500
const INTERVAL_SPREAD_MS = 5000
const NTP_UNITS_PER_SECOND = 65_536

export class RtcpSession {
  /** What the peer's last report said of our stream; -1 until one came. */
  remoteLost = -1
  remoteJitterMs = -1
  roundTripMs = -1
  readonly #random: Random
  /** Random per leg, so that calls of one server cannot be told to belong together. */
  readonly #cname: string
  readonly #buffer = new Uint8Array(REPORT_BYTES_MAX)
  #nextMs: number
  #lastReport = 0
  #lastReportMs = 0

  constructor(random: Random, nowMs: number) {
    this.#random = random
    this.#cname = random.token(16)
    this.#nextMs = nowMs + this.#interval()
  }

  /** True once per interval. */
  due(nowMs: number): boolean {
    if (nowMs < this.#nextMs) return false
    this.#nextMs = nowMs + this.#interval()
    return true
  }

  /** The compound to send now; valid until the next call. */
  build(
    sender: RtpSender,
    heard: ReceiverStatistics,
    nowMs: number,
    wallMs: number,
    bye: boolean,
  ): Uint8Array {
    const figures = {
      ssrc: sender.ssrc,
      wallMs,
      timestamp: sender.timestampAt(nowMs),
      packets: sender.packets,
      octets: sender.octets,
    }
    const block = heard.started ? this.#block(heard, nowMs) : undefined
    const length = buildReport(this.#buffer, figures, block, this.#cname, bye)
    return this.#buffer.subarray(0, length)
  }

  /** Reads what the peer sent; false when it is no RTCP. */
  hear(bytes: Uint8Array, ours: RtpSender, nowMs: number, wallMs: number): boolean {
    const report = readReport(bytes, ours.ssrc)
    if (report === undefined) return false
    if (report.reportTime !== undefined) {
      this.#lastReport = report.reportTime
      this.#lastReportMs = nowMs
    }
    if (report.block !== undefined) {
      this.remoteLost = report.block.fractionLost / 256
      this.remoteJitterMs = report.block.jitterTicks / ours.perMs
      this.roundTripMs = roundTripMs(report.block, wallMs) ?? this.roundTripMs
    }
    return true
  }

  #block(heard: ReceiverStatistics, nowMs: number): ReportBlock {
    const sinceMs = nowMs - this.#lastReportMs
    return {
      ssrc: heard.ssrc,
      fractionLost: heard.takeFractionLost(),
      lost: heard.lost,
      extendedHighest: heard.extendedHighest,
      jitterTicks: heard.jitterTicks,
      lastReport: this.#lastReport,
      sinceLastReport:
        this.#lastReport === 0 ? 0 : Math.round((sinceMs * NTP_UNITS_PER_SECOND) / 1000) >>> 0,
    }
  }

  #interval(): number {
    return INTERVAL_MIN_MS + this.#random.below(INTERVAL_SPREAD_MS + 1)
  }
}
