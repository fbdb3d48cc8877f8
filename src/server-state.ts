// What the rest of the program needs to know of a server that is put together: the settings of its call logic, whether it
// is ready, and its figures.

import type { ReadyStatus } from './api/context.ts'
import type { Config } from './config/shape.ts'
import type { CallControlParts, CallLogic } from './engine/driver.ts'
import type { createMetrics } from './platform/metrics.ts'
import type { Store } from './ports/store.ts'
import type { SipStack } from './sip/b2bua/config.ts'
import type { Outbox } from './webhooks/outbox.ts'

export function engineSettings(config: Config): CallControlParts['settings'] {
  return {
    ringLimitMs: config.calls.ring_limit_secs * 1000,
    collectEmptyAfterMs: config.queues.collect_empty_after_secs * 1000,
    collectCreated: config.queues.collect_created,
    rtpLossHangupMs: config.calls.rtp_loss_hangup_secs * 1000,
    callsMax: config.limits.calls,
    recordingsKeptMs: config.recordings.keep_days * 86_400_000,
    outboundLimits: {
      concurrentMax: config.outbound.concurrent_calls,
      perMinuteMax: config.outbound.calls_per_minute,
    },
    keyLimits: new Map(
      config.apiKeys.flatMap(({ name, outbound }) => (outbound ? [[name, outbound]] : [])),
    ),
  }
}

export function readiness(
  phase: 'starting' | 'running' | 'draining',
  store: Store,
  outbox: Outbox,
  config: Config,
): ReadyStatus {
  if (phase !== 'running') return { status: phase, reasons: [`the server is ${phase}`] }
  const reasons: string[] = []
  const health = store.health()
  if (!health.ok) reasons.push(`the disk: ${health.why}`)
  const owed = outbox.backlog()
  if (owed > config.limits.webhook_backlog) reasons.push(`${owed} webhooks are owed`)
  return reasons.length === 0 ? { status: 'ready' } : { status: 'degraded', reasons }
}

export function renderMetrics(
  metrics: ReturnType<typeof createMetrics>,
  logic: CallLogic,
  sip: SipStack,
  store: Store,
): Promise<string> {
  for (const [name, value] of Object.entries(logic.counts())) {
    metrics.gauge(`holdfast_${name}`, value)
  }
  metrics.gauge('holdfast_store_backlog', store.health().backlog)
  metrics.gauge('holdfast_registered_users', sip.registeredUsers())
  return metrics.render()
}
