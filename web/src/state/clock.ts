// The server's clock, ticking once a second on everything that is on the screen at the same moment. While nothing comes
// from the server, what is shown stands still: a wait that went on counting would look as if it were known.
import { signal } from '@preact/signals'

/** How far the server is ahead of this device, ms. */
let aheadMs = 0
let stoodAtMs: number | undefined

/** Milliseconds since the epoch as the server has it; changes each second. */
export const clock = signal(Date.now())

/** The moment that the figures on the screen are of: `clock`, or when the server was last heard. */
export const now = signal(Date.now())

/** The server just said what time it is. */
export function setServerTime(serverMs: number): void {
  aheadMs = serverMs - Date.now()
  show()
}

/** A time of this device as the server has it. */
export function serverTime(deviceMs: number): number {
  return deviceMs + aheadMs
}

/** The figures are of this moment (of the device) until further notice; undefined: they are current again. */
export function standAt(deviceMs: number | undefined): void {
  stoodAtMs = deviceMs
  show()
}

function show(): void {
  clock.value = serverTime(Date.now())
  now.value = stoodAtMs === undefined ? clock.value : serverTime(stoodAtMs)
}

export function startClock(): void {
  const tick = (): void => {
    show()
    setTimeout(tick, 1000 - (serverTime(Date.now()) % 1000))
  }
  tick()
}
