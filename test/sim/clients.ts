// Everything that asks the server for something goes through here: each `submit` must get exactly one answer, and what was
// asked and answered is in the trace.

import {
  brandAs,
  type ConferenceId,
  type LegId,
  type LegUuid,
  type SessionId,
} from '../../src/base/ids.ts'
import type { CallControl, Command, CommandAnswer, FreshLeg } from '../../src/ports/commands.ts'
import type { DialOptions } from '../../src/ports/commands.ts'
import type { Random } from '../../src/ports/random.ts'
import type { Trace } from './trace.ts'

export interface AskOptions {
  readonly clientState?: string
  readonly commandId?: string
  readonly request?: { readonly hash: string; readonly retry: boolean }
}

/** Answers that a crash may have kept from their clients. */
const LATEST_MAX = 4

export class Clients {
  asked = 0
  answered = 0
  /** Commands that were accepted, repeats not counted: each has had its effect exactly once. */
  readonly effective = new Map<string, number>()
  /** `kind ok` and `kind code` with their counts. */
  readonly outcomes = new Map<string, number>()
  /** Keys of repeats; a seed is shorter than the minute for which answers are kept. */
  readonly #accepted = new Set<string>()
  /** Keys of commands whose server died before it answered. */
  readonly #unsure = new Set<string>()
  /** Called before a command is handed over. */
  onAsk: (command: Command) => void = () => undefined
  /** Called when the answer is there, or lost: undefined. */
  onAnswer: (command: Command, answer: CommandAnswer | undefined) => void = () => undefined
  /** Called when the answer of an accepted command is there. `isRepeat`: it has a key, so this may be an earlier answer. */
  onAccepted: (command: Command, isRepeat: boolean) => void = () => undefined
  /** Resolves when a client tries again what was not answered. */
  patience: () => Promise<void> = () => Promise.resolve()
  /** Commands that may have had their effect: the server died before it answered, or another one with their key did so. */
  readonly lost = new Map<string, number>()
  /** Accepted commands with a key. */
  readonly #latest: { readonly wanted: Command; readonly options: AskOptions }[] = []
  readonly #open = new Map<number, () => void>()
  readonly #control: () => Pick<CallControl, 'submit'>
  readonly #random: Random
  readonly #trace: Trace

  constructor(control: () => Pick<CallControl, 'submit'>, random: Random, trace: Trace) {
    this.#control = control
    this.#random = random
    this.#trace = trace
  }

  async ask(wanted: Command, options: AskOptions = {}): Promise<CommandAnswer> {
    const command = this.#withFreshIds(wanted)
    this.asked += 1
    this.onAsk(command)
    const number = this.asked
    const { clientState, commandId, request } = options
    this.#trace.add(`ask ${number} ${describe(command)} ${commandId ?? ''}${request?.hash ?? ''}`)
    const answer = await new Promise<CommandAnswer | undefined>((resolve) => {
      this.#open.set(number, () => resolve(undefined))
      const envelope = { command, clientState, commandId, request }
      void this.#control().submit(envelope).then(resolve)
    })
    this.#open.delete(number)
    this.onAnswer(command, answer)
    this.answered += 1
    if (answer === undefined) return this.#afterLoss(wanted, options)
    const what = answer.ok ? 'ok' : answer.refusal.code
    this.#trace.add(`answer ${number} ${what}`)
    const key = `${command.kind} ${what}`
    this.outcomes.set(key, (this.outcomes.get(key) ?? 0) + 1)
    if (answer.ok) {
      this.#noteEffect(command, options)
      this.#keepLatest(wanted, options)
      this.onAccepted(command, commandId !== undefined || request !== undefined)
    }
    return answer
  }

  /** The server died: what was not answered is asked again, and what was answered last, as if the answer had been lost. */
  loseOpen(): void {
    for (const lose of this.#open.values()) lose()
    const answered = this.#latest.splice(0)
    void this.patience().then(() => {
      for (const { wanted, options } of answered) void this.ask(wanted, asRetry(options))
    })
  }

  /** Who sent a key tries again with the same one, as the official SDK does. */
  async #afterLoss(wanted: Command, options: AskOptions): Promise<CommandAnswer> {
    const { commandId, request } = options
    this.#countLost(wanted)
    // Whatever is accepted under its key from now on may be its answer, that of another kind of command included.
    const key = keyOf(wanted, options)
    if (key !== undefined) this.#unsure.add(key)
    this.#trace.add(`lost ${describe(wanted)}`)
    const unavailable = { code: 'unavailable', why: 'connection lost', retryAfterSecs: 1 } as const
    if (commandId === undefined && request === undefined) return { ok: false, refusal: unavailable }
    await this.patience()
    return this.ask(wanted, asRetry(options))
  }

