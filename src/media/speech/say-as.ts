// `<say-as>`: how a text that is not a sentence is read. What is read letter by letter or digit by digit is spread out
// with commas, at which every engine pauses; everything else (dates, numbers, money) the engines read by themselves.

const letterNames: Readonly<Record<string, string>> = {
  ...{ a: 'ay', b: 'bee', c: 'see', d: 'dee', e: 'ee', f: 'eff', g: 'jee', h: 'aitch', i: 'eye' },
  ...{ j: 'jay', k: 'kay', l: 'ell', m: 'em', n: 'en', o: 'oh', p: 'pee', q: 'cue', r: 'are' },
  ...{ s: 'ess', t: 'tee', u: 'you', v: 'vee', w: 'double you', x: 'ex', y: 'why', z: 'zee' },
}

const signNames: Readonly<Record<string, string>> = {
  ...{ '+': 'plus', '-': 'dash', '.': 'dot', '@': 'at', '#': 'hash', '*': 'star', '/': 'slash' },
  ...{ _: 'underscore', '&': 'and', '%': 'percent', '=': 'equals' },
}

/** The text as words; `english`: letters and signs get their English names, else the engine names them. */
export function sayAs(text: string, interpretAs: string, english: boolean): string {
  switch (interpretAs) {
    case 'digits':
      return spread([...text].filter((one) => /\p{Nd}/u.test(one)))
    case 'characters':
    case 'spell-out':
    case 'verbatim':
      return spread([...text].map((one) => nameOf(one, english)))
    case 'telephone':
      return telephone(text, english)
    default:
      return text
  }
}

/** Groups stay as they were written; digits without any grouping are read in threes, the last four together. */
function telephone(text: string, english: boolean): string {
  const groups = text
    .trim()
    .split(/[\s().\-/]+/u)
    .flatMap((group) => (/^\+?\d{7,}$/.test(group) ? inThrees(group) : [group]))
    .map((group) => [...group].map((one) => (/\d/.test(one) ? one : nameOf(one, english))))
    .filter((group) => group.length > 0)
  return groups.map((group) => group.join(' ')).join(', ')
}

function inThrees(digits: string): readonly string[] {
  return (
    digits
      .slice(0, -4)
      .match(/\+?\d{1,3}/g)
      ?.concat(digits.slice(-4)) ?? [digits]
  )
}

function nameOf(one: string, english: boolean): string {
  if (!english) return one
  return letterNames[one.toLowerCase()] ?? signNames[one] ?? one
}

function spread(words: readonly string[]): string {
  return words.filter((word) => word.trim() !== '').join(', ')
}
