// An estimate of how good a call sounded: the E-model (ITU-T G.107) reduced to what a receiver of G.711 can see.

const BEST_R = 93.2
/** ITU-T G.113 appendix I: robustness of G.711 with loss concealment against random loss. */
const LOSS_ROBUSTNESS = 25.1
/** Delay that exists without any jitter: one packet and its playout. */
const BASE_DELAY_MS = 40

/** Mean opinion score, 1 to 4.5, of a stream with this share of loss (0 to 1) and this jitter. */
export function estimateMos(lossShare: number, jitterMs: number): number {
  const loss = 100 * Math.min(1, Math.max(0, lossShare))
  // A receiver's buffer is about twice the jitter deep.
  const delayMs = BASE_DELAY_MS + 2 * jitterMs
  const delayImpairment = 0.024 * delayMs + (delayMs > 177.3 ? 0.11 * (delayMs - 177.3) : 0)
  const r = BEST_R - delayImpairment - (95 * loss) / (loss + LOSS_ROBUSTNESS)
  if (r <= 0) return 1
  const mos = 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r)
  return Math.min(4.5, Math.max(1, mos))
}
