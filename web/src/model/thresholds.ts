// When a figure is good, needs a look, or is bad. The bounds are those that boards of call centres commonly use; the
// service level is measured against its own target. A level is never told by colour alone: each has its symbol and word.

export type Level = 'good' | 'warn' | 'bad' | 'none'

/** Beside the figure, for eyes that do not tell the colours apart, and for screen readers. */
export const levelMarks: Readonly<
  Record<Level, { readonly symbol: string; readonly word: string }>
> = {
  good: { symbol: '●', word: 'good' },
  warn: { symbol: '▲', word: 'needs a look' },
  bad: { symbol: '■', word: 'bad' },
  none: { symbol: '', word: '' },
}

/** Good up to `warnFrom`, bad from `badFrom` on. */
function rising(value: number, warnFrom: number, badFrom: number): Level {
  if (value >= badFrom) return 'bad'
  return value >= warnFrom ? 'warn' : 'good'
}

export function waitingLevel(count: number): Level {
  return rising(count, 3, 10)
}

/** `seconds`: within which a call should be answered. Twice that is bad. */
export function longestWaitLevel(secs: number | null, seconds: number): Level {
  return secs === null ? 'good' : rising(secs, seconds + 1e-9, seconds * 2 + 1e-9)
}

/** Up to fifteen points below the target is worth a look, less is bad. */
export function serviceLevel(percent: number | null, target: number): Level {
  if (percent === null) return 'none'
  if (percent >= target) return 'good'
  return percent >= target - 15 ? 'warn' : 'bad'
}

/** Share of the callers who gave up, percent. */
export function abandonedLevel(abandoned: number, offered: number): Level {
  if (offered === 0) return 'none'
  return rising((abandoned / offered) * 100, 5 + 1e-9, 8 + 1e-9)
}

/** Age of the oldest webhook that is owed. */
export function backlogLevel(backlog: number, oldestSecs: number): Level {
  return backlog === 0 ? 'good' : rising(oldestSecs, 10, 60)
}

/** Somebody waits and nobody talks. */
export function agentsLevel(talking: number, waiting: number): Level {
  if (talking > 0) return 'good'
  return waiting > 0 ? 'warn' : 'none'
}

/** Share of lost packets, percent; people hear it from one on. */
export function lossLevel(percent: number): Level {
  return rising(percent, 1, 5)
}

/** What comes first where the worst is to come first. */
export function rankOf(level: Level): number {
  return ['bad', 'warn', 'good', 'none'].indexOf(level)
}

/** The worst of several. */
export function worst(levels: readonly Level[]): Level {
  const order: readonly Level[] = ['bad', 'warn', 'good']
  return order.find((level) => levels.includes(level)) ?? 'none'
}
