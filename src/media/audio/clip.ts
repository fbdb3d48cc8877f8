// A piece of audio ready to be sent: mono in both laws of G.711 and in G.722, cut into whole 20 ms frames. All three send a
// byte per tick of an 8 kHz clock, so one position is good for each of them. It is encoded once, when it is loaded, and
// lies in shared memory, so that every thread and every leg that hears it reads the same bytes.

import { encodeAlaw, encodeUlaw } from './g711.ts'
import { G722Encoder } from './g722.ts'
import { Doubler, Halver, STEEP_REACH } from './resample.ts'

export const SAMPLE_RATE = 8000
export const WIDE_SAMPLE_RATE = 2 * SAMPLE_RATE
/** Samples of 8 kHz, and bytes of each codec, of 20 ms. */
export const FRAME_SAMPLES = 160
/** So much of a clip's end is encoded before its beginning: a loop goes on where its end left the decoder. */
const LEAD_FRAMES = 15

export interface AudioClip {
  readonly pcmu: Uint8Array
  readonly pcma: Uint8Array
  /** What the sound has above 4 kHz is here alone. */
  readonly g722: Uint8Array
  /** Length of each array; a multiple of FRAME_SAMPLES, at least one frame. */
  readonly samples: number
}

/** Encodes 8 kHz samples; the last frame is filled up with silence. No samples give one frame of silence. */
export function clipFromSamples(samples: Int16Array): AudioClip {
  const doubler = new Doubler()
  const frame = new Int16Array(FRAME_SAMPLES)
  return encoded(samples, (index, wide) => {
    cut(samples, index, frame)
    doubler.double(frame, wide)
  })
}

/** As `clipFromSamples`, of 16 kHz samples. */
export function clipFromWide(samples: Int16Array): AudioClip {
  return encoded(halved(samples), (index, wide) => cut(samples, index, wide))
}

/** `wideFrame` gives 320 samples of 16 kHz of the frame of that number. */
function encoded(
  narrow: Int16Array,
  wideFrame: (index: number, into: Int16Array) => void,
): AudioClip {
  const frames = Math.max(1, Math.ceil(narrow.length / FRAME_SAMPLES))
  const clip = emptyClip(frames * FRAME_SAMPLES)
  const encoder = new G722Encoder()
  const frame = new Int16Array(FRAME_SAMPLES)
  const wide = new Int16Array(2 * FRAME_SAMPLES)
  for (let i = Math.max(0, frames - LEAD_FRAMES); i < frames; i++) {
    wideFrame(i, wide)
    // Written over when it is its turn.
    encoder.encode(wide, clip.g722, i * FRAME_SAMPLES)
  }
  for (let i = 0; i < frames; i++) {
    const at = i * FRAME_SAMPLES
    wideFrame(i, wide)
    encoder.encode(wide, clip.g722, at)
    cut(narrow, i, frame)
    encodeUlaw(frame, clip.pcmu, at)
    encodeAlaw(frame, clip.pcma, at)
  }
  return clip
}

/** Fills `into` with the frame of that number, and with silence where there are no samples any more. */
function cut(samples: Int16Array, index: number, into: Int16Array): void {
  into.fill(0)
  into.set(samples.subarray(index * into.length, (index + 1) * into.length))
}

/** Without the delay of the filter, so that nothing of the end is lost. */
function halved(samples: Int16Array): Int16Array {
  const halver = new Halver(STEEP_REACH)
  const delay = STEEP_REACH - 1
  const length = Math.ceil(samples.length / 2)
  const frames = Math.ceil((length + delay) / FRAME_SAMPLES)
  const out = new Int16Array(frames * FRAME_SAMPLES)
  const wide = new Int16Array(2 * FRAME_SAMPLES)
  for (let i = 0; i < frames; i++) {
    cut(samples, i, wide)
    halver.halve(wide, out.subarray(i * FRAME_SAMPLES, (i + 1) * FRAME_SAMPLES))
  }
  return out.subarray(delay, delay + length)
}

function emptyClip(samples: number): AudioClip {
  const shared = new SharedArrayBuffer(3 * samples)
  const pcmu = new Uint8Array(shared, 0, samples)
  const pcma = new Uint8Array(shared, samples, samples)
  const g722 = new Uint8Array(shared, 2 * samples, samples)
  return { pcmu, pcma, g722, samples }
}

/** One clip after the other. */
export function joinClips(clips: readonly AudioClip[]): AudioClip {
  const length = clips.reduce((sum, { samples }) => sum + samples, 0)
  if (length === 0) return clipFromSamples(new Int16Array(0))
  const joined = emptyClip(length)
  let at = 0
  for (const clip of clips) {
    joined.pcmu.set(clip.pcmu, at)
    joined.pcma.set(clip.pcma, at)
    joined.g722.set(clip.g722, at)
    at += clip.samples
  }
  return joined
}

/** Whole frames of silence, whatever their number without encoding each of them. */
export function silentClip(durationMs: number): AudioClip {
  const frame = clipFromSamples(new Int16Array(FRAME_SAMPLES))
  const frames = Math.ceil((durationMs * SAMPLE_RATE) / 1000 / FRAME_SAMPLES)
  return joinClips(new Array<AudioClip>(Math.max(1, frames)).fill(frame))
}

/** The clip from the sample `start` on, a multiple of FRAME_SAMPLES; the bytes are the same. */
export function clipFrom(clip: AudioClip, start: number): AudioClip {
  const { pcmu, pcma, g722, samples } = clip
  return {
    pcmu: pcmu.subarray(start),
    pcma: pcma.subarray(start),
    g722: g722.subarray(start),
    samples: samples - start,
  }
}

/** Memory that the clip holds. */
export function clipBytes(clip: AudioClip): number {
  return clip.pcmu.length + clip.pcma.length + clip.g722.length
}

/** Playing time in milliseconds. */
export function clipDurationMs(clip: AudioClip): number {
  return clip.samples / (SAMPLE_RATE / 1000)
}
