// A 2xx to INVITE is repeated by its sender until the ACK comes, on every transport (RFC 3261 §13.3.1.4).

import type { SessionCore } from './core.ts'
import { GIVE_UP_MS, T1_MS, T2_MS } from './core.ts'

/**
 * Sends once and again after T1, 2 T1 … T2 until `stopRepeating(core, name)`; `giveUp` after 64 T1 without it.
 * `name` tells the initial INVITE's 2xx from a re-INVITE's.
 */
export function sendRepeating(
  core: SessionCore,
  name: string,
  send: () => void,
  giveUp: () => void,
): void {
  const again = (delayMs: number): void => {
    core.arm(`${name}-repeat`, delayMs, () => {
      send()
      again(Math.min(delayMs * 2, T2_MS))
    })
  }
  core.arm(`${name}-give-up`, GIVE_UP_MS, () => {
    core.disarm(`${name}-repeat`)
    giveUp()
  })
  again(T1_MS)
  send()
}

export function stopRepeating(core: SessionCore, name: string): void {
  core.disarm(`${name}-repeat`)
  core.disarm(`${name}-give-up`)
}
