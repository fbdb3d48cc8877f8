// What the server has told, to wait for and to look at: the same events as in its webhooks, read from `GET /v2/events`, so
// that a webhook that a fault has lost is no event that a test misses.

import { isJson, listOf, type Json } from './json.ts'
import { Caller, Person } from './people.ts'
import { nowMs, patience, pause, type Answer } from './world.ts'

export interface LabEvent {
  readonly type: string
  readonly id: string
  readonly occurredAt: string
  readonly payload: Json
}

/** Fields of the payload and what they are. A caller stands for the own leg, under whatever name, anybody else for a name. */
export type Fits = Readonly<Record<string, unknown>>

const pageMax = 1000
const withinMs = 5000

export class Events {
  /** All so far, in order. */
  readonly all: LabEvent[] = []
  readonly #get: (path: string) => Promise<Answer>
  readonly #given = new Set<LabEvent>()
  #cursor: string | undefined
  #reading: Promise<number> | undefined

  constructor(get: (path: string) => Promise<Answer>) {
    this.#get = get
  }

  /**
   * The first event of that type with these fields that was not given before, past or future. Events of unlike types may
   * be asked for in any order.
   */
  async next(
    type: string,
    fits: Fits = {},
    { within = withinMs }: { readonly within?: number } = {},
  ): Promise<LabEvent> {
    const untilMs = nowMs() + within * patience()
    for (;;) {
      const found = this.all.find((one) => isSuch(one, type, fits) && !this.#given.has(one))
      if (found !== undefined) {
        this.#given.add(found)
        return found
      }
      const restMs = untilMs - nowMs()
      if (restMs <= 0) throw new Error(`no ${type} ${said(fits)}; there were:\n${this.#listed()}`)
      await this.read(restMs > 1000 ? 1 : 0)
    }
  }

  /** Fails when such an event is there; looks once more first. */
  async none(type: string, fits: Fits = {}): Promise<void> {
    await this.catchUp()
    const found = this.all.find((one) => isSuch(one, type, fits))
    if (found !== undefined)
      throw new Error(`there was a ${type}: ${JSON.stringify(found.payload)}`)
  }

  /** What there is of that type. */
  async list(type: string, fits: Fits = {}): Promise<readonly LabEvent[]> {
    await this.catchUp()
    return this.all.filter((one) => isSuch(one, type, fits))
  }

  /** Everything that has happened until now. */
  async catchUp(): Promise<void> {
    // One that is under way may have been answered before now.
    await this.#reading
    while ((await this.read(0)) === pageMax);
  }

  /**
   * Reads what is new; waits for something for at most `waitSecs`. One at a time, shared by all who wait. Resolves to how
   * many came.
   */
  read(waitSecs: number): Promise<number> {
    this.#reading ??= this.#read(waitSecs).finally(() => (this.#reading = undefined))
    return this.#reading
  }

  async #read(waitSecs: number): Promise<number> {
    const after = this.#cursor === undefined ? '' : `&after=${encodeURIComponent(this.#cursor)}`
    let answer: Answer
    try {
      answer = await this.#get(`/v2/events?limit=${pageMax}&wait_secs=${waitSecs}${after}`)
    } catch {
      // The server is being restarted; the cursor survives it.
      await pause(20)
      return 0
    }
    if (answer.status !== 200) {
      await pause(20)
      return 0
    }
    const came = listOf(answer.body)
    for (const one of came) this.all.push(eventOf(one))
    const meta = isJson(answer.body) ? answer.body['meta'] : undefined
    const next = isJson(meta) ? meta['next'] : undefined
    if (typeof next === 'string') this.#cursor = next
    if (waitSecs === 0 && came.length === 0) await pause(5)
    return came.length
  }

  #listed(): string {
    const lines = this.all.map(({ type, payload }) => {
      const fields = Object.entries(payload).filter(([name]) => !unsaid.has(name))
      return `  ${type} ${JSON.stringify(Object.fromEntries(fields))}`
    })
    return lines.length === 0 ? '  nothing' : lines.slice(-20).join('\n')
  }
}

/** What nobody looks for who looks for an event that did not come. */
const unsaid: ReadonlySet<string> = new Set([
  ...['call_leg_id', 'call_session_id', 'client_state', 'connection_id', 'start_time', 'end_time'],
  ...['call_quality_stats', 'connection_codecs', 'offered_codecs', 'from_sip_uri', 'to_sip_uri'],
])

function eventOf(one: Json): LabEvent {
  const { event_type: type, id, occurred_at: occurredAt, payload } = one
  return {
    type: String(type),
    id: String(id),
    occurredAt: String(occurredAt),
    payload: isJson(payload) ? payload : {},
  }
}

function isSuch({ type, payload }: LabEvent, wanted: string, fits: Fits): boolean {
  if (type !== wanted) return false
  return Object.entries(fits).every(([field, value]) => {
    // Most events name the caller only by the leg.
    if (value instanceof Caller && payload['call_control_id'] === value.callControlId) return true
    return payload[field] === plain(value)
  })
}

function plain(value: unknown): unknown {
  return value instanceof Person ? value.name : value
}

function said(fits: Fits): string {
  const fields = Object.entries(fits).map(([field, value]) => [field, plain(value)] as const)
  return JSON.stringify(Object.fromEntries(fields))
}
