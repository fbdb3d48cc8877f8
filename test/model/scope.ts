// What a search covers: how many of everything, and which troubles may come. Everything in a scope is tried in every order.

export interface Scope {
  readonly name: string
  readonly callers: number
  readonly agents: number
  /** Bridge commands of one agent; Infinity: as often as it likes. */
  readonly picks: number
  /** Commands of which a copy arrives: by `command_id`, or as the retry that a client's SDK marks. */
  readonly duplicates: number
  /** How copies are recognised. */
  readonly marks: readonly ('id' | 'sdk')[]
  /** Ends of the process, each followed by a start. */
  readonly crashes: number
  /** A crash in the middle of what leaves after a write is tried after up to so many effects. */
  readonly cuts: number
  /** Times that the disk refuses a write for a while. */
  readonly stalls: number
  /** Writes that may be on their way to the disk at one time. */
  readonly writesMax: number
  /** What becomes of the agent when the caller goes. */
  readonly park: boolean
  /** Agents' phones ring first and may refuse; else they are up at once. */
  readonly ringing: boolean
  /** The store answers later, in any order: what no store that is shipped does, and the engine promises to bear. */
  readonly remote: boolean
  /** Outcomes that get lost, before the verb was carried out or after (remote only). */
  readonly losses: number
}

const plain: Scope = {
  name: '',
  callers: 2,
  agents: 2,
  picks: Infinity,
  duplicates: 0,
  marks: ['id'],
  cuts: 1,
  crashes: 0,
  stalls: 0,
  writesMax: 1,
  park: true,
  ringing: false,
  remote: false,
  losses: 0,
}

/** In `npm test`. */
export const smallScopes: readonly Scope[] = [
  { ...plain, name: '2 callers, 2 agents, 1 crash, 1 duplicate', duplicates: 1, crashes: 1 },
  {
    ...plain,
    name: '2 callers, 1 agent that rings, 1 crash',
    agents: 1,
    ringing: true,
    crashes: 1,
  },
  { ...plain, name: '2 callers, 2 agents hung up with the caller', park: false, duplicates: 1 },
  {
    ...plain,
    name: '1 caller, 1 agent, 2 writes under way, 1 stall, 1 crash',
    callers: 1,
    agents: 1,
    writesMax: 2,
    stalls: 1,
    crashes: 1,
  },
  {
    ...plain,
    name: '1 caller, 1 agent, remote store, 1 loss',
    callers: 1,
    agents: 1,
    picks: 1,
    remote: true,
    losses: 1,
  },
]

const three: Scope = { ...plain, callers: 3, agents: 3 }

/** In `npm run model`, besides those. */
export const fullScopes: readonly Scope[] = [
  {
    ...three,
    name: '3 callers, 3 agents, 1 crash at every effect, 1 duplicate of both kinds',
    duplicates: 1,
    marks: ['id', 'sdk'],
    crashes: 1,
    cuts: 4,
  },
  {
    ...plain,
    name: '2 callers, 1 agent, 2 writes under way, 1 stall, 1 crash, 1 duplicate',
    agents: 1,
    duplicates: 1,
    crashes: 1,
    stalls: 1,
    writesMax: 2,
  },
  { ...three, name: '3 callers, 3 agents that ring, 1 crash', ringing: true, crashes: 1 },
  {
    ...three,
    name: '3 callers, 3 agents hung up with the caller, 1 crash, 1 duplicate',
    park: false,
    duplicates: 1,
    crashes: 1,
  },
  {
    ...plain,
    name: '2 callers, 1 agent, remote store, 1 loss',
    agents: 1,
    picks: 1,
    remote: true,
    losses: 1,
  },
  { ...plain, name: '2 callers, 2 agents, remote store', remote: true, picks: 1 },
]
