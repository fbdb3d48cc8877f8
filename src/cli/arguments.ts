// Values of options: checked where they are typed, so that a wrong one ends with the usage.

import { InvalidArgumentError } from 'commander'

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
