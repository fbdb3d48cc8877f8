// Why and by whom a leg ended, as `call.hangup` tells it: the table of C43, C30 and C31. Pure.

export type EndCause =
  | 'call_rejected'
  | 'normal_clearing'
  | 'originator_cancel'
  | 'timeout'
  | 'time_limit'
  | 'user_busy'
  | 'not_found'
  | 'no_answer'
  | 'unspecified'

export type EndSource = 'caller' | 'callee' | 'unknown'

export interface Ending {
  readonly cause: EndCause
  readonly source: EndSource
  /** SIP status as text, or `unspecified`. */
  readonly sipCause: string
}

export type Direction = 'incoming' | 'outgoing'

/**
 * The final refusal of an outbound INVITE. `status` 0: it could not be sent; `unheard`: nobody said anything at all,
 * which is a timeout although SIP calls it 408.
 */
export function refusedEnding(status: number, unheard: boolean): Ending {
  const sipCause = status === 0 ? 'unspecified' : String(status)
  if (unheard && status !== 0) return { cause: 'timeout', source: 'unknown', sipCause }
  switch (status) {
    case 486:
    case 600:
      return { cause: 'user_busy', source: 'callee', sipCause }
    case 403:
    case 603:
    case 607:
    case 608:
      return { cause: 'call_rejected', source: 'callee', sipCause }
    case 404:
    case 410:
    case 484:
    case 604:
      return { cause: 'not_found', source: 'callee', sipCause }
    case 408:
    case 480:
      return { cause: 'no_answer', source: 'callee', sipCause }
    default:
      return { cause: 'unspecified', source: 'unknown', sipCause }
  }
}

/** BYE from the far end of an answered leg. */
export function farHangupEnding(direction: Direction): Ending {
  return { cause: 'normal_clearing', source: farSide(direction), sipCause: '200' }
}

/** CANCEL from an inbound caller. */
export const callerGaveUp: Ending = {
  cause: 'originator_cancel',
  source: 'caller',
  sipCause: '487',
}

/** A hang-up command, or the end of a bridge (C31: we are the callee of an inbound leg, the caller of an outbound one). */
export function ownHangupEnding(direction: Direction, answered: boolean): Ending {
  if (direction === 'outgoing' && !answered) return cancelledEnding
  return { cause: 'normal_clearing', source: ownSide(direction), sipCause: 'unspecified' }
}

/** Our CANCEL of a ringing outbound leg, told when it is decided. */
export const cancelledEnding: Ending = {
  cause: 'originator_cancel',
  source: 'caller',
  sipCause: '487',
}

/** `timeout_secs` ran out; the cause is `no_answer` when the dial asked for no retries. */
export function dialTimeoutEnding(retryOnTimeout: boolean): Ending {
  return { cause: retryOnTimeout ? 'timeout' : 'no_answer', source: 'caller', sipCause: '487' }
}

/** The reject command on a ringing inbound call. */
export function rejectedEnding(cause: 'CALL_REJECTED' | 'USER_BUSY'): Ending & { status: number } {
  return cause === 'USER_BUSY'
    ? { cause: 'user_busy', source: 'callee', sipCause: '486', status: 486 }
    : { cause: 'call_rejected', source: 'callee', sipCause: '603', status: 603 }
}

/** Nobody answered an inbound call in time. */
export const ringLimitEnding: Ending = { cause: 'timeout', source: 'callee', sipCause: '480' }

export const timeLimitEnding: Ending = {
  cause: 'time_limit',
  source: 'unknown',
  sipCause: 'unspecified',
}

/** Media, node or dialog failure. `status` 0: no SIP status belongs to it. */
export function failureEnding(status: number): Ending {
  return {
    cause: 'unspecified',
    source: 'unknown',
    sipCause: status === 0 ? 'unspecified' : String(status),
  }
}

function ownSide(direction: Direction): EndSource {
  return direction === 'incoming' ? 'callee' : 'caller'
}

function farSide(direction: Direction): EndSource {
  return direction === 'incoming' ? 'caller' : 'callee'
}
