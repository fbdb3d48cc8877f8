// Mutations that know how protocols break: fields that overflow, numbers at their limits, separators without end, text
// that is no text, messages cut at any byte and two messages spliced into one.

import type { FuzzRandom } from './random.ts'
import type { FuzzTarget } from './target.ts'

const encoder = new TextEncoder()
const bytesOf = (text: string): Uint8Array => encoder.encode(text)

const oddTexts: readonly Uint8Array[] = [
  ...['%s%n%x', '%00', '%ff', '%', '%%%', '%zz', '${x}', '../../', '__proto__', 'constructor'],
  ...['-1', '0', '00000000000000000001', '+1', '1e999', '0x7fffffff', 'NaN', 'Infinity', '1.5'],
  ...['127', '128', '255', '256', '32767', '32768', '65535', '65536', '2147483647', '2147483648'],
  ...['4294967295', '4294967296', '9007199254740993', '18446744073709551616', '9'.repeat(65)],
  ...[
    '',
    ' ',
    '\t',
    '\r',
    '\n',
    '\r\n',
    '\r\n ',
    '\r\n\r\n',
    '\0',
    '"',
    '\\',
    '\\"',
    '<',
    '>',
    '<>',
  ],
  ...[
    '[',
    ']',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '{',
    '}',
    '@',
    '@@',
    ':',
    '::',
    ';',
    ';;=',
    ',',
    ',,',
  ],
  ...['\u202e', '\ufeff', '\u0000', '💥', 'ſ', 'İ', 'ß', 'é', '\u2028'],
].map(bytesOf)

const oddBytes: readonly Uint8Array[] = [
  ...[
    [0xff],
    [0xc0, 0xaf],
    [0xed, 0xa0, 0x80],
    [0xf8, 0x88, 0x80, 0x80, 0x80],
    [0x80],
    [0xfe, 0xff],
  ],
  ...[
    [0, 0, 0, 0],
    [0x7f, 0xff, 0xff, 0xff],
    [0x80, 0, 0, 0],
    [0xff, 0xff, 0xff, 0xff],
  ],
].map((bytes) => Uint8Array.from(bytes))

