// The SIP statuses that callers meet, in words (RFC 3261 §21).

const words: Readonly<Record<number, string>> = {
  401: 'a password is needed, or it was wrong',
  403: 'not allowed, or the password was wrong',
  404: 'nobody has that number or name',
  407: 'a password is needed, or it was wrong',
  408: 'no answer in time',
  410: 'that number is no longer used',
  480: 'not reachable at the moment',
  484: 'the number is not complete',
  486: 'busy',
  487: 'the call was taken back',
  488: 'no common codec',
  500: 'a fault in the server',
  503: 'the server is overloaded or stops',
  600: 'busy everywhere',
  603: 'declined',
}

/** `486 busy` */
export function statusWords(status: number): string {
  return `${status} ${words[status] ?? ''}`.trim()
}
