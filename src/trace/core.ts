// The trace thread: writes batches, answers questions about them, forgets what is old. It promises nothing: a batch that
// the disk does not take is lost and counted. SIP messages are kept when their Call-ID belongs to a leg, which may become
// known a little later than the message; what belongs to none (scanners, probes) is not written.

import type { StampedEvent } from '../ports/events.ts'
import type { Clock } from '../ports/clock.ts'
import type { TimerId, Timers } from '../ports/timers.ts'
import {
  attemptItem,
  commandItems,
  eventItem,
  hearsItem,
  listeningItem,
  legChange,
  legOfEvent,
  sampleItem,
  sipItem,
} from './describe.ts'
import type { RenderEvent } from './describe.ts'
import { pcapOf } from './pcap.ts'
import type { Answer, FromTraceThread, Happening, Question, ToTraceThread } from './protocol.ts'
import type { TraceSettings } from './protocol.ts'
import { glanceAt } from './sip-text.ts'
import { isDamage } from './tables.ts'
import type { NewItem, TraceTables } from './tables.ts'

/** Call-IDs whose leg is remembered; others are looked up. */
const knownDialogsMax = 20_000
/** Messages whose Call-ID is not known yet: a call that must prove its password first needs a few. */
const strayMax = 2000
const strayCharsMax = 8 * 1024 * 1024
const strayMs = 5000
/** Questions that wait for something to happen. */
const waitingMax = 200
/** Items of a bundle or a capture. */
const wholeMax = 20_000
const pruneEveryMs = 60_000
const pruneAfterMs = 5000
/** Items that are dropped before others have their turn. */
const pruneAtOnce = 2000
const pruneAgainMs = 50
/** After so many things it is looked whether the file is still within its limit: on a fast day a minute is gigabytes. */
const measureAfter = 5000

export interface TraceCoreOptions {
  readonly settings: TraceSettings
  /** Opens the file; one that cannot be used is put aside. `trouble` hears of it. */
  readonly open: (file: string, trouble: (why: string) => void) => TraceTables
  /** Renames a closed file that turned out to be damaged. */
  readonly putAside: (file: string) => void
  readonly render: RenderEvent
  readonly clock: Clock
  readonly timers: Timers
  readonly post: (said: FromTraceThread) => void
}

type SipMessage = Extract<Happening, { what: 'sip' }>

interface Stray {
  readonly message: SipMessage
  readonly cameAtMs: number
  readonly callId: string
}

interface Waiting {
  readonly id: number
  readonly question: Extract<Question, { ask: 'timeline' }>
  readonly late: TimerId
}

export class TraceCore {
  readonly #options: TraceCoreOptions
  #tables: TraceTables
  readonly #dialogs = new Map<string, string>()
  #strays: Stray[] = []
  #strayChars = 0
  readonly #waiting = new Set<Waiting>()
  #released = false
  #pruneTimer: TimerId
  #unmeasured = 0
  /** How long servers ran with this file before it was opened, and when that was. */
  #keptMs: number | undefined
  #openedAtMs = 0

  constructor(options: TraceCoreOptions) {
    this.#options = options
    const { timers } = options
    this.#tables = this.#open()
    this.#pruneTimer = timers.set(pruneAfterMs, () => this.#prune())
  }

