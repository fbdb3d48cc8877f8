// Numbers the events of each leg's story from 1 without gaps, so that a reader can prove that it missed nothing. The
// counters are rows of the commit that stores the events; they are not part of the leg's row because a story may be
// longer than the leg: a kept entry is dequeued, and a conference ends, after the leg that made it.

import type { LegId } from '../base/ids.ts'
import type { DomainEvent } from '../ports/events.ts'
import type { StateChange } from '../ports/store.ts'

/** Stories that seem over are remembered a while longer: nothing that comes late may start again at 1. */
const overMax = 1000

interface Lane {
  last: number
  /** What has begun and not ended: the leg itself, its stays in queues and conferences, the conferences it made. */
  open: number
}

export class LaneCounters {
  readonly #lanes = new Map<LegId, Lane>()
  /** Stories without anything open, longest over first. */
  readonly #over = new Set<LegId>()
  readonly #changed = new Set<LegId>()

  /** A row of an earlier process. */
  restore(legId: LegId, row: unknown): void {
    const lane = row as Lane // Our own JSON, written by `takeChanges`.
    this.#lanes.set(legId, lane)
    if (lane.open <= 0) this.#over.add(legId)
  }

  /** The number of an event that is told under a leg; undefined for others. */
  next(event: DomainEvent): number | undefined {
    const legId = laneOf(event)
    if (legId === undefined) return undefined
    const lane = this.#lanes.get(legId) ?? { last: 0, open: 0 }
    this.#lanes.set(legId, lane)
    lane.last += 1
    lane.open += openedBy[event.type] ?? 0
    this.#changed.add(legId)
    this.#over.delete(legId)
    if (lane.open <= 0) this.#over.add(legId)
    return lane.last
  }

  /** What the counters changed since the last call, for the commit that has the events. */
  takeChanges(): readonly StateChange[] {
    for (const legId of this.#over) {
      if (this.#over.size <= overMax) break
      this.#over.delete(legId)
      this.#lanes.delete(legId)
      this.#changed.add(legId)
    }
    const changes = [...this.#changed].map((id): StateChange => {
      const lane = this.#lanes.get(id)
      if (lane === undefined) return { kind: 'delete', table: 'lane', id }
      return { kind: 'put', table: 'lane', id, row: { ...lane } }
    })
    this.#changed.clear()
    return changes
  }
}

/** The leg under whose `call_control_id` an event is told; undefined for events without a webhook. */
export function laneOf(event: DomainEvent): LegId | undefined {
  switch (event.type) {
    case 'conference-created':
    case 'conference-ended':
    case 'conference-playback-started':
    case 'conference-playback-ended':
    case 'conference-recording-saved':
      return event.conference.creator.legId
    case 'queue-created':
    case 'queue-updated':
    case 'queue-deleted':
    case 'rtp-silent':
    case 'rtp-heard':
      return undefined
    case 'leg-initiated':
    case 'leg-answered':
    case 'leg-bridged':
    case 'leg-held':
    case 'leg-resumed':
    case 'leg-ended':
    case 'call-enqueued':
    case 'call-dequeued':
    case 'dtmf-received':
    case 'gather-ended':
    case 'machine-detected':
    case 'machine-greeting-ended':
    case 'playback-started':
    case 'playback-ended':
    case 'speak-started':
    case 'speak-ended':
    case 'refer-started':
    case 'refer-completed':
    case 'refer-failed':
    case 'participant-joined':
    case 'participant-left':
    case 'participant-playback-started':
    case 'participant-playback-ended':
    case 'floor-changed':
    case 'recording-saved':
    case 'recording-failed':
    case 'streaming-started':
    case 'streaming-stopped':
    case 'streaming-failed':
    case 'fork-started':
    case 'fork-stopped':
      return event.leg.legId
  }
}

const openedBy: Readonly<Partial<Record<DomainEvent['type'], number>>> = {
  'leg-initiated': 1,
  'leg-ended': -1,
  'call-enqueued': 1,
  'call-dequeued': -1,
  'conference-created': 1,
  'conference-ended': -1,
  'participant-joined': 1,
  'participant-left': -1,
}
