// The audio queue of a leg as the store keeps it. Bytes that a client sent along may be megabytes and are left out: such
// a track cannot be played again, and the media engine says so (`failed`), which is how its owner hears of it.

import type { Track } from '../calls/playback.ts'
import type { AudioReference } from '../ports/media-engine.ts'
import { emptyAudio, type LegAudio, type LegTrack } from './audio-state.ts'

interface TrackRow {
  readonly playbackId: string
  /** null: for ever. */
  readonly loops: number | null
  /** Absent: of the call itself. */
  readonly conferenceId?: LegTrack['conferenceId']
  /** What can be had again; null: the bytes were not kept. */
  readonly reference?: AudioReference | null
  /** As rows had it when URLs were all that could be named. */
  readonly url?: string | null
  readonly cache?: boolean
}

export interface AudioRow {
  readonly current: TrackRow | null
  /** The current track has been told. */
  readonly playing: boolean
  readonly background: TrackRow | null
  readonly waiting: readonly TrackRow[]
}

/** Undefined for a leg to which nothing is played. */
export function audioRow(audio: LegAudio): AudioRow | undefined {
  if (audio.at === 'idle' && audio.background === undefined) return undefined
  return {
    current: audio.at === 'idle' ? null : trackRow(audio.current),
    playing: audio.at === 'playing',
    background: audio.background === undefined ? null : trackRow(audio.background),
    waiting: audio.waiting.map(trackRow),
  }
}

export function restoredAudio(row: AudioRow | null | undefined): LegAudio {
  if (row === null || row === undefined) return emptyAudio()
  const rest = {
    background: row.background === null ? undefined : restoredTrack(row.background),
    waiting: row.waiting.map(restoredTrack),
  }
  if (row.current === null) return { ...rest, at: 'idle' }
  return { ...rest, at: row.playing ? 'playing' : 'loading', current: restoredTrack(row.current) }
}

/** What can be had again. */
export function keptReference(reference: AudioReference | undefined): AudioReference | undefined {
  return reference?.kind === 'inline' ? undefined : reference
}

function trackRow({ playbackId, audio, loops }: Track<LegTrack>): TrackRow {
  const { reference, conferenceId } = audio
  return {
    playbackId,
    ...(conferenceId === undefined ? {} : { conferenceId }),
    loops: loops === Infinity ? null : loops,
    reference: keptReference(reference) ?? null,
  }
}

function restoredTrack(row: TrackRow): Track<LegTrack> {
  const { playbackId, loops, url, cache } = row
  const formerly: AudioReference | undefined =
    typeof url === 'string' ? { kind: 'url', url, cache: cache ?? true } : undefined
  const reference = row.reference ?? formerly ?? { kind: 'inline', bytes: new Uint8Array(0) }
  return {
    playbackId,
    loops: loops ?? Infinity,
    audio: { reference, conferenceId: row.conferenceId },
  }
}
