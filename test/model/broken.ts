/** A promise that does not hold; the history that led there is printed with it. */
export class BrokenPromise extends Error {}

/** @throws BrokenPromise */
export function promise(holds: boolean, what: () => string): asserts holds {
  if (!holds) throw new BrokenPromise(what())
}