  receive(message: Exclude<ToTraceThread, { op: 'begin' }>): void {
    const { post, timers } = this.#options
    switch (message.op) {
      case 'batch':
        this.#write(message.happenings)
        post({ op: 'taken' })
        return this.#wake()
      case 'ask':
        return this.#ask(message.id, message.question)
      case 'release':
        this.#released = true
        return this.#wake()
      case 'end':
        timers.clear(this.#pruneTimer)
        for (const { late } of this.#waiting) timers.clear(late)
        this.#tables.close()
        return post({ op: 'done' })
    }
  }

  #write(happenings: readonly Happening[]): void {
    try {
      this.#tables.transact(() => this.#put(happenings))
      this.#measure(happenings.length)
    } catch (error) {
      this.#failed(error, happenings.length)
    }
  }

  #measure(written: number): void {
    const { settings, timers } = this.#options
    this.#unmeasured += written
    if (this.#unmeasured < measureAfter) return
    this.#unmeasured = 0
    if (this.#tables.bytes() <= settings.bytesMax) return
    timers.clear(this.#pruneTimer)
    this.#pruneTimer = timers.set(0, () => this.#prune())
  }

  #open(): TraceTables {
    const { settings, open, post, clock } = this.#options
    const tables = open(settings.file, (why) => post({ op: 'trouble', why, lost: 0 }))
    // Read when it is needed: a file may be damaged, which is no reason not to begin.
    this.#keptMs = undefined
    this.#openedAtMs = clock.monotonicMs()
    return tables
  }

  /** A file that is found damaged after it was opened would refuse everything for ever: a new one is begun. */
  #failed(error: unknown, lost: number): void {
    const { post, putAside, settings } = this.#options
    if (!isDamage(error)) return post({ op: 'trouble', why: String(error), lost })
    const why = `${settings.file} is damaged (${String(error)}): it was renamed, and a new one begun`
    post({ op: 'trouble', why, lost })
    this.#tables.close()
    putAside(settings.file)
    this.#tables = this.#open()
  }

  #put(happenings: readonly Happening[]): void {
    for (const one of happenings) {
      if (one.what === 'dialog') this.#dialog(one.callId, one.legId)
      else if (one.what === 'event') this.#event(one.event)
      else if (one.what === 'lost') this.#tables.putGap(one.fromUs, one.toUs, one.items)
    }
    const items = [...this.#settledStrays(), ...happenings.flatMap((one) => this.#items(one))]
    // What is told late (a command with its answer, a webhook with its outcome) stands where it began.
    items.sort((a, b) => a.atUs - b.atUs)
    for (const item of items) this.#tables.putItem(item)
  }

  #items(one: Happening): readonly NewItem[] {
    const { hideDigits } = this.#options.settings
    switch (one.what) {
      case 'sip':
        return this.#sip(one)
      case 'event': {
        const item = eventItem(one.event, this.#options.render, hideDigits)
        return item === undefined ? [] : [item]
      }
      case 'command':
        return commandItems(one.command, hideDigits)
      case 'listening':
        return [listeningItem(one.listening)]
      case 'attempt':
        return [attemptItem(one.attempt, hideDigits)]
      case 'hears':
        return [hearsItem(one)]
      case 'sample':
        return [sampleItem(one.atUs, one.legId, one.sample)]
      case 'dialog':
      case 'lost':
        return []
    }
  }

  #dialog(callId: string, leg: string): void {
    this.#remember(callId, leg)
    this.#tables.putDialog(callId, leg)
  }

  #remember(callId: string, leg: string): void {
    this.#dialogs.delete(callId)
    this.#dialogs.set(callId, leg)
    if (this.#dialogs.size <= knownDialogsMax) return
    const [oldest] = this.#dialogs.keys()
    if (oldest !== undefined) this.#dialogs.delete(oldest)
  }

