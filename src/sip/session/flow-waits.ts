// Requests of a call whose TCP connection is gone: they wait until the peer is heard over a new one (a request of the
// call, or a registration of its Contact), and are given up after `flowWaitMs`.

import type { TimerId, Timers } from '../../ports/timers.ts'
import type { Dialog } from '../dialog/dialog.ts'
import type { Flow } from '../transaction/types.ts'

/** What is used of the session that waits. */
interface WaitingSession {
  readonly phase: string
  readonly room: {
    readonly timers: Timers
    readonly flowWaitMs: number
    awaitFlow(target: () => string, reached: (flow: Flow) => void): () => void
  }
  flowSeen(flow: Flow): void
}

export class FlowWaits {
  readonly #core: WaitingSession
  readonly #waiting: ((reached: boolean) => void)[] = []
  #leave: (() => void) | undefined
  #timer: TimerId | undefined

  constructor(core: WaitingSession) {
    this.#core = core
  }

  /** `go` is called once: true when the peer is there again, false when the time is over. */
  wait(dialog: Dialog, go: (reached: boolean) => void): void {
    const core = this.#core
    if (core.phase === 'ended') return go(false)
    this.#waiting.push(go)
    if (this.#waiting.length > 1) return
    this.#timer = core.room.timers.set(core.room.flowWaitMs, () => this.#end(false))
    this.#leave = core.room.awaitFlow(
      () => dialog.state.remoteTarget,
      (flow) => core.flowSeen(flow),
    )
  }

  /** The peer has been heard over a living connection. */
  reached(): void {
    this.#end(true)
  }

  /** The session is over: whoever waits hears that nothing came. */
  stop(): void {
    this.#rest()
    this.#waiting.length = 0
  }

  #end(reached: boolean): void {
    this.#rest()
    for (const go of this.#waiting.splice(0)) go(reached)
  }

  #rest(): void {
    if (this.#timer !== undefined) this.#core.room.timers.clear(this.#timer)
    this.#timer = undefined
    this.#leave?.()
    this.#leave = undefined
  }
}
