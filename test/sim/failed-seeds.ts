// Every seed that ever found a fault of ours, with what it found. The smoke test runs them all, for ever.

export const failedSeeds: readonly { readonly seed: number; readonly found: string }[] = []
