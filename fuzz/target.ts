// What a fuzz target is: where its inputs start from, what is done with one, and what one may cost.

import type { FuzzRandom } from './random.ts'

export interface FuzzTarget {
  readonly name: string
  /** Valid or famously broken inputs that mutations start from. */
  readonly seeds: readonly Uint8Array[]
  /**
   * Text grammars have lines and separators that mutations know about, JSON has braces; bytes are only bytes. What is
   * passed is always bytes.
   */
  readonly shape: 'text' | 'bytes'
  /** CPU that one input may cost, ms. */
  readonly costMs: number
  /** Longest input that is tried. */
  readonly bytesMax: number
  /** Does with one input what the server would; throws when an oracle does not hold. `random` decides what the input leaves open. */
  run(input: Uint8Array, random: FuzzRandom): void | Promise<void>
  close?(): void | Promise<void>
}

const encoder = new TextEncoder()

export function seedText(...texts: readonly string[]): readonly Uint8Array[] {
  return texts.map((text) => encoder.encode(text))
}

/** How a peer's bytes become text where no header says more. */
export function textOf(input: Uint8Array): string {
  return new TextDecoder().decode(input)
}
