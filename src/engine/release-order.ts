// Commit before you speak: what a turn decided leaves only when its commit is on disk, and turns leave in order. Commits
// may overlap; a turn without anything to store still waits for those before it.

interface Turn {
  ready: boolean
  readonly release: () => void
}

export class ReleaseOrder {
  readonly #turns: Turn[] = []
  #idle: (() => void)[] = []

  /** Turns that have not been released. */
  get waiting(): number {
    return this.#turns.length
  }

  /** `committed` undefined: nothing had to be stored. A rejected commit is fatal: it stays unhandled on purpose. */
  add(committed: Promise<void> | undefined, release: () => void): void {
    const turn: Turn = { ready: committed === undefined, release }
    this.#turns.push(turn)
    if (committed === undefined) {
      this.#flush()
      return
    }
    void committed.then(() => {
      turn.ready = true
      this.#flush()
    })
  }

  /** Resolves when everything handed in so far has been released. */
  idle(): Promise<void> {
    if (this.#turns.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #flush(): void {
    for (let turn = this.#turns[0]; turn?.ready === true; turn = this.#turns[0]) {
      // Out of the line first: a release that leads to the next turn must not run this one again.
      this.#turns.shift()
      turn.release()
    }
    if (this.#turns.length > 0) return
    const idle = this.#idle
    this.#idle = []
    for (const resolve of idle) resolve()
  }
}
