// The many headers of the shape `value;parameters`: Event, Subscription-State, Reason, Session-Expires, Content-Disposition …

import { parseParameters, type Parameters } from '../parameters.ts'

export interface ValueWithParameters {
  readonly value: string
  readonly parameters: Parameters
}

/** `value *( ; name=value )`; undefined when the value is empty or a parameter malformed. */
export function parseValueWithParameters(text: string): ValueWithParameters | undefined {
  const semicolon = text.indexOf(';')
  const value = (semicolon < 0 ? text : text.slice(0, semicolon)).trim()
  const parameters = parseParameters(semicolon < 0 ? '' : text.slice(semicolon))
  return value === '' || parameters === undefined ? undefined : { value, parameters }
}
