// Telling tones apart by measurement, for tests and the lab: who hears whom is proved by giving every party a tone of
// its own. Goertzel's filter is one Fourier bin at any frequency; the share of a window's energy that lies there says
// whether the window is that tone.

import { SAMPLE_RATE } from './clip.ts'

/** What a stretch of audio is. Frequencies are in Hz; those of a mix ascend. */
export type Heard =
  | { readonly kind: 'silence' }
  | { readonly kind: 'tone'; readonly hz: number }
  | { readonly kind: 'mix'; readonly hz: readonly number[] }
  | { readonly kind: 'other' }

export interface ToneSegment {
  readonly heard: Heard
  readonly fromMs: number
  readonly toMs: number
}

/** Below this effective value a window is silence: 55 dB under full scale, above G.711's idle noise. */
const SILENCE_RMS = 60
const TONE_SHARE = 0.75
const PART_SHARE = 0.12
const MIX_SHARE = 0.75
const PARTS_MAX = 4
const SCAN_FROM_HZ = 150
const SCAN_TO_HZ = 3500
/** Two windows show the same tone when their estimates are this close. */
const SAME_TONE_HZ = 12

/** Effective (root mean square) value of a window. */
export function rms(samples: Int16Array): number {
  let energy = 0
  for (const sample of samples) energy += sample * sample
  return samples.length === 0 ? 0 : Math.sqrt(energy / samples.length)
}

/** Share (0 to about 1) of the window's energy at `hz`; 0 for digital silence. */
export function energyShare(samples: Int16Array, hz: number, rate: number = SAMPLE_RATE): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / rate)
  let s1 = 0
  let s2 = 0
  let energy = 0
  for (const sample of samples) {
    const s0 = sample + coefficient * s1 - s2
    s2 = s1
    s1 = s0
    energy += sample * sample
  }
  if (energy === 0) return 0
  const power = s1 * s1 + s2 * s2 - coefficient * s1 * s2
  return Math.min(1, (2 * power) / (samples.length * energy))
}

/** Names a window, best 100 ms long. `thorough` false skips the search for mixtures, 20 times cheaper on such audio. */
export function classify(samples: Int16Array, rate: number = SAMPLE_RATE, thorough = true): Heard {
  if (rms(samples) < SILENCE_RMS) return { kind: 'silence' }
  const guess = zeroCrossingHz(samples, rate)
  if (guess > 0 && energyShare(samples, guess, rate) >= TONE_SHARE) {
    return { kind: 'tone', hz: Math.round(guess) }
  }
  return thorough ? classifyByScan(samples, rate) : { kind: 'other' }
}

/** The window's tone in Hz, or undefined when it is silence, a mixture or anything else. */
export function dominantTone(samples: Int16Array, rate: number = SAMPLE_RATE): number | undefined {
  const heard = classify(samples, rate)
  return heard.kind === 'tone' ? heard.hz : undefined
}

/** Cuts a recording into stretches of the same sound, in windows of `windowMs`. A rest shorter than one is left out. */
export function toneSegments(
  samples: Int16Array,
  rate: number = SAMPLE_RATE,
  windowMs = 100,
): ToneSegment[] {
  const length = Math.round((rate * windowMs) / 1000)
  const segments: ToneSegment[] = []
  for (let start = 0; start + length <= samples.length; start += length) {
    const fromMs = (start * 1000) / rate
    const heard = classify(samples.subarray(start, start + length), rate)
    appendSegment(segments, { heard, fromMs, toMs: fromMs + windowMs })
  }
  return segments
}

/** Adds a window to the list, joined with the last segment when it sounds the same and follows it within `gapMs`. */
export function appendSegment(segments: ToneSegment[], next: ToneSegment, gapMs = 0): void {
  const last = segments.at(-1)
  if (last !== undefined && next.fromMs - last.toMs <= gapMs && sameSound(last.heard, next.heard)) {
    segments[segments.length - 1] = { heard: last.heard, fromMs: last.fromMs, toMs: next.toMs }
  } else {
    segments.push(next)
  }
}

/** True when both are the same kind of sound at nearly the same frequencies. */
export function sameSound(a: Heard, b: Heard): boolean {
  if (a.kind === 'tone' && b.kind === 'tone') return near(a.hz, b.hz)
  if (a.kind === 'mix' && b.kind === 'mix') {
    return a.hz.length === b.hz.length && a.hz.every((hz, i) => near(hz, b.hz[i]!))
  }
  return a.kind === b.kind
}

/** A sine of `durationMs` at 8 kHz, for tests and robots. */
export function sine(hz: number, durationMs: number, peak = 8000): Int16Array {
  return Int16Array.from({ length: (durationMs * SAMPLE_RATE) / 1000 }, (_, i) =>
    Math.round(peak * Math.sin((2 * Math.PI * hz * i) / SAMPLE_RATE)),
  )
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= SAME_TONE_HZ
}

/** Frequency by the time between the first and last rising zero crossing: exact for one tone, nonsense for others. */
function zeroCrossingHz(samples: Int16Array, rate: number): number {
  let first = -1
  let last = -1
  let periods = -1
  for (let i = 1; i < samples.length; i++) {
    const before = samples[i - 1]!
    const after = samples[i]!
    if (before >= 0 || after < 0) continue
    last = i - 1 + before / (before - after)
    if (first < 0) first = last
    periods++
  }
  return periods > 0 ? (periods * rate) / (last - first) : 0
}

/** Picks the strongest bins, one per peak, until they explain the window. */
function classifyByScan(samples: Int16Array, rate: number): Heard {
  const stepHz = Math.max(5, rate / samples.length)
  const shares: number[] = []
  for (let hz = SCAN_FROM_HZ; hz <= SCAN_TO_HZ; hz += stepHz) {
    shares.push(energyShare(samples, hz, rate))
  }
  const parts: number[] = []
  let explained = 0
  while (parts.length < PARTS_MAX) {
    const peak = shares.reduce((best, share, i) => (share > shares[best]! ? i : best), 0)
    // A tone between two bins leaves energy in its neighbours; it belongs to the same peak.
    const around = [peak - 2, peak - 1, peak, peak + 1, peak + 2].filter((i) => i in shares)
    const share = around.reduce((sum, i) => sum + shares[i]!, 0)
    if (share < PART_SHARE) break
    const weighted = around.reduce((sum, i) => sum + shares[i]! * i, 0) / share
    parts.push(Math.round(SCAN_FROM_HZ + weighted * stepHz))
    explained += share
    for (const i of around) shares[i] = 0
  }
  if (explained < MIX_SHARE || parts.length === 0) return { kind: 'other' }
  parts.sort((a, b) => a - b)
  return parts.length === 1 ? { kind: 'tone', hz: parts[0]! } : { kind: 'mix', hz: parts }
}
