// What may happen next. A history is a list of moves, and nothing else decides anything: the same list gives the same state.

import type { Name } from './spec.ts'

export type Move =
  /** A caller comes, is answered and stands in line. */
  | { readonly kind: 'call'; readonly leg: Name }
  | { readonly kind: 'hang-up'; readonly leg: Name }
  /** An agent is dialled; its phone takes the call or refuses it. */
  | { readonly kind: 'dial'; readonly leg: Name }
  | { readonly kind: 'accept'; readonly leg: Name }
  | { readonly kind: 'refuse'; readonly leg: Name }
  /** The phone of a leg has gone while no server ran: SIP finds out. */
  | { readonly kind: 'lost'; readonly leg: Name }
  /** Bridge to the head of the line: without an id, with `command_id`, or as a client whose SDK marks retries. */
  | { readonly kind: 'pick'; readonly leg: Name; readonly sent: 'plain' | 'id' | 'sdk' }
  /** The same command again that was sent with an id, or as its retry. */
  | { readonly kind: 'again' }
  /** The oldest write is on disk, and what waited for it leaves. */
  | { readonly kind: 'write' }
  /** The disk refuses it for now. */
  | { readonly kind: 'stall' }
  /**
   * The process dies: in the middle of what left after a write (`performed` effects of it did), or, with 0, between two
   * turns; so many further writes had reached the disk, and nobody was told.
   */
  | { readonly kind: 'crash'; readonly performed: number; readonly written: number }
  | { readonly kind: 'start' }
  /** A remote store carries out a verb; its outcome arrives; it is lost (on the way there, or back); the engine asks again. */
  | { readonly kind: 'execute'; readonly verb: number }
  | { readonly kind: 'outcome'; readonly verb: number }
  | { readonly kind: 'lose'; readonly verb: number }
  | { readonly kind: 'repeat' }

export function moveText(move: Move): string {
  const { kind, ...more } = move
  return [kind, ...Object.values(more).map(String)].join(' ')
}
