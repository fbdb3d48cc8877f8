// Who listens along: the signalling thread's half. A leg that somebody listens to has one tap, however many listen; every
// 20 ms what it wrote is mixed and encoded once and handed to all of them. While nobody listens there is no tap, no
// timer and no memory. Bridges, holds and queues come and go beneath it: the tap is the leg's (docs/internals/listening.md).

import type { LegId } from '../../base/ids.ts'
import type { CallListening, Listened, Listener } from '../../ports/listening.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { TimerId, Timers } from '../../ports/timers.ts'
import { FRAME_SAMPLES } from '../audio/clip.ts'
import { FrameRingReader, newFrameRing } from '../audio/frame-ring.ts'
import { encodeUlaw } from '../audio/g711.ts'
import type { WorkerCommand } from '../embedded/protocol.ts'

const TICK_MS = 20
/** 1.28 s: a main thread that stood still for longer leaves the oldest out. */
const RING_FRAMES = 64
/** 5 s without a frame: no such leg in the media thread, or none that is answered. */
const QUIET_TICKS_MAX = 250
const TAP = 'listeners'

export interface ListeningOptions {
  readonly postMedia: (commands: readonly WorkerCommand[]) => void
  readonly timers: Timers
  readonly metrics: Metrics
  /** At one time, over all calls. */
  readonly listenersMax: number
}

/** One leg with its listeners. */
interface Heard {
  readonly ring: FrameRingReader
  readonly listeners: Set<Listener>
  quietTicks: number
}

export function createListening(options: ListeningOptions): CallListening {
  return new TappedLegs(options)
}

class TappedLegs implements CallListening {
  readonly #options: ListeningOptions
  readonly #byLeg = new Map<LegId, Heard>()
  readonly #mix = new Int16Array(FRAME_SAMPLES)
  #count = 0
  #timer: TimerId | undefined

  constructor(options: ListeningOptions) {
    this.#options = options
  }

  hasRoom(): boolean {
    return this.#count < this.#options.listenersMax
  }

  listen(legId: LegId, listener: Listener): Listened | undefined {
    if (!this.hasRoom()) return undefined
    const heard = this.#byLeg.get(legId) ?? this.#tap(legId)
    heard.listeners.add(listener)
    this.#counted(1)
    this.#arm()
    return { stop: () => this.#stop(legId, heard, listener) }
  }

  #tap(legId: LegId): Heard {
    const memory = newFrameRing(RING_FRAMES)
    const heard = {
      ring: new FrameRingReader(memory),
      listeners: new Set<Listener>(),
      quietTicks: 0,
    }
    this.#byLeg.set(legId, heard)
    const tap = { kind: 'ring', memory } as const
    this.#options.postMedia([{ op: 'tap-attach', legId, tapId: TAP, tap }])
    return heard
  }

  #stop(legId: LegId, heard: Heard, listener: Listener): void {
    if (!heard.listeners.delete(listener)) return
    this.#counted(-1)
    if (heard.listeners.size > 0) return
    this.#byLeg.delete(legId)
    this.#options.postMedia([{ op: 'tap-detach', legId, tapId: TAP }])
  }

  #counted(change: 1 | -1): void {
    this.#count += change
    this.#options.metrics.gauge('holdfast_listeners', this.#count)
  }

  #arm(): void {
    this.#timer ??= this.#options.timers.set(TICK_MS, () => {
      this.#timer = undefined
      for (const [legId, heard] of [...this.#byLeg]) this.#tick(legId, heard)
      if (this.#count > 0) this.#arm()
    })
  }

  #tick(legId: LegId, heard: Heard): void {
    const { ring, listeners } = heard
    // Asked first: what was written before the end is still read below.
    const isOver = ring.ended
    heard.quietTicks++
    while (ring.read()) {
      heard.quietTicks = 0
      const bytes = mixed(ring, this.#mix)
      for (const listener of [...listeners]) listener.frame(bytes)
    }
    const isQuiet = heard.quietTicks >= QUIET_TICKS_MAX
    if (!isOver && !isQuiet) return
    for (const listener of [...listeners]) {
      this.#stop(legId, heard, listener)
      listener.ended(isOver ? 'call-over' : 'no-sound')
    }
  }
}

/** Both directions of the frame read last, in bytes of their own: they stay with the connection until they are sent. */
function mixed({ inbound, outbound }: FrameRingReader, mix: Int16Array): Uint8Array {
  for (let i = 0; i < FRAME_SAMPLES; i++) {
    mix[i] = Math.max(-32_768, Math.min(32_767, inbound[i]! + outbound[i]!))
  }
  const bytes = new Uint8Array(FRAME_SAMPLES)
  encodeUlaw(mix, bytes)
  return bytes
}
