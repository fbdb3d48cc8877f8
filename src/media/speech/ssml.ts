// SSML to pieces. One pass over the text with a stack of open elements: a whole XML reader would bring entities that
// expand, external documents and other things that a phone announcement has no use for. What we know of the elements is
// in `open`; of all others the text is kept (W3C Speech Synthesis Markup Language 1.1).

import { ok, refused } from '../../base/result.ts'
import type { Result } from '../../base/result.ts'
import { sayAs } from './say-as.ts'
import { wordsOf } from './script.ts'
import type { Piece } from './script.ts'

const depthMax = 32
const pauseMsMax = 10_000
const rateMin = 0.4
const rateMax = 3

const breakMs: Readonly<Record<string, number>> = {
  ...{ none: 0, 'x-weak': 100, weak: 200, medium: 400, strong: 700, 'x-strong': 1000 },
}
const namedRates: Readonly<Record<string, number>> = {
  ...{ 'x-slow': 0.5, slow: 0.75, medium: 1, default: 1, fast: 1.25, 'x-fast': 1.6 },
}
const entities: Readonly<Record<string, string>> = {
  ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" },
}

interface Element {
  readonly name: string
  readonly rate: number
  /** `<say-as>` and `<sub>`: what is said in place of the text inside. */
  readonly instead: ((text: string) => string) | undefined
}

