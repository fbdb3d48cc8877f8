// Faults that people make, as patches of the source: each breaks a promise, and the simulator must find it. A fault that
// no seed finds is a hole in the checkers. `npm run sim -- --faults` runs them all.

export interface Fault {
  readonly what: string
  /** The first seed that found it when it was written down; it moves with the simulator's own code. */
  readonly seed: number
  readonly file: string
  /** Occurs exactly once in the file. */
  readonly search: string
  readonly replace: string
}

export const faults: readonly Fault[] = [
  {
    what: 'effects leave before the commit is on disk',
    seed: 1,
    file: 'src/engine/release-order.ts',
    search: 'ready: committed === undefined',
    replace: 'ready: true || committed === undefined',
  },
  {
    what: 'bridges are not put together again after a crash',
    seed: 1,
    file: 'src/engine/inputs/restore.ts',
    search: '  rejoinBridges(ctx, legs)',
    replace: '  if (legs.length < 0) rejoinBridges(ctx, legs)',
  },
  {
    what: 'bridged legs are not linked again after a crash',
    seed: 6,
    file: 'src/engine/former-calls.ts',
    search: '    this.#rejoin(ctx, leg)\n',
    replace: '    if (leg.order < 0) this.#rejoin(ctx, leg)\n',
  },
  {
    what: 'a waiting caller of a former process is parked',
    seed: 15,
    file: 'src/engine/inputs/restore.ts',
    search: 'if (entry !== undefined && entry.alive) leg.state',
    replace: 'if (entry !== undefined && !entry.alive) leg.state',
  },
  {
    what: 'answered calls without a new offer do not go on after a crash',
    seed: 5,
    file: 'src/engine/former-calls.ts',
    search: "?.at === 'up' && this.#media.has(leg.legId)",
    replace: "?.at === 'up' && leg.held && this.#media.has(leg.legId)",
  },
  {
    what: 'restored legs are never asked whether they are there',
    seed: 48,
    file: 'src/engine/former-calls.ts',
    search: "    ctx.arm('probe', legId,",
    replace: "    if (count < 0) ctx.arm('probe', legId,",
  },
  {
    what: 'stray dialogs of a former process are forgotten',
    seed: 1,
    file: 'src/engine/inputs/restore.ts',
    search: '  former.dismissStrays(',
    replace: '  if (legs.length < 0) former.dismissStrays(',
  },
  {
    what: 'event numbers begin again after a crash',
    seed: 1,
    file: 'src/engine/driver.ts',
    search: 'this.#sequence = rows.lastSequence',
    replace: 'this.#sequence = 0',
  },
  {
    what: 'owed webhooks of a former process are not read',
    seed: 1,
    file: 'src/webhooks/outbox.ts',
    search: '      this.#count(owed.count)\n    }\n    await',
    replace: '      this.#count(owed.count)\n    }\n    this.#backlogs.clear()\n    await',
  },
  {
    what: 'stored answers are not read at a start',
    seed: 1,
    file: 'src/engine/inputs/restore.ts',
    search: "    if (table === 'answer') restoreAnswer(",
    replace: "    if (table === 'lane') restoreAnswer(",
  },
  {
    what: 'an entry that leaves is not written down',
    seed: 1,
    file: 'src/store/order/queue-book.ts',
    search: 'return { legId, entry: entry && placedOf(entry) }',
    replace:
      'return { legId, entry: entry === undefined ? placedOf({} as never) : placedOf(entry) }',
  },
  {
    what: 'the line is read from behind at a start',
    seed: 16,
    file: 'src/store/sqlite/sqlite-store.ts',
    search: 'this.#book.restore(live.queues, live.entries)',
    replace: 'this.#book.restore(live.queues, [...live.entries].reverse())',
  },
  {
    what: 'the second in line is claimed',
    seed: 9,
    file: 'src/store/order/queue-book.ts',
    search: 'first?.facts.legId === verb.issuer ? line?.at(2) : first',
    replace: 'line?.at(2) ?? first',
  },
  {
    what: 'a full queue takes one more',
    seed: 9,
    file: 'src/store/order/queue-book.ts',
    search: 'present.line.size >= present.maxSize',
    replace: 'present.line.size > present.maxSize',
  },
  {
    what: 'a leg that ends does not ask the store for its place',
    seed: 3,
    file: 'src/engine/end-leg.ts',
    search: "if (leg.state.at !== 'queued') {\n    finishEnd",
    replace: "if (leg.state.at !== 'dialing' || leg.told) {\n    finishEnd",
  },
  {
    what: 'commands do not cancel what was intended with the leg',
    seed: 1,
    file: 'src/engine/commands/enqueue.ts',
    search: '  cancelIntents(ctx, leg)\n',
    replace: '  if (!leg.told) cancelIntents(ctx, leg)\n',
  },
  {
    what: 'a repeated command is carried out again',
    seed: 12,
    file: 'src/engine/answers.ts',
    search: "    case 'enqueue':\n    case 'leave-queue':",
    replace: "    case 'enqueue':\n      return undefined\n    case 'leave-queue':",
  },
  {
    what: 'the peer of a leg that ends is left alone',
    seed: 2,
    file: 'src/engine/memberships.ts',
    search: "released.fate !== 'hang-up') return",
    replace: "released.fate !== 'hold') return",
  },
  {
    what: 'bridged under music',
    seed: 1,
    file: 'src/engine/make-bridge.ts',
    search: "  stopAudio(ctx, other, 'cancelled')\n",
    replace: '',
  },
  {
    what: 'a leg of a bridge is not unlinked',
    seed: 9,
    file: 'src/engine/memberships.ts',
    search: "  ctx.media({ kind: 'unlink', a: bridge.issuer, b: bridge.other })\n",
    replace: '',
  },
  {
    what: 'an unknown outcome is taken for a refusal',
    seed: 8,
    file: 'src/engine/claims.ts',
    search: "  if (outcome.kind === 'unknown') {\n",
    replace:
      "  if (outcome.kind === 'unknown') outcome = { kind: 'refused', why: 'not-queued' }\n  if (outcome.kind === 'unknown') {\n",
  },
]
