// Compares the books after every turn: what the events say, what the engine says, what the store says and what the media
// side did must be one story.

import type { LegId, QueueName } from '../../src/base/ids.ts'
import type { CallLogic } from '../../src/engine/driver.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Store } from '../../src/ports/store.ts'
import { queueNames } from './application.ts'
import type { AskedFor } from './asked.ts'
import { BrokenPromise, type EventModel } from './checkers.ts'
import type { Deadlines } from './deadlines.ts'
import type { SimMedia } from './media.ts'
import type { Witness } from './witness.ts'

const allOfThem = { number: 1, size: 250 }

/** Read anew at every turn: a crash replaces most of them. */
export interface AuditParts {
  readonly isServing: boolean
  readonly control: CallLogic
  readonly model: EventModel
  readonly witness: Witness
  readonly media: SimMedia
  readonly store: Store
  readonly ordered: boolean
  readonly time: Clock
  readonly deadlines: Deadlines
  readonly askedFor: AskedFor
}

/** One turn in so many reads the store itself, as the API does. */
const INSPECT_EVERY = 16

/** Limits are watched now and then: whoever is let go late is late for long. */
const DEADLINES_EVERY = 4

export class Audit {
  readonly #parts: AuditParts
  #turns = 0

  constructor(parts: AuditParts) {
    this.#parts = parts
  }

  /** After a turn in which something happened. Throws BrokenPromise. */
  async afterTurn(): Promise<void> {
    this.#turns += 1
    if (!this.#parts.isServing) return
    this.#places()
    const { ordered, witness } = this.#parts
    if (ordered || witness.verbs === 0) {
      for (const queueName of queueNames) this.#line(queueName)
      if (this.#turns % INSPECT_EVERY === 0) await this.#inspect()
    }
    if (witness.commits === 0) {
      this.#links()
      this.#supervisors()
      this.#roles()
    }
    if (this.#turns % DEADLINES_EVERY === 0) this.#deadlines()
  }

  #deadlines(): void {
    const { deadlines, askedFor, model, witness, time } = this.#parts
    deadlines.check(model, witness)
    if (witness.commits === 0) this.#whispers()
    const { graceMs } = deadlines
    if (graceMs === undefined) return
    askedFor.gathers.check(model, graceMs)
    askedFor.supervisors.check(model, time.wallMs(), graceMs)
  }

  /** Every leg is where its events say. */
  #places(): void {
    const { model, control } = this.#parts
    let legs = 0
    let queued = 0
    for (const leg of model.legs.values()) {
      // A kept place may outlive what is remembered of its call.
      if (leg.ended) continue
      const at = control.call(leg.legId)?.state
      legs += 1
      if (leg.queue !== undefined) queued += 1
      const inRoom = leg.conference === undefined ? undefined : 'in-conference'
      const expected = leg.queue === undefined ? inRoom : 'queued'
      const odd =
        expected === undefined
          ? at === 'queued' || at === 'in-conference' || at === 'ended' || at === undefined
          : at !== expected
      if (odd) broken(`${leg.legId} is ${at}, its events say ${expected ?? 'elsewhere'}`)
    }
    const counts = control.counts()
    // A leg counts before its application has been told of it.
    if (counts.legs < legs) broken(`the engine counts ${counts.legs} legs, the events ${legs}`)
    if (counts.queued !== queued) broken(`${counts.queued} queued, the events say ${queued}`)
  }

  #line(queueName: QueueName): void {
    const { model, witness, ordered } = this.#parts
    const told = model.line(queueName)
    const stored = witness.model.calls(queueName).map(({ entry }) => entry.legId)
    const same = ordered ? sameOrder(told, stored) : sameOrder([...told].sort(), stored.sort())
    if (!same) broken(`${queueName}: events say ${told.join(',')}, store ${stored.join(',')}`)
  }

  async #inspect(): Promise<void> {
    const { store, witness } = this.#parts
    for (const queueName of queueNames) {
      const expected = witness.model.calls(queueName)
      const [record, page] = await Promise.all([
        store.getQueue(queueName),
        store.pageEntries(queueName, { number: 1, size: 250 }),
      ])
      const rows = page?.rows ?? []
      if ((record?.size ?? 0) !== expected.length) broken(`${queueName}: size ${record?.size}`)
      const ids = rows.map(({ entry, position }) => `${position} ${entry.legId}`)
      const wanted = expected.map(({ entry, position }) => `${position} ${entry.legId}`)
      if (!sameOrder(ids, wanted)) broken(`${queueName}: page ${ids.join()}, not ${wanted.join()}`)
    }
  }

  /** Who listens to a bridge is parked, and the bridge is one. */
  #supervisors(): void {
    const { media, control, askedFor } = this.#parts
    askedFor.supervisors.checkMedia(media)
    for (const [legId, { pair }] of media.supervisors) {
      const at = control.call(legId)?.state
      if (at !== 'parked') broken(`${legId} supervises and is ${at}`)
      for (const one of pair) {
        const state = control.call(one)?.state
        if (state !== 'bridged') broken(`${legId} supervises ${one}, which is ${state}`)
      }
    }
  }

  /** Nobody hears a muted participant, which a monitor always is; a whisper reaches those it names. */
  #roles(): void {
    const { media, control, model } = this.#parts
    for (const conferenceId of model.participants.keys()) {
      const page = control.participants(conferenceId, {}, allOfThem)
      for (const { legId, muted, status, whisperTo } of page?.rows ?? []) {
        const ears = media.heard.get(legId)
        if (status !== 'joined' || ears === undefined) continue
        if (muted && ears.heard) broken(`${legId} is muted and heard`)
        if (ears.only !== undefined && ears.only.join() !== whisperTo.join()) {
          broken(`${legId} whispers to ${whisperTo.join()} and is heard by ${ears.only.join()}`)
        }
      }
    }
  }

  /** Nobody who whispers in a conference is heard by all. */
  #whispers(): void {
    const { media, control, model } = this.#parts
    for (const conferenceId of model.participants.keys()) {
      const page = control.participants(conferenceId, { whispering: true }, allOfThem)
      for (const { legId, status } of page?.rows ?? []) {
        const ears = media.heard.get(legId)
        if (status === 'joined' && ears?.heard === true && ears.only === undefined) {
          broken(`${legId} whispers and is heard by all`)
        }
      }
    }
  }

  /** Linked are exactly the bridged legs, each with its own peer. */
  #links(): void {
    const { media, control, model } = this.#parts
    for (const [a, b] of media.links) {
      if (media.links.get(b) !== a) broken(`${a} is linked with ${b}, which is linked elsewhere`)
      for (const legId of [a, b]) {
        const state = control.call(legId)?.state
        if (state !== 'bridged') broken(`${legId} is linked and ${state}`)
      }
    }
    for (const { legId, ended, peer } of model.legs.values()) {
      if (ended || control.call(legId)?.state !== 'bridged') continue
      const linked = media.links.get(legId)
      const bothAlive = peer !== undefined && media.legs.has(legId) && media.legs.has(peer)
      if (bothAlive && linked !== peer) broken(`${legId} is bridged with ${peer}, linked ${linked}`)
    }
  }
}

function sameOrder(one: readonly (LegId | string)[], other: readonly (LegId | string)[]): boolean {
  return one.length === other.length && one.every((legId, index) => legId === other[index])
}

function broken(why: string): never {
  throw new BrokenPromise(why)
}
