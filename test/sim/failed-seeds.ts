// Every seed that ever found a fault of ours, be it in a checker, with what it found. The smoke test runs them all, for
// ever. A seed's history changes with the simulator's own code, so each fault also has its unit test where one fits.

export const failedSeeds: readonly { readonly seed: number; readonly found: string }[] = [
  { seed: 369, found: 'a move that overtook the outcome of a claim (distributed store)' },
  {
    seed: 489,
    found: 'a claim that took a dead place before its end was known (distributed store)',
  },
  { seed: 21010, found: 'a BYE that a NOTIFY had overtaken was refused for its number' },
  { seed: 2343, found: 'a claim by a leg that another claim had just taken (distributed store)' },
  {
    seed: 300341,
    found:
      'an entry that was removed before its enqueue was known: dequeued before enqueued (distributed store)',
  },
  {
    seed: 401161,
    found:
      'a command that waited for the counterpart of a leg that ended was never answered (distributed store)',
  },
  {
    seed: 500671,
    found:
      'a caller who was claimed, then moved, then hung up: the move found an ended leg (distributed store)',
  },
  {
    seed: 1557414225,
    found:
      'a caller who was bridged and transferred in one turn was held to be left alone (a fault of the checker)',
  },
  {
    seed: 1557411608,
    found:
      'a role that was switched before the answer of the dial was there was held to be wrong (a fault of the checker)',
  },
  {
    seed: 1557415826,
    found:
      'one application was given the failing webhooks of another (a fault of the simulated disk)',
  },
  {
    seed: 1557419787,
    found:
      'an application that was switched off in the turn in which a call was asked of it was held to make it (a fault of the checker)',
  },
  {
    seed: 620003451,
    found:
      'a write that stalled at the end, with another behind it, was held to be left (a fault of the checker)',
  },
]
