// Keeps uploaded audio: the bytes as files with names of our own, what is known of them as rows of the store. The row is
// the truth: a new content is written first and named by its row afterwards, an old one is removed when no row names it
// any more, and what a crash leaves over between the two is removed by the next start.
//
// Expiry has one timer, set for the file that goes first; nothing looks around from time to time.

import { assert } from '../../base/assert.ts'
import { DeadlineHeap } from '../../base/heap.ts'
import type { Blobs } from '../../ports/blobs.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import {
  mediaTtlMs,
  type MediaFile,
  type MediaFiles,
  type PutOutcome,
} from '../../ports/media-files.ts'
import type { Random } from '../../ports/random.ts'
import type { LiveRows, StateChange, Store } from '../../ports/store.ts'
import type { TimerId, Timers } from '../../ports/timers.ts'
import type { MediaContent } from '../audio/clip-loader.ts'
import { looksLikeMp3 } from '../audio/mp3.ts'
import { looksLikeWav } from '../audio/wav.ts'

export interface MediaLibraryOptions {
  readonly blobs: Blobs
  readonly store: Pick<Store, 'commit'>
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
  readonly filesMax: number
  readonly download: MediaFiles['download']
}

export interface MediaLibrary extends MediaFiles {
  /** The files of former processes; removes what has expired meanwhile and what a crash left over. */
  start(rows: LiveRows['rows']): Promise<void>
  /** What playback reads (ClipLoaderOptions.media). */
  content(name: string): MediaContent | undefined
  /** No file expires any more. */
  stop(): void
}

/** As a row of table `media-file`, its id being the name. */
interface Row extends MediaFile {
  readonly blob: string
}

/** Timers of days are set anew on the way: a wall clock that is put right must not wait for them. */
const timerMsMax = 3_600_000

/** Makes an empty library; see MediaLibraryOptions. */
export function createMediaLibrary(options: MediaLibraryOptions): MediaLibrary {
  return new Library(options)
}

class Library implements MediaLibrary {
  readonly #options: MediaLibraryOptions
  readonly #rows = new Map<string, Row>()
  readonly #expiries = new DeadlineHeap<string>()
  #timer: TimerId | undefined
  #stopped = false

  constructor(options: MediaLibraryOptions) {
    this.#options = options
  }

  async start(rows: LiveRows['rows']): Promise<void> {
    for (const { table, id, row } of rows) {
      if (table === 'media-file') this.#keep(id, row as Row) // Our own JSON, written by `#commit`.
    }
    const named = new Set([...this.#rows.values()].map(({ blob }) => blob))
    for (const blob of await this.#options.blobs.list()) {
      if (!named.has(blob)) await this.#discard(blob)
    }
    this.#expire()
  }

  stop(): void {
    this.#stopped = true
    if (this.#timer !== undefined) this.#options.timers.clear(this.#timer)
    this.#timer = undefined
  }

  list(): readonly MediaFile[] {
    return [...this.#rows.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  get(name: string): MediaFile | undefined {
    return this.#rows.get(name)
  }

  async put(name: string, bytes: Uint8Array, ttlMs: number | undefined): Promise<PutOutcome> {
    const contentType = contentTypeOf(bytes)
    if (contentType === undefined) return { ok: false, why: 'unplayable' }
    if (!this.#rows.has(name) && this.#rows.size >= this.#options.filesMax) {
      return { ok: false, why: 'full' }
    }
    const { blobs, clock, random } = this.#options
    const blob = random.uuid()
    await blobs.write(blob, bytes)
    const former = this.#rows.get(name)
    const nowMs = clock.wallMs()
    const row: Row = {
      name,
      contentType,
      sizeBytes: bytes.length,
      createdAtMs: former?.createdAtMs ?? nowMs,
      updatedAtMs: nowMs,
      expiresAtMs:
        ttlMs === undefined ? (former?.expiresAtMs ?? nowMs + mediaTtlMs) : nowMs + ttlMs,
      blob,
    }
    this.#keep(name, row)
    await this.#commit({ kind: 'put', table: 'media-file', id: name, row })
    if (former !== undefined) await this.#discard(former.blob)
    return { ok: true, file: row }
  }

  async extend(name: string, ttlMs: number): Promise<MediaFile | undefined> {
    const former = this.#rows.get(name)
    if (former === undefined) return undefined
    const nowMs = this.#options.clock.wallMs()
    const row: Row = { ...former, updatedAtMs: nowMs, expiresAtMs: nowMs + ttlMs }
    this.#keep(name, row)
    await this.#commit({ kind: 'put', table: 'media-file', id: name, row })
    return row
  }

  async remove(name: string): Promise<boolean> {
    const row = this.#rows.get(name)
    if (row === undefined) return false
    this.#rows.delete(name)
    this.#expiries.delete(name)
    this.#arm()
    await this.#commit({ kind: 'delete', table: 'media-file', id: name })
    await this.#discard(row.blob)
    return true
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    return this.content(name)?.read()
  }

  download(url: string): ReturnType<MediaFiles['download']> {
    return this.#options.download(url)
  }

  content(name: string): MediaContent | undefined {
    const row = this.#rows.get(name)
    if (row === undefined) return undefined
    return { version: row.blob, read: () => this.#options.blobs.read(row.blob) }
  }

  #keep(name: string, row: Row): void {
    this.#rows.set(name, row)
    this.#expiries.set(name, row.expiresAtMs)
    this.#arm()
  }

  async #commit(change: StateChange): Promise<void> {
    assert(change.table === 'media-file', 'only rows of our own')
    await this.#options.store.commit({ changes: [change], events: [], deliveries: [] })
  }

  /** What stays behind costs disk until the next start, nothing else. */
  async #discard(blob: string): Promise<void> {
    try {
      await this.#options.blobs.remove(blob)
    } catch (error) {
      const fields = { code: 'MEDIA_FILE', blob, error: String(error) }
      this.#options.log.warn(fields, 'an old audio file could not be removed')
    }
  }

  #arm(): void {
    const { timers, clock } = this.#options
    if (this.#timer !== undefined) timers.clear(this.#timer)
    this.#timer = undefined
    const nextAt = this.#expiries.nextAt()
    if (nextAt === undefined || this.#stopped) return
    const delayMs = Math.min(timerMsMax, Math.max(0, nextAt - clock.wallMs()))
    this.#timer = timers.set(delayMs, () => {
      this.#timer = undefined
      this.#expire()
    })
  }

  #expire(): void {
    const nowMs = this.#options.clock.wallMs()
    for (let name = this.#expiries.popDue(nowMs); name; name = this.#expiries.popDue(nowMs)) {
      this.remove(name).catch((error: unknown) => {
        const fields = { code: 'MEDIA_FILE', error: String(error) }
        this.#options.log.warn(fields, 'an expired audio file could not be removed')
      })
    }
    this.#arm()
  }
}

/** Told by the content: names and content types lie. */
function contentTypeOf(bytes: Uint8Array): MediaFile['contentType'] | undefined {
  if (looksLikeWav(bytes)) return 'audio/wav'
  return looksLikeMp3(bytes) ? 'audio/mpeg' : undefined
}
