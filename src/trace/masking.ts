// What must not be kept: credentials in SIP messages, passwords and keys in commands and webhooks. Masks in SIP have the
// length of what they hide, so that Content-Length and a capture file stay right.
//
// Whoever may call sends these texts: each pattern begins where no other match of it can still be running, or nested
// tries would hold the thread for seconds with one message.

import { mask, maskForm, maskSecrets } from '../base/mask-secrets.ts'
import { maskBrokenJson } from './broken-json.ts'

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

/** RFC 2976, and the two bodies in use for keys: `Signal=5` among other lines, or the key alone. */
const infoOfKeys = /^INFO [\s\S]*?\r?\n(?:Content-Type|c)[ \t]*:\s*application\/dtmf/i
const signalLine = /^(signal[ \t]*=[ \t]*)(\S+)/im

/** A SIP message without its credentials, of the same length. `hideDigits`: without pressed keys as well. */
export function maskSip(text: string, hideDigits = false): string {
  const plain = maskCredentialsOf(text)
  if (!hideDigits || !infoOfKeys.test(plain)) return plain
  const start = plain.search(/\r?\n\r?\n/)
  const body = plain.slice(start)
  const hidden = body.replace(signalLine, (_, name: string, key: string) => name + stars(key))
  return plain.slice(0, start) + (hidden === body ? stars(body) : hidden)
}

function maskCredentialsOf(text: string): string {
  const plain = text
    .replace(headerLine, (line, name: string, colon: string, value: string) => {
      if (credentialHeader.test(name)) return name + colon + maskCredentials(value)
      return secretHeader.test(name) ? name + colon + stars(value) : line
    })
    .replace(beforeAt, (run) =>
      run.replace(uriPassword, (_, before: string, secret: string) => `${before}${stars(secret)}@`),
    )
    .replace(mediaKeys, (_, before: string, secret: string) => before + stars(secret))
  return maskSecrets(plain, stars)
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
  /pass(?:word|wd|phrase)?$|secret|token|(?:api|access)[-_]?key|^auth(?:orization)?$|credential|cookie|private|jwt|^sig(?:nature)?$/i
const depthMax = 12

/** Texts beyond this are cut, with a word about it. */
export const textCharsMax = 2000

/** Names of fields with keys that were pressed, or are sent to be pressed. */
const digitFields = new Set(['digit', 'digits', 'send_digits_on_answer'])

/** JSON without secrets, and with its big texts cut. `hideDigits`: without pressed keys as well. */
export function maskJson(value: unknown, hideDigits = false, depth = 0): unknown {
  if (typeof value === 'string') return cut(maskSecrets(maskInner(value, hideDigits, depth)))
  if (typeof value !== 'object' || value === null) return value
  if (depth >= depthMax) return '…'
  if (Array.isArray(value)) {
    const [name, second] = value
    // A header as a pair.
    if (value.length === 2 && typeof name === 'string' && typeof second === 'string') {
      return [name, secretName.test(name) ? mask : maskJson(second, hideDigits)]
    }
    return value.map((one) => maskJson(one, hideDigits, depth + 1))
  }
  const named = 'name' in value && typeof value.name === 'string' && secretName.test(value.name)
  const isHidden = (key: string): boolean =>
    secretName.test(key) || (named && key === 'value') || (hideDigits && digitFields.has(key))
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      isHidden(key) && saysSomething(inner) ? mask : maskJson(inner, hideDigits, depth + 1),
    ]),
  )
}

/** A text that is JSON or a form itself, as the answer of a receiver is; what has no secrets stays as it was written. */
function maskInner(text: string, hideDigits: boolean, depth: number): string {
  if (!/^\s*[{[]/.test(text)) return maskForm(text)
  if (depth >= depthMax) return text
  try {
    const inner: unknown = JSON.parse(text)
    const masked = JSON.stringify(maskJson(inner, hideDigits, depth + 1))
    return masked === JSON.stringify(inner) ? text : masked
  } catch {
    const isHidden = (name: string): boolean =>
      secretName.test(name) || (hideDigits && digitFields.has(name))
    return maskBrokenJson(text, isHidden)
  }
}

/** Whatever form it has: a password that was sent as a number was refused, and is one all the same. */
function saysSomething(value: unknown): boolean {
  return value !== '' && value !== null && typeof value !== 'boolean'
}

function cut(text: string): string {
  if (text.length <= textCharsMax) return text
  return `${text.slice(0, textCharsMax)}… (${text.length} characters)`
}
