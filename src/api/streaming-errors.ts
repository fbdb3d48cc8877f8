// The entries of the error catalogue about streams and forks (C200, C205). errors.ts takes them in and checks their shape.

export const streamingErrors = {
  'already-streaming': {
    status: 422,
    code: '90045',
    title: 'Media streaming used',
    detail: 'Media streaming is already used on this call.',
    meaning: '`streaming_start` on a call whose sound goes to a WebSocket already.',
    remedy: 'Stop that stream first; a call has one.',
  },
  'not-streaming': {
    status: 422,
    code: '90046',
    title: 'Media streaming not started',
    detail: 'Media streaming is not started on this call.',
    meaning: '`streaming_stop` on a call without a stream, or with the id of another one.',
    remedy:
      'Nothing needs to be done: it is over, as `streaming.stopped` or `streaming.failed` said.',
  },
  'already-forking': {
    status: 422,
    code: '10015',
    title: 'Bad Request',
    detail: 'The media of this call is being forked already.',
    meaning: '`fork_start` on a call that is being forked.',
    remedy: 'Stop that fork first; a call has one.',
  },
  'not-forking': {
    status: 422,
    code: '90031',
    title: 'Call is not being forked',
    detail: "This call's media is not being forked.",
    meaning: '`fork_stop` on a call that is not being forked.',
    remedy: 'Nothing needs to be done.',
  },
} as const
