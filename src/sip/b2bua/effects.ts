// Effects of the engine on a leg that exists: one branch per effect, no decisions.

import { assertNever } from '../../base/assert.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { SignalingEffect } from '../../ports/signaling.ts'
import { parseUri } from '../message/uri.ts'
import type { Headers } from '../session/capabilities.ts'
import type { SessionInput } from '../session/core.ts'
import type { InviteSession } from '../session/invite-session.ts'
import { outgoingHeaders, plainText } from './outgoing-headers.ts'

export type LegEffect = Exclude<SignalingEffect, { kind: 'invite' }>

export interface EffectRoom {
  readonly metrics: Metrics
  readonly domain: string
}

/** `emit` reports a REFER that can not be sent. */
export function performOn(
  session: InviteSession,
  effect: LegEffect,
  room: EffectRoom,
  emit: (input: SessionInput) => void,
): void {
  switch (effect.kind) {
    case 'ring':
      return session.ring()
    case 'progress':
      return session.progress(effect.sdp)
    case 'refuse':
      return session.refuse(effect.status, refusalHeaders(effect, room.metrics))
    case 'accept':
      return session.accept(effect.sdp, outgoingHeaders(effect.headers, room.metrics))
    case 'cancel':
      return session.cancel()
    case 'confirm':
      return session.confirm()
    case 'bye':
      return session.bye(byeHeaders(effect, room.metrics))
    case 'accept-offer':
      return session.acceptOffer(effect.sdp)
    case 'refuse-offer':
      return session.refuseOffer(effect.status)
    case 'refer': {
      const target = effect.target.startsWith('+')
        ? `sip:${effect.target}@${room.domain}`
        : effect.target
      if (parseUri(target) === undefined) return emit({ kind: 'refer-progress', status: 400 })
      return session.refer(
        target,
        outgoingHeaders(effect.headers, room.metrics),
        effect.credentials,
      )
    }
    case 'refer-accept':
      return session.acceptRefer()
    case 'refer-refuse':
      return session.refuseRefer(effect.status)
    case 'refer-notify':
      return session.notifyRefer(effect.status)
    case 'probe':
      return session.probe()
    case 'send-dtmf-info':
      return session.sendDtmf(effect.digit, effect.durationMs)
  }
  return assertNever(effect)
}

function refusalHeaders(effect: Extract<LegEffect, { kind: 'refuse' }>, metrics: Metrics): Headers {
  const headers = outgoingHeaders(effect.headers ?? [], metrics)
  if (effect.retryAfterSecs === undefined) return headers
  return [['Retry-After', String(Math.max(0, Math.round(effect.retryAfterSecs)))], ...headers]
}

function byeHeaders(effect: Extract<LegEffect, { kind: 'bye' }>, metrics: Metrics): Headers {
  const headers = outgoingHeaders(effect.headers, metrics)
  return effect.reason === undefined ? headers : [['Reason', plainText(effect.reason)], ...headers]
}
