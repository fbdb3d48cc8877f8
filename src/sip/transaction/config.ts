// Options of the SIP transports and transactions with their defaults.

import { defaultMessageLimits } from '../message/limits.ts'
import type { TransportConfig } from '../transport/types.ts'
import { defaultUasRules, type UasRules } from './check-request.ts'
import { defaultTimings, type Timings } from './timings.ts'

export interface TransactionConfig extends TransportConfig {
  /** Host for Via and Contact in wire form, for servers behind NAT; undefined: the bound address. */
  readonly advertise: string | undefined
  readonly timings: Timings
  readonly rules: UasRules
  /** Server transactions at one time; requests above it get a stateless 503. Requests inside dialogs may exceed it by a tenth. */
  readonly serverTransactionsMax: number
  /** UDP requests larger than 1,300 bytes try TCP first (RFC 3261 §18.1.1). */
  readonly oversizeByTcp: boolean
  /** Answer every UDP request to its source port, asked or not. */
  readonly forceRport: boolean
}

export const defaultTransactionConfig: TransactionConfig = {
  host: '127.0.0.1',
  port: 5060,
  transports: ['UDP', 'TCP'],
  advertise: undefined,
  limits: defaultMessageLimits,
  timings: defaultTimings,
  rules: defaultUasRules,
  halfOpenMs: 10_000,
  silentMs: 30_000,
  idleMs: 600_000,
  provenIdleMs: 6 * 3_600_000,
  connectionsPerSource: 64,
  connectionsMax: 4_000,
  connectTimeoutMs: 2_000,
  writeQueueBytes: 1024 * 1024,
  serverTransactionsMax: 10_000,
  oversizeByTcp: true,
  forceRport: false,
}
