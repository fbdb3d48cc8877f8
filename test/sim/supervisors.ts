// Supervisors of bridged calls: whoever was dialled to go with a call goes when it ends, and is heard by the call that it
// was dialled for. A command that moves a supervisor, or somebody else to it, ends what is known here.

import type { LegId } from '../../src/base/ids.ts'
import type { Command, DialCommand } from '../../src/ports/commands.ts'
import type { DomainEvent } from '../../src/ports/events.ts'
import { BrokenPromise, type EventModel } from './checkers.ts'
import type { SimMedia } from './media.ts'

interface Supervising {
  readonly target: LegId
  /** undefined: it may have changed. */
  role: string | undefined
}

/** Of the commands on a leg, those that leave it where it is. */
const stays = /^(playback|speak|gather|send-dtmf|client-state|switch|record|streaming|fork|hangup)/

const moves = /^(leg-bridged|leg-ended|call-enqueued|participant-joined|refer-started)$/

export class SimSupervisors {
  readonly #supervising = new Map<LegId, Supervising>()

  /**
   * A dial counts from its asking on: the leg is told of (call.initiated) before the answer of its dial is there, so what
   * is asked of the leg may be asked, and have its effect, between the two. A leg whose dial is refused is never met.
   */
  asked(command: Command): void {
    if (command.kind === 'switch-supervisor-role') {
      const known = this.#supervising.get(command.legId)
      if (known !== undefined) known.role = undefined
    }
    if (stays.test(command.kind)) return
    if ('legId' in command && command.legId !== undefined) this.#supervising.delete(command.legId)
    if (command.kind === 'dial') return this.#dialled(command)
    if (command.kind !== 'bridge') return
    const { target } = command
    const other = target.kind === 'leg' ? target.legId : target.legIdToo
    if (other !== undefined) this.#supervising.delete(other)
  }

  #dialled({ linkTo, supervise, fresh, others = [] }: DialCommand): void {
    if (linkTo !== undefined) this.#supervising.delete(linkTo)
    if (supervise === undefined) return
    for (const { legId } of [fresh, ...others.map((one) => one.fresh)]) {
      this.#supervising.set(legId, { ...supervise })
    }
  }

  see(event: DomainEvent): void {
    if (!('leg' in event) || !moves.test(event.type)) return
    this.#supervising.delete(event.leg.legId)
    if (event.type === 'leg-bridged') this.#supervising.delete(event.peerLegId)
  }

  /** Nobody outlives the call that it supervises, but by `graceMs`. Throws BrokenPromise. */
  check(model: EventModel, nowMs: number, graceMs: number): void {
    for (const [legId, { target }] of this.#supervising) {
      const leg = model.legs.get(legId)
      const supervised = model.legs.get(target)
      if (leg === undefined || leg.ended || supervised?.ended !== true) continue
      if (model.transferring.has(legId) || nowMs - supervised.endedAtMs < graceMs) continue
      throw new BrokenPromise(`${legId} still supervises ${target}, which has ended`)
    }
  }

  /** As the media side was told. Throws BrokenPromise. */
  checkMedia({ supervisors }: Pick<SimMedia, 'supervisors'>): void {
    for (const [legId, { target, role }] of supervisors) {
      const known = this.#supervising.get(legId)
      if (known === undefined) continue
      if (known.target !== target || (known.role ?? role) !== role) {
        const asked = `${known.role ?? role} for ${known.target}`
        throw new BrokenPromise(`${legId} is ${role} for ${target}, not ${asked}`)
      }
    }
  }
}
