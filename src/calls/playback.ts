// The audio queue of one leg. Consecutive playback commands line up; one is with the media engine at a time, and under
// them lies at most one background track (conference hold music), which sounds whenever the queue is empty and is told
// to nobody. Pure: the audio itself is opaque here, wishes leave as effects.
//
// What is promised: each track that started has exactly one end, whoever races with whom. A track that was stopped
// before it started leaves silently, since nobody was told of it; one that could not be loaded does have its end, because
// that is the only way its owner can learn of it.

/** One playback command; `loops` is 1 to 100 or Infinity. */
export interface Track<Audio> {
  readonly playbackId: string
  readonly audio: Audio
  readonly loops: number
}

export type PlaybackState<Audio> = {
  /** Hold music, and whether the media engine is playing it now. */
  readonly background: Track<Audio> | undefined
  readonly waiting: readonly Track<Audio>[]
} & (
  | { readonly at: 'idle' }
  /** Handed to the media engine, which is fetching it. */
  | { readonly at: 'loading'; readonly current: Track<Audio> }
  | { readonly at: 'playing'; readonly current: Track<Audio> }
)

export type EndStatus =
  'completed' | 'failed' | 'file_not_found' | 'cancelled' | 'cancelled_amd' | 'call_hangup'

export type PlaybackInput<Audio> =
  | { readonly kind: 'start'; readonly track: Track<Audio> }
  | {
      readonly kind: 'stop'
      readonly which: 'current' | 'all'
      /** `cancelled_amd`: an answering machine is ready to record. Absent: `cancelled`. */
      readonly status?: 'cancelled' | 'cancelled_amd'
    }
  /** Those of one owner; others of the leg go on. */
  | { readonly kind: 'stop-these'; readonly playbackIds: ReadonlySet<string> }
  | { readonly kind: 'media-started'; readonly playbackId: string }
  | {
      readonly kind: 'media-ended'
      readonly playbackId: string
      readonly status: 'completed' | 'failed' | 'file_not_found'
      readonly detail: string
    }
  /** Everything ends at once, background too: the leg is bridged, or is gone. */
  | { readonly kind: 'end-all'; readonly status: 'cancelled' | 'call_hangup' }
  | { readonly kind: 'set-background'; readonly track: Track<Audio> | undefined }

export type PlaybackEffect<Audio> =
  | { readonly kind: 'play'; readonly track: Track<Audio> }
  /** The media engine says nothing more of this one. */
  | { readonly kind: 'stop'; readonly playbackId: string }
  | { readonly kind: 'started'; readonly track: Track<Audio> }
  | {
      readonly kind: 'ended'
      readonly track: Track<Audio>
      readonly status: EndStatus
      readonly detail: string
    }

export interface PlaybackStep<Audio> {
  readonly state: PlaybackState<Audio>
  readonly effects: readonly PlaybackEffect<Audio>[]
}

/** Tracks that one leg may have, the running one included; the command above it is refused. */
export const playbackTracksMax = 100

/** No audio at all. */
export function silentPlayback<Audio>(): PlaybackState<Audio> {
  return { at: 'idle', background: undefined, waiting: [] }
}

/** Tracks of commands, running and waiting. */
export function trackCount(state: PlaybackState<unknown>): number {
  return state.waiting.length + (state.at === 'idle' ? 0 : 1)
}

/** One input; late words of the media engine about a track that is not the current one change nothing. */
export function stepPlayback<Audio>(
  state: PlaybackState<Audio>,
  input: PlaybackInput<Audio>,
): PlaybackStep<Audio> {
  switch (input.kind) {
    case 'start':
      return start(state, input.track)
    case 'stop':
      return stop(state, input.which, input.status)
    case 'stop-these':
      return stopThese(state, input.playbackIds)
    case 'media-started':
      return mediaStarted(state, input.playbackId)
    case 'media-ended':
      return mediaEnded(state, input)
    case 'end-all':
      return endAll(state, input.status)
    case 'set-background':
      return setBackground(state, input.track)
  }
}

function start<Audio>(state: PlaybackState<Audio>, track: Track<Audio>): PlaybackStep<Audio> {
  if (state.at !== 'idle') return stay({ ...state, waiting: [...state.waiting, track] })
  const effects: PlaybackEffect<Audio>[] = []
  // The media engine plays one thing at a time: the music makes room and comes back when the queue is empty.
  if (state.background) effects.push({ kind: 'stop', playbackId: state.background.playbackId })
  effects.push({ kind: 'play', track })
  // A tone of a moment, which is a background too, would come back when nobody knows what it is for.
  const background = state.background?.loops === Infinity ? state.background : undefined
  return { state: { ...state, background, at: 'loading', current: track }, effects }
}

