// What clients ask for, held against what comes of it: gathers, stops, supervisors. One place for the world to tell them all.

import type { LegId } from '../../src/base/ids.ts'
import type { Command } from '../../src/ports/commands.ts'
import type { StampedEvent } from '../../src/ports/events.ts'
import type { MediaInput } from '../../src/ports/media-engine.ts'
import { SimGathers, type Gathering } from './gathers.ts'
import type { SimMedia } from './media.ts'
import { randomFor, type Plan } from './plan.ts'
import { StoppedTracks } from './stopped.ts'
import { SimSupervisors } from './supervisors.ts'
import type { SimTime } from './time.ts'

interface Parts {
  readonly plan: Plan
  readonly time: SimTime
  readonly isServing: boolean
  /** Only while somebody serves. */
  readonly media: SimMedia
  deliver(input: MediaInput): void
}

export class AskedFor {
  readonly gathers: SimGathers
  readonly supervisors = new SimSupervisors()
  readonly #stopped = new StoppedTracks()

  constructor(parts: Parts) {
    const press = (legId: LegId): void => {
      if (!parts.isServing || !parts.media.legs.has(legId)) return
      parts.deliver({ kind: 'media-dtmf', legId, digit: '1' })
    }
    this.gathers = new SimGathers(parts.time, randomFor(parts.plan.seed, 'gather keys'), press)
  }

  /** The clients that gather. */
  begin(gathering: Gathering): void {
    this.gathers.begin(gathering)
  }

  asked(command: Command): void {
    for (const one of [this.gathers, this.supervisors, this.#stopped]) one.asked(command)
  }

  /** `isRepeat`: of a command with a key, which may have been answered before. */
  accepted(command: Command, isRepeat: boolean): void {
    this.gathers.accepted(command, isRepeat)
    this.#stopped.accepted(command, isRepeat)
  }

  see(stamped: StampedEvent): void {
    this.gathers.see(stamped)
    this.supervisors.see(stamped.event)
    this.#stopped.see(stamped.event)
  }
}
