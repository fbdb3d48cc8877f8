// Recording in the simulation: clients that start, pause, stop and delete at any time, a recorder without sound that
// closes files a little later, by itself now and then, and sometimes cannot write; and the books over both. Files outlive
// a crash, the recorder does not.

import { brandAs, type ConferenceId, type LegId, type RecordingId } from '../../src/base/ids.ts'
import type { Command } from '../../src/ports/commands.ts'
import type { DomainEvent, StampedEvent } from '../../src/ports/events.ts'
import type {
  FinishedRecording,
  Recorder,
  RecorderCommand,
  RecorderInput,
  RecordingOrder,
  RecordingView,
} from '../../src/ports/recorder.ts'
import type { Random } from '../../src/ports/random.ts'
import type { Timers } from '../../src/ports/timers.ts'
import { pick } from './application.ts'
import { BrokenPromise } from './checkers.ts'
import type { Clients } from './clients.ts'
import { momentIn, randomFor, type Plan } from './plan.ts'
import type { SimTime } from './time.ts'

/** One seed in so many records: the others keep their histories. */
const SEEDS = 4
const COMMANDS = 40
const CLOSE_MAX_MS = 200

interface Asking {
  readonly time: SimTime
  readonly clients: Clients
  readonly living: () => readonly LegId[]
  readonly conferences: () => readonly ConferenceId[]
  /** As the API looks one up. */
  readonly recording: (id: RecordingId) => Promise<RecordingView | undefined>
}

export class SimRecordings {
  active = true
  readonly #plan: Plan
  readonly #random: Random
  /** Ids in the order in which clients made them. */
  readonly #ids: RecordingId[] = []
  /** Files of the disk, by whether the recorder has closed them. */
  readonly #files = new Map<string, { readonly recordingId: RecordingId; closed: boolean }>()
  /** Told on the disk. */
  #told = new Set<RecordingId>()
  #open = new Map<RecordingId, string>()

  constructor(plan: Plan) {
    this.#plan = plan
    this.#random = randomFor(plan.seed, 'recordings')
  }

  /** The clients that record. */
  begin(asking: Asking): void {
    const random = this.#random
    if (random.below(SEEDS) > 0) return
    for (let i = 0; i < COMMANDS; i++) {
      asking.time.set(momentIn(this.#plan, random), () => {
        if (this.active) void this.#ask(asking)
      })
    }
  }

