// What is played to one leg, on the signalling thread's side: one playback and one overlay, each loaded first and then
// told to the media thread, which knows it by its clip's number.

import type { LegId, PlaybackId } from '../../base/ids.ts'
import type { AudioReference, MediaCommand, MediaInput } from '../../ports/media-engine.ts'
import type { AudioClip } from '../audio/clip.ts'
import type { ClipShelf } from './clip-shelf.ts'
import type { WorkerCommand } from './protocol.ts'

/** Audio that could not be had, as `playback-ended` says it. */
export interface AudioFailure {
  readonly status: 'failed' | 'file_not_found'
  readonly detail: string
}

export interface LegPlaybackParts {
  readonly loadClip: (audio: AudioReference) => Promise<AudioClip | AudioFailure>
  readonly shelf: ClipShelf
  readonly post: (command: WorkerCommand) => void
  readonly deliverSoon: (input: MediaInput) => void
}

interface Playback {
  readonly playbackId: PlaybackId
  clip: AudioClip | undefined
}

type PlayCommand = Extract<MediaCommand, { kind: 'play' | 'play-over' }>
type Layer = PlayCommand['kind']

export class LegPlayback {
  readonly #legId: LegId
  readonly #parts: LegPlaybackParts
  readonly #layers = new Map<Layer, Playback>()

  constructor(legId: LegId, parts: LegPlaybackParts) {
    this.#legId = legId
    this.#parts = parts
  }

  /** Takes the place of what its layer plays. Never rejects. */
  async play(command: PlayCommand): Promise<void> {
    const { kind: layer, playbackId, loops } = command
    const { shelf, post, deliverSoon } = this.#parts
    const legId = this.#legId
    this.#leave(layer)
    const playback: Playback = { playbackId, clip: undefined }
    this.#layers.set(layer, playback)
    const loaded = await this.#load(command.audio)
    // Stopped, replaced or released while it was loading: it must not start any more.
    if (this.#layers.get(layer) !== playback) return
    if ('status' in loaded) {
      this.#layers.delete(layer)
      const { status, detail } = loaded
      deliverSoon({ kind: 'playback-ended', legId, playbackId, status, detail })
      return
    }
    playback.clip = loaded
    post({ op: layer, legId, playbackId, clipId: shelf.use(loaded, post), loops })
  }

  /** Whether reports about it still mean something. */
  plays(playbackId: PlaybackId): boolean {
    return [...this.#layers.values()].some((one) => one.playbackId === playbackId)
  }

  /** In whichever layer it is. */
  end(playbackId: PlaybackId): void {
    for (const [layer, playback] of this.#layers) {
      if (playback.playbackId === playbackId) this.#leave(layer)
    }
  }

  endAll(): void {
    this.#leave('play')
    this.#leave('play-over')
  }

  async #load(audio: AudioReference): Promise<AudioClip | AudioFailure> {
    try {
      return await this.#parts.loadClip(audio)
    } catch (error) {
      return { status: 'failed', detail: error instanceof Error ? error.message : String(error) }
    }
  }

  #leave(layer: Layer): void {
    const clip = this.#layers.get(layer)?.clip
    this.#layers.delete(layer)
    if (clip !== undefined) this.#parts.shelf.leave(clip, this.#parts.post)
  }
}
