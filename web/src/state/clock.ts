// The server's clock, ticking once a second on everything that is on the screen at the same moment.
import { signal } from '@preact/signals'

/** How far the server is ahead of this device, ms. */
let aheadMs = 0

/** Milliseconds since the epoch as the server has it; changes each second. */
export const now = signal(Date.now())

/** The server just said what time it is. */
export function setServerTime(serverMs: number): void {
  aheadMs = serverMs - Date.now()
  now.value = serverNowMs()
}

export function serverNowMs(): number {
  return Date.now() + aheadMs
}

export function startClock(): void {
  const tick = (): void => {
    now.value = serverNowMs()
    setTimeout(tick, 1000 - (serverNowMs() % 1000))
  }
  tick()
}
