// `90`, `'10m'`, `'1h30m'`: how long, as people write it.

const unitSecs: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/**
 * Whole seconds of a number of seconds or a text of numbers with units.
 * @throws Error when it is neither.
 */
export function secondsOf(duration: number | string): number {
  if (typeof duration === 'number') return Math.round(duration)
  const text = duration.trim()
  if (/^\d+$/.test(text)) return Number(text)
  if (!/^(\d+(\.\d+)?[smhd]\s*)+$/.test(text)) {
    throw new Error(`"${duration}" is no duration: write 90s, 10m, 1h30m or a number of seconds`)
  }
  let secs = 0
  for (const [, count = '0', unit = 's'] of text.matchAll(/(\d+(?:\.\d+)?)([smhd])/g)) {
    secs += Number(count) * (unitSecs[unit] ?? 1)
  }
  return Math.round(secs)
}