function stop<Audio>(
  state: PlaybackState<Audio>,
  which: 'current' | 'all',
  status: 'cancelled' | 'cancelled_amd' = 'cancelled',
): PlaybackStep<Audio> {
  if (state.at === 'idle') return stay(state)
  const effects = endCurrent(state, status)
  return next(state.background, which === 'all' ? [] : state.waiting, effects)
}

function stopThese<Audio>(
  state: PlaybackState<Audio>,
  playbackIds: ReadonlySet<string>,
): PlaybackStep<Audio> {
  const waiting = state.waiting.filter(({ playbackId }) => !playbackIds.has(playbackId))
  if (state.at === 'idle' || !playbackIds.has(state.current.playbackId)) {
    return stay(waiting.length === state.waiting.length ? state : { ...state, waiting })
  }
  return next(state.background, waiting, endCurrent(state, 'cancelled'))
}

function mediaStarted<Audio>(state: PlaybackState<Audio>, playbackId: string): PlaybackStep<Audio> {
  if (state.at !== 'loading' || state.current.playbackId !== playbackId) return stay(state)
  return {
    state: { ...state, at: 'playing' },
    effects: [{ kind: 'started', track: state.current }],
  }
}

function mediaEnded<Audio>(
  state: PlaybackState<Audio>,
  input: Extract<PlaybackInput<Audio>, { kind: 'media-ended' }>,
): PlaybackStep<Audio> {
  if (state.background?.playbackId === input.playbackId) {
    // Music that cannot be had (or came to an end) is dropped: silence, not a loop of failing fetches.
    return stay({ ...state, background: undefined })
  }
  if (state.at === 'idle' || state.current.playbackId !== input.playbackId) return stay(state)
  const effects: PlaybackEffect<Audio>[] = []
  // A track shorter than the way of its first report: nobody sees an end without a beginning.
  if (state.at === 'loading' && input.status === 'completed') {
    effects.push({ kind: 'started', track: state.current })
  }
  effects.push({
    kind: 'ended',
    track: state.current,
    status: input.status,
    detail: input.detail,
  })
  return next(state.background, state.waiting, effects)
}

function endAll<Audio>(
  state: PlaybackState<Audio>,
  status: 'cancelled' | 'call_hangup',
): PlaybackStep<Audio> {
  if (state.at !== 'idle') {
    return { state: silentPlayback(), effects: endCurrent(state, status) }
  }
  if (!state.background) return stay(state)
  return {
    state: silentPlayback(),
    effects: [{ kind: 'stop', playbackId: state.background.playbackId }],
  }
}

function setBackground<Audio>(
  state: PlaybackState<Audio>,
  track: Track<Audio> | undefined,
): PlaybackStep<Audio> {
  const effects: PlaybackEffect<Audio>[] = []
  if (state.at === 'idle') {
    if (state.background) effects.push({ kind: 'stop', playbackId: state.background.playbackId })
    if (track) effects.push({ kind: 'play', track })
  }
  return { state: { ...state, background: track }, effects }
}

function endCurrent<Audio>(
  state: Exclude<PlaybackState<Audio>, { at: 'idle' }>,
  status: 'cancelled' | 'cancelled_amd' | 'call_hangup',
): PlaybackEffect<Audio>[] {
  const effects: PlaybackEffect<Audio>[] = [{ kind: 'stop', playbackId: state.current.playbackId }]
  if (state.at === 'playing') {
    effects.push({ kind: 'ended', track: state.current, status, detail: '' })
  }
  return effects
}

/** What sounds after the current track is gone. */
function next<Audio>(
  background: Track<Audio> | undefined,
  waiting: readonly Track<Audio>[],
  effects: PlaybackEffect<Audio>[],
): PlaybackStep<Audio> {
  const [current, ...rest] = waiting
  if (current === undefined) {
    if (background) effects.push({ kind: 'play', track: background })
    return { state: { at: 'idle', background, waiting: [] }, effects }
  }
  effects.push({ kind: 'play', track: current })
  return { state: { at: 'loading', current, background, waiting: rest }, effects }
}

function stay<Audio>(state: PlaybackState<Audio>): PlaybackStep<Audio> {
  return { state, effects: [] }
}
