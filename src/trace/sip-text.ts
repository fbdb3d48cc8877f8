// What a SIP message says at a glance, read from its text without parsing it: a message that cannot be parsed is worth
// looking at above all.

export interface Glance {
  readonly callId: string
  /** Method, or status as text. */
  readonly kind: string
  /** Method of the request, or of the one that is answered. */
  readonly method: string
  readonly status: number | undefined
  readonly reason: string | undefined
  readonly cseq: string
  readonly summary: string
}

export function glanceAt(text: string): Glance {
  const end = text.search(/\r?\n\r?\n/)
  const head = end < 0 ? text : text.slice(0, end)
  const [first = ''] = head.split(/\r?\n/, 1)
  const callId = headerOf(head, /^(?:call-id|i)[ \t]*:[ \t]*(.*?)[ \t]*\r?$/im)
  const cseq = headerOf(head, /^cseq[ \t]*:[ \t]*(.*?)[ \t]*\r?$/im)
  const answer = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(first)
  const asked = /^\d+\s+(\S+)/.exec(cseq)?.[1] ?? ''
  if (answer !== null) {
    const [, status = '', reason = ''] = answer
    return {
      ...{ callId, cseq, kind: status, method: asked, status: Number(status), reason },
      summary: `${status} ${reason}${asked === '' ? '' : ` (${asked})`}`,
    }
  }
  const [method = '', uri = ''] = first.split(' ')
  const withSdp = /^(?:content-type|c)[ \t]*:[ \t]*application\/sdp/im.test(head)
  return {
    ...{ callId, cseq, kind: method, method, status: undefined, reason: undefined },
    summary: `${method} ${uri}${withSdp ? ' (SDP)' : ''}`,
  }
}

function headerOf(head: string, pattern: RegExp): string {
  return pattern.exec(head)?.[1] ?? ''
}
