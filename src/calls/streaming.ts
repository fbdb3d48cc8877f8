// One stream of a call's sound to a WebSocket, from the wish to its end. Pure: the connection is the streamer's.
//
// What is promised (C200): at most one `started`; exactly one end, and it is `stopped` only for a stream that started. One
// that was stopped before it was connected has failed: there is nothing that could stop.

/** Where a stream is while it is one. */
export type StreamAt = 'connecting' | 'streaming'

export type StreamStepInput =
  | 'connected'
  /** By the far end, in an orderly way. */
  | 'closed'
  /** Not to be connected, or broken. */
  | 'broke'
  /** By command, or with the call. */
  | 'stop'

export interface StreamStep {
  /** Undefined: it is over. */
  readonly at: StreamAt | undefined
  readonly told: 'started' | 'stopped' | 'failed' | undefined
}

/** Every pair is decided here; a second `connected` is that of a process after a restart, which nobody is told of. */
export function stepStream(at: StreamAt, input: StreamStepInput): StreamStep {
  if (input === 'connected') {
    return { at: 'streaming', told: at === 'connecting' ? 'started' : undefined }
  }
  const stopped = at === 'streaming' && input !== 'broke'
  return { at: undefined, told: stopped ? 'stopped' : 'failed' }
}
