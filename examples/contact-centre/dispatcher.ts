// Who is waiting, which agents are free, and when to ring one. Pure bookkeeping: the application tells it what the
// webhooks said and does what it answers. Agents are rung one per waiting caller; the server decides which caller an
// agent gets, because `bridge` with `queue` always takes the head.

export interface Agent {
  /** SIP URI or number that reaches the agent. */
  readonly address: string
  state: 'free' | 'ringing' | 'talking' | 'resting'
}

export class Dispatcher {
  readonly agents: readonly Agent[]
  readonly #waiting = new Set<string>()

  constructor(addresses: readonly string[]) {
    this.agents = addresses.map((address) => ({ address, state: 'free' as const }))
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** call.enqueued. */
  callerWaits(callControlId: string): void {
    this.#waiting.add(callControlId)
  }

  /** call.dequeued, for whatever reason. */
  callerLeft(callControlId: string): void {
    this.#waiting.delete(callControlId)
  }

  /** The agents to ring now: one for each waiting caller nobody is on the way to. They are marked as ringing. */
  agentsToRing(): Agent[] {
    const onTheWay = this.agents.filter((agent) => agent.state === 'ringing').length
    const wanted = Math.max(0, this.#waiting.size - onTheWay)
    const chosen = this.agents.filter((agent) => agent.state === 'free').slice(0, wanted)
    for (const agent of chosen) agent.state = 'ringing'
    return chosen
  }

  find(address: string): Agent | undefined {
    return this.agents.find((agent) => agent.address === address)
  }
}
