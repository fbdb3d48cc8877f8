// Reads a recording back as the operator would play it, and says what is on each channel.
import assert from 'node:assert/strict'
import { MPEGDecoder } from 'mpg123-decoder'
import { appendSegment, classify, type ToneSegment } from '../../src/media/audio/goertzel.ts'

const WINDOW_MS = 100

/** Samples per channel, 8 kHz; fails when the file cannot be played. */
export async function recordedChannels(bytes: Uint8Array): Promise<readonly Int16Array[]> {
  const isWav = String.fromCharCode(...bytes.subarray(0, 4)) === 'RIFF'
  return isWav ? wavChannels(bytes) : mp3Channels(bytes)
}

function wavChannels(bytes: Uint8Array): readonly Int16Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  assert.equal(view.getUint32(24, true), 8000)
  const count = view.getUint16(22, true)
  const dataBytes = view.getUint32(40, true)
  assert.ok(dataBytes <= bytes.length - 44, 'the header promises more than there is')
  const samples = dataBytes / 2 / count
  return Array.from({ length: count }, (_, channel) =>
    Int16Array.from({ length: samples }, (_one, i) =>
      view.getInt16(44 + 2 * (i * count + channel), true),
    ),
  )
}

async function mp3Channels(bytes: Uint8Array): Promise<readonly Int16Array[]> {
  const decoder = new MPEGDecoder()
  await decoder.ready
  try {
    const { channelData, sampleRate, errors } = decoder.decode(bytes)
    assert.equal(sampleRate, 8000)
    assert.equal(errors.length, 0)
    return channelData.map((one) => Int16Array.from(one, (sample) => Math.round(sample * 32_767)))
  } finally {
    decoder.free()
  }
}

/** What is heard on one channel, in stretches. */
export function soundsOf(samples: Int16Array): readonly ToneSegment[] {
  const segments: ToneSegment[] = []
  const length = WINDOW_MS * 8
  for (let at = 0; at + length <= samples.length; at += length) {
    const heard = classify(samples.subarray(at, at + length))
    appendSegment(segments, { heard, fromMs: at / 8, toMs: at / 8 + WINDOW_MS })
  }
  return segments
}

/** Milliseconds of one tone on a channel. */
export function toneMs(samples: Int16Array, hz: number): number {
  let ms = 0
  for (const { heard, fromMs, toMs } of soundsOf(samples)) {
    if (heard.kind === 'tone' && Math.abs(heard.hz - hz) < 15) ms += toMs - fromMs
    if (heard.kind === 'mix' && heard.hz.some((one) => Math.abs(one - hz) < 15)) ms += toMs - fromMs
  }
  return ms
}
