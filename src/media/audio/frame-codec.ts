// What every codec can do; see codec.ts.

export interface FrameEncoder {
  /** Encodes 20 ms of the codec's rate to `into` from `at`; gives the number of bytes. */
  encode(samples: Int16Array, into: Uint8Array, at: number): number
}

export interface FrameDecoder {
  /** Decodes `length` bytes from `at` into the beginning of `into`; gives the number of samples of the codec's rate. */
  decode(bytes: Uint8Array, at: number, length: number, into: Int16Array): number
}
