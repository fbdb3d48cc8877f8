// What the far end of a stream says to legs. It lies over everything else that they hear; while it speaks, a bridge is not
// heard, as under a playback (C202). The sound comes out of a ring of shared memory, one frame per tick.

import type { LegId } from '../../base/ids.ts'
import type { StreamTarget } from '../../ports/streaming.ts'
import { FRAME_SAMPLES } from '../audio/clip.ts'
import { PlayRingReader } from '../audio/play-ring.ts'
import type { MediaLeg } from './leg.ts'
import { partnerOf } from './supervision.ts'

interface Voice {
  readonly leg: MediaLeg
  readonly target: StreamTarget
  readonly ring: PlayRingReader
}

/** All voices of the engine, by the leg whose stream they are. */
export class Voices {
  readonly #voices = new Map<LegId, Voice>()
  readonly #frame = new Int16Array(FRAME_SAMPLES)

  /** One of the same leg is replaced. */
  attach(leg: MediaLeg, memory: SharedArrayBuffer, target: StreamTarget): void {
    this.#voices.set(leg.legId, { leg, target, ring: new PlayRingReader(memory) })
  }

  detach(legId: LegId): void {
    this.#voices.delete(legId)
  }

  /** Before the legs of this tick. What a leg cannot hear yet waits. `failed`: something threw in this leg's work. */
  tick(failed: (leg: MediaLeg, error: unknown) => void): void {
    for (const voice of this.#voices.values()) {
      try {
        this.#say(voice)
      } catch (error) {
        failed(voice.leg, error)
      }
    }
  }

  #say({ leg, target, ring }: Voice): void {
    if (!leg.started || !ring.take(this.#frame)) return
    const partner = target === 'self' ? undefined : partnerOf(leg)?.from
    partner?.voice.give(this.#frame)
    // Without a bridge there is nobody opposite: whoever is there hears it.
    if (target !== 'opposite' || partner === undefined) leg.voice.give(this.#frame)
  }
}
