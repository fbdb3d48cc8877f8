// The signalling thread's half of what is played to a whole conference: loads the audio, tells the media thread by number,
// and keeps what crossed a stop from the call logic. Commands about one leg in a mix are only translated.

import type { ConferenceId, PlaybackId } from '../../base/ids.ts'
import type { MediaCommand, MediaInput } from '../../ports/media-engine.ts'
import type { AudioClip } from '../audio/clip.ts'
import type { ClipShelf } from './clip-shelf.ts'
import type { AudioFailure, LegPlaybackParts } from './leg-playback.ts'
import type { WorkerCommand } from './protocol.ts'

type MixPlay = Extract<MediaCommand, { kind: 'mix-play' }>
type MixStop = Extract<MediaCommand, { kind: 'mix-stop' }>
type MixInput = Extract<MediaInput, { kind: 'mix-playback-started' | 'mix-playback-ended' }>

export interface MixCommandsOptions {
  readonly loadClip: LegPlaybackParts['loadClip']
  readonly shelf: ClipShelf
  readonly post: (command: WorkerCommand) => void
  /** Never from within `perform`. */
  readonly deliverSoon: (input: MediaInput) => void
}

interface Playing {
  clip: AudioClip | undefined
}

export class MixCommands {
  readonly #options: MixCommandsOptions
  readonly #playing = new Map<string, Playing>()

  constructor(options: MixCommandsOptions) {
    this.#options = options
  }

  perform(command: MixPlay | MixStop): void {
    if (command.kind === 'mix-play') {
      void this.#play(command)
      return
    }
    const { conferenceId, playbackId } = command
    this.#forget(conferenceId, playbackId)
    this.#options.post({ op: 'mix-stop', conferenceId, playbackId })
  }

  /** Whether the call logic is to hear of it. */
  isWanted(input: MixInput): boolean {
    const { conferenceId, playbackId } = input
    if (!this.#playing.has(keyOf(conferenceId, playbackId))) return false
    if (input.kind === 'mix-playback-ended') this.#forget(conferenceId, playbackId)
    return true
  }

  async #play({ conferenceId, playbackId, audio, loops }: MixPlay): Promise<void> {
    const { loadClip, shelf, post, deliverSoon } = this.#options
    const key = keyOf(conferenceId, playbackId)
    const playing: Playing = { clip: undefined }
    this.#playing.set(key, playing)
    const loaded = await loadClip(audio).catch(failureOf)
    // Stopped while it was loading: it must not start any more.
    if (this.#playing.get(key) !== playing) return
    if ('status' in loaded) {
      this.#playing.delete(key)
      const { status, detail } = loaded
      deliverSoon({ kind: 'mix-playback-ended', conferenceId, playbackId, status, detail })
      return
    }
    playing.clip = loaded
    const clipId = shelf.use(loaded, post)
    post({ op: 'mix-play', conferenceId, playbackId, clipId, loops })
  }

  #forget(conferenceId: ConferenceId, playbackId: PlaybackId): void {
    const key = keyOf(conferenceId, playbackId)
    const clip = this.#playing.get(key)?.clip
    this.#playing.delete(key)
    if (clip !== undefined) this.#options.shelf.leave(clip, this.#options.post)
  }
}

function keyOf(conferenceId: ConferenceId, playbackId: PlaybackId): string {
  return `${conferenceId} ${playbackId}`
}

function failureOf(error: unknown): AudioFailure {
  return { status: 'failed', detail: error instanceof Error ? error.message : String(error) }
}
