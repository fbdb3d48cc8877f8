// Is the other end of a trunk there: OPTIONS (RFC 3261 §11) to each configured trunk from time to time, to nobody else. Any
// answer says that it is; what the answer means is said in words for the person who set it up. Calls do not ask it.

import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { TrunkView } from '../../ports/sip-setup.ts'
import type { TimerId, Timers } from '../../ports/timers.ts'
import type { SipResponse } from '../message/types.ts'
import type { Destination, TransactionLayer } from '../transaction/types.ts'
import type { TrunkConfig } from './config.ts'
import type { Located } from './locator.ts'

const firstProbeMs = 1000
/** What is silent for so long counts as away; the transaction goes on. */
const silentMs = 5000
const tokenLength = 20

export interface TrunkProbesOptions {
  readonly trunks: readonly TrunkConfig[]
  readonly domain: string
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly layer: Pick<TransactionLayer, 'send'>
  readonly locate: (uri: string, done: (found: Located) => void) => void
}

interface Row {
  readonly trunk: TrunkConfig
  timer: TimerId | undefined
  view: TrunkView
}

export class TrunkProbes {
  readonly #options: TrunkProbesOptions
  readonly #rows: readonly Row[]
  #running = false

  constructor(options: TrunkProbesOptions) {
    this.#options = options
    this.#rows = options.trunks.map((trunk) => ({ trunk, timer: undefined, view: unknown(trunk) }))
  }

  start(): void {
    this.#running = true
    for (const row of this.#rows) if (everyMs(row) > 0) this.#plan(row, firstProbeMs)
  }

  stop(): void {
    this.#running = false
    for (const row of this.#rows) this.#clear(row)
  }

  views(): readonly TrunkView[] {
    return this.#rows.map(({ view }) => view)
  }

  #plan(row: Row, delayMs: number): void {
    this.#clear(row)
    if (this.#running) row.timer = this.#options.timers.set(delayMs, () => this.#probe(row))
  }

  #clear(row: Row): void {
    if (row.timer !== undefined) this.#options.timers.clear(row.timer)
    row.timer = undefined
  }

  #probe(row: Row): void {
    row.timer = undefined
    this.#options.locate(row.trunk.uri, (places) => {
      if (!this.#running) return
      if (places.length > 0) return this.#ask(row, places, this.#options.clock.monotonicMs())
      this.#isAway(
        row,
        'No address was found for it: its host name cannot be resolved, or its transport is not among sip.transports.',
      )
      this.#plan(row, everyMs(row))
    })
  }

  /** The first that answers does, as with calls (RFC 3263 §4.3); `sinceMs` is when the first was asked. */
  #ask(row: Row, [place, ...others]: Located, sinceMs: number): void {
    if (place === undefined || !this.#running) return
    const { clock, timers } = this.#options
    const askedMs = clock.monotonicMs()
    const where = `${place.transport.toLowerCase()} ${place.address}:${place.port}`
    row.view = { ...row.view, probedAtMs: clock.wallMs() }
    let movedOn = false
    const isAway = (problem: string): void => {
      if (movedOn) return
      if (others.length === 0) return this.#isAway(row, problem)
      movedOn = true
      timers.clear(silent)
      this.#ask(row, others, sinceMs)
    }
    const silent = timers.set(silentMs, () =>
      isAway(
        `It has not answered OPTIONS for ${silentMs / 1000} s: nothing listens at ${where}, or something between drops the packets.`,
      ),
    )
    const over = (): void => {
      timers.clear(silent)
      if (movedOn) return
      this.#plan(row, Math.max(0, everyMs(row) - (clock.monotonicMs() - sinceMs)))
    }
    this.#send(row, place, {
      onResponse: (response) => {
        if (response.status < 200) return
        if (!movedOn) this.#answered(row, response, clock.monotonicMs() - askedMs)
        over()
      },
      onTimeout: over,
      onTransportFailure: (error) => {
        isAway(`It cannot be reached at ${where}: ${error.message}.`)
        over()
      },
    })
  }

  #send({ trunk }: Row, place: Destination, heard: Parameters<TransactionLayer['send']>[2]): void {
    const { domain, layer, random } = this.#options
    const headers = [
      ['From', `<sip:holdfast@${domain}>;tag=${random.token(tokenLength)}`],
      ['To', `<${trunk.uri}>`],
      ['Call-ID', random.token(tokenLength)],
      ['CSeq', '1 OPTIONS'],
      ['Accept', 'application/sdp'],
    ] as const
    layer.send({ method: 'OPTIONS', uri: trunk.uri, headers }, place, heard)
  }

  #isAway(row: Row, problem: string): void {
    row.view = { ...row.view, reachable: false, roundTripMs: undefined, problem }
  }

  #answered(row: Row, { status, reason }: SipResponse, roundTripMs: number): void {
    const answeredAtMs = this.#options.clock.wallMs()
    const problem = problemOf(status, reason)
    row.view = { ...row.view, reachable: true, status, reason, answeredAtMs, roundTripMs, problem }
  }
}

function everyMs({ trunk }: Row): number {
  return (trunk.probeSecs ?? 0) * 1000
}

function unknown(trunk: TrunkConfig): TrunkView {
  const never = { status: undefined, reason: undefined, answeredAtMs: undefined }
  return {
    ...{ name: trunk.name, uri: trunk.uri, reachable: undefined, ...never },
    ...{ roundTripMs: undefined, probedAtMs: undefined },
    problem:
      (trunk.probeSecs ?? 0) > 0
        ? undefined
        : 'Nobody asks whether it is there: its probe_secs is 0.',
  }
}

/** Whoever answers is there; these answers say that calls will fail nevertheless. */
function problemOf(status: number, reason: string): string | undefined {
  const answer = `${status} ${reason}`.trim()
  if (status === 403) return `It answers ${answer}: it does not accept requests from our address.`
  if (status === 404) return `It answers ${answer}: it does not know the host in the URI.`
  if (status === 408 || status >= 500)
    return `It answers ${answer}: it is there, but takes no calls now.`
  return undefined
}
