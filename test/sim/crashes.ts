// When the server is killed and when it is started again, and what must hold right after the start: whoever was answered
// and is still on the phone is still there, in the same place of the same line or with the same peer.

import { brandAs, type LegId } from '../../src/base/ids.ts'
import type { SavedSession } from '../../src/sip/session/saved.ts'
import type { LegRow } from '../../src/engine/leg-row.ts'
import type { DomainEvent } from '../../src/ports/events.ts'
import type { Random } from '../../src/ports/random.ts'
import { BrokenPromise } from './checkers.ts'
import { momentIn } from './plan.ts'
import type { World } from './world.ts'

/** What the disk said of a leg when the process died. */
interface Former {
  readonly legId: LegId
  readonly callId: string
  readonly state: LegRow['state']
  readonly queue: string | undefined
  readonly conference: string | undefined
}

type SavedDialog = { readonly session: SavedSession } | { readonly invites: unknown }

/** Where a crash can be: in the next commit, in the next one that tells of such an event, or at once. */
const places = [
  'engine.commit.before',
  'engine.commit.after',
  'leg-answered',
  'leg-bridged',
  'call-enqueued',
  'leg-held',
  undefined,
  undefined,
] as const
/** T1 and the way there and back, twice. */
const ANSWER_AGAIN_MS = 2_000
/** A BYE that gets no answer is given up after 64 T1; here no packet is lost, but a server may be away for 12 s. */
const FAREWELL_MS = 20_000
const awaysMs = [20, 500, 3_000, 12_000]

export class Crashes {
  readonly #world: World
  readonly #random: Random
  #armed: string | undefined
  /** The commit that tells of this event is the one. */
  #awaited: DomainEvent['type'] | undefined
  #former: Former[] = []
  #callIds = new Map<LegId, string>()
  /** The calls of all former processes. */
  readonly #everCallIds = new Map<LegId, string>()
  count = 0

  constructor(world: World, random: Random) {
    this.#world = world
    this.#random = random
  }

