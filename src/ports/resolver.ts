/** Host names to addresses by the system's resolver; IP literals resolve to themselves. */
export interface Resolver {
  /** All addresses in the system's order; an empty list when the name does not exist or the resolver failed. */
  resolve(host: string): Promise<readonly string[]>
}
