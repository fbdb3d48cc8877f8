// A key from the far end: told to the application always, and to the gather of the leg. Keys that the media engine
// heard reach the peer through the media link; those that came as INFO are passed on here, unless the bridge mutes them.

import { dtmfPaths, peerOf } from '../../calls/bridge.ts'
import type { StepContext } from '../context.ts'
import { gatherKey } from '../gathers.ts'
import { pressKeys } from '../press-keys.ts'
import type { HeardKey, Leg } from '../state.ts'
import { tellStream } from '../streams.ts'

export interface Key {
  readonly digit: string
  readonly by: HeardKey['by']
  /** How long it was held, for keys that are to be passed on here. */
  readonly passOnMs: number | undefined
}

/** Nobody presses the same key twice so fast; a phone that sends it in two ways does (C104). */
const SAME_KEY_MS = 400

export function hearKey(ctx: StepContext, leg: Leg, key: Key): void {
  if (!leg.told || heardAlready(ctx, leg, key)) return
  ctx.emit({ type: 'dtmf-received', leg: ctx.facts(leg), digit: key.digit })
  tellStream(ctx, leg, key.digit)
  gatherKey(ctx, leg, key.digit)
  if (key.passOnMs === undefined || leg.state.at !== 'bridged') return
  const { bridge } = leg.state
  const peerId = peerOf(bridge, leg.legId)
  const paths = dtmfPaths(bridge)
  const open = peerId === bridge.issuer ? paths.toIssuer : paths.toOther
  const peer = ctx.living(peerId)
  if (open && peer !== undefined) pressKeys(ctx, peer, key.digit, key.passOnMs)
}

/** The same key by another way a moment ago. */
function heardAlready(ctx: StepContext, leg: Leg, { digit, by }: Key): boolean {
  const last = leg.lastKey
  const again = last?.digit === digit && last.by !== by && ctx.monotonicMs - last.atMs < SAME_KEY_MS
  if (!again) leg.lastKey = { digit, by, atMs: ctx.monotonicMs }
  return again
}
