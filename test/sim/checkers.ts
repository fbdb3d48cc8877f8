// What must hold after every step, checked from the outside: the model lives on the event stream alone and never looks
// into the engine. The first broken promise ends the run with its name.
import type { LegId } from '../../src/base/ids.ts'
import { laneOf } from '../../src/engine/lane-counters.ts'
import type { Command, CommandAnswer } from '../../src/ports/commands.ts'
import type { ConferenceFacts, DomainEvent, StampedEvent } from '../../src/ports/events.ts'
import { Departures } from './departures.ts'

interface LegModel {
  readonly legId: LegId
  /** Who called, for inbound legs. */
  readonly caller: string | undefined
  answered: boolean
  /** Virtual ms (wall) at which the application was told of it, and at which it answered. */
  readonly toldAtMs: number
  answeredAtMs: number | undefined
  held: boolean
  ended: boolean
  /** Why it ended, and when (wall ms). */
  cause: string | undefined
  endedAtMs: number
  queue: string | undefined
  /** Legs it has ever been told to be bridged with, latest last. */
  peer: LegId | undefined
  conference: string | undefined
  playing: Set<string>
  /** The stream that was told to have started, if it has not ended. */
  streaming: string | undefined
  forked: boolean
  /** Who answered, as far as it was told, and whether the greeting of the machine has ended. */
  machine: 'untold' | 'greets' | 'over'
  /** Ended in its place in line, which is kept. */
  kept: boolean
  /** Sequence of its latest leg-bridged. */
  bridgedAt: number
  /** It made the present bridge: only such a leg may have been promised to stay when its peer goes. */
  issuer: boolean
  /** Counts bridges, stays in queues and conferences: who moved on is nobody's to release. */
  moves: number
}

export interface EventModelOptions {
  /**
   * Order and positions are those of the events: true where verbs are decided in the step that tells of them. A
   * distributed store may decide in another order than the outcomes come back.
   */
  readonly ordered: boolean
  /** The leg's entry is one that outlives its call. */
  readonly isKept: (legId: LegId) => boolean
}

/** A promise of the product that a history broke. */
export class BrokenPromise extends Error {}

export class EventModel {
  readonly legs = new Map<LegId, LegModel>()
  readonly queues = new Map<string, LegId[]>()
  readonly participants = new Map<string, Set<LegId>>()
  /** What is played to a whole conference. */
  readonly conferenceTracks = new Map<string, Set<string>>()
  readonly coverage = new Map<string, number>()
  enqueued = 0
  dequeued = 0
  bridged = 0
  /** The number of the latest event under each leg. */
  readonly #stories = new Map<LegId, number>()
  /** By their ids, which the clients of a history never use twice. */
  readonly gathersEnded = new Set<string>()
  /** Who spoke last, by conference. */
  readonly #floors = new Map<string, LegId>()
  #lastSequence = 0
  #lastUs = 0
  /** Legs whose phones have sent a REFER: their peers wait for the new party. */
  transferring = new Set<LegId>()
  #departures = new Departures()
  #released: { leg: LegModel; moves: number }[] = []
  #lastLeft: { sequence: number; queueName: string; place: number } | undefined
  readonly #options: EventModelOptions

  constructor(options: EventModelOptions) {
    this.#options = options
  }

