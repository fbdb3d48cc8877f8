// Assertions stay on in production: a broken invariant is our bug, and the caller of the step fences the leg it hit.

/** Thrown when an invariant of our own code is broken; never for bad input from a peer. */
export class AssertionFailure extends Error {
  readonly code = 'ASSERTION'
}

/** Throws AssertionFailure unless `condition` holds. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message)
}

/** Marks a branch that the state machine proves impossible. */
export function unreachable(message: string): never {
  throw new AssertionFailure(message)
}

/** The compiler refuses this call while `value` can still be anything: an exhaustive switch. */
export function assertNever(value: never): never {
  throw new AssertionFailure(`unexpected variant: ${JSON.stringify(value)}`)
}
