// What must not be kept: credentials in SIP messages, passwords and keys in commands and webhooks. Masks in SIP have the
// length of what they hide, so that Content-Length and a capture file stay right.
//
// Whoever may call sends these texts: each pattern begins where no other match of it can still be running, or nested
// tries would hold the thread for seconds with one message.

import { mask, maskSecrets } from '../base/mask-secrets.ts'

/** A line of a header with its continuation lines (RFC 3261 §7.3.1); those that matter have no compact form. */
const headerLine = /^([\w.!%*+`'~-]+)([ \t]*:)((?:[^\r\n]|\r?\n[ \t])*)/gm
const credentialHeader =
  /^(?:(?:proxy-)?(?:authorization|authenticate|authentication-info)|www-authenticate)$/i
/** Headers of an application's own. */
const secretHeader = /pass(?:word|wd|phrase)|secret|token|api[-_]?key|credential|cookie/i
/** RFC 7616 §3.3 to §3.5. */
const digestValues = /\b((?:next)?c?nonce|response|rspauth|opaque)(\s*=\s*)("[^"]*"?|[^\s,]+)/gi
/** What comes before an @, and in it the password (RFC 3261 §19.1.1). */
const beforeAt = /(?<![^\s<>";@])[^\s<>";@]+@/g
const uriPassword = /\b(sips?:[^:]+:)(.+)@$/i
/** RFC 4568 §6.1, RFC 4566 §5.12 and RFC 8839 §5.4. */
const mediaKeys = /^(a=crypto:.*?inline:|k=[a-z]+:|a=ice-pwd:)(\S+)/gim

/** A SIP message without its credentials, of the same length. */
export function maskSip(text: string): string {
  return text
    .replace(headerLine, (line, name: string, colon: string, value: string) => {
      if (credentialHeader.test(name)) return name + colon + maskCredentials(value)
      return secretHeader.test(name) ? name + colon + stars(value) : line
    })
    .replace(beforeAt, (run) =>
      run.replace(uriPassword, (_, before: string, secret: string) => `${before}${stars(secret)}@`),
    )
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

/** Texts beyond this are cut, with a word about it. */
export const textCharsMax = 2000

/** JSON without secrets, and with its big texts cut. */
export function maskJson(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return cut(maskSecrets(value))
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

function cut(text: string): string {
  if (text.length <= textCharsMax) return text
  return `${text.slice(0, textCharsMax)}… (${text.length} characters)`
}
