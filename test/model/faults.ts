// Faults that the search must find, each in the scope that can show it. A search that finds nothing in a broken server
// would prove nothing. Those of the simulator that break the pick-up are taken from there.

import { faults as simulated, type Fault } from '../sim/faults/faults.ts'

export interface ModelFault extends Omit<Fault, 'seed'> {
  /** The first words of a small scope's name that are enough to find it. */
  readonly scope: string
}

export const faultsInTests = 4

const crash = '2 callers, 2 agents, 1 crash'
const remote = '1 caller, 1 agent, remote'
const twoWrites = '1 caller, 1 agent, 2 writes'

/** The first `faultsInTests` are looked for in `npm test`, all of them by `npm run model -- --faults`. */
export const faults: readonly ModelFault[] = [
  {
    what: 'a claim leaves the caller in the line for the next agent',
    scope: crash,
    file: 'src/store/order/queue-book.ts',
    search: "return { kind: 'claimed', claimed: this.#take(head, verb.nowMs), issuerLeft }",
    replace: `return { kind: 'claimed', issuerLeft, claimed: { entry: head.facts, queueName: head.queue.name,
      queueId: head.queue.id, position: 1, enqueuedAtMs: head.enqueuedAtMs, alive: true } }`,
  },
  {
    what: 'a caller whose pick-up failed goes to the end of the line',
    scope: remote,
    file: 'src/engine/make-bridge.ts',
    search:
      "    tellDequeued(ctx, entry, 'bridging-in-process')\n    if (leg?.state.at === 'queued')",
    replace: `    if (leg?.state.at === 'queued') {
      const { queueName, queueId: newQueueId } = entry
      const again = { queueName, newQueueId, maxSize: undefined, entry: entry.entry, nowMs: ctx.nowMs }
      ctx.verb([], { kind: 'enqueue', ...again }, () => undefined)
      continue
    }
    if (leg?.state.at === 'queued')`,
  },
  fromSimulator('effects leave before the commit is on disk', twoWrites),
  {
    what: 'stored answers are not read at a start',
    scope: crash,
    file: 'src/engine/inputs/restore.ts',
    search: "    if (table === 'answer') restoreAnswer(",
    replace: "    if (table === 'answer' && row === null) restoreAnswer(",
  },
  {
    what: 'a caller whose pick-up failed is parked and nobody is told',
    scope: remote,
    file: 'src/engine/make-bridge.ts',
    search:
      "    tellDequeued(ctx, entry, 'bridging-in-process')\n    if (leg?.state.at === 'queued')",
    replace: "    if (leg?.state.at === 'queued')",
  },
  {
    what: 'a copy of a command is carried out again',
    scope: crash,
    file: 'src/engine/commands.ts',
    search: '  if (key !== undefined && answerRepeat(ctx, request, key)) return\n',
    replace: '',
  },
  {
    what: 'the row of a leg that moves is not written',
    scope: crash,
    file: 'src/engine/context.ts',
    search: 'counts.queued += 1\n    this.touch(leg)',
    replace: 'counts.queued += 1\n    if (leg.state.at !== "bridged") this.touch(leg)',
  },
  {
    what: 'the line is turned round at a start',
    scope: crash,
    file: 'src/store/order/queue-book.ts',
    search: 'for (const placed of entries) {',
    replace: 'for (const placed of [...entries].reverse()) {',
  },
  fromSimulator('the second in line is claimed', crash),
  fromSimulator('bridges are not put together again after a crash', crash),
  fromSimulator('a leg that ends does not ask the store for its place', crash),
  fromSimulator('the peer of a leg that ends is left alone', crash),
  fromSimulator('an unknown outcome is taken for a refusal', remote),
]

function fromSimulator(what: string, scope: string): ModelFault {
  const fault = simulated.find((one) => one.what === what)
  if (fault === undefined) throw new Error(`the simulator has no fault "${what}"`)
  return { ...fault, scope }
}
