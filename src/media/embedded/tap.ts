// Taps: what listens to a leg besides its peers (tone detection, a recorder, a stream). A leg with taps decodes both of
// its directions through jitter buffers, both 60 ms behind the wire, so that a question and its answer stay aligned;
// a leg without taps pays one comparison per packet. What was sent is taken from the packets that really left.

import type { LegId } from '../../base/ids.ts'
import type { MediaInput } from '../../ports/media-engine.ts'
import { FRAME_SAMPLES } from '../audio/clip.ts'
import { FrameRingWriter } from '../audio/frame-ring.ts'
import { alawToLinear, ulawToLinear } from '../audio/g711.ts'
import type { G711Law } from '../audio/g711.ts'
import { JitterBuffer } from '../rtp/jitter-buffer.ts'
import type { RtpHeader } from '../rtp/packet.ts'

/** What is to listen, as plain data; a new kind of tap is a new member here and a line in `makeTap`. */
export type TapSpec =
  /** Into a ring of shared memory (`newFrameRing`), for another thread to read. */
  { readonly kind: 'ring'; readonly memory: SharedArrayBuffer }

export interface Tap {
  /**
   * Each 20 ms while the leg is started: 160 samples of 8 kHz of what the peer said (undefined: nothing arrived) and of
   * what it was sent. Both arrays are used again: what is kept must be copied.
   */
  frame(inbound: Int16Array | undefined, outbound: Int16Array): void
  /** Detached, or the leg ended. No frame follows. */
  end(): void
}

/** What a tap may do. */
export interface TapContext {
  readonly legId: LegId
  /** Monotonic ms. */
  nowMs(): number
  /** Tells the call logic. */
  emit(input: MediaInput): void
}

export function makeTap(spec: TapSpec, _context: TapContext): Tap {
  const ring = new FrameRingWriter(spec.memory)
  return {
    frame: (inbound, outbound) => ring.write(inbound, outbound),
    end: () => ring.end(),
  }
}

/** The taps of one leg; made with the first and dropped with the last. */
export class LegTaps {
  readonly #taps = new Map<string, Tap>()
  readonly #inbound = new JitterBuffer()
  readonly #outbound = new JitterBuffer()
  readonly #heard = new Int16Array(FRAME_SAMPLES)
  readonly #sent = new Int16Array(FRAME_SAMPLES)

  get size(): number {
    return this.#taps.size
  }

  /** A tap of the same name is ended first. */
  attach(tapId: string, tap: Tap): void {
    this.detach(tapId)
    this.#taps.set(tapId, tap)
  }

  detach(tapId: string): void {
    const tap = this.#taps.get(tapId)
    if (tap === undefined) return
    this.#taps.delete(tapId)
    tap.end()
  }

  /** A packet of the peer. */
  hear(header: Readonly<RtpHeader>, bytes: Uint8Array, law: G711Law): void {
    const { ssrc, timestamp, payloadOffset, payloadLength } = header
    this.#inbound.put(ssrc, timestamp, bytes, payloadOffset, payloadLength, tableOf(law))
  }

  /** A packet of audio that left. */
  sent(timestamp: number, bytes: Uint8Array, at: number, length: number, law: G711Law): void {
    this.#outbound.put(0, timestamp, bytes, at, length, tableOf(law))
  }

  /** Gives every tap its frame; `failed` hears of those that threw, which are gone then. */
  tick(failed: (tapId: string, error: unknown) => void): void {
    const arrived = this.#inbound.take(this.#heard) ? this.#heard : undefined
    if (!this.#outbound.take(this.#sent)) this.#sent.fill(0)
    for (const [tapId, tap] of this.#taps) {
      try {
        tap.frame(arrived, this.#sent)
      } catch (error) {
        this.#taps.delete(tapId)
        failed(tapId, error)
      }
    }
  }

  end(): void {
    for (const tap of this.#taps.values()) tap.end()
    this.#taps.clear()
  }
}

function tableOf(law: G711Law): Int16Array {
  return law === 'PCMU' ? ulawToLinear : alawToLinear
}