  take(stamped: StampedEvent): void {
    const { event, sequence, occurredAtUs } = stamped
    if (sequence !== this.#lastSequence + 1)
      this.#broken(event, `sequence ${sequence} after ${this.#lastSequence}`)
    if (occurredAtUs <= this.#lastUs) this.#broken(event, 'time stood still')
    this.#lastSequence = sequence
    this.#checkStory(stamped)
    this.#lastUs = occurredAtUs
    this.coverage.set(event.type, (this.coverage.get(event.type) ?? 0) + 1)
    this.#apply(event)
  }

  /** The events told under one leg are numbered without a gap (C20), crashes or not. */
  #checkStory({ event, legSequence }: StampedEvent): void {
    const legId = laneOf(event)
    if (legId === undefined) return
    const expected = (this.#stories.get(legId) ?? 0) + 1
    if (legSequence !== expected) this.#broken(event, `number ${legSequence}, not ${expected}`)
    this.#stories.set(legId, expected)
  }

  /** The story so far as the disk tells it: what a process that is gone had not committed never was. */
  after(events: readonly StampedEvent[]): EventModel {
    const model = new EventModel(this.#options)
    model.#departures = this.#departures
    model.#departures.restart()
    for (const event of events) model.take(event)
    model.#released = []
    model.transferring = this.transferring
    return model
  }

  asked(command: Command): void {
    this.#departures.asked(command, this.#movesOf)
  }

  /** `answer` undefined: it was lost with the process. */
  answered(command: Command, answer: CommandAnswer | undefined): void {
    this.#departures.answered(command, answer, this.#movesOf)
  }

  readonly #movesOf = (legId: LegId): number => this.legs.get(legId)?.moves ?? 0

  /** In line by the model, head first. */
  line(queue: string): readonly LegId[] {
    return this.queues.get(queue) ?? []
  }

  /** Called when everything is over: nobody is left anywhere. */
  finish(): void {
    for (const leg of this.legs.values()) {
      if (!leg.ended) throw new BrokenPromise(`leg ${leg.legId} never ended`)
      if (leg.playing.size > 0) throw new BrokenPromise(`leg ${leg.legId}: playback without end`)
    }
    if (this.enqueued !== this.dequeued) {
      throw new BrokenPromise(`${this.enqueued} enqueued, ${this.dequeued} dequeued`)
    }
  }

  #apply(event: DomainEvent): void {
    switch (event.type) {
      case 'leg-initiated':
        return this.#initiated(event)
      case 'leg-answered': {
        const leg = this.#alive(event, event.leg.legId)
        if (leg.answered) this.#broken(event, 'answered twice')
        leg.answered = true
        leg.answeredAtMs = this.#lastUs / 1_000
        return
      }
      case 'leg-bridged':
        return this.#bridged(event)
      case 'leg-held':
      case 'leg-resumed': {
        const leg = this.#alive(event, event.leg.legId)
        const held = event.type === 'leg-held'
        if (leg.held === held) this.#broken(event, 'nothing changed')
        leg.held = held
        return
      }
      case 'gather-ended':
        this.#alive(event, event.leg.legId)
        if (this.gathersEnded.has(event.gatherId)) this.#broken(event, 'ended twice')
        this.gathersEnded.add(event.gatherId)
        return
      case 'machine-detected': {
        const leg = this.#alive(event, event.leg.legId)
        if (!leg.answered) this.#broken(event, 'before it was answered')
        if (leg.machine !== 'untold') this.#broken(event, 'a second verdict')
        leg.machine = event.result === 'machine' ? 'greets' : 'over'
        return
      }
      case 'machine-greeting-ended': {
        const leg = this.#alive(event, event.leg.legId)
        if (leg.machine !== 'greets') this.#broken(event, 'of no machine, or twice')
        leg.machine = 'over'
        return
      }
      case 'dtmf-received':
      case 'rtp-silent':
      case 'rtp-heard':
      case 'refer-started':
      case 'refer-completed':
      case 'refer-failed':
        this.#alive(event, event.leg.legId)
        return
      case 'leg-ended':
        return this.#ended(event)
      case 'call-enqueued':
        return this.#enqueued(event)
      case 'call-dequeued':
        return this.#dequeued(event)
      case 'playback-started': {
        const leg = this.#alive(event, event.leg.legId)
        if (leg.playing.has(event.playback.playbackId)) this.#broken(event, 'started twice')
        leg.playing.add(event.playback.playbackId)
        return
      }
      case 'playback-ended': {
        const { playing } = this.#alive(event, event.leg.legId)
        const began = playing.delete(event.playback.playbackId)
        const mayBeFirst = event.status === 'failed' || event.status === 'file_not_found'
        if (!began && !mayBeFirst) this.#broken(event, 'ended without a start')
        return
      }
      case 'speak-started': {
        const leg = this.#alive(event, event.leg.legId)
        if (leg.playing.has(event.speakId)) this.#broken(event, 'started twice')
        leg.playing.add(event.speakId)
        return
      }
      case 'speak-ended': {
        const leg = this.#alive(event, event.leg.legId)
        // Only words that could not be said end without having begun, and that is told.
        if (!leg.playing.delete(event.speakId) && event.detail === '') {
          this.#broken(event, 'ended without a beginning')
        }
        return
      }
      case 'conference-created':
        this.participants.set(event.conference.conferenceId, new Set())
        return
      case 'conference-ended': {
        const inside = this.participants.get(event.conference.conferenceId)
        if (inside === undefined) return this.#broken(event, 'ended twice or never created')
        if (inside.size > 0) this.#broken(event, `${inside.size} participants still inside`)
        if (this.#tracksOf(event).size > 0) this.#broken(event, 'with audio that never ended')
        this.conferenceTracks.delete(event.conference.conferenceId)
        this.participants.delete(event.conference.conferenceId)
        return
      }
      case 'participant-joined':
        return this.#joined(event)
      case 'participant-left':
        return this.#left(event)
      case 'conference-playback-started':
      case 'conference-playback-ended':
        return this.#conferenceAudio(event)
      case 'participant-playback-started':
      case 'participant-playback-ended': {
        const leg = this.#alive(event, event.leg.legId)
        if (leg.conference !== event.conference.conferenceId) this.#broken(event, 'to an outsider')
        return this.#plays(event, leg.playing)
      }
      case 'floor-changed':
        if (this.#alive(event, event.leg.legId).conference !== event.conference.conferenceId) {
          this.#broken(event, 'an outsider has the floor')
        }
        if (this.#floors.get(event.conference.conferenceId) === event.leg.legId) {
          this.#broken(event, 'nothing changed')
        }
        this.#floors.set(event.conference.conferenceId, event.leg.legId)
        return
      case 'recording-saved':
      case 'recording-failed':
        if (!this.legs.has(event.leg.legId)) this.#broken(event, 'of nobody')
        return
      case 'streaming-started':
      case 'streaming-stopped':
      case 'streaming-failed':
      case 'fork-started':
      case 'fork-stopped':
        return this.#streams(event)
      case 'conference-recording-saved':
        return
      case 'queue-created':
        if (!this.queues.has(event.queueName)) this.queues.set(event.queueName, [])
        else if (this.#options.ordered) this.#broken(event, 'created twice')
        return
      case 'queue-updated':
        return
      case 'queue-deleted':
        if (this.line(event.queueName).length === 0) this.queues.delete(event.queueName)
        else if (this.#options.ordered) this.#broken(event, 'deleted with callers in it')
        return
    }
  }

  #initiated(event: Extract<DomainEvent, { type: 'leg-initiated' }>): void {
    const { legId } = event.leg
    if (this.legs.has(legId)) this.#broken(event, 'initiated twice')
    this.legs.set(legId, {
      legId,
      caller: event.leg.direction === 'incoming' ? event.leg.from : undefined,
      answered: false,
      toldAtMs: this.#lastUs / 1_000,
      answeredAtMs: undefined,
      cause: undefined,
      endedAtMs: 0,
      held: false,
      ended: false,
      queue: undefined,
      peer: undefined,
      conference: undefined,
      playing: new Set(),
      streaming: undefined,
      forked: false,
      machine: 'untold',
      kept: false,
      bridgedAt: 0,
      issuer: false,
      moves: 0,
    })
    this.#departures.initiated(legId, this.#movesOf)
  }

  #bridged(event: Extract<DomainEvent, { type: 'leg-bridged' }>): void {
    const leg = this.#alive(event, event.leg.legId)
    const peer = this.#alive(event, event.peerLegId)
    if (!leg.answered || !peer.answered) this.#broken(event, 'bridged before it was answered')
    if (leg.queue !== undefined) this.#broken(event, `bridged while in queue ${leg.queue}`)
    if (leg.conference !== undefined) this.#broken(event, 'bridged while in a conference')
    if (leg.playing.size > 0) this.#broken(event, 'bridged under music')
    const second = peer.peer === leg.legId && peer.bridgedAt === this.#lastSequence - 1
    if (!second) for (const one of [leg, peer]) if (one.peer !== undefined) this.#leaves(one)
    leg.peer = peer.legId
    leg.bridgedAt = this.#lastSequence
    // The leg that was waited for is told first, the issuer second.
    leg.issuer = second
    leg.moves += 1
    this.#departures.bridged(leg.legId, peer.legId)
    this.bridged += 1
  }

  #ended(event: Extract<DomainEvent, { type: 'leg-ended' }>): void {
    const leg = this.#alive(event, event.leg.legId)
    this.#leaves(leg)
    leg.ended = true
    leg.cause = event.cause
    leg.endedAtMs = this.#lastUs / 1_000
    if (leg.queue !== undefined) {
      // Only a kept entry may outlive its call; its dequeue is told later.
      if (!this.#options.isKept(leg.legId)) this.#broken(event, `ended in queue ${leg.queue}`)
      leg.kept = true
    }
    if (leg.conference !== undefined) this.#broken(event, 'ended inside a conference')
    if (leg.playing.size > 0) this.#broken(event, 'ended with a playback that never ended')
    if (leg.streaming !== undefined || leg.forked) this.#broken(event, 'ended while it streams')
  }

  /** C200: one stream and one fork at a time, what started ends once, and nothing after the hang-up. */
  #streams(
    event: Extract<DomainEvent, { type: `streaming-${string}` | 'fork-started' | 'fork-stopped' }>,
  ): void {
    const leg = this.#alive(event, event.leg.legId)
    if (!leg.answered) this.#broken(event, 'before it was answered')
    switch (event.type) {
      case 'streaming-started':
        if (leg.streaming !== undefined) this.#broken(event, 'a second stream')
        leg.streaming = event.stream.streamId
        return
      case 'streaming-stopped':
        if (leg.streaming !== event.stream.streamId) this.#broken(event, 'it never started')
        leg.streaming = undefined
        return
      case 'streaming-failed':
        if (leg.streaming === event.stream.streamId) leg.streaming = undefined
        else if (leg.streaming !== undefined) this.#broken(event, 'beside another one')
        return
      case 'fork-started':
      case 'fork-stopped': {
        const starts = event.type === 'fork-started'
        if (leg.forked === starts) this.#broken(event, 'twice')
        leg.forked = starts
      }
    }
  }

  #enqueued(event: Extract<DomainEvent, { type: 'call-enqueued' }>): void {
    const leg = this.#alive(event, event.leg.legId)
    if (!leg.answered) this.#broken(event, 'enqueued before it was answered')
    // Unordered: the outcome of a claim that the move came after may still be on its way, and with it the old dequeue.
    if (leg.queue !== undefined && (this.#options.ordered || leg.queue === event.queueName)) {
      this.#broken(event, `enqueued while in queue ${leg.queue}`)
    }
    if (!this.#options.ordered && !this.queues.has(event.queueName)) {
      this.queues.set(event.queueName, [])
    }
    const line = this.queues.get(event.queueName)
    if (line === undefined) return this.#broken(event, 'in a queue that was never created')
    line.push(leg.legId)
    if (this.#options.ordered && event.position !== line.length) {
      this.#broken(event, `position ${event.position}, the line has ${line.length}`)
    }
    this.#leaves(leg)
    leg.queue = event.queueName
    leg.moves += 1
    this.enqueued += 1
  }

  #dequeued(event: Extract<DomainEvent, { type: 'call-dequeued' }>): void {
    const leg = this.legs.get(event.leg.legId)
    if (leg === undefined) return this.#broken(event, 'unknown leg')
    if (leg.ended && !leg.kept) this.#broken(event, 'dequeued after its end')
    const line = this.queues.get(event.queueName)
    const place = line?.indexOf(leg.legId) ?? -1
    if (line === undefined || place < 0)
      return this.#broken(event, 'dequeued without being in line')
    if (this.#options.ordered) this.#checkPlace(event, place)
    line.splice(place, 1)
    if (leg.queue === event.queueName) leg.queue = undefined
    this.dequeued += 1
  }

  /**
   * Two that leave one queue together for their bridge: the issuer leaves first and is told second, so either place may
   * be one off (C33).
   */
  #checkPlace(event: Extract<DomainEvent, { type: 'call-dequeued' }>, place: number): void {
    const last = this.#lastLeft
    const sequence = this.#lastSequence
    this.#lastLeft = { sequence, queueName: event.queueName, place }
    if (event.position === place + 1) return
    if (event.reason === 'bridged' && place > 0 && event.position === place) return
    const together = last?.sequence === sequence - 1 && last.queueName === event.queueName
    if (together && last.place <= place && event.position === place + 2) return
    this.#broken(event, `left from position ${event.position}, the line says ${place + 1}`)
  }

  #joined(event: Extract<DomainEvent, { type: 'participant-joined' }>): void {
    const leg = this.#alive(event, event.leg.legId)
    const inside = this.participants.get(event.conference.conferenceId)
    if (inside === undefined) return this.#broken(event, 'joined a conference that is not there')
    if (leg.conference !== undefined || inside.has(leg.legId)) this.#broken(event, 'joined twice')
    if (leg.queue !== undefined) this.#broken(event, 'joined while queued')
    if (leg.playing.size > 0) this.#broken(event, 'joined under music')
    this.#leaves(leg)
    leg.moves += 1
    inside.add(leg.legId)
    leg.conference = event.conference.conferenceId
  }

