// What a stolen API key can cost: where it may dial over trunks, how many such calls may be up at one time, and how many may
// begin within a minute (C80). Two limits hold side by side: the server's, because the carrier's bill is one, and that of
// the API key which gave the command. A leg that a phone's REFER makes counts for the key whose command brought the phone
// into the call. A call counts when it is made, whatever becomes of it, and over a restart too.

import type { Refusal } from '../ports/commands.ts'
import type { StepContext } from './context.ts'
import type { Leg, OutboundLimits } from './state.ts'

const minuteMs = 60_000

/** One set of limits, and whose it is: a key by its name, or the server. */
interface Scope {
  readonly keyName: string | undefined
  readonly limits: OutboundLimits
}

/**
 * Why no further call to `to` may begin now by a command of that key, beside the calls to `before` that begin with it.
 * Nothing is counted yet.
 */
export function refuseByLimits(
  ctx: StepContext,
  to: string,
  keyName: string | undefined,
  before: readonly string[],
): Refusal | undefined {
  const scopes = scopesOf(ctx, keyName)
  const prefixes = prefixesOf(ctx, keyName)
  if (scopes.length === 0 && prefixes.length === 0) return undefined
  const number = ctx.world.trunkNumber(to)
  if (number === undefined) return undefined
  // As with the server's prefixes: what is not digits alone may be routed by something else than its beginning.
  const isListed = /^\+[0-9]+$/.test(number) && prefixes.some((one) => number.startsWith(one))
  if (prefixes.length > 0 && !isListed)
    return { code: 'destination-refused', why: 'forbidden-key-prefix' }
  const more = before.filter((one) => ctx.world.trunkNumber(one) !== undefined).length
  for (const scope of scopes) {
    const refusal = refuseByScope(ctx, scope, more)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

/** A call to `to` begins. */
export function countOutbound(ctx: StepContext, to: string, keyName: string | undefined): void {
  countBegun(ctx, to, keyName, ctx.monotonicMs)
}

/** The leg lives: from its making, or again after a start. */
export function outboundUp(ctx: StepContext, leg: Leg): void {
  const { direction, keyName, legId, to } = leg
  if (direction !== 'outgoing') return
  const scopes = scopesOf(ctx, keyName).filter(({ limits }) => limits.concurrentMax > 0)
  if (scopes.length === 0 || ctx.world.trunkNumber(to) === undefined) return
  const { outboundUp: up } = ctx.state
  for (const scope of scopes) {
    const name = nameOf(scope.keyName)
    up.set(name, (up.get(name) ?? new Set()).add(legId))
  }
}

/** The leg has ended, whatever way leads to its destination by now. */
export function outboundDown(ctx: StepContext, { legId }: Leg): void {
  for (const up of ctx.state.outboundUp.values()) up.delete(legId)
}

/** After a start: the calls of the last minute, of a former process too. */
export function recountOutbound(ctx: StepContext, legs: readonly Leg[]): void {
  for (const { direction, to, keyName, startedAtMs } of legs) {
    const agoMs = Math.max(0, ctx.nowMs - startedAtMs)
    if (direction === 'outgoing' && agoMs < minuteMs)
      countBegun(ctx, to, keyName, ctx.monotonicMs - agoMs)
  }
}

/** `more`: calls that begin at the same time and come before this one. */
function refuseByScope(ctx: StepContext, scope: Scope, more: number): Refusal | undefined {
  const { concurrentMax, perMinuteMax } = scope.limits
  const of = scope.keyName === undefined ? 'server' : 'key'
  if (concurrentMax > 0 && callsUp(ctx, scope) + more >= concurrentMax)
    return { code: 'outbound-concurrent-limit', of, limit: concurrentMax }
  if (perMinuteMax === 0) return undefined
  const begun = withinMinute(ctx, scope)
  const place = begun.length + more - perMinuteMax
  if (place < 0) return undefined
  // The one whose minute must be over before there is room; it may be one of this list.
  const blocking = begun[place] ?? ctx.monotonicMs
  const waitMs = blocking + minuteMs - ctx.monotonicMs
  return {
    code: 'outbound-rate-limit',
    of,
    limit: perMinuteMax,
    retryAfterSecs: Math.max(1, Math.ceil(waitMs / 1000)),
  }
}

/** The limits that are set, the key's own first: its refusal says more. */
function scopesOf(ctx: StepContext, keyName: string | undefined): readonly Scope[] {
  const { outboundLimits, keyLimits } = ctx.settings
  const ofKey = keyName === undefined ? undefined : keyLimits.get(keyName)
  const scopes: Scope[] = [{ keyName: undefined, limits: outboundLimits }]
  if (ofKey !== undefined) scopes.unshift({ keyName, limits: ofKey })
  return scopes.filter(({ limits }) => limits.concurrentMax > 0 || limits.perMinuteMax > 0)
}

function prefixesOf(ctx: StepContext, keyName: string | undefined): readonly string[] {
  return (keyName === undefined ? undefined : ctx.settings.keyLimits.get(keyName)?.prefixes) ?? []
}

function callsUp(ctx: StepContext, { keyName }: Scope): number {
  return ctx.state.outboundUp.get(nameOf(keyName))?.size ?? 0
}

function countBegun(ctx: StepContext, to: string, keyName: string | undefined, atMs: number): void {
  const scopes = scopesOf(ctx, keyName).filter(({ limits }) => limits.perMinuteMax > 0)
  if (scopes.length === 0 || ctx.world.trunkNumber(to) === undefined) return
  for (const scope of scopes) withinMinute(ctx, scope).push(atMs)
}

/** When the calls of the last minute began, oldest first. */
function withinMinute(ctx: StepContext, { keyName }: Scope): number[] {
  const { outboundBegun } = ctx.state
  const name = nameOf(keyName)
  const begun = outboundBegun.get(name) ?? []
  outboundBegun.set(name, begun)
  const first = begun.findIndex((atMs) => atMs > ctx.monotonicMs - minuteMs)
  begun.splice(0, first < 0 ? begun.length : first)
  return begun
}

function nameOf(keyName: string | undefined): string {
  return keyName === undefined ? 'server' : `key ${keyName}`
}
