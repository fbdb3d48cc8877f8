// What is played to one leg, on the signalling thread's side: one playback and one overlay, each loaded first and then
// told to the media thread, which knows it by its clip's number.

import type { LegId, PlaybackId } from '../../base/ids.ts'
import type { AudioReference, MediaCommand, MediaInput } from '../../ports/media-engine.ts'
import type { AudioClip } from '../audio/clip.ts'
import type { ClipPieces } from '../audio/clip-pieces.ts'
import type { ClipShelf } from './clip-shelf.ts'
import type { WorkerCommand } from './protocol.ts'

/** Audio that could not be had, as `playback-ended` says it. */
export interface AudioFailure {
  readonly status: 'failed' | 'file_not_found'
  readonly detail: string
}

export interface LegPlaybackParts {
  readonly loadClip: (audio: AudioReference) => Promise<AudioClip | AudioFailure>
  /** As `loadClip`, for audio that may be heard before all of it is made. */
  readonly beginClip?: (audio: AudioReference) => Promise<BegunAudio | AudioFailure>
  readonly shelf: ClipShelf
  readonly post: (command: WorkerCommand) => void
  readonly deliverSoon: (input: MediaInput) => void
}

/** The first piece, and where the others come from. */
export interface BegunAudio {
  readonly clip: AudioClip
  readonly rest: ClipPieces | undefined
}

interface Playback {
  readonly playbackId: PlaybackId
  readonly clips: AudioClip[]
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
    const playback: Playback = { playbackId, clips: [] }
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
    const { clip, rest } = loaded
    playback.clips.push(clip)
    const open = rest !== undefined
    post({ op: layer, legId, playbackId, clipId: shelf.use(clip, post), loops, open })
    if (rest !== undefined) await this.#goOn(layer, playback, rest)
  }

  /** Passes on what is made while it is heard. What fails in the middle ends there. */
  async #goOn(layer: Layer, playback: Playback, rest: ClipPieces): Promise<void> {
    const { shelf, post, deliverSoon } = this.#parts
    const { playbackId } = playback
    const legId = this.#legId
    for (let index = 1; ; index++) {
      const next = await rest.piece(index)
      if (this.#layers.get(layer) !== playback) return
      if (next.clip !== undefined) {
        playback.clips.push(next.clip)
        post({ op: 'play-on', legId, playbackId, clipId: shelf.use(next.clip, post) })
        continue
      }
      if (next.why === undefined) {
        post({ op: 'play-on', legId, playbackId, clipId: undefined })
        return
      }
      this.#leave(layer)
      post({ op: 'stop-playback', legId, playbackId })
      deliverSoon({ kind: 'playback-ended', legId, playbackId, status: 'failed', detail: next.why })
      return
    }
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

  async #load(audio: AudioReference): Promise<BegunAudio | AudioFailure> {
    const { beginClip, loadClip } = this.#parts
    try {
      if (beginClip !== undefined) return await beginClip(audio)
      const loaded = await loadClip(audio)
      return 'status' in loaded ? loaded : { clip: loaded, rest: undefined }
    } catch (error) {
      return { status: 'failed', detail: error instanceof Error ? error.message : String(error) }
    }
  }

  #leave(layer: Layer): void {
    const { shelf, post } = this.#parts
    const clips = this.#layers.get(layer)?.clips ?? []
    this.#layers.delete(layer)
    for (const clip of clips) shelf.leave(clip, post)
  }
}
