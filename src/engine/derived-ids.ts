// Ids for legs that the engine makes without being asked by a command: decisions use no randomness, so they are made from
// a fresh name: the boot id, which is random, and a counter that never repeats within a boot.

import { createHash } from 'node:crypto'
import { brandAs, type LegId, type LegUuid, type SessionId } from '../base/ids.ts'
import type { FreshLeg } from '../ports/commands.ts'
import type { StepContext } from './context.ts'

/** A leg of an existing session. */
export function freshLegIn(ctx: StepContext, sessionId: SessionId): FreshLeg {
  const digest = createHash('sha256').update(`leg ${ctx.freshName()}`).digest()
  return {
    legId: brandAs<LegId>(`v3:${digest.toString('base64url')}`),
    legUuid: brandAs<LegUuid>(uuidFrom(digest)),
    sessionId,
  }
}

/** RFC 9562 §5.8: version 8, a UUID whose bits are ours. */
function uuidFrom(digest: Uint8Array): string {
  const bytes = Buffer.from(digest.subarray(0, 16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)]
  return [...parts, hex.slice(20)].join('-')
}
