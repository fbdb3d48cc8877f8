// One connection that listens to a call, from the handshake to its end. It costs nobody else anything: what it does not
// take is not kept, and one that does not read, or does not answer, is closed. Its beginning and its end are written down,
// because people are heard who do not know it.

import type { LegId } from '../../base/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { CallListening, Listened } from '../../ports/listening.ts'
import type { Log } from '../../ports/log.ts'
import type { TimerId, Timers } from '../../ports/timers.ts'
import type { TracedListening } from '../../ports/trace.ts'
import type { IncomingLine } from '../../ports/web-socket.ts'

const lookEveryMs = 1000
const pingEveryMs = 5000
/** Two pings without an answer: the network in between is gone, or the program. */
const unansweredMsMax = 11_000
/** Two seconds of sound that it has not taken. */
const behindBytesMax = 16_000

/** Why it is over, for the far end (RFC 6455 §7.4.1) and for those who look it up. */
const endings = {
  'call-over': [1000, 'the call is over'],
  'server-stops': [1001, 'the server stops'],
  'session-over': [1008, 'the session is over'],
  'no-sound': [1011, 'no sound comes from the call'],
  'too-slow': [1013, 'the listener is too slow'],
} as const

type Ending = keyof typeof endings

/** Who listens to what. */
export interface ListeningFacts {
  readonly legId: LegId
  readonly keyName: string
  readonly by: 'key' | 'session'
  /** Address of the far end, or of the proxy before it. */
  readonly remoteAddress: string
}

export interface ListenerWorld {
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  readonly traced?: ((listening: TracedListening) => void) | undefined
  readonly isAlive: (legId: LegId) => boolean
}

/** All connections that listen. */
export class Listeners {
  readonly #world: ListenerWorld
  readonly #listening: CallListening
  readonly #open = new Set<CallListener>()
  #closed = false

  constructor(world: ListenerWorld, listening: CallListening) {
    this.#world = world
    this.#listening = listening
  }

  /**
   * Takes a place first, so that nobody is let in whom there is no room for; `accept` makes the connection.
   * `isValid`: whether who asked may still listen.
   */
  open(
    facts: ListeningFacts,
    isValid: () => boolean,
    accept: (on: { pong(): void; closed(): void }) => IncomingLine | undefined,
  ): 'open' | 'full' | 'refused' {
    const listener = new CallListener(this.#world, facts, isValid, () =>
      this.#open.delete(listener),
    )
    const listened = this.#closed ? undefined : this.#listening.listen(facts.legId, listener)
    if (listened === undefined) return 'full'
    const line = accept(listener)
    if (line === undefined) {
      listened.stop()
      return 'refused'
    }
    this.#open.add(listener)
    listener.begin(line, listened)
    return 'open'
  }

  close(): void {
    this.#closed = true
    for (const listener of [...this.#open]) listener.end('server-stops')
  }
}

class CallListener {
  readonly #world: ListenerWorld
  readonly #facts: ListeningFacts
  readonly #isValid: () => boolean
  readonly #left: () => void
  readonly #sinceMs: number
  #line: IncomingLine | undefined
  #listened: Listened | undefined
  #timer: TimerId | undefined
  #pingedMs: number
  #answeredMs: number

  constructor(
    world: ListenerWorld,
    facts: ListeningFacts,
    isValid: () => boolean,
    left: () => void,
  ) {
    this.#world = world
    this.#facts = facts
    this.#isValid = isValid
    this.#left = left
    this.#sinceMs = world.clock.monotonicMs()
    this.#pingedMs = this.#sinceMs
    this.#answeredMs = this.#sinceMs
  }

  begin(line: IncomingLine, listened: Listened): void {
    this.#line = line
    this.#listened = listened
    this.#tell(undefined)
    this.#look()
  }

  frame(ulaw: Uint8Array): void {
    const line = this.#line
    if (line === undefined) return
    if (line.bufferedBytes() > behindBytesMax) this.end('too-slow')
    else line.send(ulaw)
  }

  ended(why: 'call-over' | 'no-sound'): void {
    this.end(why)
  }

  pong(): void {
    this.#answeredMs = this.#world.clock.monotonicMs()
  }

  closed(): void {
    this.#end(undefined, 'the listener left')
  }

  end(why: Ending): void {
    const [, reason] = endings[why]
    this.#end(why, reason)
  }

  /** `why` undefined: there is nobody to tell it to. */
  #end(why: Ending | undefined, reason: string): void {
    const line = this.#line
    if (line === undefined) return
    this.#line = undefined
    this.#listened?.stop()
    if (this.#timer !== undefined) this.#world.timers.clear(this.#timer)
    this.#left()
    if (why === undefined) line.drop()
    else line.close(endings[why][0], reason)
    const secs = Math.round(this.#world.clock.monotonicMs() - this.#sinceMs) / 1000
    this.#tell({ secs, why: reason })
  }

  #look(): void {
    const { clock, timers, isAlive } = this.#world
    this.#timer = timers.set(lookEveryMs, () => this.#look())
    const nowMs = clock.monotonicMs()
    if (!isAlive(this.#facts.legId)) this.end('call-over')
    else if (!this.#isValid()) this.end('session-over')
    else if (nowMs - this.#answeredMs > unansweredMsMax) {
      this.#end(undefined, 'the listener does not answer')
    } else if (nowMs - this.#pingedMs >= pingEveryMs) {
      this.#pingedMs = nowMs
      this.#line?.ping()
    }
  }

  #tell(ended: TracedListening['ended']): void {
    const { clock, log, traced } = this.#world
    const { legId, keyName, by, remoteAddress } = this.#facts
    const code = ended === undefined ? 'LISTEN_BEGAN' : 'LISTEN_ENDED'
    const said = ended === undefined ? 'somebody listens to a call' : 'a listener is gone'
    log.info({ code, legId, keyName, by, remoteAddress, ...ended }, said)
    traced?.({ atUs: clock.wallUs(), legId, keyName, by, remoteAddress, ended })
  }
}
