// SIP and media as the call logic sees them, without sockets and audio: phones that are up or down, dialogs that outlive the
// process, links between legs. What leaves is checked at once: it must be on disk already.

import { brandAs, type LegId } from '../../src/base/ids.ts'
import type { LegRow } from '../../src/engine/leg-row.ts'
import type { DurableMedia, DurableSignaling, RestoredDialog } from '../../src/ports/durable.ts'
import type { MediaCommand, MediaEngine } from '../../src/ports/media-engine.ts'
import type { Signaling, SignalingEffect, SignalingInput } from '../../src/ports/signaling.ts'
import { promise } from './broken.ts'
import type { ModelDisk } from './disk.ts'
import type { Name } from './spec.ts'

/** `none`: never called; `ringing`: has our INVITE. */
export type Phone = 'none' | 'ringing' | 'up' | 'down'

/** What SIP keeps of a call on disk. */
export interface DialogRow {
  readonly at: RestoredDialog['at']
  /** Our BYE or CANCEL is promised: it is sent again at a start. */
  readonly farewell: boolean
}

/** Everything outside of the server; it lives on when the process dies. */
export class Outside {
  readonly phones = new Map<Name, Phone>()
  /** What the process that dies next still brings out; undefined: everything. */
  effectsLeft: number | undefined

  phone(name: Name): Phone {
    return this.phones.get(name) ?? 'none'
  }

  /** False: the process has died before this effect. */
  mayPass(): boolean {
    if (this.effectsLeft === undefined) return true
    this.effectsLeft -= 1
    return this.effectsLeft >= 0
  }
}

export class Rooms {
  readonly links = new Map<Name, Name>()
  readonly #outside: Outside
  readonly #disk: ModelDisk
  readonly #dialogs = new Map<Name, DialogRow>()
  readonly #changed = new Set<Name>()

  constructor(outside: Outside, disk: ModelDisk) {
    this.#outside = outside
    this.#disk = disk
  }

  readonly signaling: Signaling = {
    checkDestination: () => undefined,
    perform: (effect) => {
      if (this.#outside.mayPass()) this.#send(effect)
    },
  }

  readonly media: MediaEngine = {
    capabilities: () => ({ mix: true, sharedPlayer: true, atomicLink: true }),
    quality: () => undefined,
    perform: (command) => {
      if (this.#outside.mayPass()) this.#play(command)
    },
  }

  readonly durable: { readonly signaling: DurableSignaling; readonly media: DurableMedia } = {
    signaling: {
      takeChanges: (promised) => {
        for (const effect of promised) this.#promised(effect)
        const changes = [...this.#changed].map((id) => {
          const row = this.#dialogs.get(id)
          return row === undefined
            ? ({ kind: 'delete', table: 'dialog', id } as const)
            : ({ kind: 'put', table: 'dialog', id, row } as const)
        })
        this.#changed.clear()
        return changes
      },
      onChange: () => undefined,
      restore: (rows) => rows.flatMap(({ id, row }) => this.#restore(id, row as DialogRow)),
    },
    media: {
      takeChanges: () => [],
      onChange: () => undefined,
      restore: () => Promise.resolve(this.#restoredMedia()),
    },
  }

  /** What SIP notes of an input that it hands up. */
  heard(input: SignalingInput): void {
    switch (input.kind) {
      case 'incoming-call':
        return this.#set(input.legId, { at: 'ringing-in', farewell: false })
      case 'leg-accepted':
        return this.#set(input.legId, { at: 'up', farewell: false })
      case 'leg-bye':
      case 'leg-lost':
      case 'leg-refused':
        return this.#set(input.legId, undefined)
      default:
    }
  }

  /** As text, for comparing states. */
  text(): string[] {
    const links = [...this.links].map(([one, other]) => `link ${one} ${other}`)
    return links.sort()
  }

  #set(name: Name, row: DialogRow | undefined): void {
    if (row === undefined) this.#dialogs.delete(name)
    else this.#dialogs.set(name, row)
    this.#changed.add(name)
  }

  #promised(effect: SignalingEffect): void {
    const dialog = this.#dialogs.get(effect.legId)
    // Performed later than it is promised: the answer of a phone that takes the call at once may be here already.
    if (effect.kind === 'invite' && dialog === undefined)
      this.#set(effect.legId, { at: 'dialing', farewell: false })
    else if (effect.kind === 'accept') this.#set(effect.legId, { at: 'up', farewell: false })
    else if ((effect.kind === 'bye' || effect.kind === 'cancel') && dialog !== undefined)
      this.#set(effect.legId, { ...dialog, farewell: true })
  }

  #restore(name: Name, row: DialogRow): RestoredDialog[] {
    this.#dialogs.set(name, row)
    // A BYE that was promised is sent again, and nobody who still rings is let through.
    if (row.farewell || row.at === 'dialing') {
      this.#outside.phones.set(name, 'down')
      this.#set(name, undefined)
    }
    if (row.farewell) return []
    return [{ legId: brandAs<LegId>(name), at: row.at, remoteSdp: 'sdp' }]
  }

  #restoredMedia(): { legId: LegId; agreed: boolean }[] {
    const dialogs = [...this.#disk.rows.values()].filter(({ table }) => table === 'dialog')
    return dialogs.map(({ id }) => ({ legId: brandAs<LegId>(id), agreed: true }))
  }

  #send(effect: SignalingEffect): void {
    const { legId } = effect
    const { phones } = this.#outside
    switch (effect.kind) {
      case 'invite':
        promise(this.#onDisk(legId) !== undefined, () => `${legId} is called before it is on disk`)
        // A phone that takes the call at once has done so already.
        if (!phones.has(legId)) phones.set(legId, 'ringing')
        return
      case 'accept': {
        const row = this.#onDisk(legId)
        promise(typeof row?.answeredAtMs === 'number', () => `200 to ${legId} is not on disk`)
        return
      }
      case 'bye':
      case 'cancel':
        promise(this.#onDisk(legId)?.state.at === 'ended', () => `BYE to ${legId} is not on disk`)
        phones.set(legId, 'down')
        return
      default:
    }
  }

  #play(command: MediaCommand): void {
    if (command.kind === 'release') this.#unlink(command.legId)
    if (command.kind === 'unlink') this.#unlink(command.a)
    if (command.kind !== 'link') return
    const { a, b } = command
    const state = this.#onDisk(a)?.state
    const isKept = state?.at === 'bridged' && [state.bridge.issuer, state.bridge.other].includes(b)
    promise(isKept, () => `${a} hears ${b}, and the disk does not say so`)
    for (const name of [a, b]) this.#unlink(name)
    this.links.set(a, b)
    this.links.set(b, a)
  }

  #unlink(name: Name): void {
    const other = this.links.get(name)
    this.links.delete(name)
    if (other !== undefined) this.links.delete(other)
  }

  #onDisk(legId: LegId): LegRow | undefined {
    return this.#disk.row('leg', legId) as LegRow | undefined // Written by the product under this name.
  }
}
