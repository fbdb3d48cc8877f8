// Arithmetic on numbers that wrap: 16-bit sequence numbers and 32-bit timestamps (RFC 3550 §5.1, RFC 1982).

/** How far `to` is ahead of `from`: -32768 to 32767. */
export function sequenceDelta(from: number, to: number): number {
  return ((to - from) << 16) >> 16
}

/** How far `to` is ahead of `from`, in timestamp ticks: -2^31 to 2^31 - 1. */
export function timestampDelta(from: number, to: number): number {
  return (to - from) | 0
}
