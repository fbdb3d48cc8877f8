// A key from the far end: told to the application always; RFC 4733 keys reach the peer through the media link, those
// that came as INFO are passed on here, unless the bridge mutes them.

import { dtmfPaths, peerOf } from '../../calls/bridge.ts'
import type { StepContext } from '../context.ts'
import type { Leg } from '../state.ts'

/** `passOnMs` undefined: the media side has passed the key on itself. */
export interface Key {
  readonly digit: string
  readonly passOnMs: number | undefined
}

export function hearKey(ctx: StepContext, leg: Leg, key: Key): void {
  if (!leg.told) return
  ctx.emit({ type: 'dtmf-received', leg: ctx.facts(leg), digit: key.digit })
  if (key.passOnMs === undefined || leg.state.at !== 'bridged') return
  const { bridge } = leg.state
  const peerId = peerOf(bridge, leg.legId)
  const paths = dtmfPaths(bridge)
  const open = peerId === bridge.issuer ? paths.toIssuer : paths.toOther
  if (!open) return
  const { digit, passOnMs } = key
  ctx.media({ kind: 'send-dtmf', legId: peerId, digits: digit, durationMs: passOnMs })
}