  plan(): void {
    const { plan, time } = this.#world
    for (let i = 0; i < plan.crashes; i++) {
      const place = places[this.#random.below(places.length)]
      time.set(momentIn(plan, this.#random), () => {
        if (plan.without.has(`crash ${i}`)) return
        if (place === 'engine.commit.before' || place === 'engine.commit.after') this.#armed = place
        else if (place !== undefined) this.#awaited = place
        else if (this.#world.isRunning) this.#crash('')
      })
    }
  }

  /** An event is about to be committed. */
  see(type: DomainEvent['type']): void {
    if (type !== this.#awaited) return
    this.#awaited = undefined
    // Nothing of it is on disk, or everything, and nobody has been told.
    this.#armed = this.#random.below(3) === 0 ? 'engine.commit.before' : 'engine.commit.after'
  }

  /** A hand-placed point of the product's code. */
  at(place: string): void {
    if (place !== this.#armed) return
    this.#armed = undefined
    this.#crash(place)
  }

  /** Nobody is killed any more. */
  stop(): void {
    this.#armed = undefined
    this.#awaited = undefined
  }

  /** The phone of a restored leg is still in the call. */
  isHeard(legId: LegId): boolean {
    const callId = this.#callIds.get(legId)
    return callId !== undefined && this.#upCalls().has(callId)
  }

  /** When the former calls have been restored and before anybody outside is heard. */
  checkRestart(): void {
    const { control, model } = this.#world
    const up = this.#upCalls()
    for (const { legId, callId, state, queue, conference } of this.#former) {
      if (!up.has(callId)) {
        if (this.#world.plan.weather.lost === 0) this.#expectAnswer(legId, callId)
        continue
      }
      const peerId = peerIn(state, legId)
      if (this.#isOver(legId, peerId, conference)) continue
      const leg = model.legs.get(legId)
      if (leg?.ended !== false) throw new BrokenPromise(`${legId} did not survive the crash`)
      const now = control.call(legId)?.state
      if (queue !== undefined && leg.queue !== queue && leg.queue !== undefined) {
        throw new BrokenPromise(`${legId} stood in ${queue} and stands in ${leg.queue}`)
      }
      const peer = this.#former.find((one) => one.legId === peerId)
      if (peerId === undefined || peer === undefined || !up.has(peer.callId)) continue
      if (now !== 'bridged') throw new BrokenPromise(`${legId} was bridged and is ${now}`)
      if (this.#world.media.links.get(legId) !== peerId) {
        throw new BrokenPromise(`${legId} is not linked again with ${peerId}`)
      }
    }
    this.#former = []
  }

  /**
   * A call of a former process that the server has ended since is over at its phone too: a BYE whose number does not rise is
   * refused, and whoever refuses it stays in the call.
   */
  checkFarewells(): void {
    const { model, people, phones, plan, time } = this.#world
    if (plan.weather.lost > 0) return
    for (const [legId, callId] of this.#everCallIds) {
      const leg = model.legs.get(legId)
      if (leg?.ended !== true || time.wallMs() - leg.endedAtMs < FAREWELL_MS) continue
      for (const [user, phone] of phones.phones) {
        const call = phone.liveCalls.find((one) => one.callId === callId)
        if (call?.state !== 'up' || people.isBad(phone)) continue
        this.#world.fail(new BrokenPromise(`${legId} has ended and ${user} is still in the call`))
      }
    }
  }

  /** A limit ran out while nobody was here: of the leg, of its peer, or of its conference. */
  #isOver(legId: LegId, peerId: LegId | undefined, conference: string | undefined): boolean {
    const { legs, participants } = this.#world.model
    if (conference !== undefined && !participants.has(conference)) return true
    const both = peerId === undefined ? [legId] : [legId, peerId]
    return both.some((one) => legs.get(one)?.cause === 'time_limit')
  }

  /** The 200 that was on disk and not sent, or not ACKed, comes again: the phone that rings learns that it was answered. */
  #expectAnswer(legId: LegId, callId: string): void {
    const isIts = (one: { readonly callId: string }): boolean => one.callId === callId
    const phones = [...this.#world.phones.phones.values()]
    const phone = phones.find(({ liveCalls }) => liveCalls.some(isIts))
    const call = phone?.liveCalls.find(isIts)
    if (phone === undefined || this.#world.people.isBad(phone)) return
    if (call?.state !== 'trying' && call?.state !== 'ringing') return
    const count = this.count
    this.#world.time.set(ANSWER_AGAIN_MS, () => {
      if (count !== this.count || this.#world.model.legs.get(legId)?.ended !== false) return
      if (call.state !== 'trying' && call.state !== 'ringing') return
      if (this.#world.people.isBad(phone)) return
      this.#world.fail(new BrokenPromise(`${legId} was answered and its phone still rings`))
    })
  }

  #crash(place: string): void {
    const { trace, time } = this.#world
    const awayMs = 1 + this.#random.below(awaysMs[this.#random.below(awaysMs.length)] ?? 1)
    trace.add(`CRASH ${place} for ${awayMs} ms`)
    this.count += 1
    this.#world.kill()
    this.#remember()
    time.set(awayMs, () => {
      trace.add('RESTART')
      this.#world.start().catch((error: unknown) => this.#world.fail(error))
    })
  }

  #remember(): void {
    const { disk, model } = this.#world
    this.#callIds = callIdsOf(disk.rows('dialog'))
    for (const [legId, callId] of this.#callIds) this.#everCallIds.set(legId, callId)
    const hasMedia = new Set(disk.rows('media').map(({ id }) => id))
    this.#former = disk.rows('leg').flatMap(({ id, row }) => {
      const { state, intent } = row as LegRow // Written by the product under this name.
      const legId = brandAs<LegId>(id)
      const leg = model.legs.get(legId)
      const callId = this.#callIds.get(legId)
      if (callId === undefined || leg === undefined || leg.ended || !leg.answered) return []
      // Answered for somebody whom the crash has taken: it goes too.
      if (intent?.operation === 'transfer') return []
      // Its audio had broken down before.
      if (!hasMedia.has(legId)) return []
      return [{ legId, callId, state, queue: leg.queue, conference: leg.conference }]
    })
  }

  #upCalls(): ReadonlySet<string> {
    const phones = [...this.#world.phones.phones.values()]
    const calls = phones.flatMap(({ liveCalls }) => liveCalls)
    return new Set(calls.filter(({ state }) => state === 'up').map(({ callId }) => callId))
  }
}

function peerIn(state: LegRow['state'], legId: LegId): LegId | undefined {
  if (state.at !== 'bridged') return undefined
  const { issuer, other } = state.bridge
  return issuer === legId ? other : issuer
}

function callIdsOf(rows: readonly { readonly id: string; readonly row: unknown }[]) {
  return new Map(
    rows.flatMap(({ id, row }) => {
      const saved = row as SavedDialog // Written by the product under this name.
      if ('invites' in saved) return []
      return [[brandAs<LegId>(id), saved.session.dialog.callId] as const]
    }),
  )
}
