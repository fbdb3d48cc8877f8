// What the far end of a stream says, until the call has heard it: sound and marks in order, a bounded amount of it. A mark
// is reached when the sound before it has been heard, not when it was sent (C203).

import { FRAME_SAMPLES } from '../audio/clip.ts'
import type { PlayRingWriter } from '../audio/play-ring.ts'

/** Samples of 8 kHz that may wait: 5 minutes. */
export const WAITING_MAX = 300 * 8000
/** Sounds, marks and files that may wait; marks also for what is in the ring, which nobody hears before the answer. */
export const ITEMS_MAX = 20_000
/** So far ahead of the call is the ring filled: enough for a thread that is late. */
const AHEAD_FRAMES = 8
/** Sound that begins waits for so much, or so many ticks: the far end's packets do not come like a clock's. */
const FIRST_SAMPLES = 3 * FRAME_SAMPLES
const FIRST_TICKS = 3

type Item =
  | { readonly kind: 'sound'; readonly samples: Int16Array }
  | { readonly kind: 'mark'; readonly name: string }
  /** A file that is being decoded. */
  | { readonly kind: 'pending'; readonly job: number }

export class Playout {
  readonly #ring: PlayRingWriter
  #items: Item[] = []
  /** Samples of the first item that are in the ring already. */
  #at = 0
  #waiting = 0
  readonly #frame = new Int16Array(FRAME_SAMPLES)
  #filled = 0
  /** Marks whose sound is in the ring, with the count of frames that must have been heard. */
  #due: { readonly name: string; readonly frames: number }[] = []
  #flowing = false
  #idleTicks = 0

  constructor(ring: PlayRingWriter) {
    this.#ring = ring
  }

  /** 8 kHz samples; false when too much is waiting, then nothing is taken. */
  add(samples: Int16Array): boolean {
    if (samples.length === 0) return true
    if (this.#waiting + samples.length > WAITING_MAX || !this.#hasRoom()) return false
    this.#waiting += samples.length
    this.#items.push({ kind: 'sound', samples })
    return true
  }

  /** Keeps the place of a file until `decoded`; false when too much is waiting. */
  await(job: number): boolean {
    if (!this.#hasRoom()) return false
    this.#items.push({ kind: 'pending', job })
    return true
  }

  /** The file's sound; a job that was cleared meanwhile is nobody's. False: too much is waiting, and it is left out. */
  decoded(job: number, samples: Int16Array): boolean {
    const place = this.#items.findIndex((item) => item.kind === 'pending' && item.job === job)
    if (place < 0) return true
    const fits = this.#waiting + samples.length <= WAITING_MAX
    if (fits) this.#waiting += samples.length
    const sound: Item[] = fits && samples.length > 0 ? [{ kind: 'sound', samples }] : []
    this.#items.splice(place, 1, ...sound)
    return fits
  }

  /** False when too many are waiting. */
  mark(name: string): boolean {
    if (!this.#hasRoom()) return false
    this.#items.push({ kind: 'mark', name })
    return true
  }

  /** Silence at once; the marks that were on their way. */
  clear(): readonly string[] {
    const names = this.#due.map(({ name }) => name)
    for (const item of this.#items) if (item.kind === 'mark') names.push(item.name)
    this.#items = []
    this.#due = []
    this.#at = 0
    this.#waiting = 0
    this.#filled = 0
    this.#flowing = false
    this.#ring.clear()
    return names
  }

  /** Fills the ring; `tick` every 20 ms, otherwise when something new has come. The marks that were reached. */
  pump(tick: boolean): readonly string[] {
    if (this.#mayFlow(tick)) this.#fill(tick)
    const heard = this.#ring.read
    let count = 0
    while (count < this.#due.length && ((heard - this.#due[count]!.frames) | 0) >= 0) count++
    return this.#due.splice(0, count).map(({ name }) => name)
  }

  #hasRoom(): boolean {
    return this.#items.length + this.#due.length < ITEMS_MAX
  }

  /** What begins after silence waits a moment; marks alone need not. */
  #mayFlow(tick: boolean): boolean {
    if (this.#waiting === 0 && this.#filled === 0 && this.#ring.queued === 0) {
      this.#flowing = false
      this.#idleTicks = 0
      return true
    }
    if (this.#flowing) return true
    if (tick) this.#idleTicks++
    this.#flowing = this.#waiting >= FIRST_SAMPLES || this.#idleTicks >= FIRST_TICKS
    return this.#flowing
  }

  #fill(tick: boolean): void {
    let taken = 0
    for (const item of this.#items) {
      if (item.kind === 'pending') break
      if (item.kind === 'sound' && !this.#write(item.samples)) break
      if (item.kind === 'mark') {
        const frames = (this.#ring.written + (this.#filled > 0 ? 1 : 0)) | 0
        this.#due.push({ name: item.name, frames })
      }
      taken++
    }
    if (taken > 0) this.#items.splice(0, taken)
    // The end of what was said need not be a whole frame.
    const isEnd = tick && this.#items.length === 0 && this.#ring.queued < 2
    if (this.#filled > 0 && isEnd && !this.#ring.full) {
      this.#frame.fill(0, this.#filled)
      this.#push()
    }
  }

  /** Whether all of it is in the ring. */
  #write(samples: Int16Array): boolean {
    while (this.#at < samples.length) {
      if (this.#ring.queued >= AHEAD_FRAMES) return false
      const count = Math.min(FRAME_SAMPLES - this.#filled, samples.length - this.#at)
      this.#frame.set(samples.subarray(this.#at, this.#at + count), this.#filled)
      this.#filled += count
      this.#at += count
      this.#waiting -= count
      if (this.#filled === FRAME_SAMPLES) this.#push()
    }
    this.#at = 0
    return true
  }

  #push(): void {
    this.#ring.write(this.#frame)
    this.#filled = 0
  }
}
