// The recording thread: every 100 ms it empties the rings of all recordings into their files, every half second the files
// are made playable. A disk that stands still stands in nobody's way but its own: the rings hold two and a half seconds,
// what comes after is counted and written as silence, so that both channels and the clock stay right.

import type { RecordingFolder, WritableRecording } from '../../ports/recorder.ts'
import type { TimerId, Timers } from '../../ports/timers.ts'
import { FRAME_SAMPLES } from '../audio/clip.ts'
import { FrameRingReader } from '../audio/frame-ring.ts'
import type { FromRecordingThread, ToRecordingThread } from './protocol.ts'
import { Shaper } from './shaper.ts'
import { createSoundWriter, type SoundWriter } from './sound-writer.ts'

const POLL_MS = 100
/** Polls between two flushes. */
const FLUSH_POLLS = 5

export interface RecordingCoreParts {
  readonly folder: RecordingFolder
  readonly timers: Timers
  readonly post: (message: FromRecordingThread) => void
}

interface Recording {
  readonly number: number
  readonly file: WritableRecording
  readonly writer: SoundWriter
  readonly shaper: Shaper
  readonly reader: FrameRingReader
  paused: boolean
  lostSeen: number
}

type OpenMessage = Extract<ToRecordingThread, { op: 'open' }>

export class RecordingCore {
  readonly #parts: RecordingCoreParts
  readonly #recordings = new Map<number, Recording>()
  readonly #silence = new Int16Array(FRAME_SAMPLES)
  /** Files that are being opened, and what has been said about them meanwhile. */
  readonly #opening = new Map<number, ToRecordingThread[]>()
  #timer: TimerId | undefined
  #polls = 0

  constructor(parts: RecordingCoreParts) {
    this.#parts = parts
  }

  receive(message: ToRecordingThread): void {
    switch (message.op) {
      case 'begin':
        return
      case 'open':
        this.#opening.set(message.number, [])
        void this.#open(message)
        return
      case 'pause':
      case 'resume':
      case 'close':
        this.#change(message)
        return
      case 'delete':
        this.#delete(message.fileName)
        return
      case 'end':
        this.#leave()
    }
  }

  async #open(message: OpenMessage): Promise<void> {
    const { number, fileName, format, shape, ring, paused } = message
    let file: WritableRecording | undefined
    try {
      file = this.#parts.folder.open(fileName)
      const writer = await createSoundWriter(format, shape.channels, file)
      const shaper = new Shaper(shape, writer, writer.durationMs)
      const reader = new FrameRingReader(ring)
      this.#recordings.set(number, { number, file, writer, shaper, reader, paused, lostSeen: 0 })
      this.#parts.post({ op: 'opened', number })
    } catch (error) {
      const why = textOf(error)
      closeQuietly(file)
      const nothing = { durationMs: 0, bytes: 0, lostFrames: 0 }
      this.#parts.post({ op: 'ended', number, outcome: 'failed', ...nothing, why })
    }
    const meanwhile = this.#opening.get(number) ?? []
    this.#opening.delete(number)
    for (const late of meanwhile) this.receive(late)
    this.#arm()
  }

  #change(message: Extract<ToRecordingThread, { op: 'pause' | 'resume' | 'close' }>): void {
    const opening = this.#opening.get(message.number)
    if (opening !== undefined) {
      opening.push(message)
      return
    }
    const recording = this.#recordings.get(message.number)
    // It crossed its end.
    if (recording === undefined) return
    // What came before the word still counts by what held until then.
    if (!this.#drain(recording)) return
    if (message.op === 'close') this.#end(recording, 'stopped')
    else recording.paused = message.op === 'pause'
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#recordings.size === 0) return
    this.#timer = this.#parts.timers.set(POLL_MS, () => {
      this.#timer = undefined
      this.#poll()
      this.#arm()
    })
  }

  #poll(): void {
    this.#polls += 1
    const isFlush = this.#polls % FLUSH_POLLS === 0
    for (const recording of [...this.#recordings.values()]) {
      if (!this.#drain(recording)) continue
      if (isFlush) this.#try(recording, () => recording.writer.flush())
    }
  }

  /** Takes what is in the ring; false when the recording is over. */
  #drain(recording: Recording): boolean {
    const { reader } = recording
    return this.#try(recording, () => {
      while (reader.read()) {
        const lost = reader.lost - recording.lostSeen
        recording.lostSeen = reader.lost
        for (let i = 0; i < lost; i++) {
          if (!this.#take(recording, this.#silence, this.#silence)) return false
        }
        if (!this.#take(recording, reader.inbound, reader.outbound)) return false
      }
      return true
    })
  }

  #take(recording: Recording, inbound: Int16Array, outbound: Int16Array): boolean {
    if (recording.paused) return true
    const shaped = recording.shaper.take(inbound, outbound)
    if (shaped === 'going') return true
    this.#end(recording, shaped)
    return false
  }

  /** False when the recording has ended, by itself or because the disk refused. */
  #try(recording: Recording, work: () => boolean | void): boolean {
    try {
      return work() !== false
    } catch (error) {
      this.#fail(recording, error)
      return false
    }
  }

  #end(recording: Recording, why: string): void {
    try {
      recording.writer.finish()
      this.#recordings.delete(recording.number)
      recording.file.close()
      this.#tell(recording, 'saved', why)
    } catch (error) {
      this.#fail(recording, error)
    }
  }

  /** What was written before stays and plays. */
  #fail(recording: Recording, error: unknown): void {
    this.#recordings.delete(recording.number)
    closeQuietly(recording.file)
    this.#tell(recording, 'failed', textOf(error))
  }

  #tell(recording: Recording, outcome: 'saved' | 'failed', why: string): void {
    const { number, writer, file, reader } = recording
    const { durationMs } = writer
    const { sizeBytes: bytes } = file
    const lostFrames = reader.lost
    this.#parts.post({ op: 'ended', number, outcome, durationMs, bytes, lostFrames, why })
  }

  #delete(fileName: string): void {
    try {
      this.#parts.folder.remove(fileName)
      this.#parts.post({ op: 'deleted', fileName })
    } catch (error) {
      this.#parts.post({ op: 'delete-failed', fileName, why: textOf(error) })
    }
  }

  /** The process ends; the next one goes on with the files. */
  #leave(): void {
    if (this.#timer !== undefined) this.#parts.timers.clear(this.#timer)
    this.#timer = undefined
    for (const recording of [...this.#recordings.values()]) {
      if (!this.#drain(recording)) continue
      this.#recordings.delete(recording.number)
      this.#try(recording, () => {
        recording.writer.finish()
        recording.file.close()
      })
    }
    this.#parts.post({ op: 'done' })
  }
}

function closeQuietly(file: WritableRecording | undefined): void {
  try {
    file?.close()
  } catch {
    // The first trouble is the one that is told.
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
