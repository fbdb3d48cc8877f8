// What must not be kept: credentials in SIP messages, passwords and keys in commands and webhooks. Masks in SIP have the
// length of what they hide, so that Content-Length and a capture file stay right.

/** Headers with their continuation lines (RFC 3261 §7.3.1); none of them has a compact form. */
const credentialHeaders =
  /^((?:(?:proxy-)?(?:authorization|authenticate|authentication-info)|www-authenticate)[ \t]*:)((?:[^\r\n]|\r?\n[ \t])*)/gim
/** RFC 7616 §3.3 to §3.5. */
const digestValues = /\b((?:next)?c?nonce|response|rspauth|opaque)(\s*=\s*)("[^"]*"?|[^\s,]+)/gi
const uriPasswords = /\b(sips?:[^\s:@<>";]+:)([^@\s<>";]+)(?=@)/gi
/** RFC 4568 §6.1 and RFC 4566 §5.12. */
const mediaKeys = /^(a=crypto:.*?inline:|k=[a-z]+:)([^\s|]+)/gim

/** A SIP message without its credentials, of the same length. */
export function maskSip(text: string): string {
  return text
    .replace(credentialHeaders, (_, name: string, value: string) => name + maskCredentials(value))
    .replace(uriPasswords, (_, before: string, secret: string) => before + stars(secret))
    .replace(mediaKeys, (_, before: string, secret: string) => before + stars(secret))
}

function maskCredentials(value: string): string {
  const scheme = /^\s*([\w-]+)\s+(?![\s=])/.exec(value)?.[1]
  if (scheme === undefined || /^digest$/i.test(scheme)) {
    return value.replace(
      digestValues,
      (_, name: string, equals: string, secret: string) => name + equals + maskQuoted(secret),
    )
  }
  const start = value.indexOf(scheme) + scheme.length
  return value.slice(0, start) + stars(value.slice(start))
}

function maskQuoted(text: string): string {
  return text.replace(/[^"\r\n]/g, '*')
}

function stars(text: string): string {
  return text.replace(/[^\s]/g, '*')
}

const secretName =
  /pass(?:word|wd|phrase)?$|secret|token|api[-_]?key|^authorization$|credential|cookie|private/i
const depthMax = 12
const mask = '***'

/** Texts beyond this are cut, with a word about it. */
export const textCharsMax = 2000

/** JSON without secrets, and with its big texts cut. */
export function maskJson(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return cut(maskText(value))
  if (typeof value !== 'object' || value === null) return value
  if (depth >= depthMax) return '…'
  if (Array.isArray(value)) {
    const [name, second] = value
    // A header as a pair.
    if (value.length === 2 && typeof name === 'string' && typeof second === 'string') {
      return [name, secretName.test(name) ? mask : maskJson(second)]
    }
    return value.map((one) => maskJson(one, depth + 1))
  }
  const named = 'name' in value && typeof value.name === 'string' && secretName.test(value.name)
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      isSecret(key, inner) || (named && key === 'value') ? mask : maskJson(inner, depth + 1),
    ]),
  )
}

function isSecret(key: string, value: unknown): boolean {
  return secretName.test(key) && typeof value === 'string' && value !== ''
}

/** Keys, passwords of URLs and secret-looking query parameters inside a text. */
export function maskText(text: string): string {
  return text
    .replace(/\bBearer\s+[^\s"']+/gi, `Bearer ${mask}`)
    .replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/@:"]*:)[^\s/@"]+(?=@)/gi, `$1${mask}`)
    .replace(
      /([?&][^=&\s"]*(?:token|secret|password|api[-_]?key|signature)[^=&\s"]*=)[^&\s"#]+/gi,
      `$1${mask}`,
    )
}

function cut(text: string): string {
  if (text.length <= textCharsMax) return text
  return `${text.slice(0, textCharsMax)}… (${text.length} characters)`
}
