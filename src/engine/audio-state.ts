// The state of a leg's audio queue as the engine keeps it; what is done with it is in leg-audio.ts.

import type { ConferenceId } from '../base/ids.ts'
import { silentPlayback, type PlaybackState } from '../calls/playback.ts'
import type { AudioReference } from '../ports/media-engine.ts'

export interface LegTrack {
  readonly reference: AudioReference
  /** The conference whose command plays it: its events then tell of a participant. */
  readonly conferenceId?: ConferenceId | undefined
}

export type LegAudio = PlaybackState<LegTrack>

/** A leg to which nothing is played. */
export function emptyAudio(): LegAudio {
  return silentPlayback()
}
