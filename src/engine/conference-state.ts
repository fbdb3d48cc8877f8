// What the engine remembers of conferences: the slot of EngineState that src/conferences' records live in.

import type { ConferenceId } from '../base/ids.ts'

export interface ConferenceState {
  readonly byId: Map<ConferenceId, unknown>
}

export function createConferenceState(): ConferenceState {
  return { byId: new Map() }
}
