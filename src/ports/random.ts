/** The only source of randomness; the simulator's is seeded. */
export interface Random {
  bytes(count: number): Uint8Array
  /** RFC 9562 version 4 UUID, lower case. */
  uuid(): string
  /** Integer in [0, limit). */
  below(limit: number): number
  /** `length` characters of the url-safe base64 alphabet, no padding. */
  token(length: number): string
}
