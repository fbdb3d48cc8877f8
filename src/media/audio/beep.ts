// Tones of ours: somebody comes (two notes up), somebody goes (two notes down), a recording begins (one long note). Made
// once, at first use.

import type { AudioReference } from '../../ports/media-engine.ts'
import { clipFromSamples, SAMPLE_RATE } from './clip.ts'
import type { AudioClip } from './clip.ts'

type Which = Extract<AudioReference, { kind: 'beep' }>['which']

/** Hz and milliseconds, one after the other. */
const notes: Readonly<Record<Which, readonly (readonly [hz: number, ms: number])[]>> = {
  enter: [
    [620, 120],
    [820, 120],
  ],
  exit: [
    [820, 120],
    [620, 120],
  ],
  record: [[1400, 400]],
}

/** About -15 dBm0, as ringback: clearly audible over speech, not louder than it. */
const PEAK = 5000
const RAMP_SAMPLES = 40

const clips = new Map<Which, AudioClip>()

/** The tone as a clip; the same object each time. */
export function beepClip(which: Which): AudioClip {
  const known = clips.get(which)
  if (known !== undefined) return known
  const clip = clipFromSamples(renderBeep(which))
  clips.set(which, clip)
  return clip
}

function renderBeep(which: Which): Int16Array {
  const parts = notes[which].map(([hz, ms]) => note(hz, (ms * SAMPLE_RATE) / 1000))
  const samples = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    samples.set(part, at)
    at += part.length
  }
  return samples
}

function note(hz: number, length: number): Int16Array {
  return Int16Array.from({ length }, (_, i) => {
    const edge = Math.min(1, i / RAMP_SAMPLES, (length - i) / RAMP_SAMPLES)
    return Math.round(PEAK * edge * Math.sin((2 * Math.PI * hz * i) / SAMPLE_RATE))
  })
}
