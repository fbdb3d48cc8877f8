// JSON that cannot be read, most often because it was cut at a limit: its secrets are hidden piece by piece. One look from
// left to right, in which each character belongs to one piece, whatever stands there.

import { mask } from '../base/mask-secrets.ts'

/** A text in quotes, the last of which may be missing; or what stands between two. */
const pieces = /"(?:[^"\\]|\\[^])*"?|[^"]+/g
const signs = /[{}[\]:,]|[^\s{}[\]:,]+/g
const escapes = /\\(u[\da-f]{4}|[^])/gi
/** RFC 8259 §7; others stand for themselves. */
const meant: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }
const nestedMax = 4

/** `isHidden`: whether the value of a field with that name is a secret, or the name that of a secret header. */
export function maskBrokenJson(
  text: string,
  isHidden: (name: string) => boolean,
  nested = 0,
): string {
  const reader = new Reader(isHidden)
  return text.replace(pieces, (piece) => {
    if (!piece.startsWith('"')) return piece.replace(signs, (sign) => reader.sign(sign))
    const said = piece.length > 1 && piece.endsWith('"') ? piece.slice(1, -1) : piece.slice(1)
    if (reader.isSecret(said)) return said === '' ? piece : `"${mask}"`
    // JSON as a text inside of JSON.
    if (nested >= nestedMax || !/^\s*[{[]/.test(said)) return piece
    const inner = said.replace(escapes, (_, escape: string) => unescaped(escape))
    const masked = maskBrokenJson(inner, isHidden, nested + 1)
    if (masked === inner) return piece
    return `${JSON.stringify(masked).slice(0, -1)}${piece.slice(1 + said.length)}`
  })
}

function unescaped(escape: string): string {
  if (escape.length === 1) return meant[escape] ?? escape
  return String.fromCharCode(Number.parseInt(escape.slice(1), 16))
}

class Reader {
  readonly #isHidden: (name: string) => boolean
  #depth = 0
  /** Of the object or list whose name is secret; everything in it is. */
  #hiddenFrom = Infinity
  /** The text before a sign: a name, if the sign is a colon. */
  #last: string | undefined
  /** The name whose value comes. */
  #field: string | undefined
  /** In this object a `name` was secret: its `value` is. */
  #isNamed = false
  /** In a list: its first text, a secret name and what stands behind that, as headers are written that are pairs. */
  #pair: 'none' | 'begins' | 'named' | 'secret' = 'none'

  constructor(isHidden: (name: string) => boolean) {
    this.#isHidden = isHidden
  }

  isSecret(said: string): boolean {
    this.#last = said
    if (this.#field === 'name' && this.#isHidden(said)) this.#isNamed = true
    const isSecond = this.#pair === 'secret'
    this.#pair = this.#pair === 'begins' && this.#isHidden(said) ? 'named' : 'none'
    return isSecond || this.#awaitsSecret()
  }

  /** What stands for a sign, or for a value without quotes. */
  sign(sign: string): string {
    this.#pair =
      sign === '[' ? 'begins' : sign === ',' && this.#pair === 'named' ? 'secret' : 'none'
    switch (sign) {
      case ':':
        this.#field = this.#last
        break
      case '{':
      case '[':
        this.#depth++
        if (this.#awaitsSecret()) this.#hiddenFrom = Math.min(this.#hiddenFrom, this.#depth)
        this.#leaveField(true)
        break
      case '}':
      case ']':
        if (this.#hiddenFrom === this.#depth) this.#hiddenFrom = Infinity
        this.#depth--
        this.#leaveField(true)
        break
      case ',':
        this.#leaveField(false)
        break
      default:
        return this.#awaitsSecret() && !/^(?:true|false|null)$/.test(sign) ? mask : sign
    }
    return sign
  }

  #awaitsSecret(): boolean {
    if (this.#depth >= this.#hiddenFrom) return true
    const field = this.#field
    return field !== undefined && (this.#isHidden(field) || (this.#isNamed && field === 'value'))
  }

  #leaveField(isObject: boolean): void {
    this.#field = undefined
    this.#last = undefined
    if (isObject) this.#isNamed = false
  }
}