const fillers = [
  'a',
  ' ',
  '\t',
  ',',
  ';',
  ';a',
  '=',
  '"',
  '\\',
  '<',
  '<>',
  '%41',
  ':',
  '[',
  '(',
  '\r\n ',
  '\r\n',
  '1',
  '0',
  '/',
  '.',
  '-',
  '&',
  '\0',
]
const separators = /[\s,;:=@<>"/[\]().&?-]+/g

type Mutation = (input: Uint8Array, random: FuzzRandom, target: FuzzTarget) => Uint8Array

/** A new input out of the target's corpus: one to six mutations, now and then none. */
export function mutate(target: FuzzTarget, random: FuzzRandom): Uint8Array {
  let input = random.pick(target.seeds)
  const list = target.shape === 'text' ? [...byteMutations, ...textMutations] : byteMutations
  for (let left = random.below(7); left > 0; left--)
    input = random.pick(list)(input, random, target)
  return input.length > target.bytesMax ? input.subarray(0, target.bytesMax) : input
}

function replace(input: Uint8Array, from: number, to: number, by: Uint8Array): Uint8Array {
  const result = new Uint8Array(from + by.length + input.length - to)
  result.set(input.subarray(0, from))
  result.set(by, from)
  result.set(input.subarray(to), from + by.length)
  return result
}

function place(input: Uint8Array, random: FuzzRandom): number {
  return random.below(input.length + 1)
}

/** The same thing 2^n times, so that anything quadratic shows itself. */
function repeated(unit: Uint8Array, random: FuzzRandom, bytesMax: number): Uint8Array {
  const wanted = Math.min(
    2 ** (1 + random.below(16)),
    Math.floor(bytesMax / Math.max(1, unit.length)),
  )
  const result = new Uint8Array(unit.length * wanted)
  for (let at = 0; at < result.length; at += unit.length) result.set(unit, at)
  return result
}

const byteMutations: readonly Mutation[] = [
  function truncate(input, random) {
    return input.slice(0, place(input, random))
  },
  function flipBit(input, random) {
    if (input.length === 0) return input
    const result = input.slice()
    const at = random.below(result.length)
    result[at] = (result[at] ?? 0) ^ (1 << random.below(8))
    return result
  },
  function oddByte(input, random) {
    if (input.length === 0) return input
    const result = input.slice()
    result[random.below(result.length)] = random.pick([
      0, 1, 0x7f, 0x80, 0xff, 0x0d, 0x0a, 0x20, 0x22,
    ])
    return result
  },
  function insertOdd(input, random) {
    const at = place(input, random)
    return replace(input, at, at, random.pick(random.chance(0.3) ? oddBytes : oddTexts))
  },
  function cutOut(input, random) {
    const from = place(input, random)
    const to = Math.min(input.length, from + 1 + random.below(32))
    return replace(input, from, to, new Uint8Array(0))
  },
  function double(input, random) {
    const from = place(input, random)
    const to = Math.min(input.length, from + random.below(64))
    return replace(input, to, to, input.slice(from, to))
  },
  function splice(input, random, target) {
    const other = random.pick(target.seeds)
    return replace(input, place(input, random), input.length, other.subarray(place(other, random)))
  },
  function overflow(input, random, target) {
    const at = place(input, random)
    return replace(input, at, at, repeated(bytesOf(random.pick(fillers)), random, target.bytesMax))
  },
]

interface Span {
  readonly from: number
  readonly to: number
}

/** The words between separators, as byte spans; text is read byte by byte, so places are right whatever it holds. */
function words(input: Uint8Array): readonly Span[] {
  const text = Buffer.from(
    input.buffer,
    input.byteOffset,
    Math.min(input.byteLength, 8192),
  ).toString('latin1')
  const spans: Span[] = []
  let from = 0
  for (const match of text.matchAll(separators)) {
    if (match.index > from) spans.push({ from, to: match.index })
    from = match.index + match[0].length
  }
  if (from < text.length) spans.push({ from, to: text.length })
  return spans
}

function lines(input: Uint8Array): readonly Span[] {
  const text = Buffer.from(
    input.buffer,
    input.byteOffset,
    Math.min(input.byteLength, 8192),
  ).toString('latin1')
  const spans: Span[] = []
  let from = 0
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
    spans.push({ from, to: end + 1 })
    from = end + 1
  }
  if (from < text.length) spans.push({ from, to: text.length })
  return spans
}

const textMutations: readonly Mutation[] = [
  function oddWord(input, random) {
    const spans = words(input)
    if (spans.length === 0) return input
    const { from, to } = random.pick(spans)
    return replace(input, from, to, random.pick(oddTexts))
  },
  function longWord(input, random, target) {
    const spans = words(input)
    if (spans.length === 0) return input
    const { from, to } = random.pick(spans)
    const unit = random.chance(0.5) ? input.slice(from, to) : bytesOf(random.pick(fillers))
    return replace(input, from, to, repeated(unit, random, target.bytesMax))
  },
  function dropLine(input, random) {
    const spans = lines(input)
    if (spans.length === 0) return input
    const { from, to } = random.pick(spans)
    return replace(input, from, to, new Uint8Array(0))
  },
  function repeatLine(input, random, target) {
    const spans = lines(input)
    if (spans.length === 0) return input
    const { from, to } = random.pick(spans)
    return replace(input, to, to, repeated(input.slice(from, to), random, target.bytesMax))
  },
  function swapLine(input, random, target) {
    const mine = lines(input)
    const other = random.pick(target.seeds)
    const theirs = lines(other)
    if (mine.length === 0 || theirs.length === 0) return input
    const { from, to } = random.pick(mine)
    const taken = random.pick(theirs)
    return replace(input, from, to, other.slice(taken.from, taken.to))
  },
  function otherCase(input, random) {
    const spans = words(input)
    if (spans.length === 0) return input
    const { from, to } = random.pick(spans)
    const word = Buffer.from(input.slice(from, to)).toString('latin1')
    const changed = random.chance(0.5) ? word.toUpperCase() : word.toLowerCase()
    return replace(
      input,
      from,
      to,
      Uint8Array.from(Buffer.from(changed, 'latin1')).subarray(0, to - from),
    )
  },
]
