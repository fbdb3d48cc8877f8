// What a recording holds, in steps of 20 ms: which of the known tones, silence, or something else.
import { energyShare, rms } from '../../src/media/audio/goertzel.ts'

export const STEP_MS = 20
const STEP_SAMPLES = 160
const SILENCE_RMS = 60
/** Above it a step is that tone; two of them above the lesser one is both at once. */
const TONE_SHARE = 0.8
const PART_SHARE = 0.2

export type Step = number | 'silence' | 'both' | 'other'

/** Names every step of a recording at 8 kHz. The tones are multiples of 50 Hz: whole cycles in a step. */
export function stepsOf(samples: Int16Array, tones: readonly number[]): Step[] {
  const steps: Step[] = []
  for (let at = 0; at + STEP_SAMPLES <= samples.length; at += STEP_SAMPLES) {
    steps.push(nameOf(samples.subarray(at, at + STEP_SAMPLES), tones))
  }
  return steps
}

function nameOf(window: Int16Array, tones: readonly number[]): Step {
  if (rms(window) < SILENCE_RMS) return 'silence'
  const shares = tones.map((hz) => energyShare(window, hz))
  const sounding = tones.find((_, i) => (shares[i] ?? 0) >= TONE_SHARE)
  if (sounding !== undefined) return sounding
  return shares.filter((share) => share >= PART_SHARE).length > 1 ? 'both' : 'other'
}

/** The sounds in order, leaving out what lasts no longer than `shortMs`: clicks and the moment of a switch. */
export function storyOf(steps: readonly Step[], shortMs = 100): Step[] {
  const story: Step[] = []
  let from = 0
  for (let at = 1; at <= steps.length; at++) {
    const step = steps[from]
    if (step === undefined || steps[at] === step) continue
    if ((at - from) * STEP_MS > shortMs && story.at(-1) !== step) story.push(step)
    from = at
  }
  return story
}

/** Milliseconds from the last step of one tone to the first of another; negative when they overlap. */
export function gapMs(steps: readonly Step[], before: Step, after: Step): number {
  return (steps.indexOf(after) - steps.lastIndexOf(before) - 1) * STEP_MS
}

export function longestRunMs(steps: readonly Step[], of: Step): number {
  let longest = 0
  let run = 0
  for (const step of steps) {
    run = step === of ? run + 1 : 0
    longest = Math.max(longest, run)
  }
  return longest * STEP_MS
}
