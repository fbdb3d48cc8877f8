// Where one leg is, and which moves exist. Pure: the engine asks for a move and performs the effects; a move that the
// table does not know is our bug and fences the leg. Which *commands* are allowed where is leg-commands.ts.

import { unreachable } from '../base/assert.ts'
import type { ConferenceId, ParticipantId, QueueName } from '../base/ids.ts'
import type { Bridge } from './bridge.ts'

export type LegState =
  /** Inbound, unanswered; the application is told as soon as the media side has made the leg. */
  | { readonly at: 'ringing-in' }
  /** Outbound, unanswered. */
  | { readonly at: 'dialing' }
  | { readonly at: 'parked' }
  | { readonly at: 'queued'; readonly queueName: QueueName }
  | { readonly at: 'bridged'; readonly bridge: Bridge }
  | {
      readonly at: 'in-conference'
      readonly conferenceId: ConferenceId
      readonly participantId: ParticipantId
    }
  | { readonly at: 'ended' }

export type LegStateName = LegState['at']

export const legStateNames: readonly LegStateName[] = [
  'ringing-in',
  'dialing',
  'parked',
  'queued',
  'bridged',
  'in-conference',
  'ended',
]

export type LegMove =
  | { readonly kind: 'answered' }
  | { readonly kind: 'parked' }
  | { readonly kind: 'queued'; readonly queueName: QueueName }
  | { readonly kind: 'bridged'; readonly bridge: Bridge }
  | {
      readonly kind: 'joined'
      readonly conferenceId: ConferenceId
      readonly participantId: ParticipantId
    }
  | { readonly kind: 'ended' }

export const legMoveNames: readonly LegMove['kind'][] = [
  'answered',
  'parked',
  'queued',
  'bridged',
  'joined',
  'ended',
]

/** The state after a move. Throws AssertionFailure for a pair that the call logic never asks for. */
export function moveLeg(state: LegState, move: LegMove): LegState {
  switch (state.at) {
    case 'ringing-in':
    case 'dialing':
      return moveUnanswered(state, move)
    case 'parked':
    case 'queued':
    case 'bridged':
    case 'in-conference':
      return moveAnswered(state, move)
    case 'ended':
      return unreachable(`${move.kind} on an ended leg`)
  }
}

function moveUnanswered(state: LegState, move: LegMove): LegState {
  switch (move.kind) {
    case 'answered':
      return { at: 'parked' }
    case 'ended':
      return { at: 'ended' }
    case 'parked':
    case 'queued':
    case 'bridged':
    case 'joined':
      return unreachable(`${move.kind} while ${state.at}`)
  }
}

function moveAnswered(state: LegState, move: LegMove): LegState {
  switch (move.kind) {
    case 'answered':
      return unreachable(`answered while ${state.at}`)
    case 'parked':
      return { at: 'parked' }
    case 'queued':
      return { at: 'queued', queueName: move.queueName }
    case 'bridged':
      return { at: 'bridged', bridge: move.bridge }
    case 'joined':
      return {
        at: 'in-conference',
        conferenceId: move.conferenceId,
        participantId: move.participantId,
      }
    case 'ended':
      return { at: 'ended' }
  }
}
