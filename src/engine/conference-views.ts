// Conferences as the API reads them.

import type { CallControl, ConferenceView, ParticipantView } from '../ports/commands.ts'
import {
  findParticipant,
  pageOfParticipants,
  viewOfConference,
  viewOfParticipant,
} from './conference-state.ts'
import type { EngineState } from './state.ts'

type ConferenceReads = Pick<
  CallControl,
  'conference' | 'conferences' | 'participants' | 'participant'
>

/** The reads of CallControl that are about conferences. */
export function conferenceReads(state: EngineState): ConferenceReads {
  const { conferences } = state
  return {
    conference: (idOrName): ConferenceView | undefined => {
      const live = conferences.find(idOrName)
      return live === undefined ? undefined : viewOfConference(live)
    },
    conferences: (filter, page) => conferences.page(filter, page),
    participants: (idOrName, filter, page) => {
      const live = conferences.find(idOrName)
      return live === undefined ? undefined : pageOfParticipants(live, filter, page)
    },
    participant: (idOrName, participant): ParticipantView | undefined => {
      const live = conferences.find(idOrName)
      const found = live === undefined ? undefined : findParticipant(live, participant)
      return live === undefined || found === undefined ? undefined : viewOfParticipant(live, found)
    },
  }
}
