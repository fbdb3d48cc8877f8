// Semicolon parameters of headers (RFC 3261 §25.1 generic-param). Names are compared without case; values keep their
// spelling, quoted values are kept unquoted together with a mark that they were quoted.

import { endOfQuoted, isToken, quote, splitOutside, unquote } from './text.ts'

/** Lower-case names to values; a parameter without `=` has the value ''. The first of two equal names wins. */
export type Parameters = ReadonlyMap<string, string>

export const noParameters: Parameters = new Map()

/** Parses `;a=b;c` (the leading semicolon optional); undefined when a piece is empty or a name is no token. */
export function parseParameters(text: string): Parameters | undefined {
  const trimmed = text.trim()
  if (trimmed === '') return noParameters
  const pieces = splitOutside(trimmed.startsWith(';') ? trimmed.slice(1) : trimmed, ';')
  if (pieces === undefined) return undefined
  const parameters = new Map<string, string>()
  for (const piece of pieces) {
    const equals = piece.indexOf('=')
    const name = (equals < 0 ? piece : piece.slice(0, equals)).trimEnd().toLowerCase()
    if (!isToken(name)) return undefined
    const value = equals < 0 ? '' : piece.slice(equals + 1).trimStart()
    if (!isOneValue(value)) return undefined
    if (!parameters.has(name)) parameters.set(name, unquote(value))
  }
  return parameters
}

/**
 * A quoted string, or text without quotes and backslashes. Anything between the two is no gen-value (RFC 3261 §25.1), and
 * would grow with each writing, because what is not a token is written as a quoted string with escapes.
 */
function isOneValue(value: string): boolean {
  if (value.startsWith('"')) return endOfQuoted(value, 0) === value.length
  return !value.includes('"') && !value.includes('\\')
}

const plainValue = /^[A-Za-z0-9\-.!%*_+`'~[\]:@/]+$/

/** `;a=b;c` with values quoted where they need it; empty text for no parameters. */
export function formatParameters(parameters: Iterable<readonly [string, string]>): string {
  let text = ''
  for (const [name, value] of parameters) {
    if (value === '') text += `;${name}`
    else text += `;${name}=${plainValue.test(value) ? value : quote(value)}`
  }
  return text
}
