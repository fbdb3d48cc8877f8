// Values of options: checked where they are typed, so that a wrong one ends with the usage.

import { InvalidArgumentError } from 'commander'
import { eventTypes } from '../base/event-types.ts'
import { parseUri } from '../sip/message/uri.ts'

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
  }
}

/** Seconds, with a fraction if wanted. */
export function seconds(text: string): number {
  const value = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && value <= 86_400) return value
  throw new InvalidArgumentError('It must be a number of seconds, at most 86400.')
}

export function webUrl(text: string): string {
  const protocol = URL.parse(text)?.protocol
  if (protocol === 'http:' || protocol === 'https:') return text
  throw new InvalidArgumentError('It must be an http or https URL.')
}

/** The address or name of a machine; digits and dots that are no address are a slip of the finger. */
export function hostName(text: string): string {
  const parts = text.split('.')
  const isAddress =
    parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)
  if (text !== '' && !/\s/.test(text) && (isAddress || !/^[\d.]+$/.test(text))) return text
  throw new InvalidArgumentError('It must be the address or the name of a machine.')
}

/** Types of events with commas between; one that does not exist would never be seen, and nobody would know why. */
export function eventTypeList(text: string): readonly string[] {
  const types = text.split(',').map((one) => one.trim())
  const unknown = types.find((one) => !eventTypes.includes(one))
  if (unknown === undefined) return types
  throw new InvalidArgumentError(
    `No event has the type "${unknown}"; the nearest one is ${nearest(unknown, eventTypes)}.`,
  )
}

/** What a telephone can dial: a number, the name of a user, or a URI. */
export function dialled(text: string): string {
  const uri = /^(sips?|tel):/i.test(text) ? text : `sip:${text}@localhost`
  if (parseUri(uri) !== undefined) return text
  throw new InvalidArgumentError('It must be a number, the name of a SIP user, or a SIP URI.')
}

function nearest(text: string, among: readonly string[]): string {
  const ranked = among.map((one) => ({ one, far: distance(text, one) }))
  return ranked.toSorted((a, b) => a.far - b.far)[0]?.one ?? ''
}

/** Levenshtein's: how many letters have to be put in, taken out or changed. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...b].entries()) {
      const changed = (row[j] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
