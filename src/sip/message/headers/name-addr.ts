// From, To, Contact, Route, Record-Route, Refer-To, Referred-By, P-Asserted-Identity, Diversion: a URI with an optional
// display name and header parameters (RFC 3261 §20.10, §25.1).

import { parseParameters, formatParameters, type Parameters } from '../parameters.ts'
import { endOfQuoted, isToken, quote, unquote } from '../text.ts'
import { parseUri, uriScheme, type Uri } from '../uri.ts'

export interface NameAddr {
  /** Readable text, quotes and escapes undone; undefined when absent. */
  readonly displayName: string | undefined
  /** The URI as on the wire: any scheme. */
  readonly uriText: string
  /** The parsed form when the scheme is sip, sips or tel. */
  readonly uri: Uri | undefined
  /** Parameters of the header (tag, q, expires …), not of the URI. */
  readonly parameters: Parameters
}

/**
 * One name-addr or addr-spec; undefined when malformed. Without angle brackets everything behind the first `;` belongs to
 * the header and a `?` is refused (RFC 3261 §20.10). Tolerated: spaces inside the brackets and display names that are
 * not tokens (RFC 4475 §3.1.2.14, §3.1.2.15).
 */
export function parseNameAddr(text: string): NameAddr | undefined {
  const value = text.trim()
  let open = 0
  if (value.startsWith('"')) {
    const end = endOfQuoted(value, 0)
    if (end < 0) return undefined
    open = value.indexOf('<', end)
    if (open < 0 || value.slice(end, open).trim() !== '') return undefined
    return bracketed(value, open, unquote(value.slice(0, end)))
  }
  open = value.indexOf('<')
  if (open >= 0) {
    const display = value.slice(0, open).trim()
    if (display.includes('"')) return undefined
    return bracketed(value, open, display === '' ? undefined : display)
  }
  const semicolon = value.indexOf(';')
  const uriText = (semicolon < 0 ? value : value.slice(0, semicolon)).trimEnd()
  if (uriText.includes('?')) return undefined
  return build(undefined, uriText, semicolon < 0 ? '' : value.slice(semicolon))
}

function bracketed(value: string, open: number, display: string | undefined): NameAddr | undefined {
  const close = value.indexOf('>', open)
  if (close < 0) return undefined
  const rest = value.slice(close + 1).trim()
  if (rest !== '' && !rest.startsWith(';')) return undefined
  return build(display, value.slice(open + 1, close).trim(), rest)
}

function build(
  displayName: string | undefined,
  uriText: string,
  rest: string,
): NameAddr | undefined {
  const scheme = uriScheme(uriText)
  if (scheme === undefined || /[\x00-\x20\x7f<>]/.test(uriText)) return undefined
  const uri = parseUri(uriText)
  if (uri === undefined && (scheme === 'sip' || scheme === 'sips' || scheme === 'tel'))
    return undefined
  const parameters = parseParameters(rest)
  return parameters === undefined ? undefined : { displayName, uriText, uri, parameters }
}

/** `"Display" <uri>;parameters`; display names are always quoted, so no text can leave its place. */
export function formatNameAddr(parts: {
  readonly displayName?: string | undefined
  readonly uriText: string
  readonly parameters?: Iterable<readonly [string, string]>
}): string {
  const { displayName, uriText, parameters = [] } = parts
  const display = displayName === undefined || displayName === '' ? '' : `${quote(displayName)} `
  return `${display}<${uriText}>${formatParameters(parameters)}`
}

/** The tag of a From or To value without building the rest; undefined when absent or unreadable. */
export function tagOf(text: string | undefined): string | undefined {
  if (text === undefined || !/;\s*tag\s*=/i.test(text)) return undefined
  const tag = parseNameAddr(text)?.parameters.get('tag')
  return tag === undefined || !isToken(tag) ? undefined : tag
}
