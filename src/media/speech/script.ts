// What is to be said, cut into pieces that are each made into sound by themselves: sentences and pauses. A sentence is
// the unit of the synthesis queue, so a long announcement does not keep a short prompt of another call waiting.

/** One after the other. `rate` is relative to the normal speed of the voice. */
export type Piece =
  | { readonly kind: 'words'; readonly text: string; readonly rate: number }
  | { readonly kind: 'pause'; readonly ms: number }

/** A sentence without an end is cut where it has a comma or a space. */
const wordsCharsMax = 200

const abbreviations = new Set(
  'mr mrs ms dr st no nr vs etc approx inc ltd dept ext tel e.g i.e'.split(' '),
)

/** The sentences of a text, white space folded; empty for a text without letters or digits. */
export function sentencesOf(text: string): readonly string[] {
  const sentences: string[] = []
  let open = ''
  for (const part of text.split(/(?<=[.!?…;:]["'”’)]?)\s+|\s*\n\s*\n\s*|(?<=[。！？])/u)) {
    open = `${open} ${part}`.replace(/\s+/gu, ' ').trim()
    if (endsInAbbreviation(open)) continue
    sentences.push(...shortened(open))
    open = ''
  }
  sentences.push(...shortened(open))
  return sentences.filter((sentence) => /[\p{L}\p{N}]/u.test(sentence))
}

/** The pieces of plain text at one rate. */
export function wordsOf(text: string, rate: number): readonly Piece[] {
  return sentencesOf(text).map((sentence) => ({ kind: 'words', text: sentence, rate }))
}

function endsInAbbreviation(text: string): boolean {
  const word = /(?:^|\s)([\p{L}.]+)\.$/u.exec(text)?.[1]?.toLowerCase()
  return word !== undefined && (abbreviations.has(word) || /^\p{L}$/u.test(word))
}

function shortened(sentence: string): readonly string[] {
  const parts: string[] = []
  let rest = sentence
  while (rest.length > wordsCharsMax) {
    const window = rest.slice(0, wordsCharsMax)
    const comma = window.lastIndexOf(', ')
    const space = window.lastIndexOf(' ')
    const end = comma > 60 ? comma + 1 : space > 0 ? space : wordsCharsMax
    parts.push(rest.slice(0, end))
    rest = rest.slice(end).trim()
  }
  return [...parts, rest]
}