  #keepLatest(wanted: Command, options: AskOptions): void {
    if (options.commandId === undefined && options.request === undefined) return
    this.#latest.push({ wanted, options })
    if (this.#latest.length > LATEST_MAX) this.#latest.shift()
  }

  #noteEffect(command: Command, options: AskOptions): void {
    // A command_id means nothing on queues.
    if (/^queue/.test(command.kind)) return
    const key = keyOf(command, options)
    if (key !== undefined && this.#accepted.has(key)) return
    if (key !== undefined) this.#accepted.add(key)
    if (key !== undefined && this.#unsure.has(key)) return this.#countLost(command)
    this.effective.set(command.kind, (this.effective.get(command.kind) ?? 0) + 1)
  }

  #countLost({ kind }: Command): void {
    this.lost.set(kind, (this.lost.get(kind) ?? 0) + 1)
  }

  /** As the API does: every request brings ids of its own, repeats too. */
  #withFreshIds(command: Command): Command {
    switch (command.kind) {
      case 'dial': {
        const conferenceId = brandAs<ConferenceId>(this.#random.uuid())
        const joins = command.joins === undefined ? undefined : { ...command.joins, conferenceId }
        const others = command.others?.map((one) => ({ ...one, fresh: this.freshLeg() }))
        return { ...command, fresh: this.freshLeg(), joins, others }
      }
      case 'transfer':
        return { ...command, fresh: this.freshLeg() }
      case 'gather':
        return { ...command, ...this.#gatherIds() }
      case 'conference-gather':
        return { ...command, gather: { ...command.gather, ...this.#gatherIds() } }
      case 'conference-create':
        return { ...command, conferenceId: brandAs<ConferenceId>(this.#random.uuid()) }
      default:
        return command
    }
  }

  #gatherIds(): { readonly gatherId: string; readonly playbackId: string } {
    return { gatherId: this.#random.uuid(), playbackId: this.#random.uuid() }
  }

  freshLeg(): FreshLeg {
    return {
      legId: brandAs<LegId>(`v3:${this.#random.token(30)}`),
      legUuid: brandAs<LegUuid>(this.#random.uuid()),
      sessionId: brandAs<SessionId>(this.#random.uuid()),
    }
  }
}

/** Nobody listens where the server was. */
export const nobody: Pick<CallControl, 'submit'> = {
  submit: () =>
    Promise.resolve({
      ok: false,
      refusal: { code: 'unavailable', why: 'connection refused', retryAfterSecs: 1 },
    }),
}

export function dialOptions(
  to: string,
  { timeoutMs, timeLimitMs }: Pick<DialOptions, 'timeoutMs' | 'timeLimitMs'>,
): DialOptions {
  return {
    to,
    from: '+15550100',
    fromDisplayName: undefined,
    timeoutMs,
    timeLimitMs,
    customHeaders: [],
    sipHeaders: [],
    credentials: undefined,
    transport: undefined,
    privacy: false,
    codecs: undefined,
    audio: undefined,
    webhooks: undefined,
  }
}

/** What makes a repeat of a command: the key that the server knows it by. */
function keyOf(command: Command, { commandId, request }: AskOptions): string | undefined {
  const ofLeg = 'legId' in command ? command.legId : command.kind
  const scope = 'conference' in command ? command.conference : ofLeg
  return commandId === undefined ? request?.hash : `${scope} ${commandId}`
}

/** As the official SDK sends a request again. */
function asRetry(options: AskOptions): AskOptions {
  const { request } = options
  return request === undefined ? options : { ...options, request: { ...request, retry: true } }
}

function describe(command: Command): string {
  const parts: string[] = [command.kind]
  for (const name of ['legId', 'queueName', 'conference', 'conferenceId', 'linkTo', 'stop']) {
    const value: unknown = Reflect.get(command, name)
    if (typeof value === 'string') parts.push(`${name}=${value}`)
  }
  if (command.kind === 'bridge') parts.push(JSON.stringify(command.target))
  if (command.kind === 'dial' || command.kind === 'transfer') {
    parts.push(`to=${command.dial.to} new=${command.fresh.legId}`)
    const others = command.kind === 'dial' ? (command.others ?? []) : []
    for (const { to, fresh } of others) parts.push(`and=${to} new=${fresh.legId}`)
  }
  return parts.join(' ')
}
