// What the SIP rooms hand to each other. Messages are built once and not changed afterwards, except through the
// builders of this room; header text is kept as it came and parsed on demand by the functions in headers/.

/** Header fields in order of arrival, names compared without case, compact forms already expanded to the long name. */
export interface HeaderFields {
  /** The first value, unfolded and trimmed; undefined when absent. Comma lists are NOT split. */
  first(name: string): string | undefined
  /** Every field line of that name, in order, not split. */
  all(name: string): readonly string[]
  /** Every value of a comma-separated header (Via, Contact, Route, Record-Route, Supported …), split outside quotes and <>. */
  values(name: string): readonly string[]
  has(name: string): boolean
  entries(): Iterable<readonly [name: string, value: string]>
}

export interface SipRequest {
  readonly kind: 'request'
  readonly method: string
  /** Request-URI as on the wire. */
  readonly uri: string
  readonly headers: HeaderFields
  readonly body: Uint8Array
}

export interface SipResponse {
  readonly kind: 'response'
  readonly status: number
  readonly reason: string
  readonly headers: HeaderFields
  readonly body: Uint8Array
}

export type SipMessage = SipRequest | SipResponse

/** Input to the builders: the serializer refuses CR, LF and NUL in any name or value (RFC 3261 §25.1; C-rule on injection). */
export interface RequestParts {
  readonly method: string
  readonly uri: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body?: Uint8Array
}

export interface ResponseParts {
  readonly status: number
  /** Default: the standard phrase. */
  readonly reason?: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body?: Uint8Array
}
