// Header names: compact forms (RFC 3261 §7.3.3 and the RFCs that added some), canonical spelling for sending, and which
// headers may stand only once in a message.

const compactForms: Readonly<Record<string, string>> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  n: 'identity-info',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity',
}

const lowerNames = new Map<string, string>()

/** The lower-case long name; remembered for the few hundred spellings that really occur. */
export function lowerName(name: string): string {
  const known = lowerNames.get(name)
  if (known !== undefined) return known
  const lower = name.toLowerCase()
  const long = (lower.length === 1 ? compactForms[lower] : undefined) ?? lower
  // Bounded, because names come from strangers.
  if (lowerNames.size < 1_000) lowerNames.set(name, long)
  return long
}

/** RFC 3261 §7.3.1: these carry one value and stand once; Content-Length is judged by the parser itself. */
export const singleValued: ReadonlySet<string> = new Set([
  'from',
  'to',
  'call-id',
  'cseq',
  'max-forwards',
  'content-type',
  'expires',
  'min-expires',
  'session-expires',
  'min-se',
  'refer-to',
  'referred-by',
  'replaces',
  'rack',
  'rseq',
  'event',
  'subscription-state',
])
