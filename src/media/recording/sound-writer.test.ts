import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { recordedChannels } from '../../../test/support/recorded-sound.ts'
import { recordingFolder } from '../../platform/recording-files.ts'
import { FRAME_SAMPLES } from '../audio/clip.ts'
import { energyShare } from '../audio/goertzel.ts'
import { decodeWav } from '../audio/wav.ts'
import { createSoundWriter, type SoundWriter } from './sound-writer.ts'

function folderFor(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-sound-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Frames of 440 Hz on the first channel, 1000 Hz on the second. */
function say(writer: SoundWriter, channels: 1 | 2, frames: number, from = 0): void {
  for (let frame = from; frame < from + frames; frame++) {
    const sound = new Int16Array(FRAME_SAMPLES * channels)
    for (let i = 0; i < FRAME_SAMPLES; i++) {
      const at = (frame * FRAME_SAMPLES + i) / 8000
      sound[i * channels] = Math.round(8000 * Math.sin(2 * Math.PI * 440 * at))
      if (channels === 2) sound[2 * i + 1] = Math.round(8000 * Math.sin(2 * Math.PI * 1000 * at))
    }
    writer.write(sound)
  }
}

/** Each tone on its own channel and nowhere else; the length in ms. */
async function assertApart(bytes: Uint8Array): Promise<number> {
  const [left, right] = await recordedChannels(bytes)
  assert.ok(left !== undefined && right !== undefined)
  // Before and after the place where the second process took over.
  for (const at of [1600, left.length - 6400]) {
    const first = left.subarray(at, at + 4800)
    const second = right.subarray(at, at + 4800)
    assert.ok(energyShare(first, 440) > 0.9 && energyShare(first, 1000) < 0.001)
    assert.ok(energyShare(second, 1000) > 0.9 && energyShare(second, 440) < 0.001)
  }
  return left.length / 8
}

test('a WAV file plays after every flush, also when its process is gone', async (t) => {
  const path = folderFor(t)
  const file = recordingFolder(path).open('a.wav')
  const writer = await createSoundWriter('wav', 1, file)
  for (const frames of [25, 50, 7]) {
    say(writer, 1, frames)
    writer.flush()
    const decoded = decodeWav(readFileSync(join(path, 'a.wav')), 100)
    assert.ok(decoded.ok)
    assert.equal(decoded.value.samples.length, (writer.durationMs / 1000) * 8000)
  }
  assert.equal(writer.durationMs, 82 * 20)
})

test('a WAV file that was cut in the middle goes on with whole samples on the right channels', async (t) => {
  const path = folderFor(t)
  const folder = recordingFolder(path)
  const first = await createSoundWriter('wav', 2, folder.open('a.wav'))
  say(first, 2, 50)
  first.flush()
  // The former process died between the samples and the header, in the middle of a pair.
  truncateSync(join(path, 'a.wav'), statSync(join(path, 'a.wav')).size - 3)
  const second = await createSoundWriter('wav', 2, folder.open('a.wav'))
  say(second, 2, 50, 50)
  second.finish()
  const bytes = readFileSync(join(path, 'a.wav'))
  assert.equal(bytes.readUInt32LE(40), bytes.length - 44)
  await assertApart(bytes)
})

test('an MP3 file holds each channel apart, and goes on in another process', async (t) => {
  const path = folderFor(t)
  const folder = recordingFolder(path)
  const first = await createSoundWriter('mp3', 2, folder.open('a.mp3'))
  say(first, 2, 100)
  first.flush()
  const second = await createSoundWriter('mp3', 2, folder.open('a.mp3'))
  say(second, 2, 100, 100)
  second.finish()
  const bytes = readFileSync(join(path, 'a.mp3'))
  const lengthMs = await assertApart(bytes)
  assert.ok(Math.abs(lengthMs - 4000) < 400, `${lengthMs} ms`)
  assert.ok(Math.abs(second.durationMs - lengthMs) < 300, `${second.durationMs}`)
})

test('an MP3 file that ended within a frame has no sound of one channel on the other at that place', async (t) => {
  const path = folderFor(t)
  const folder = recordingFolder(path)
  for (const [index, frames] of [50, 63, 77, 88, 91, 104].entries()) {
    const name = `${index}.mp3`
    const first = await createSoundWriter('mp3', 2, folder.open(name))
    say(first, 2, frames)
    first.flush()
    const file = folder.open(name)
    // What a process that was killed while it wrote leaves.
    file.truncate(file.sizeBytes - index * 50)
    const second = await createSoundWriter('mp3', 2, file)
    say(second, 2, 50, frames)
    second.finish()
    const [left, right] = await recordedChannels(readFileSync(join(path, name)))
    assert.ok(left !== undefined && right !== undefined)
    for (let at = 1600; at + 400 < left.length - 1600; at += 100) {
      const shares = [
        energyShare(left.subarray(at, at + 400), 1000),
        energyShare(right.subarray(at, at + 400), 440),
      ]
      assert.ok(Math.max(...shares) < 0.1, `${frames} frames: ${shares.join(' ')} at ${at / 8} ms`)
    }
  }
})

test('a full disk is an exception, and what was written before still plays', async (t) => {
  const path = folderFor(t)
  const file = recordingFolder(path).open('a.wav')
  let isFull = false
  const filling = {
    get sizeBytes() {
      return file.sizeBytes
    },
    append: (bytes: Uint8Array) => {
      if (isFull) throw new Error('ENOSPC')
      file.append(bytes)
    },
    patch: file.patch,
    truncate: file.truncate,
    close: file.close,
  }
  const writer = await createSoundWriter('wav', 1, filling)
  say(writer, 1, 25)
  writer.flush()
  isFull = true
  say(writer, 1, 25)
  assert.throws(() => writer.flush(), /ENOSPC/)
  assert.equal(writer.durationMs, 500)
  const decoded = decodeWav(readFileSync(join(path, 'a.wav')), 100)
  assert.ok(decoded.ok && decoded.value.samples.length === 4000)
})
