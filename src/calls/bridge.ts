// Two legs joined, and what becomes of the one that stays when the other goes (C13). The settings belong to
// the issuer alone: the other leg of a bridge that ends is always hung up.

import { assert } from '../base/assert.ts'
import type { LegId } from '../base/ids.ts'

export interface BridgeSettings {
  readonly parkAfterUnbridge: boolean
  readonly holdAfterUnbridge: boolean
  /** Keys of the far side that are not passed to: the issuer (`self`), the other leg (`opposite`). */
  readonly muteDtmf: 'none' | 'both' | 'self' | 'opposite'
}

export interface Bridge extends BridgeSettings {
  readonly issuer: LegId
  readonly other: LegId
}

export const plainBridge: BridgeSettings = {
  parkAfterUnbridge: false,
  holdAfterUnbridge: false,
  muteDtmf: 'none',
}

/** The leg at the far side of `legId`. */
export function peerOf(bridge: Bridge, legId: LegId): LegId {
  assert(bridge.issuer === legId || bridge.other === legId, 'leg is not in this bridge')
  return bridge.issuer === legId ? bridge.other : bridge.issuer
}

/** What happens to the leg that did not leave. Held legs are parked too: the word only says what the caller hears. */
export function afterUnbridge(bridge: Bridge, stays: LegId): 'park' | 'hold' | 'hang-up' {
  if (bridge.issuer !== stays) return 'hang-up'
  if (bridge.parkAfterUnbridge) return 'park'
  return bridge.holdAfterUnbridge ? 'hold' : 'hang-up'
}

/** Which way keys are passed on. Their events are emitted whatever this says. */
export function dtmfPaths(bridge: Bridge): { toIssuer: boolean; toOther: boolean } {
  return {
    toIssuer: bridge.muteDtmf !== 'self' && bridge.muteDtmf !== 'both',
    toOther: bridge.muteDtmf !== 'opposite' && bridge.muteDtmf !== 'both',
  }
}