/** Comment, processing instruction, CDATA, end tag, start tag; in this order. */
const markup =
  /<!--[^]*?-->|<\?[^]*?\?>|<!\[CDATA\[([^]*?)\]\]>|<\/([^\s<>/]+)\s*>|<([^\s<>/!?]+)((?:\s+[^\s<>=/]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y
const attribute = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g

/** The pieces of an SSML document, or what is wrong with it. `english`: the voice speaks English. */
export function readSsml(text: string, english: boolean): Result<readonly Piece[], string> {
  return new Reader(text, english).read()
}

class Reader {
  readonly #text: string
  readonly #english: boolean
  readonly #stack: Element[] = []
  readonly #pieces: Piece[] = []
  #words = ''
  #inside = ''
  #at = 0
  #closed = false

  constructor(text: string, english: boolean) {
    this.#text = text
    this.#english = english
  }

  read(): Result<readonly Piece[], string> {
    while (this.#at < this.#text.length) {
      const why = this.#text[this.#at] === '<' ? this.#markup() : this.#characters()
      if (why !== undefined) return refused(`${why} (character ${this.#at + 1})`)
    }
    const open = this.#stack.at(-1)
    if (open !== undefined) return refused(`<${open.name}> is not closed`)
    if (!this.#closed) return refused('no <speak> element')
    return ok(this.#pieces)
  }

  #characters(): string | undefined {
    const end = this.#text.indexOf('<', this.#at)
    const raw = this.#text.slice(this.#at, end < 0 ? undefined : end)
    const decoded = decode(raw)
    if (decoded === undefined) return 'an & that begins no entity'
    if (this.#stack.length === 0 && decoded.trim() !== '') return 'text outside of <speak>'
    this.#add(decoded)
    this.#at += raw.length
    return undefined
  }

  #markup(): string | undefined {
    markup.lastIndex = this.#at
    const match = markup.exec(this.#text)
    if (match === null) return 'not well-formed markup'
    const [all, cdata, end, start, attributes = '', empty] = match
    if (cdata !== undefined) {
      if (this.#stack.length === 0) return 'text outside of <speak>'
      this.#add(cdata)
    }
    let why: string | undefined
    if (start !== undefined) why = this.#open(start, attributes, empty === '/')
    if (end !== undefined) why = this.#close(end)
    if (why === undefined) this.#at += all.length
    return why
  }

  #open(name: string, attributes: string, empty: boolean): string | undefined {
    if (this.#closed) return 'more than one root element'
    if (this.#stack.length === 0 && name !== 'speak') return 'the root element must be <speak>'
    if (this.#stack.length >= depthMax) return `elements nested deeper than ${depthMax}`
    const values = valuesOf(attributes)
    if (values === undefined) return `<${name}> has an attribute twice, or a bad entity in one`
    const rate = this.#stack.at(-1)?.rate ?? 1
    let element: Element = { name, rate, instead: undefined }
    switch (name) {
      case 'break': {
        const ms = pauseOf(values)
        if (ms === undefined) return '<break> needs a time such as 500ms or 1.5s, or a strength'
        this.#pause(ms)
        break
      }
      case 'prosody': {
        const factor = rateOf(values.get('rate'))
        if (factor === undefined) return '<prosody> needs a rate such as slow, 80% or +10%'
        this.#flush()
        element = { ...element, rate: Math.min(rateMax, Math.max(rateMin, rate * factor)) }
        break
      }
      case 'say-as':
      case 'sub':
        // The outer one reads what the inner ones hold.
        if (this.#stack.every(({ instead }) => instead === undefined)) {
          element = { ...element, instead: this.#reading(name, values) }
        }
        break
      case 'p':
      case 's':
        this.#flush()
        break
    }
    this.#stack.push(element)
    return empty ? this.#close(name) : undefined
  }

  #close(name: string): string | undefined {
    const element = this.#stack.pop()
    if (element?.name !== name) return `</${name}> closes nothing`
    if (element.instead !== undefined) {
      this.#words += ` ${element.instead(this.#inside)} `
      this.#inside = ''
    }
    if (name === 'prosody') this.#flush(element.rate)
    if (name === 's' || name === 'p') this.#flush()
    if (name === 'p') this.#pause(breakMs['medium'] ?? 0)
    if (this.#stack.length === 0) {
      this.#flush(element.rate)
      this.#closed = true
    }
    return undefined
  }

  #reading(name: 'say-as' | 'sub', values: ReadonlyMap<string, string>): Element['instead'] {
    const alias = values.get('alias')
    if (name === 'sub') return alias === undefined ? undefined : () => alias
    const how = values.get('interpret-as') ?? ''
    return (text) => sayAs(text, how, this.#english)
  }

  #add(text: string): void {
    if (this.#stack.some(({ instead }) => instead !== undefined)) this.#inside += text
    else this.#words += text
  }

  #flush(rate = this.#stack.at(-1)?.rate ?? 1): void {
    this.#pieces.push(...wordsOf(this.#words, rate))
    this.#words = ''
  }

  #pause(ms: number): void {
    this.#flush()
    if (ms > 0) this.#pieces.push({ kind: 'pause', ms: Math.min(ms, pauseMsMax) })
  }
}

function valuesOf(attributes: string): ReadonlyMap<string, string> | undefined {
  const values = new Map<string, string>()
  for (const [, name = '', double, single] of attributes.matchAll(attribute)) {
    const value = decode(double ?? single ?? '')
    if (value === undefined || values.has(name)) return undefined
    values.set(name, value)
  }
  return values
}

function pauseOf(values: ReadonlyMap<string, string>): number | undefined {
  const time = values.get('time')
  if (time === undefined) {
    const strength = values.get('strength') ?? 'medium'
    return Object.hasOwn(breakMs, strength) ? breakMs[strength] : undefined
  }
  const match = /^\+?(\d{1,6}(?:\.\d{1,3})?|\.\d{1,3})(ms|s)$/.exec(time.trim())
  return match === null ? undefined : Number(match[1]) * (match[2] === 's' ? 1000 : 1)
}

/** Absent: unchanged. `+10%` is relative, `90%` and `0.9` are of the normal rate. */
function rateOf(text: string | undefined): number | undefined {
  if (text === undefined) return 1
  const word = text.trim()
  if (Object.hasOwn(namedRates, word)) return namedRates[word]
  const match = /^([+-]?)(\d{1,3}(?:\.\d{1,3})?)(%?)$/.exec(word)
  if (match === null) return undefined
  const share = Number(match[2]) / (match[3] === '%' ? 100 : 1)
  const rate = match[1] === '' ? share : 1 + (match[1] === '-' ? -share : share)
  return rate > 0 ? rate : rateMin
}

/** The text with its entities replaced; undefined when one of them is none. */
function decode(text: string): string | undefined {
  let fine = true
  const decoded = text.replace(/&(#x[\da-fA-F]{1,6}|#\d{1,7}|\w{1,8})?(;?)/g, (_, name, end) => {
    const character = end === ';' && typeof name === 'string' ? entity(name) : undefined
    fine &&= character !== undefined
    return character ?? ''
  })
  return fine ? decoded : undefined
}

function entity(name: string): string | undefined {
  if (!name.startsWith('#')) return Object.hasOwn(entities, name) ? entities[name] : undefined
  const code = name[1] === 'x' ? parseInt(name.slice(2), 16) : Number(name.slice(1))
  const whole = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
  return whole ? String.fromCodePoint(code) : undefined
}
