// Everything that leaves over HTTP because somebody outside named a URL goes through this one port (egress):
// resolve once, check every address against the configuration, connect to the checked address, caps on time and
// size, no redirects, TLS certificates verified.

export interface HttpClient {
  request(request: HttpRequest): Promise<HttpOutcome>
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** From the start of the look-up to the last byte of the answer. */
  readonly timeoutMs: number
  /** What is read of the answer's body; more ends the exchange with `too-large`. */
  readonly bodyBytesMax: number
  /** Keep only what fits instead of failing: receivers' answers are read for the record only. */
  readonly truncateBody?: boolean
}

export type HttpOutcome =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers: readonly (readonly [string, string])[]
      readonly body: Uint8Array
    }
  | { readonly kind: 'failed'; readonly why: HttpFailure; readonly detail: string }

export type HttpFailure =
  | 'bad-url'
  | 'forbidden-address'
  | 'name-resolution'
  | 'connect'
  | 'certificate'
  | 'certificate-expired'
  | 'certificate-name'
  | 'certificate-untrusted'
  | 'timeout'
  | 'too-large'
  | 'broken-answer'
