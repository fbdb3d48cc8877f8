// A queue as the server shows it, compared with who should stand in it.

import { isDeepStrictEqual } from 'node:util'
import { listOf, type Json } from './json.ts'
import type { Caller } from './people.ts'
import { nowMs, patience, pause, type Answer } from './world.ts'

const withinMs = 5000
const lookEveryMs = 10

export class Queue {
  readonly name: string
  readonly #get: (path: string) => Promise<Answer>

  constructor(name: string, get: (path: string) => Promise<Answer>) {
    this.name = name
    this.#get = get
  }

  /** The entries as `GET /v2/queues/{queue_name}/calls` lists them, at most 250; none when there is no such queue. */
  async calls(): Promise<readonly Json[]> {
    const path = `/v2/queues/${encodeURIComponent(this.name)}/calls?page[size]=250`
    return listOf((await this.#get(path)).body)
  }

  /** Exactly these callers stand in line, in this order; waits until it is so. */
  async has(
    callers: readonly Caller[],
    { within = withinMs }: { readonly within?: number } = {},
  ): Promise<void> {
    const wanted = callers.map(({ callControlId }) => callControlId)
    const untilMs = nowMs() + within * patience()
    for (;;) {
      const calls = await this.calls()
      const ids = calls.map((one) => String(one['call_control_id']))
      if (isDeepStrictEqual(ids, wanted)) return
      if (nowMs() >= untilMs) {
        const there = calls.map((one) => String(one['from'])).join(', ') || 'nobody'
        const names = callers.map(({ name }) => name).join(', ') || 'nobody'
        throw new Error(`in queue ${this.name}: ${there}; should be: ${names}`)
      }
      await pause(lookEveryMs)
    }
  }

  /** Nobody is there; waits until it is so. */
  isEmpty(options: { readonly within?: number } = {}): Promise<void> {
    return this.has([], options)
  }
}
