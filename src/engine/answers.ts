// Repeats of commands (C10). A repeat by `command_id`, or one that the client's SDK marks as its retry, gets
// the answer of the first attempt; while that is still under way, it shares what comes. Refusals are never kept: trying a
// refused command again is harmless, and a corrected one must work.

import { createHash } from 'node:crypto'
import type { CommandAnswer, CommandEnvelope, CommandValue } from '../ports/commands.ts'
import { unreachable } from '../base/assert.ts'
import { subjectOf } from './command-subject.ts'
import type { StepContext } from './context.ts'
import type { CommandToken } from './state.ts'

/** One command being decided. */
export interface Request {
  readonly token: CommandToken
  readonly envelope: CommandEnvelope
}

/** An answer as its row keeps it. */
export interface AnswerRow {
  readonly key: string
  readonly value: CommandValue
  readonly untilMs: number
}

/** Answers a repeat from the record, or lets it share a running one. False: this is a first attempt. */
export function answerRepeat(ctx: StepContext, request: Request, key: string): boolean {
  const record = ctx.state.answers.get(key)
  if (record === undefined) return false
  if (record.at === 'running') record.sharers.push(request.token)
  else ctx.answer(request.token, record.answer)
  return true
}

/** From now until its answer, `request` is what repeats of `key` wait for. */
export function recordRunning(ctx: StepContext, request: Request, key: string): void {
  const { answers, answerKeys } = ctx.state
  // Two equal requests that are no retries are two commands; the first keeps those who share it.
  if (answers.get(key)?.at === 'running') return
  answers.set(key, { at: 'running', sharers: [] })
  answerKeys.set(request.token, [...(answerKeys.get(request.token) ?? []), key])
}

/** The one way a command is answered: those who share it hear the same, and a success is kept for repeats. */
export function settle(ctx: StepContext, request: Request, answer: CommandAnswer): void {
  const keys = ctx.state.answerKeys.get(request.token) ?? []
  ctx.state.answerKeys.delete(request.token)
  ctx.answer(request.token, answer)
  for (const key of keys) {
    const record = ctx.state.answers.get(key)
    if (record?.at !== 'running') continue
    for (const token of record.sharers) ctx.answer(token, answer)
    if (answer.ok) store(ctx, key, answer)
    else dropAnswer(ctx, key)
  }
}

/** The kept answer of `key` has had its time. */
export function forgetAnswer(ctx: StepContext, key: string): void {
  if (ctx.state.answers.get(key)?.at === 'stored') dropAnswer(ctx, key)
}

function dropAnswer(ctx: StepContext, key: string): void {
  ctx.state.answers.delete(key)
  ctx.disarm('forget-answer', key)
  ctx.remove('answer', key)
}

/** Key of a repeat by `command_id`; its scope follows C10. Undefined where the id means nothing. */
export function commandKey(envelope: CommandEnvelope): string | undefined {
  const { command, commandId } = envelope
  if (commandId === undefined) return undefined
  if (command.kind === 'dial') return digest('dial', commandId)
  if ('conference' in command) return digest('conference', command.conference, commandId)
  const subject = subjectOf(command)
  return subject === undefined ? undefined : digest('leg', subject, commandId)
}

/** Key of a repeat that the SDK marks; only requests without `command_id` are matched this way. */
export function requestKey(envelope: CommandEnvelope): string | undefined {
  if (envelope.commandId !== undefined || envelope.request === undefined) return undefined
  return digest('request', envelope.request.hash)
}

/** Fixed length whatever a client sends as its id; the parts cannot run into each other. */
function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

function store(ctx: StepContext, key: string, answer: CommandAnswer): void {
  if (!answer.ok) unreachable('a refusal is never kept')
  const untilMs = ctx.nowMs + ctx.settings.rememberAnswersMs
  ctx.state.answers.set(key, { at: 'stored', answer, untilMs })
  ctx.arm('forget-answer', key, ctx.settings.rememberAnswersMs)
  const row: AnswerRow = { key, value: answer.value, untilMs }
  ctx.put('answer', key, row)
}
