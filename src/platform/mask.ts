// Hides who called whom: telephone numbers and the user part of SIP and tel URIs, wherever they stand in a log line.
// Numbers keep their last two digits so that two lines about one caller can still be told apart.

/** Digit strings under these keys are identifiers or measures, never telephone numbers. */
const plainKeys = /(?:^id|Id|Ids|Uuid|Ms|Us|Secs|Bytes|^code|^port|^pid|^seed)$/

/** Values under these keys are parties even when they look like names. */
const partyKeys =
  /^(?:from|to|caller|callee|number|numbers|user|username|party|fromDisplayName|callerIdName)$/

const uri = /\b(sips?|tel):([^@\s<>"';,]+)(@)?/gi
const international = /\+\d[\d\s().-]{5,18}\d/g
const national = /(?<![\w.:/-])\d{7,15}(?![\w:/-]|\.\d)/g

/** Masks one text: URIs first, because their user part may be a number. */
export function maskText(text: string): string {
  return text
    .replace(uri, (_, scheme: string, user: string, at: string | undefined) =>
      at === undefined ? `${scheme}:${maskUriRest(user)}` : `${scheme}:${tail(user)}@`,
    )
    .replace(international, (number) => `+${tail(number)}`)
    .replace(national, tail)
}

/** Masks every text inside a value, to a depth of six; deeper structure is replaced by a mark. */
export function maskValue(value: unknown, key = '', depth = 0): unknown {
  if (typeof value === 'string') {
    if (partyKeys.test(key)) return maskParty(value)
    return plainKeys.test(key) ? maskPrefixed(value) : maskText(value)
  }
  if (value instanceof Error) return maskError(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth === 6) return '[deep]'
  if (value instanceof Uint8Array) return `[${value.length} bytes]`
  if (Array.isArray(value)) return value.map((one) => maskValue(one, key, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, maskValue(inner, name, depth + 1)]),
  )
}

function maskError(error: Error): unknown {
  const { name, message, stack } = error
  const code = 'code' in error ? { code: error.code } : {}
  const cause = error.cause === undefined ? {} : { cause: maskValue(error.cause) }
  return { name, message: maskText(message), stack: maskText(stack ?? ''), ...code, ...cause }
}

/** `sip:10.0.0.1:5060` names a host; `tel:` and everything else names a person. */
function maskUriRest(rest: string): string {
  return /^[\w.-]*[.:][\w.:-]*$|^\[/.test(rest) ? rest : tail(rest)
}

function maskParty(value: string): string {
  const masked = maskText(value)
  return masked === value && !value.includes(':') ? tail(value) : masked
}

/** Identifiers keep bare digits, but an address that was put there by mistake is hidden all the same. */
function maskPrefixed(value: string): string {
  return /^(?:sips?:|tel:|\+\d)/i.test(value) ? maskText(value) : value
}

function tail(text: string): string {
  const digits = text.replace(/\D/g, '')
  return digits.length >= 5 ? `***${digits.slice(-2)}` : '***'
}
