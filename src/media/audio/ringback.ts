// Ringback tones by country, as the caller hears them while the far end rings. Frequencies and cadences follow ITU-T
// E.180 Supplement 2 and the tables telephone software has shared for decades. One clip is one period of the cadence,
// ends in its pause, and is a whole number of frames, so looping it is seamless.

import { clipFromSamples, SAMPLE_RATE } from './clip.ts'
import type { AudioClip } from './clip.ts'

export interface RingbackTone {
  /** Added together. */
  readonly hz: readonly number[]
  /** Full amplitude modulation by this frequency. */
  readonly modulatedByHz?: number
  /** On, off, on, off … in milliseconds; begins with sound, ends with a pause. */
  readonly cadenceMs: readonly number[]
}

const LONG = [1000, 4000]
const DOUBLE = [400, 200, 400, 2000]

export const ringbackTones: Readonly<Record<string, RingbackTone>> = {
  at: { hz: [420], cadenceMs: [1000, 5000] },
  au: { hz: [413, 438], cadenceMs: DOUBLE },
  be: { hz: [425], cadenceMs: [1000, 3000] },
  bg: { hz: [425], cadenceMs: LONG },
  br: { hz: [425], cadenceMs: LONG },
  ch: { hz: [425], cadenceMs: LONG },
  cl: { hz: [400], cadenceMs: [1000, 3000] },
  cn: { hz: [450], cadenceMs: LONG },
  cz: { hz: [425], cadenceMs: LONG },
  de: { hz: [425], cadenceMs: LONG },
  dk: { hz: [425], cadenceMs: LONG },
  ee: { hz: [425], cadenceMs: LONG },
  es: { hz: [425], cadenceMs: [1500, 3000] },
  fi: { hz: [425], cadenceMs: LONG },
  fr: { hz: [440], cadenceMs: [1500, 3500] },
  gr: { hz: [425], cadenceMs: LONG },
  hu: { hz: [425], cadenceMs: [1250, 3750] },
  il: { hz: [400], cadenceMs: [1000, 3000] },
  in: { hz: [400], modulatedByHz: 25, cadenceMs: DOUBLE },
  it: { hz: [425], cadenceMs: LONG },
  jp: { hz: [400], modulatedByHz: 16, cadenceMs: [1000, 2000] },
  lt: { hz: [425], cadenceMs: LONG },
  mx: { hz: [425], cadenceMs: LONG },
  my: { hz: [425], cadenceMs: DOUBLE },
  nl: { hz: [425], cadenceMs: LONG },
  no: { hz: [425], cadenceMs: LONG },
  nz: { hz: [400, 450], cadenceMs: DOUBLE },
  ph: { hz: [425, 480], cadenceMs: LONG },
  pl: { hz: [425], cadenceMs: LONG },
  pt: { hz: [425], cadenceMs: [1000, 5000] },
  ru: { hz: [425], cadenceMs: LONG },
  se: { hz: [425], cadenceMs: [1000, 5000] },
  sg: { hz: [425], modulatedByHz: 24, cadenceMs: DOUBLE },
  th: { hz: [400], cadenceMs: LONG },
  tw: { hz: [440, 480], cadenceMs: [1000, 2000] },
  uk: { hz: [400, 450], cadenceMs: DOUBLE },
  us: { hz: [440, 480], cadenceMs: [2000, 4000] },
  'us-old': { hz: [420], modulatedByHz: 40, cadenceMs: [2000, 4000] },
  ve: { hz: [425], cadenceMs: LONG },
  za: { hz: [400], modulatedByHz: 33, cadenceMs: DOUBLE },
}

/** Peak of the whole tone, about -15 dBm0: clearly audible, below speech. */
const PEAK = 5000
/** Sound fades in and out over this time, so that its edges do not click. */
const RAMP_SAMPLES = 40

const clips = new Map<string, AudioClip>()

/** One period of the country's ringback, made at first use and kept; an unknown country gets that of the US. */
export function ringbackClip(country: string): AudioClip {
  const name = Object.hasOwn(ringbackTones, country) ? country : 'us'
  const known = clips.get(name)
  if (known !== undefined) return known
  const clip = clipFromSamples(renderRingback(ringbackTones[name]!))
  clips.set(name, clip)
  return clip
}

/** The samples of one period at 8 kHz. */
export function renderRingback(tone: RingbackTone): Int16Array {
  const periodMs = tone.cadenceMs.reduce((sum, ms) => sum + ms, 0)
  const samples = new Int16Array((periodMs * SAMPLE_RATE) / 1000)
  let start = 0
  tone.cadenceMs.forEach((ms, place) => {
    const length = (ms * SAMPLE_RATE) / 1000
    if (place % 2 === 0) renderBurst(tone, samples.subarray(start, start + length))
    start += length
  })
  return samples
}

function renderBurst(tone: RingbackTone, into: Int16Array): void {
  for (let i = 0; i < into.length; i++) {
    const turns = (2 * Math.PI * i) / SAMPLE_RATE
    let value = 0
    for (const hz of tone.hz) value += Math.sin(turns * hz)
    value *= PEAK / tone.hz.length
    if (tone.modulatedByHz !== undefined) value *= (1 - Math.cos(turns * tone.modulatedByHz)) / 2
    into[i] = Math.round(value * Math.min(1, i / RAMP_SAMPLES, (into.length - i) / RAMP_SAMPLES))
  }
}
