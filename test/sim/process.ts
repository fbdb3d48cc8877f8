// One process of the server: everything that is gone when it ends. Its timers, sockets and requests are handed out here,
// so that a crash is what `kill -9` is: from one instruction to the next nothing of it runs, sends or writes any more.

import type { Datagrams, DatagramSocket } from '../../src/ports/datagrams.ts'
import type { HttpClient } from '../../src/ports/http-client.ts'
import type { TimerId, Timers } from '../../src/ports/timers.ts'

export class ServerProcess implements Timers {
  alive = true
  readonly #outer: Timers
  readonly #timers = new Set<TimerId>()
  readonly #sockets = new Set<DatagramSocket>()

  constructor(outer: Timers) {
    this.#outer = outer
  }

  set(delayMs: number, fire: () => void): TimerId {
    if (!this.alive) return 0
    const id = this.#outer.set(delayMs, () => {
      this.#timers.delete(id)
      fire()
    })
    this.#timers.add(id)
    return id
  }

  clear(id: TimerId): void {
    this.#timers.delete(id)
    this.#outer.clear(id)
  }

  soon(fire: () => void): void {
    if (!this.alive) return
    this.#outer.soon(() => {
      if (this.alive) fire()
    })
  }

  /** `call`, until the crash. */
  guard<A extends unknown[]>(call: (...args: A) => void): (...args: A) => void {
    return (...args) => {
      if (this.alive) call(...args)
    }
  }

  /** `call`, whose promise never settles after the crash. */
  waiting<A extends unknown[], T>(call: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
    return (...args) =>
      new Promise((resolve, reject) => {
        if (this.alive) void call(...args).then(this.guard(resolve), this.guard(reject))
      })
  }

  datagrams(network: Datagrams): Datagrams {
    return {
      bind: this.waiting(async (options) => {
        const onMessage = this.guard(options.onMessage)
        const socket = await network.bind({ ...options, onMessage })
        if (this.alive) this.#sockets.add(socket)
        else socket.close()
        return socket
      }),
    }
  }

  http(client: HttpClient): HttpClient {
    return { request: this.waiting((request) => client.request(request)) }
  }

  kill(): void {
    this.alive = false
    for (const id of this.#timers) this.#outer.clear(id)
    for (const socket of this.#sockets) socket.close()
    this.#timers.clear()
  }
}
