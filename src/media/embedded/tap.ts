// Taps: what listens to a leg besides its peers (tone detection, a recorder, a stream). A leg with taps decodes both of
// its directions through jitter buffers, both 60 ms behind the wire, so that a question and its answer stay aligned;
// a leg without taps pays one comparison per packet. What was sent is taken from the packets that really left, but for
// whispers (unwhispered.ts).

import type { LegId } from '../../base/ids.ts'
import type {
  MachineDetectionRules,
  MachineListening,
  MediaInput,
} from '../../ports/media-engine.ts'
import { FRAME_SAMPLES } from '../audio/clip.ts'
import { DtmfDetector } from '../audio/dtmf-tones.ts'
import { FrameRingWriter } from '../audio/frame-ring.ts'
import { MachineDetector } from '../audio/machine-detector.ts'
import type { CodecName } from '../audio/codec.ts'
import { RTP_HEADER_BYTES } from '../rtp/packet.ts'
import { Hearing } from './hearing.ts'
import type { PacketPlace } from './hearing.ts'
import { Unwhispered } from './unwhispered.ts'
import type { WhisperedMix } from './unwhispered.ts'

/** What is to listen, as plain data; a new kind of tap is a new member here and a line in `makeTap`. */
export type TapSpec =
  /** Into a ring of shared memory (`newFrameRing`), for another thread to read. */
  | { readonly kind: 'ring'; readonly memory: SharedArrayBuffer }
  /** Keys that a peer without telephone-event presses; the peer of a bridge hears the tones themselves. */
  | { readonly kind: 'keys' }
  /** Who answered, by what the peer says; what is found is told, and then nothing more. */
  | {
      readonly kind: 'machine'
      readonly listening: MachineListening
      readonly rules: MachineDetectionRules
    }

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

export function makeTap(spec: TapSpec, context: TapContext): Tap {
  switch (spec.kind) {
    case 'ring':
      return makeRingTap(spec.memory)
    case 'keys':
      return makeKeyTap(context)
    case 'machine':
      return makeMachineTap(spec, context)
  }
}

/** Into a ring of `newFrameRing`. */
export function makeRingTap(memory: SharedArrayBuffer): Tap {
  const ring = new FrameRingWriter(memory)
  return {
    frame: (inbound, outbound) => ring.write(inbound, outbound),
    end: () => ring.end(),
  }
}

/** The tap that every leg without telephone-event has. */
export const KEY_TAP = 'keys'

/** Keys heard as tones are told like any other. */
function makeKeyTap({ legId, emit }: TapContext): Tap {
  const detector = new DtmfDetector()
  return {
    frame: (inbound) => {
      const digit = detector.hear(inbound)
      if (digit !== undefined) emit({ kind: 'media-dtmf', legId, digit, inBand: true })
    },
    end: () => undefined,
  }
}

/** The tap of answering machine detection. */
export const MACHINE_TAP = 'machine'

function makeMachineTap(
  { listening, rules }: Extract<TapSpec, { kind: 'machine' }>,
  { legId, emit }: TapContext,
): Tap {
  const detector = new MachineDetector(listening, rules)
  return {
    frame: (inbound) => {
      const found = detector.hear(inbound)
      if (found?.kind === 'answered-by') {
        emit({ kind: 'machine-detected', legId, result: found.result })
      } else if (found?.kind === 'greeting') {
        emit({ kind: 'machine-greeting-ended', legId, result: found.result })
      }
    },
    end: () => undefined,
  }
}

/** The taps of one leg; made with the first and dropped with the last. */
export class LegTaps {
  readonly #taps = new Map<string, Tap>()
  readonly #inbound = new Hearing()
  readonly #outbound = new Hearing()
  #unwhispered: Unwhispered | undefined
  readonly #silence = new Int16Array(FRAME_SAMPLES)
  readonly #place = { ssrc: 0, sequence: 0, timestamp: 0, payloadOffset: 0, payloadLength: 0 }

  get size(): number {
    return this.#taps.size
  }

  has(tapId: string): boolean {
    return this.#taps.has(tapId)
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
  hear(header: PacketPlace, bytes: Uint8Array, kind: CodecName | 'noise'): void {
    if (kind === 'noise') this.#inbound.putNoise(header, bytes)
    else this.#inbound.put(header, bytes, kind)
  }

  /** A packet of audio that left. */
  sent(
    { codec, ssrc }: { readonly codec: CodecName; readonly ssrc: number },
    sequence: number,
    timestamp: number,
    packet: Uint8Array,
    length: number,
  ): void {
    const place = this.#place
    place.ssrc = ssrc
    place.sequence = sequence
    place.timestamp = timestamp
    place.payloadOffset = RTP_HEADER_BYTES
    place.payloadLength = length
    this.#outbound.put(place, packet, codec)
  }

  /** The mix that `legId` hears in this tick, if it hears one; before `tick`. */
  heardMix(mix: WhisperedMix | undefined, legId: LegId): void {
    if (mix?.isWhisperedTo(legId) === true) this.#unwhispered ??= new Unwhispered()
    this.#unwhispered?.put(mix, legId)
  }

  /** Gives every tap its frame; `failed` hears of those that threw, which are gone then. */
  tick(failed: (tapId: string, error: unknown) => void): void {
    const arrived = this.#inbound.take() ? this.#inbound.narrow() : undefined
    const left = this.#outbound.take() ? this.#outbound.narrow() : this.#silence
    const sent = this.#unwhispered?.instead() ?? left
    for (const [tapId, tap] of this.#taps) {
      try {
        tap.frame(arrived, sent)
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
