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

export class Clients {
  asked = 0
  answered = 0
  /** Commands that were accepted, repeats not counted: each has had its effect exactly once. */
  readonly effective = new Map<string, number>()
  /** `kind ok` and `kind code` with their counts. */
  readonly outcomes = new Map<string, number>()
  /** Keys of repeats; a seed is shorter than the minute for which answers are kept. */
  readonly #accepted = new Set<string>()
  /** Called before a command is handed over. */
  onAsk: (command: Command) => void = () => undefined
  /** Called when the answer of an accepted command is there. */
  onAccepted: (command: Command) => void = () => undefined
  /** Resolves when a client tries again what was not answered. */
  patience: () => Promise<void> = () => Promise.resolve()
  /** Commands whose server died before it answered: they may have had their effect. */
  readonly lost = new Map<string, number>()
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
    this.answered += 1
    if (answer === undefined) return this.#afterLoss(wanted, options)
    const what = answer.ok ? 'ok' : answer.refusal.code
    this.#trace.add(`answer ${number} ${what}`)
    const key = `${command.kind} ${what}`
    this.outcomes.set(key, (this.outcomes.get(key) ?? 0) + 1)
    if (answer.ok) {
      this.#noteEffect(command, options)
      this.onAccepted(command)
    }
    return answer
  }

  /** The server died. */
  loseOpen(): void {
    for (const lose of this.#open.values()) lose()
  }

  /** Who sent a key tries again with the same one, as the official SDK does. */
  async #afterLoss(wanted: Command, options: AskOptions): Promise<CommandAnswer> {
    const { commandId, request } = options
    const { kind } = wanted
    const count = (by: number): void => void this.lost.set(kind, (this.lost.get(kind) ?? 0) + by)
    count(1)
    this.#trace.add(`lost ${describe(wanted)}`)
    const unavailable = { code: 'unavailable', why: 'connection lost', retryAfterSecs: 1 } as const
    if (commandId === undefined && request === undefined) return { ok: false, refusal: unavailable }
    await this.patience()
    const retry = request === undefined ? undefined : { ...request, retry: true }
    const again = retry === undefined ? options : { ...options, request: retry }
    const answer = await this.ask(wanted, again)
    if (answer.ok) count(-1)
    return answer
  }

  #noteEffect(command: Command, { commandId, request }: AskOptions): void {
    // A command_id means nothing on queues.
    if (/^queue/.test(command.kind)) return
    const ofLeg = 'legId' in command ? command.legId : command.kind
    const scope = 'conference' in command ? command.conference : ofLeg
    const key = commandId === undefined ? request?.hash : `${scope} ${commandId}`
    if (key !== undefined && this.#accepted.has(key)) return
    if (key !== undefined) this.#accepted.add(key)
    this.effective.set(command.kind, (this.effective.get(command.kind) ?? 0) + 1)
  }

  /** As the API does: every request brings ids of its own, repeats too. */
  #withFreshIds(command: Command): Command {
    switch (command.kind) {
      case 'dial':
      case 'transfer':
        return { ...command, fresh: this.freshLeg() }
      case 'conference-create':
        return { ...command, conferenceId: brandAs<ConferenceId>(this.#random.uuid()) }
      default:
        return command
    }
  }

  freshLeg(): FreshLeg {
    return {
      legId: brandAs<LegId>(`v3:${this.#random.token(30)}`),
      legUuid: brandAs<LegUuid>(this.#random.uuid()),
      sessionId: brandAs<SessionId>(this.#random.uuid()),
    }
  }
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

function describe(command: Command): string {
  const parts: string[] = [command.kind]
  for (const name of ['legId', 'queueName', 'conference', 'conferenceId', 'linkTo', 'stop']) {
    const value: unknown = Reflect.get(command, name)
    if (typeof value === 'string') parts.push(`${name}=${value}`)
  }
  if (command.kind === 'bridge') parts.push(JSON.stringify(command.target))
  if (command.kind === 'dial' || command.kind === 'transfer') {
    parts.push(`to=${command.dial.to} new=${command.fresh.legId}`)
  }
  return parts.join(' ')
}
