// Which day it is where the supervisor sits. Zones change their offset at quarters of an hour only, so one look at the
// calendar serves a quarter: formatting a date for every event would cost more than counting it.

const quarterMs = 900_000

/** `2026-03-04` for a moment in ms since the epoch, in an IANA time zone. */
export function calendar(timeZone: string): (atMs: number) => string {
  // Made for the first event: it takes 15 ms, which no start of a server has to wait for.
  let format: Intl.DateTimeFormat | undefined
  let quarter = NaN
  let day = ''
  return (atMs) => {
    const now = Math.floor(atMs / quarterMs)
    if (now !== quarter) {
      quarter = now
      format ??= new Intl.DateTimeFormat('en-CA', {
        ...{ timeZone, calendar: 'iso8601', numberingSystem: 'latn' },
        ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
      })
      const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]))
      day = [parts.get('year'), parts.get('month'), parts.get('day')].join('-')
    }
    return day
  }
}