  #event(stamped: StampedEvent): void {
    const change = legChange(stamped)
    if (change !== undefined) this.#tables.changeLeg(change)
    const { event } = stamped
    const leg = legOfEvent(event)
    if (event.type === 'leg-bridged' && leg !== undefined)
      this.#tables.putLink(leg.sessionId, event.peerLegId)
  }

  #sip(message: SipMessage): readonly NewItem[] {
    const { callId } = glanceAt(message.text)
    if (callId === '') return []
    const leg = this.#legOf(callId)
    if (leg !== undefined) return [sipItem(message, leg, this.#options.settings.hideDigits)]
    this.#strays.push({ message, callId, cameAtMs: this.#options.clock.monotonicMs() })
    this.#strayChars += message.text.length
    while (this.#strays.length > strayMax || this.#strayChars > strayCharsMax) {
      this.#strayChars -= this.#strays.shift()?.message.text.length ?? 0
    }
    return []
  }

  #legOf(callId: string): string | undefined {
    const known = this.#dialogs.get(callId)
    if (known !== undefined) return known
    const leg = this.#tables.legOfDialog(callId)
    if (leg !== undefined) this.#remember(callId, leg)
    return leg
  }

  /** Those whose Call-ID has become a leg's; the others are forgotten after a while. */
  #settledStrays(): readonly NewItem[] {
    if (this.#strays.length === 0) return []
    const settled: NewItem[] = []
    const { hideDigits } = this.#options.settings
    const sinceMs = this.#options.clock.monotonicMs() - strayMs
    this.#strays = this.#strays.filter(({ message, callId, cameAtMs }) => {
      const leg = this.#dialogs.get(callId)
      if (leg !== undefined) settled.push(sipItem(message, leg, hideDigits))
      const stays = leg === undefined && cameAtMs >= sinceMs
      if (!stays) this.#strayChars -= message.text.length
      return stays
    })
    return settled
  }

  #ask(id: number, question: Question): void {
    const { post } = this.#options
    try {
      const answer = this.#answer(question)
      if (!this.#waitsFor(question, answer)) return post({ op: 'answer', id, answer })
      const late = this.#options.timers.set(question.waitMs, () => {
        this.#waiting.delete(waiting)
        this.#ask(id, { ...question, waitMs: 0 })
      })
      const waiting: Waiting = { id, question, late }
      this.#waiting.add(waiting)
    } catch (error) {
      post({ op: 'failed', id, why: String(error) })
      this.#failed(error, 0)
    }
  }

  #waitsFor(question: Question, answer: Answer): question is Waiting['question'] {
    if (question.ask !== 'timeline' || question.waitMs <= 0 || this.#released) return false
    if (this.#waiting.size >= waitingMax || answer === undefined) return false
    return typeof answer === 'object' && 'timeline' in answer && answer.timeline.items.length === 0
  }

  #wake(): void {
    for (const waiting of [...this.#waiting]) {
      const { id, question, late } = waiting
      try {
        const answer = this.#answer(question)
        if (this.#waitsFor(question, answer)) continue
        this.#options.post({ op: 'answer', id, answer })
      } catch (error) {
        this.#options.post({ op: 'failed', id, why: String(error) })
        this.#failed(error, 0)
      }
      this.#waiting.delete(waiting)
      this.#options.timers.clear(late)
    }
  }

  #answer(question: Question): Answer {
    const { settings } = this.#options
    switch (question.ask) {
      case 'calls':
        return this.#tables.calls(question.query, question.page)
      case 'timeline':
        return this.#timeline(question)
      case 'bundle':
        return this.#bundle(question.callId)
      case 'pcap': {
        const scope = this.#tables.scopeOf(question.callId)
        return scope && pcapOf(this.#tables.messages(scope, wholeMax), settings.ownAddress)
      }
    }
  }

  #timeline({ callId, after, limit }: Waiting['question']): Answer {
    const scope = this.#tables.scopeOf(callId)
    if (scope === undefined) return undefined
    const { items } = this.#tables.items(scope, Number(after ?? 0), limit)
    return {
      timeline: { ...this.#heading(callId), items },
      next: items.at(-1)?.cursor ?? after ?? '0',
    }
  }

  #heading(callId: string) {
    const scope = this.#tables.scopeOf(callId)
    if (scope === undefined) throw new Error('the call is gone')
    const legs = this.#tables.legs(scope)
    const asked = legs.find((leg) => leg.call_control_id === callId || leg.call_leg_id === callId)
    return {
      call_control_id: asked?.call_control_id ?? scope.own[0] ?? callId,
      call_session_id: scope.session,
      legs,
      gaps: this.#tables.gaps(scope),
    }
  }

  #bundle(callId: string): string | undefined {
    const scope = this.#tables.scopeOf(callId)
    if (scope === undefined) return undefined
    const { items, isAll } = this.#tables.items(scope, 0, wholeMax, true)
    const heading = this.#heading(callId)
    return JSON.stringify({ ...heading, complete: isAll, items })
  }

  #prune(): void {
    const { clock, timers, settings } = this.#options
    let isDone = true
    try {
      this.#keptMs ??= this.#tables.keptMs()
      const keptMs = this.#keptMs + clock.monotonicMs() - this.#openedAtMs
      this.#tables.setAge(Math.floor(keptMs))
      const overfull = this.#tables.bytes() > settings.bytesMax
      const old = this.#tables.ageAt(Math.floor(keptMs - settings.keepMs))
      const untilSeq = overfull ? Number.MAX_SAFE_INTEGER : old.seq
      const dropped = this.#tables.dropItems(untilSeq, pruneAtOnce)
      isDone = dropped < pruneAtOnce
      if (isDone) this.#tables.dropLegs(old)
    } catch (error) {
      this.#failed(error, 0)
    }
    const pauseMs = isDone ? pruneEveryMs : pruneAgainMs
    this.#pruneTimer = timers.set(pauseMs, () => this.#prune())
  }
}
