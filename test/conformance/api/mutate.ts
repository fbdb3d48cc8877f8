// Placeholder of the pass over deviations.
export interface Mutation {
  readonly name: string
}

export interface MutationOutcome {
  readonly caught: readonly Mutation[]
  readonly missed: readonly Mutation[]
}

/** None are planted yet. */
export function runMutations(): Promise<MutationOutcome> {
  return Promise.resolve({ caught: [], missed: [] })
}