  /** The recorder of a new process. */
  recorder(timers: Timers, deliver: (input: RecorderInput) => void): Recorder {
    this.#open = new Map()
    return { perform: (command) => this.#perform(command, timers, deliver) }
  }

  /** An event is being committed. */
  see(event: DomainEvent): void {
    const recordingId = toldIn(event)
    if (recordingId === undefined) return
    if (this.#told.has(recordingId)) throw new BrokenPromise(`${recordingId} was told twice`)
    const file = [...this.#files.values()].find((one) => one.recordingId === recordingId)
    if (file?.closed !== true) throw new BrokenPromise(`${recordingId} was told while it ran`)
    this.#told.add(recordingId)
  }

  /** After a crash: what is not on the disk was never told. */
  restart(events: readonly StampedEvent[]): void {
    this.#told = new Set(events.flatMap(({ event }) => toldIn(event) ?? []))
  }

  /** When everybody has gone: no file is open, every file was told, and what is listed is there. */
  checkEmpty(finished: readonly FinishedRecording[]): void {
    if (this.#open.size > 0) throw new BrokenPromise(`${this.#open.size} recordings left`)
    for (const { recordingId } of this.#files.values()) {
      if (!this.#told.has(recordingId)) throw new BrokenPromise(`${recordingId} was never told`)
    }
    for (const { recordingId, fileName } of finished) {
      if (!this.#files.has(fileName)) throw new BrokenPromise(`${recordingId} has no file`)
    }
    // A crash between the row and its file leaves the file.
    if (this.#plan.crashes > 0) return
    const listed = new Set(finished.map(({ recordingId }) => recordingId))
    for (const { recordingId } of this.#files.values()) {
      if (!listed.has(recordingId)) throw new BrokenPromise(`${recordingId} is not listed`)
    }
  }

  #perform(
    command: RecorderCommand,
    timers: Timers,
    deliver: (input: RecorderInput) => void,
  ): void {
    switch (command.kind) {
      case 'start': {
        const { recordingId } = command.order
        if (this.#open.has(recordingId)) throw new BrokenPromise(`${recordingId} started twice`)
        if (this.#files.has(command.fileName) && !command.continued) {
          throw new BrokenPromise(`${command.fileName} is written over`)
        }
        this.#open.set(recordingId, command.fileName)
        this.#files.set(command.fileName, { recordingId, closed: false })
        // Its length, silence, or a disk that is full.
        const die = this.#random.below(12)
        if (die < 2) this.#closeLater(recordingId, 20_000, die === 0, timers, deliver)
        return
      }
      case 'stop':
        this.#closeLater(command.recordingId, CLOSE_MAX_MS, false, timers, deliver)
        return
      case 'pause':
      case 'resume':
        return
      case 'delete':
        this.#files.delete(command.fileName)
    }
  }

  #closeLater(
    recordingId: RecordingId,
    withinMs: number,
    fails: boolean,
    timers: Timers,
    deliver: (input: RecorderInput) => void,
  ): void {
    timers.set(this.#random.below(withinMs), () => {
      const fileName = this.#open.get(recordingId)
      if (fileName === undefined) return
      this.#open.delete(recordingId)
      this.#files.set(fileName, { recordingId, closed: true })
      const outcome = fails ? 'failed' : 'saved'
      const ended = { recordingId, outcome, durationMs: 1_000, bytes: 1_000, why: '' } as const
      deliver({ kind: 'recording-ended', ...ended })
    })
  }

  async #ask(asking: Asking): Promise<void> {
    const command = this.#command(asking)
    if (typeof command !== 'string') return void asking.clients.ask(command)
    const recording = await asking.recording(command)
    if (recording === undefined || !this.active) return
    void asking.clients.ask({ kind: 'recording-delete', recording })
  }

  /** An id: of a recording to be deleted. */
  #command(asking: Asking): Command | RecordingId {
    const random = this.#random
    const legs = asking.living()
    const legId = legs.length === 0 ? brandAs<LegId>('v3:unknown') : pick(random, legs)
    const conference = pick(random, [...asking.conferences().slice(-2), 'room0'])
    const some = random.below(2) === 0 || this.#ids.length === 0 ? undefined : this.#anyId()
    const die = random.below(100)
    if (die < 40) return { kind: 'record-start', legId, order: this.#order() }
    if (die < 50) return { kind: 'conference-record-start', conference, order: this.#order() }
    if (die < 60) return { kind: 'record-stop', legId, recordingId: some }
    if (die < 70) return { kind: 'record-pause', legId, recordingId: some }
    if (die < 80) return { kind: 'record-resume', legId, recordingId: some }
    if (die < 85) return { kind: 'conference-record-stop', conference, recordingId: some }
    if (die < 90) return { kind: 'conference-record-pause', conference, recordingId: some }
    return some ?? brandAs<RecordingId>('none')
  }

  #anyId(): RecordingId {
    return this.#ids[this.#random.below(this.#ids.length)] ?? brandAs<RecordingId>('none')
  }

  #order(): RecordingOrder {
    const random = this.#random
    const recordingId = brandAs<RecordingId>(random.uuid())
    this.#ids.push(recordingId)
    return {
      recordingId,
      format: pick(random, ['wav', 'mp3'] as const),
      channels: pick(random, ['single', 'dual'] as const),
      track: 'both',
      maxLengthMs: 0,
      silenceMs: 0,
      trim: false,
      beep: random.below(2) === 0,
      customFileName: undefined,
    }
  }
}

function toldIn(event: DomainEvent): RecordingId | undefined {
  switch (event.type) {
    case 'recording-saved':
    case 'conference-recording-saved':
      return event.recording.recordingId
    case 'recording-failed':
      return event.recordingId
    default:
      return undefined
  }
}