  #left(event: Extract<DomainEvent, { type: 'participant-left' }>): void {
    const inside = this.participants.get(event.conference.conferenceId)
    const leg = this.legs.get(event.leg.legId)
    if (inside?.delete(event.leg.legId) !== true || leg === undefined) {
      return this.#broken(event, 'left without being inside')
    }
    leg.conference = undefined
    const { conferenceId } = event.conference
    if (this.#floors.get(conferenceId) === leg.legId) this.#floors.delete(conferenceId)
  }

  #tracksOf({ conference }: { readonly conference: ConferenceFacts }): Set<string> {
    const tracks = this.conferenceTracks.get(conference.conferenceId) ?? new Set()
    this.conferenceTracks.set(conference.conferenceId, tracks)
    return tracks
  }

  #conferenceAudio(
    event: Extract<
      DomainEvent,
      { type: 'conference-playback-started' | 'conference-playback-ended' }
    >,
  ): void {
    if (!this.participants.has(event.conference.conferenceId)) this.#broken(event, 'it has ended')
    this.#plays(event, this.#tracksOf(event))
  }

  /** Once begun, once ended; what could not be loaded ends without a beginning. */
  #plays(event: Extract<DomainEvent, { readonly spoken: boolean }>, tracks: Set<string>): void {
    const { playbackId } = event.playback
    const begins = event.type.endsWith('started')
    if (begins && tracks.has(playbackId)) this.#broken(event, 'started twice')
    if (begins) tracks.add(playbackId)
    else tracks.delete(playbackId)
  }

  /** The leg is bridged no more: its peer, unless promised to stay or gone before, is hung up or moves on in the same turn. */
  #leaves(leg: LegModel): void {
    const peer = leg.peer === undefined ? undefined : this.legs.get(leg.peer)
    leg.peer = undefined
    if (peer?.peer !== leg.legId) return
    peer.peer = undefined
    const stays = peer.issuer && this.#departures.mayStay(peer.legId)
    const hasLeft = this.#departures.mayHaveLeft(peer.legId, peer.moves)
    if (!stays && !hasLeft && !this.transferring.has(leg.legId)) {
      this.#released.push({ leg: peer, moves: peer.moves })
    }
  }

  /** After the events of one turn. */
  endTurn(): void {
    const released = this.#released
    this.#released = []
    if (!this.#options.ordered) return
    for (const { leg, moves } of released) {
      if (!leg.ended && leg.moves === moves) {
        throw new BrokenPromise(`${leg.legId} was left by its peer and nobody hung it up`)
      }
    }
  }

  #alive(event: DomainEvent, legId: LegId): LegModel {
    const leg = this.legs.get(legId)
    if (leg === undefined) return this.#broken(event, `unknown leg ${legId}`)
    if (leg.ended) return this.#broken(event, `after the end of ${legId}`)
    return leg
  }

  #broken(event: DomainEvent, why: string): never {
    throw new BrokenPromise(`${event.type}: ${why}`)
  }
}
