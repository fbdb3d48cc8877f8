// Which clips the media thread knows. A clip lies in shared memory, so telling it costs a message once; it is told
// again only after nobody used it for a while and it was taken off the shelf there.

import type { AudioClip } from '../audio/clip.ts'
import type { WorkerCommand } from './protocol.ts'

interface Entry {
  readonly clipId: number
  users: number
}

export class ClipShelf {
  readonly #entries = new Map<AudioClip, Entry>()
  #nextId = 1

  /** One more user of the clip; `post` gets the clip itself when the other side does not have it. */
  use(clip: AudioClip, post: (command: WorkerCommand) => void): number {
    let entry = this.#entries.get(clip)
    if (entry === undefined) {
      entry = { clipId: this.#nextId++, users: 0 }
      this.#entries.set(clip, entry)
      post({ op: 'clip', clipId: entry.clipId, clip })
    }
    entry.users++
    return entry.clipId
  }

  /** One user less; without any the other side forgets the clip (those that play it keep it to the end). */
  leave(clip: AudioClip, post: (command: WorkerCommand) => void): void {
    const entry = this.#entries.get(clip)
    if (entry === undefined || --entry.users > 0) return
    this.#entries.delete(clip)
    post({ op: 'drop-clip', clipId: entry.clipId })
  }
}
