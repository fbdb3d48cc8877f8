// What must be: the pick-up protocol as a few lines of plain data. The real server is compared with it after every move, so
// its own promises are the ones that count: first in, first out; nobody twice; a pick that is refused changes nothing.

export type Name = string

export type At = 'none' | 'dialing' | 'parked' | 'queued' | 'bridged' | 'ended'

/** A command that can be recognised when it comes again: by its `command_id`, or as the retry that a client's SDK marks. */
export interface Marked {
  readonly leg: Name
  readonly sent: 'id' | 'sdk'
}

interface Party {
  readonly at: At
  readonly peer: Name | undefined
  /** It gave the command that made the bridge. */
  readonly issuer: boolean
}

const absent: Party = { at: 'none', peer: undefined, issuer: false }

export class Spec {
  readonly #parties = new Map<Name, Party>()
  readonly #park: boolean
  /** First in, first out. */
  line: readonly Name[] = []
  /** The command of which a copy may come, once it has succeeded: its answer is kept. */
  remembered: Marked | undefined

  constructor(park: boolean) {
    this.#park = park
  }

  copy(): Spec {
    const copy = new Spec(this.#park)
    for (const [name, party] of this.#parties) copy.#parties.set(name, party)
    copy.line = this.line
    copy.remembered = this.remembered
    return copy
  }

  get names(): readonly Name[] {
    return [...this.#parties.keys()]
  }

  of(name: Name): Party {
    return this.#parties.get(name) ?? absent
  }

  isLiving(name: Name): boolean {
    const { at } = this.of(name)
    return at !== 'none' && at !== 'ended'
  }

  /** Every bridge once, as `issuer other`. */
  bridges(): string[] {
    const made = [...this.#parties].filter(([, { issuer }]) => issuer)
    return made.map(([name, { peer }]) => `${name} ${peer ?? ''}`).sort()
  }

  text(): string[] {
    const parties = [...this.#parties].map(
      ([name, { at, peer, issuer }]) => `${name} ${at} ${peer ?? ''}${issuer ? ' issuer' : ''}`,
    )
    return [...parties.sort(), ...this.line.map((name, place) => `line ${place} ${name}`)]
  }

  ring(name: Name): void {
    this.#set(name, 'dialing')
  }

  answer(name: Name): void {
    this.#set(name, 'parked')
  }

  enqueue(name: Name): void {
    this.#set(name, 'queued')
    this.line = [...this.line, name]
  }

  /** The leg ends, whoever ended it. A peer stays only when it made the bridge and asked for that. */
  end(name: Name): void {
    if (!this.isLiving(name)) return
    const { peer } = this.of(name)
    this.line = this.line.filter((one) => one !== name)
    this.#set(name, 'ended')
    if (peer !== undefined) this.#leave(peer)
  }

  /** Bridge to the head of the line. Returns the code of the answer. */
  pick(name: Name): string {
    const { at, peer } = this.of(name)
    if (at === 'none') return 'leg-unknown'
    if (at === 'ended') return 'leg-ended'
    if (at === 'dialing') return 'not-answered'
    const [head] = this.line
    if (head === undefined) return 'queue-empty'
    this.line = this.line.slice(1)
    this.#parties.set(head, { at: 'bridged', peer: name, issuer: false })
    this.#parties.set(name, { at: 'bridged', peer: head, issuer: true })
    if (peer !== undefined) this.#leave(peer)
    return 'ok'
  }

  /** A start: who had not answered ends. */
  restart(): void {
    for (const [name, { at }] of this.#parties) if (at === 'dialing') this.#set(name, 'ended')
  }

  #leave(name: Name): void {
    const { issuer } = this.of(name)
    this.#set(name, issuer && this.#park ? 'parked' : 'ended')
  }

  #set(name: Name, at: At): void {
    this.#parties.set(name, { at, peer: undefined, issuer: false })
  }
}
