/** Caps on what the parser reads; every one is an option with these defaults. */
export interface MessageLimits {
  readonly datagramBytes: number
  readonly streamBytes: number
  readonly startLineBytes: number
  readonly headerLineBytes: number
  readonly headerCount: number
  readonly viaCount: number
  readonly bodyBytes: number
}

export const defaultMessageLimits: MessageLimits = {
  datagramBytes: 65_535,
  streamBytes: 256 * 1024,
  startLineBytes: 8 * 1024,
  headerLineBytes: 16 * 1024,
  headerCount: 256,
  viaCount: 70,
  bodyBytes: 128 * 1024,
}

/** RFC 3261 §8.1.1.5: a sequence number is below 2^31. */
export const cseqLimit = 2 ** 31
/** RFC 3261 §20.19: delta-seconds end here; larger values are clamped, never wrapped. */
export const deltaSecondsMax = 2 ** 32 - 1
