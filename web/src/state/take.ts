// What became of an agent who was called for a caller: told when it is known, wherever one looks by then.
import type { CallEvent } from '../api/types.ts'
import { follow } from './feed.ts'
import { tell } from './notices.ts'

/** Longer than any phone rings. */
const watchMs = 5 * 60_000

/**
 * To be begun before the call is placed, since what happens may be told sooner than the answer to the request; then it is
 * given the call's id, or undefined when there is no call.
 */
export function watchTake(to: string, number: string): (id: string | undefined) => void {
  let id: string | undefined
  const early: CallEvent[] = []
  const look = (event: CallEvent): void => {
    if (event.payload['call_control_id'] !== id) return
    if (event.event_type === 'call.bridged') tell(`${to} talks to ${number}.`)
    else if (event.event_type === 'call.hangup')
      tell(`${to} did not take ${number}: ${whyOf(event)}.`, true)
    else return
    end()
  }
  const unfollow = follow({
    onEvent: (event) => {
      if (id === undefined) early.push(event)
      else look(event)
    },
  })
  const late = setTimeout(() => end(), watchMs)
  const end = (): void => {
    unfollow()
    clearTimeout(late)
  }
  return (made) => {
    id = made
    if (made === undefined) return end()
    for (const event of early.splice(0)) look(event)
  }
}

/** `user_busy` is `user busy`. */
function whyOf({ payload }: CallEvent): string {
  const cause = payload['hangup_cause']
  return typeof cause === 'string' ? cause.replaceAll('_', ' ') : 'the call ended'
}
