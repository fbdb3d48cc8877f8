// Conferences as the API reads them: look-ups in the engine's memory.

import type { ConferenceView, ParticipantView } from '../ports/commands.ts'
import {
  findParticipant,
  pageOfParticipants,
  viewOfConference,
  viewOfParticipant,
  type ConferenceFilter,
  type ParticipantFilter,
} from './conference-state.ts'
import type { EngineState } from './state.ts'

interface PageOf {
  readonly number: number
  readonly size: number
}

export function conferenceView(state: EngineState, idOrName: string): ConferenceView | undefined {
  const live = state.conferences.find(idOrName)
  return live && viewOfConference(live)
}

export function conferenceViews(
  state: EngineState,
  filter: ConferenceFilter,
  page: PageOf,
): { readonly rows: readonly ConferenceView[]; readonly total: number } {
  return state.conferences.page(filter, page)
}

export function participantViews(
  state: EngineState,
  idOrName: string,
  filter: ParticipantFilter,
  page: PageOf,
): { readonly rows: readonly ParticipantView[]; readonly total: number } | undefined {
  const live = state.conferences.find(idOrName)
  return live && pageOfParticipants(live, filter, page)
}

export function participantView(
  state: EngineState,
  idOrName: string,
  participant: string,
): ParticipantView | undefined {
  const live = state.conferences.find(idOrName)
  const found = live && findParticipant(live, participant)
  return live && found && viewOfParticipant(live, found)
}

/** Conferences that go on, for /metrics. */
export function conferenceCount(state: EngineState): number {
  return state.conferences.activeCount()
}
