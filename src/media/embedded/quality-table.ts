// Figures of every leg in memory that both threads see: the media thread writes its row at each tick, the signalling
// thread reads it when a call ends, without asking and waiting. One row per leg, row 0 for the engine as a whole.
// Aligned 64-bit numbers are not torn on the machines that Node runs on, so no lock is needed for figures.

import { assert } from '../../base/assert.ts'

const STRIDE = 14

/** Columns of a leg's row. */
export const LegColumn = {
  inPackets: 0,
  lost: 1,
  jittery: 2,
  jitterMaxMs: 3,
  jitterMs: 4,
  outPackets: 5,
  outSkipped: 6,
  /** From the peer's reports: share lost (0 to 1), jitter and round trip in ms; -1 until one came. */
  remoteLost: 7,
  remoteJitterMs: 8,
  roundTripMs: 9,
  /** Packets of strangers and those beyond any pace of speech; packets that were no RTP. */
  foreign: 10,
  malformed: 11,
  /** dBov of the last seconds; 0 until measured. */
  levelIn: 12,
  levelOut: 13,
} as const

/** Columns of row 0. */
export const EngineColumn = { ticks: 0, skippedTicks: 1, latenessMaxMs: 2, legs: 3 } as const

export function qualityBytes(legsMax: number): number {
  return (legsMax + 1) * STRIDE * Float64Array.BYTES_PER_ELEMENT
}

/** Either thread's view of the table. */
export class QualityTable {
  readonly #figures: Float64Array
  readonly rows: number

  constructor(memory: SharedArrayBuffer) {
    this.#figures = new Float64Array(memory)
    this.rows = Math.floor(this.#figures.length / STRIDE)
    assert(this.rows >= 2, 'the quality table holds at least one leg')
  }

  get(row: number, column: number): number {
    return this.#figures[row * STRIDE + column]!
  }

  set(row: number, column: number, value: number): void {
    this.#figures[row * STRIDE + column] = value
  }

  clear(row: number): void {
    this.#figures.fill(0, row * STRIDE, (row + 1) * STRIDE)
  }
}
