// A leg as the store keeps it: what a start needs to go on with it, or to end it honestly, and what GET /calls says.

import { audioRow, type AudioRow } from './audio-row.ts'
import type { Leg, LegDial } from './state.ts'

export interface LegRow {
  readonly legId: string
  readonly legUuid: string
  readonly sessionId: string
  readonly applicationId: string
  readonly direction: 'incoming' | 'outgoing'
  readonly from: string
  readonly to: string
  readonly tags: readonly string[]
  readonly startedAtUs: number
  readonly startedAtMs: number
  readonly order: number
  readonly state: Leg['state']
  readonly clientState: string | null
  readonly webhooks: Leg['webhooks'] | null
  readonly answeredAtMs: number | null
  readonly endedAtMs: number | null
  readonly told: boolean
  readonly held: boolean
  readonly delayedOffer: boolean
  readonly invite: Leg['invite'] | null
  readonly dial: Omit<LegDial, 'options'> | null
  readonly intent: Leg['intent'] | null
  /** Absent in rows of servers that did not write it. */
  readonly keyName?: string | null
  readonly kept: string | null
  readonly timeLimitAtMs: number | null
  readonly audio: AudioRow | null
  /** Absent in rows of servers that did not write it. */
  readonly overlay?: AudioRow | null
  /** This and `joins` are absent in rows of servers that did not write them. */
  readonly supervises?: Leg['supervises'] | null
  readonly joins?: Leg['joins'] | null
  /** Absent in rows of servers that did not write it. */
  readonly gather?: Leg['gather'] | null
  /** This and `fork` are absent in rows of servers that did not write them. */
  readonly stream?: Leg['stream'] | null
  readonly fork?: Leg['fork'] | null
  /** Absent in rows of servers that did not write it. */
  readonly machine?: Leg['machine'] | null
  readonly referring: boolean
  readonly referral: Leg['referral'] | null
  readonly referredBy: string | null
}

/** Plain JSON; credentials and audio of the dial are left out on purpose. */
export function legRow(leg: Leg): LegRow {
  return {
    legId: leg.legId,
    legUuid: leg.legUuid,
    sessionId: leg.sessionId,
    applicationId: leg.applicationId,
    direction: leg.direction,
    from: leg.from,
    to: leg.to,
    tags: leg.tags,
    startedAtUs: leg.startedAtUs,
    startedAtMs: leg.startedAtMs,
    order: leg.order,
    state: leg.state,
    clientState: leg.clientState,
    webhooks: leg.webhooks ?? null,
    answeredAtMs: leg.answeredAtMs ?? null,
    endedAtMs: leg.endedAtMs ?? null,
    told: leg.told,
    held: leg.held,
    delayedOffer: leg.delayedOffer,
    invite: leg.invite ?? null,
    dial: leg.dial === undefined ? null : { retryOnTimeout: leg.dial.retryOnTimeout },
    intent: leg.intent ?? null,
    keyName: leg.keyName ?? null,
    kept: leg.kept ?? null,
    timeLimitAtMs: leg.timeLimitAtMs ?? null,
    audio: audioRow(leg.audio) ?? null,
    overlay: audioRow(leg.overlay) ?? null,
    supervises: leg.supervises ?? null,
    joins: leg.joins ?? null,
    gather: leg.gather ?? null,
    machine: leg.machine ?? null,
    stream: leg.stream ?? null,
    fork: leg.fork ?? null,
    referring: leg.referring,
    referral: leg.referral ?? null,
    referredBy: leg.referredBy ?? null,
  }
}
