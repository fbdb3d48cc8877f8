// Numbers and times as people read them. All durations come in seconds, all moments in milliseconds since the epoch.

/** `0:07`, `12:34`, `1:02:03`: as a clock counts, so that a wall can be read at a glance. */
export function clockText(secs: number): string {
  const whole = Math.max(0, Math.floor(secs))
  const two = (value: number) => String(value).padStart(2, '0')
  const minutes = Math.floor(whole / 60)
  const rest = two(whole % 60)
  if (minutes < 60) return `${minutes}:${rest}`
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`
}

/** `93 %`; a dash where nothing was counted yet. Rounded down: 79.9 % has not reached a target of 80 %. */
export function percentText(percent: number | null): string {
  return percent === null ? '–' : `${Math.floor(percent)} %`
}

/** `12 s` below two minutes, else a clock. */
export function secsText(secs: number | null): string {
  if (secs === null) return '–'
  return secs < 120 ? `${Math.round(secs)} s` : clockText(secs)
}

/** `14:03:07`, in the time zone of the reader. */
export function timeText(ms: number): string {
  const time = new Date(ms)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
}

/** `14:03:07.042` for what happens within one second. */
export function exactTimeText(ms: number): string {
  return `${timeText(ms)}.${String(Math.floor(ms) % 1000).padStart(3, '0')}`
}

/** The day too when it is not the day of `nowMs`: `2026-11-21 14:03:07`. */
export function momentText(ms: number, nowMs: number): string {
  const day = (value: number) => {
    const date = new Date(value)
    const two = (part: number) => String(part).padStart(2, '0')
    return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  }
  return day(ms) === day(nowMs) ? timeText(ms) : `${day(ms)} ${timeText(ms)}`
}

/** The number or user of a party: `sip:alice@example.org` is `alice` when it says no more than that. */
export function partyText(party: string, nobody = 'unknown'): string {
  const match = /^sips?:([^@;]+)@/.exec(party)
  return match?.[1] ?? (party === '' ? nobody : party)
}

/** `1 call`, `2 calls`. */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
