import { patience } from './patience.ts'

/** Looks every 20 ms until something is there; rejects after `timeoutMs`. For what tells nobody when it changes. */
export async function until<T>(
  look: () => Promise<T | undefined> | T | undefined,
  timeoutMs = 10_000,
): Promise<T> {
  const endMs = Date.now() + timeoutMs * patience
  for (;;) {
    const isLast = Date.now() > endMs // Seen before the look: a standstill of this process is no reason.
    const found = await look()
    if (found !== undefined) return found
    if (isLast) throw new Error(`not within ${timeoutMs} ms: ${look.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
