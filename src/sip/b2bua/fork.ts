// One outbound leg that rings several contacts of a user at once (RFC 3261 §16.7): the first 2xx wins and the others are
// cancelled; when all refuse, the best refusal is told.

import type { SessionInput } from '../session/core.ts'
import type { InviteSession } from '../session/invite-session.ts'
import type { SavedInvite } from '../session/saved.ts'

type Refusal = Extract<SessionInput, { kind: 'leg-refused' }>

/** The part of an invite session that an outbound leg needs before it is answered. */
export class Fork {
  readonly #children: InviteSession[] = []
  readonly #refusals = new Map<number, Refusal>()
  readonly #emit: (input: SessionInput) => void
  #winner: number | undefined
  #open = 0

  constructor(emit: (input: SessionInput) => void) {
    this.#emit = emit
  }

  /** Starts all branches; `start` makes one session that emits through its argument. */
  start(branches: readonly ((emit: (input: SessionInput) => void) => InviteSession)[]): void {
    this.#open = branches.length
    branches.forEach((start, index) => {
      this.#children[index] = start((input) => this.#take(index, input))
    })
  }

  /** The answered branch; undefined while all ring. */
  get winner(): InviteSession | undefined {
    return this.#winner === undefined ? undefined : this.#children[this.#winner]
  }

  /** The INVITEs that are out and have no final response. */
  saveInvites(): readonly SavedInvite[] {
    return this.#children.map((child) => child.saveInvite()).filter((saved) => saved !== undefined)
  }

  cancel(): void {
    for (const child of this.#children) child.cancel()
  }

  #take(index: number, input: SessionInput): void {
    if (this.#winner !== undefined) {
      if (this.#winner === index) this.#emit(input)
      return
    }
    if (input.kind === 'leg-refused') return this.#refused(index, input)
    if (input.kind === 'leg-accepted') {
      this.#winner = index
      this.#cancelOthers(index)
    }
    this.#emit(input)
  }

  #refused(index: number, refusal: Refusal): void {
    if (this.#refusals.has(index)) return
    this.#refusals.set(index, refusal)
    this.#open -= 1
    if (this.#open === 0) return this.#emit(bestRefusal([...this.#refusals.values()]))
    // RFC 3261 §16.7 step 5: a 6xx speaks for the user, not for one device.
    if (refusal.status >= 600) this.#cancelOthers(index)
  }

  #cancelOthers(index: number): void {
    this.#children.forEach((child, other) => {
      if (other !== index) child.cancel()
    })
  }
}

/** RFC 3261 §16.7 step 6: a 6xx if there is one, else the lowest class; a real answer before silence. */
export function bestRefusal(refusals: readonly Refusal[]): Refusal {
  const rank = (one: Refusal): number => {
    if (one.status >= 600) return 0
    if (one.unheard || one.status < 300) return 9
    // 487 is our own CANCEL coming back.
    return Math.floor(one.status / 100) + (one.status === 487 ? 0.5 : 0)
  }
  return refusals.reduce((best, one) => (rank(one) < rank(best) ? one : best))
}
