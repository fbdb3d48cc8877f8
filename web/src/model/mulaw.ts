// G.711 µ-law to samples, for listening to a call (ITU-T G.711, table 2a).

const table = new Float32Array(256).map((_, byte) => {
  const inverted = ~byte & 0xff
  const exponent = (inverted >> 4) & 7
  const magnitude = (((inverted & 15) * 2 + 33) << exponent) - 33
  return (inverted & 0x80 ? -magnitude : magnitude) / 8192
})

/** Samples from -1 to 1, one for each byte. */
export function decodeMulaw(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(bytes.length)
  for (let index = 0; index < bytes.length; index++) samples[index] = table[bytes[index] ?? 0] ?? 0
  return samples
}
