// What was stopped stays stopped: a track that was accepted before a stop of everything was asked for never begins after it.

import type { LegId } from '../../src/base/ids.ts'
import type { Command } from '../../src/ports/commands.ts'
import type { DomainEvent } from '../../src/ports/events.ts'
import { BrokenPromise } from './checkers.ts'

export class StoppedTracks {
  /** Tracks of the leg's own queue that were accepted, by leg. */
  readonly #accepted = new Map<LegId, Set<string>>()
  readonly #stopped = new Map<LegId, Set<string>>()
  readonly #asked = new Set<string>()
  /** What stood in the queue when a stop was asked for. */
  readonly #stops = new Map<Command, ReadonlySet<string>>()

  asked(command: Command): void {
    const track = trackOf(command)
    if (track !== undefined) {
      // The same id once more is another track: nothing can be said of it.
      if (this.#asked.has(track.playbackId)) this.#forget(track.playbackId)
      this.#asked.add(track.playbackId)
    }
    if (command.kind === 'playback-stop' && command.stop === 'all' && !command.overlay) {
      this.#stops.set(command, new Set(this.#accepted.get(command.legId)))
    }
  }

  /** `isRepeat`: of a command with a key, which may have been answered before. */
  accepted(command: Command, isRepeat: boolean): void {
    const track = trackOf(command)
    if (track !== undefined) setOf(this.#accepted, track.legId).add(track.playbackId)
    const before = this.#stops.get(command)
    this.#stops.delete(command)
    if (before === undefined || isRepeat || command.kind !== 'playback-stop') return
    const stopped = setOf(this.#stopped, command.legId)
    for (const id of before) {
      // Forgotten since.
      if (this.#accepted.get(command.legId)?.has(id) === true) stopped.add(id)
    }
  }

  see(event: DomainEvent): void {
    if (event.type !== 'playback-started' && event.type !== 'speak-started') return
    const { legId } = event.leg
    const id = event.type === 'speak-started' ? event.speakId : event.playback.playbackId
    if (this.#stopped.get(legId)?.has(id) !== true) return
    throw new BrokenPromise(`${event.type}: ${id} of ${legId} begins although it was stopped`)
  }

  #forget(playbackId: string): void {
    for (const known of [this.#accepted, this.#stopped]) {
      for (const ids of known.values()) ids.delete(playbackId)
    }
  }
}

function trackOf(command: Command): { legId: LegId; playbackId: string } | undefined {
  const isTrack =
    command.kind === 'speak' || (command.kind === 'playback-start' && !command.overlay)
  return isTrack ? command : undefined
}

function setOf(sets: Map<LegId, Set<string>>, legId: LegId): Set<string> {
  const known = sets.get(legId) ?? new Set()
  sets.set(legId, known)
  return known
}
