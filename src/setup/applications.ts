// Call control applications, and what becomes of one that is removed while calls of it are alive: it stays behind as a
// snapshot that begins nothing new, until the last of its calls has ended (C184).

import { brandAs, type ApplicationId } from '../base/ids.ts'
import { ok, refused } from '../base/result.ts'
import type { Application } from '../ports/applications.ts'
import type { StoredRow } from '../ports/durable.ts'
import type { ApplicationExtras, ApplicationRecord, Changed, Setup } from '../ports/setup.ts'
import { Book, type RowWriter } from './book.ts'

/** As many as a configuration file may have. */
const applicationsMax = 10_000

export interface ApplicationsOptions {
  readonly file: readonly Application[]
  readonly writer: RowWriter
  readonly nowMs: () => number
  readonly freshId: () => ApplicationId
}

type Kept = ApplicationRecord & { readonly retired: boolean }

const extras: ApplicationExtras = {
  anchorsiteOverride: 'Latency',
  redactDtmfDebugLogging: false,
  receiveSettings: 'from_anyone',
  outboundVoiceProfileId: '',
}

export class Applications {
  readonly shelf: Setup['applications']
  readonly #options: ApplicationsOptions
  readonly #book: Book<ApplicationId, Kept>

  constructor(options: ApplicationsOptions) {
    this.#options = options
    this.#book = new Book('application', options.writer)
    const readAtMs = options.nowMs()
    for (const one of options.file) {
      const stamps = { origin: 'file', createdAtMs: readAtMs, updatedAtMs: readAtMs } as const
      this.#book.load(one.id, { ...extras, ...one, ...stamps, retired: false })
    }
    this.shelf = {
      all: () => [...this.#book.values()].filter(({ retired }) => !retired),
      get: (id) => this.#living(id),
      create: (settings) => this.#create(settings),
      update: (id, settings) => this.#change(id, settings),
      remove: (id) => this.#remove(id),
    }
  }

  /** Also one that was removed. */
  get(id: ApplicationId): Application | undefined {
    return this.#book.get(id)
  }

  isTaken(id: ApplicationId): boolean {
    return this.#book.get(id) !== undefined
  }

  restore(rows: readonly StoredRow[]): void {
    const optional = { inboundChannelLimit: undefined, outboundChannelLimit: undefined }
    // Our own JSON, written by `put`; what is undefined is missing there.
    const shape = (row: object): Kept => ({ ...optional, ...(row as Kept) })
    this.#book.restore(rows, shape, ({ id }) => brandAs<ApplicationId>(id))
  }

  /** Removed ones that are still known. */
  retired(): readonly ApplicationId[] {
    return [...this.#book.values()].flatMap(({ id, retired }) => (retired ? id : []))
  }

  /** Forgets removed ones that nothing belongs to any more. */
  sweep(isInUse: (id: ApplicationId) => boolean): void {
    for (const { id, retired } of [...this.#book.values()]) {
      if (retired && !isInUse(id)) void this.#book.remove(id)
    }
  }

  #living(id: ApplicationId): Kept | undefined {
    const found = this.#book.get(id)
    return found?.retired === true ? undefined : found
  }

  async #create(
    settings: Parameters<Setup['applications']['create']>[0],
  ): Changed<ApplicationRecord> {
    if (this.#book.size >= applicationsMax) return refused('full')
    const nowMs = this.#options.nowMs()
    const stamps = { origin: 'api', createdAtMs: nowMs, updatedAtMs: nowMs } as const
    const id = this.#options.freshId()
    return this.#put({ ...settings, id, numbers: [], ...stamps, retired: false })
  }

  async #change(id: ApplicationId, over: Partial<Kept>): Changed<ApplicationRecord> {
    const before = this.#living(id)
    if (before === undefined) return refused('unknown')
    if (before.origin === 'file') return refused('from-file')
    return this.#put({ ...before, ...over, updatedAtMs: this.#options.nowMs() })
  }

  async #remove(id: ApplicationId): Changed<ApplicationRecord> {
    const before = this.#living(id)
    const done = await this.#change(id, { active: false, retired: true })
    return done.ok && before !== undefined ? ok(before) : done
  }

  async #put(kept: Kept): Changed<ApplicationRecord> {
    const written = this.#book.put(kept.id, kept)
    if (written === undefined) return refused('unavailable')
    await written
    return ok(kept)
  }
}
