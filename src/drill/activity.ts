// What makes a skip wait for reactions. A call that ends makes telephones and applications act; the look for empty queues
// each minute makes nobody act, and half an hour has thirty of them.

/** Deadlines after which nothing leaves the server. */
const silentTimers: ReadonlySet<string> = new Set([
  'collect-empty',
  'conference-forget',
  'expire-recordings',
  'forget-answer',
  'forget-leg',
])

/** An input of the call logic; of a timer its name comes first. */
export interface SeenInput {
  readonly kind: string
  readonly timer?: string
}

/** True when somebody outside may react to what follows from it. */
export function mayCauseReaction({ kind, timer }: SeenInput): boolean {
  // An outcome follows from an input that was seen before, and is waited for with its commit.
  if (kind === 'outcome') return false
  return timer === undefined || !silentTimers.has(timer.split(' ', 1)[0] ?? '')
}
