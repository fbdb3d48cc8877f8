// Hold music as a WAV file made by code: a steady 700 Hz tone, easy to recognise for ears and for the tone detector.
import wavefile from 'wavefile'

let cached: Buffer | undefined

/** Ten seconds of 16-bit mono WAV at 16 kHz. */
export function holdMusic(): Buffer {
  if (cached !== undefined) return cached
  const rateHz = 16_000
  const samples = new Int16Array(rateHz * 10)
  for (let i = 0; i < samples.length; i++) {
    samples[i] = Math.round(8_000 * Math.sin((2 * Math.PI * 700 * i) / rateHz))
  }
  const wav = new wavefile.WaveFile()
  wav.fromScratch(1, rateHz, '16', samples)
  cached = Buffer.from(wav.toBuffer())
  return cached
}
