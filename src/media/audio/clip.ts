// A piece of audio ready to be sent: 8 kHz mono in both laws, cut into whole 20 ms frames. It is encoded once, when it
// is loaded, and lies in shared memory, so that every thread and every leg that hears it reads the same bytes.

import { linearToAlaw, linearToUlaw } from './g711.ts'

export const SAMPLE_RATE = 8000
/** Samples, and G.711 bytes, of 20 ms. */
export const FRAME_SAMPLES = 160

export interface AudioClip {
  readonly pcmu: Uint8Array
  readonly pcma: Uint8Array
  /** Length of each array; a multiple of FRAME_SAMPLES, at least one frame. */
  readonly samples: number
}

/** Encodes 8 kHz samples; the last frame is filled up with silence. No samples give one frame of silence. */
export function clipFromSamples(samples: Int16Array): AudioClip {
  const frames = Math.max(1, Math.ceil(samples.length / FRAME_SAMPLES))
  const length = frames * FRAME_SAMPLES
  const shared = new SharedArrayBuffer(2 * length)
  const pcmu = new Uint8Array(shared, 0, length)
  const pcma = new Uint8Array(shared, length, length)
  for (let i = 0; i < length; i++) {
    const sample = i < samples.length ? samples[i]! & 0xffff : 0
    pcmu[i] = linearToUlaw[sample]!
    pcma[i] = linearToAlaw[sample]!
  }
  return { pcmu, pcma, samples: length }
}

/** One clip after the other. */
export function joinClips(clips: readonly AudioClip[]): AudioClip {
  const length = Math.max(
    FRAME_SAMPLES,
    clips.reduce((sum, { samples }) => sum + samples, 0),
  )
  const shared = new SharedArrayBuffer(2 * length)
  const pcmu = new Uint8Array(shared, 0, length)
  const pcma = new Uint8Array(shared, length, length)
  let at = 0
  for (const clip of clips) {
    pcmu.set(clip.pcmu, at)
    pcma.set(clip.pcma, at)
    at += clip.samples
  }
  return { pcmu, pcma, samples: length }
}

/** Memory that the clip holds. */
export function clipBytes(clip: AudioClip): number {
  return clip.pcmu.length + clip.pcma.length
}

/** Playing time in milliseconds. */
export function clipDurationMs(clip: AudioClip): number {
  return clip.samples / (SAMPLE_RATE / 1000)
}
