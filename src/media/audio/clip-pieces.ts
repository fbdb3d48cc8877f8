// A clip that is still being made, piece by piece: those who hear it begin with what is there. Several may follow the
// same one; each asks for the pieces in order.

import type { AudioClip } from './clip.ts'

/** The next piece, or the end of the whole: `why` undefined when it is complete. */
export type NextPiece =
  { readonly clip: AudioClip } | { readonly clip: undefined; readonly why: string | undefined }

export class ClipPieces {
  readonly #pieces: AudioClip[] = []
  #end: { readonly clip: undefined; readonly why: string | undefined } | undefined
  #waiting: (() => void)[] = []

  add(clip: AudioClip): void {
    this.#pieces.push(clip)
    this.#wake()
  }

  /** No more comes. */
  end(why: string | undefined): void {
    this.#end ??= { clip: undefined, why }
    this.#wake()
  }

  /** The piece of that number (from 0), as soon as it is made. */
  async piece(index: number): Promise<NextPiece> {
    for (;;) {
      const clip = this.#pieces[index]
      if (clip !== undefined) return { clip }
      if (this.#end !== undefined) return this.#end
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resume of waiting) resume()
  }
}
