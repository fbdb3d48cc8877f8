// Called numbers and SIP user names, and the application that answers for each. The `*` of the file answers for what is
// nobody's; it is no number and not listed.

import type { ApplicationId } from '../base/ids.ts'
import { ok, refused } from '../base/result.ts'
import type { Application } from '../ports/applications.ts'
import type { StoredRow } from '../ports/durable.ts'
import type { Changed, NumberRecord, NumberSettings, Setup } from '../ports/setup.ts'
import { Book, type RowWriter } from './book.ts'
import { idOfNumber } from './ids.ts'

const numbersMax = 100_000
const everything = '*'

export interface NumbersOptions {
  readonly file: readonly Application[]
  readonly writer: RowWriter
  readonly nowMs: () => number
  readonly isApplication: (id: ApplicationId) => boolean
}

export class Numbers {
  readonly shelf: Setup['numbers']
  readonly #options: NumbersOptions
  readonly #book: Book<string, NumberRecord>
  readonly #byNumber = new Map<string, string>()
  #others: ApplicationId | undefined

  constructor(options: NumbersOptions) {
    this.#options = options
    this.#book = new Book('number', options.writer)
    const readAtMs = options.nowMs()
    const stamps = { origin: 'file', createdAtMs: readAtMs, updatedAtMs: readAtMs } as const
    for (const { id: applicationId, numbers } of options.file) {
      for (const number of numbers) {
        if (number === everything) this.#others ??= applicationId
        else if (!this.#byNumber.has(number))
          this.#load({ number, applicationId, tags: [], customerReference: '', ...stamps })
      }
    }
    this.shelf = {
      all: () => Array.from(this.#book.values(), (one) => this.#asItIs(one)),
      get: (id) => this.#find(id),
      create: (number, settings) => this.#create(number, settings),
      update: (id, settings) => this.#update(id, settings),
      remove: (id) => this.#remove(id),
    }
  }

  /** The application for a called number or user. */
  answering(called: string): ApplicationId | undefined {
    const id = this.#byNumber.get(called)
    return (id === undefined ? undefined : this.#find(id)?.applicationId) ?? this.#others
  }

  restore(rows: readonly StoredRow[]): void {
    const shape = (row: object): NumberRecord => row as NumberRecord // Our own JSON.
    this.#book.restore(rows, shape, ({ id }) => id)
    for (const { id, number } of this.#book.values()) this.#byNumber.set(number, id)
  }

  #load(record: Omit<NumberRecord, 'id'>): void {
    const id = idOfNumber(record.number)
    this.#book.load(id, { id, ...record })
    this.#byNumber.set(record.number, id)
  }

  #find(id: string): NumberRecord | undefined {
    const found = this.#book.get(id) ?? this.#book.get(this.#byNumber.get(id) ?? '')
    return found && this.#asItIs(found)
  }

  /** A number whose application is gone belongs to nobody: nothing has to be written to it when the application goes. */
  #asItIs(record: NumberRecord): NumberRecord {
    const { applicationId } = record
    const isNobodys = applicationId !== null && !this.#options.isApplication(applicationId)
    return isNobodys ? { ...record, applicationId: null } : record
  }

  async #create(number: string, settings: NumberSettings): Changed<NumberRecord> {
    if (this.#byNumber.has(number)) return refused('taken')
    if (this.#book.size >= numbersMax) return refused('full')
    const nowMs = this.#options.nowMs()
    const stamps = { origin: 'api', createdAtMs: nowMs, updatedAtMs: nowMs } as const
    return this.#put({ id: idOfNumber(number), number, ...settings, ...stamps })
  }

  async #update(id: string, over: Partial<NumberSettings>): Changed<NumberRecord> {
    const before = this.#find(id)
    if (before === undefined) return refused('unknown')
    if (before.origin === 'file') return refused('from-file')
    return this.#put({ ...before, ...over, updatedAtMs: this.#options.nowMs() })
  }

  async #remove(id: string): Changed<NumberRecord> {
    const before = this.#find(id)
    if (before === undefined) return refused('unknown')
    if (before.origin === 'file') return refused('from-file')
    const written = this.#book.remove(before.id)
    if (written === undefined) return refused('unavailable')
    this.#byNumber.delete(before.number)
    await written
    return ok(before)
  }

  async #put(record: NumberRecord): Changed<NumberRecord> {
    const { applicationId, id, number } = record
    if (applicationId !== null && !this.#options.isApplication(applicationId)) {
      return refused('application-unknown')
    }
    const written = this.#book.put(id, record)
    if (written === undefined) return refused('unavailable')
    this.#byNumber.set(number, id)
    await written
    return ok(record)
  }
}
