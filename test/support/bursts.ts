// How often something was said in a recording: stretches of sound with pauses between them.

const stepSamples = 160
/** Louder than the noise that G.711 makes of silence. */
const loudRms = 250

export interface Burst {
  readonly fromMs: number
  readonly toMs: number
}

/** Stretches of sound at 8 kHz; a pause shorter than `pauseMs` is part of a word. */
export function burstsOf(samples: Int16Array, pauseMs = 120): readonly Burst[] {
  const bursts: Burst[] = []
  for (let at = 0; at + stepSamples <= samples.length; at += stepSamples) {
    let power = 0
    for (const sample of samples.subarray(at, at + stepSamples)) power += sample ** 2
    if (Math.sqrt(power / stepSamples) < loudRms) continue
    const fromMs = at / 8
    const last = bursts.at(-1)
    if (last !== undefined && fromMs - last.toMs < pauseMs) {
      bursts[bursts.length - 1] = { fromMs: last.fromMs, toMs: fromMs + 20 }
    } else bursts.push({ fromMs, toMs: fromMs + 20 })
  }
  return bursts
}

/** Milliseconds of sound. */
export function loudMs(bursts: readonly Burst[]): number {
  return bursts.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)
}
