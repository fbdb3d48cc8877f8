import type { LegId } from '../base/ids.ts'

/** A leg's media figures at this moment, from its beginning. */
export interface MediaFigures {
  readonly codec: string
  readonly packetsIn: number
  readonly lostIn: number
  /** Interarrival jitter now, and its maximum (RFC 3550 A.8), ms. */
  readonly jitterMs: number
  readonly jitterMaxMs: number
  readonly mos: number
  readonly packetsOut: number
  readonly skippedOut: number
  /** Of the last seconds, in dBov; undefined: not measured, which is so with codecs other than G.711. */
  readonly levelIn: number | undefined
  readonly levelOut: number | undefined
}

/** A media engine that can be looked at while a call lasts. */
export interface MeasuredMedia {
  /** Undefined: no such leg. */
  figures(legId: LegId): MediaFigures | undefined
}
