// Scanning rules shared by the header parsers: tokens, quoted strings, lists split outside quotes and angle brackets.
// Nothing here throws; an unterminated quote makes the callers' result undefined.

const tokenPattern = /^[A-Za-z0-9\-.!%*_+`'~]+$/

/** RFC 3261 §25.1 `token`. */
export function isToken(text: string): boolean {
  return tokenPattern.test(text)
}

/** Index just behind the quoted string that opens at `at`, or -1 when it never closes. */
export function endOfQuoted(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 0x5c) i++
    else if (c === 0x22) return i + 1
  }
  return -1
}

/**
 * Splits at `separator` outside quoted strings and <…>, trimming each piece; undefined when a quote or an angle bracket stays open.
 * Empty pieces are kept: a caller that forbids stray separators sees them.
 */
export function splitOutside(text: string, separator: ',' | ';'): string[] | undefined {
  if (!text.includes('"') && !text.includes('<')) {
    return text.split(separator).map((piece) => piece.trim())
  }
  const pieces: string[] = []
  let start = 0
  let inAngle = false
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (c === '"' && !inAngle) {
      const end = endOfQuoted(text, i)
      if (end < 0) return undefined
      i = end - 1
    } else if (c === '<') inAngle = true
    else if (c === '>') inAngle = false
    else if (c === separator && !inAngle) {
      pieces.push(text.slice(start, i).trim())
      start = i + 1
    }
  }
  if (inAngle) return undefined
  pieces.push(text.slice(start).trim())
  return pieces
}

/** The content of a quoted string with its escapes undone; text that is not quoted comes back unchanged. */
export function unquote(text: string): string {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text
  const inner = text.slice(1, -1)
  return inner.includes('\\') ? inner.replace(/\\([^])/g, '$1') : inner
}

/** A quoted string; CR, LF and NUL stay in it for the serializer to refuse. */
export function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** Decimal digits only, at most `max`; undefined otherwise. Leading zeros are allowed. */
export function parseNumber(text: string, max: number): number | undefined {
  if (text === '' || text.length > 64) return undefined
  let value = 0
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
    if (value > max) return undefined
  }
  return value
}
