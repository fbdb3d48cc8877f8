// The ends of legs: what `leg-ended` says (src/calls/hangup-cause.ts) together with what the far end is told.

import {
  callerGaveUp,
  cancelledEnding,
  dialTimeoutEnding,
  failureEnding,
  farHangupEnding,
  ownHangupEnding,
  refusedEnding,
  rejectedEnding,
  ringLimitEnding,
  timeLimitEnding,
  type Ending,
} from '../calls/hangup-cause.ts'
import type { NamedValue } from '../ports/signaling.ts'
import type { Leg, LegEnd } from './state.ts'

export function farHangup(leg: Leg, headers: readonly NamedValue[]): LegEnd {
  return { ...farHangupEnding(leg.direction), heard: headers, tell: { kind: 'nothing' } }
}

export function callerCancelled(): LegEnd {
  return { ...callerGaveUp, heard: [], tell: { kind: 'nothing' } }
}

/** A command of ours, or the bridge's end. A ringing inbound call is declined. */
export function ownHangup(leg: Leg, headers: readonly NamedValue[] = []): LegEnd {
  const answered = leg.answeredAtMs !== undefined
  return farewell(ownHangupEnding(leg.direction, answered), 603, headers)
}

export function cancelledDial(): LegEnd {
  return farewell(cancelledEnding, 487)
}

export function dialTimedOut(leg: Leg): LegEnd {
  return farewell(dialTimeoutEnding(leg.dial?.retryOnTimeout ?? true), 487)
}

export function rejected(cause: 'CALL_REJECTED' | 'USER_BUSY'): LegEnd {
  const ending = rejectedEnding(cause)
  return farewell(ending, ending.status)
}

export function ringLimitReached(): LegEnd {
  return farewell(ringLimitEnding, 480)
}

export function timeLimitReached(): LegEnd {
  return farewell(timeLimitEnding, 480, [], 'SIP;cause=200;text="time limit"')
}

export function refusedByFarEnd(status: number, unheard: boolean): LegEnd {
  return { ...refusedEnding(status, unheard), heard: [], tell: { kind: 'nothing' } }
}

/** The dialog is already dead. */
export function dialogLost(status: number): LegEnd {
  return { ...failureEnding(status), heard: [], tell: { kind: 'nothing' } }
}

/** Media or our own failure; the far end is told. `status` is that of a refusal, when the call still rings. */
export function failure(status: number): LegEnd {
  return farewell(failureEnding(0), status)
}

function farewell(
  ending: Ending,
  status: number,
  headers: readonly NamedValue[] = [],
  reason?: string,
): LegEnd {
  const { cause, source, sipCause } = ending
  return {
    cause,
    source,
    sipCause,
    heard: [],
    tell: { kind: 'farewell', status, headers, reason },
  }
}
