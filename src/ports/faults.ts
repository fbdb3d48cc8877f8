/** Hand-placed faults: a no-op outside the simulator, which may throw or delay here. */
export interface Faults {
  at(place: string): void
}
export const noFaults: Faults = { at: () => undefined }
