// Server-sent events read from a stream of text. The browser's own reader hides comments, and the heartbeat is one: only
// who sees it knows that a silent stream is still alive. Pieces may be cut anywhere, even within a line ending.

export interface ServerEvent {
  /** `message` when the server gave none. */
  readonly type: string
  readonly data: string
  /** The last one the stream has told so far; empty at its beginning. */
  readonly lastId: string
}

/** A longer line is a fault of the other side: its event is dropped rather than kept in memory. */
const lineCharsMax = 4_000_000

/** Feed it pieces of text; it calls back for each event that is complete. Empty events and comments only show life. */
export function createEventReader(onEvent: (event: ServerEvent) => void): (piece: string) => void {
  let rest = ''
  let type = ''
  let data: string[] = []
  let lastId = ''

  const finish = (): void => {
    if (data.length > 0)
      onEvent({ type: type === '' ? 'message' : type, data: data.join('\n'), lastId })
    type = ''
    data = []
  }

  const takeLine = (line: string): void => {
    if (line === '') return finish()
    const colon = line.indexOf(':')
    if (colon === 0) return // A comment.
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') type = value
    else if (field === 'data') data.push(value)
    else if (field === 'id' && !value.includes('\0')) lastId = value
  }

  return (piece) => {
    rest += piece
    for (;;) {
      const end = /\r\n|\n|\r(?!$)/.exec(rest)
      if (end === null) break
      takeLine(rest.slice(0, end.index))
      rest = rest.slice(end.index + end[0].length)
    }
    if (rest.length > lineCharsMax) rest = ''
  }
}
