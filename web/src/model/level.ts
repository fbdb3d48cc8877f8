// How loud a stretch of sound is, for a level meter.

/** Quieter than this shows nothing, dB below full scale. */
const floorDb = 60

/** 0 to 100, in dB: each half of the loudness takes the same step. Samples are from -1 to 1. */
export function levelPercent(pieces: readonly Float32Array[]): number {
  let energy = 0
  let count = 0
  for (const piece of pieces) {
    for (const sample of piece) energy += sample * sample
    count += piece.length
  }
  if (count === 0 || energy === 0) return 0
  const db = 10 * Math.log10(energy / count)
  return Math.max(0, Math.min(100, Math.round((db / floorDb + 1) * 100)))
}
