// ISO 8601 UTC texts from numbers, without the Date object: rooms above the platform own no clock and need none to write
// a time down.

/** `2025-03-04T09:10:11.123Z` from milliseconds since the epoch. */
export function isoMillis(ms: number): string {
  const whole = Math.floor(ms)
  return `${isoSeconds(Math.floor(whole / 1000))}.${digits(modulo(whole, 1000), 3)}Z`
}

/** `2025-03-04T09:10:11.123456Z` from microseconds since the epoch. */
export function isoMicros(us: number): string {
  const whole = Math.floor(us)
  return `${isoSeconds(Math.floor(whole / 1_000_000))}.${digits(modulo(whole, 1_000_000), 6)}Z`
}

function isoSeconds(secs: number): string {
  const days = Math.floor(secs / 86_400)
  const rest = modulo(secs, 86_400)
  const { year, month, day } = civilDate(days)
  const date = `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`
  const hour = Math.floor(rest / 3600)
  const minute = Math.floor((rest % 3600) / 60)
  return `${date}T${digits(hour, 2)}:${digits(minute, 2)}:${digits(rest % 60, 2)}`
}

// The proleptic Gregorian calendar in eras of 400 years, each beginning on 1 March so that leap days come last.
function civilDate(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0')
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by
}
