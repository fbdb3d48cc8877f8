// The speech thread as it is: real voices, and a program in place of espeak-ng.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { AudioClip } from './media/audio/clip.ts'
import { alawToLinear, ulawToLinear } from './media/audio/g711.ts'
import { createSpeech, type Speech } from './media/speech/speech.ts'
import { createClock } from './platform/clock.ts'
import { startThread } from './platform/threads.ts'
import { createTimers } from './platform/timers.ts'
import type { SpeechReference } from './ports/media-engine.ts'
import { burstsOf, loudMs, type Burst } from '../test/support/bursts.ts'

const timers = createTimers(createClock())
const alive = setInterval(() => undefined, 1000)
const speeches: Speech[] = []
after(() => {
  for (const speech of speeches) speech.close()
  timers.close()
  clearInterval(alive)
})

function startSpeech(espeak?: string): Speech {
  const entry = new URL('./speech-worker.ts', import.meta.url)
  const spawn = (callbacks: Parameters<typeof startThread>[1]) => startThread(entry, callbacks)
  const speech = createSpeech({ spawn, timers, espeak, timeoutMs: 60_000, waitingMax: 10 })
  speeches.push(speech)
  return speech
}

async function say(
  speech: Speech,
  text: string,
  more: Partial<SpeechReference> = {},
): Promise<AudioClip> {
  const ssml = text.startsWith('<')
  const voice = 'female'
  const said = await speech.speak({
    kind: 'speech',
    text,
    ssml,
    voice,
    language: undefined,
    ...more,
  })
  assert.ok(said.ok, said.ok ? '' : said.why)
  return said.value
}

const bursts = ({ pcmu }: AudioClip): readonly Burst[] =>
  burstsOf(Int16Array.from(pcmu, (byte) => ulawToLinear[byte]!))

test('the built-in voices speak, each in its own way; both laws say the same', async () => {
  const speech = startSpeech()
  const lengths = new Set<number>()
  for (const voice of ['female', 'male', 'Flite.awb', 'Flite.kal16']) {
    const clip = await say(speech, 'You are number three in line.', { voice })
    const seconds = clip.samples / 8000
    assert.ok(seconds > 1.2 && seconds < 4, `${voice}: ${seconds} s`)
    const saidMs = loudMs(bursts(clip))
    assert.ok(saidMs > 700, `${voice}: ${saidMs} ms`)
    const apart = clip.pcmu.reduce(
      (most, byte, at) =>
        Math.max(most, Math.abs(ulawToLinear[byte]! - alawToLinear[clip.pcma[at]!]!)),
      0,
    )
    assert.ok(apart < 1500, `${voice}: laws differ by ${apart}`)
    lengths.add(clip.samples)
  }
  assert.equal(lengths.size, 4)
})

test('digits are said one by one; slower is longer; a pause is as long as it says', async () => {
  const speech = startSpeech()
  const digits = (rate: string): string =>
    `<speak><prosody rate="${rate}"><say-as interpret-as="digits">123</say-as></prosody></speak>`
  const normal = bursts(await say(speech, digits('100%')))
  assert.equal(normal.length, 3, JSON.stringify(normal))
  const slow = bursts(await say(speech, digits('50%')))
  assert.ok(loudMs(slow) > 1.5 * loudMs(normal), `${loudMs(slow)} against ${loudMs(normal)}`)
  const plain = await say(speech, '<speak><s>Hello.</s><s>Bye.</s></speak>')
  const paused = await say(speech, '<speak>Hello.<break time="1s"/>Bye.</speak>')
  assert.equal(paused.samples - plain.samples, 8000)
})

test('hostile words: nothing ends the thread, and what follows is said', async () => {
  const speech = startSpeech()
  const odd = ['-o /etc/passwd a', 'a\0b', '%s%n%x', '9'.repeat(40), 'x'.repeat(300), '"\\\'`$(a)']
  for (const text of odd) await speech.speak({ ...reference, text })
  assert.ok((await say(speech, 'Still here.')).samples > 4000)
})

const reference: SpeechReference = {
  ...{ kind: 'speech', text: '', ssml: false, voice: 'male', language: undefined },
}

test('another language goes to the program, text by its input; its failure is told', async (t) => {
  const place = await mkdtemp(join(tmpdir(), 'holdfast-speech-'))
  t.after(() => rm(place, { recursive: true, force: true }))
  const program = join(place, 'speaker')
  // As espeak-ng writes to a pipe: a header that claims more than there is.
  await writeFile(
    program,
    `#!${process.execPath}
const text = require('node:fs').readFileSync(0, 'utf8')
if (text === 'kaputt.') process.exit(4)
const wav = Buffer.alloc(44 + 2 * 2205 * text.length, 64)
wav.write('RIFF', 0)
wav.writeUInt32LE(0x7ffff024, 4)
wav.write('WAVEfmt ', 8)
wav.writeUInt32LE(16, 16)
wav.writeUInt16LE(1, 20)
wav.writeUInt16LE(1, 22)
wav.writeUInt32LE(22050, 24)
wav.writeUInt32LE(44100, 28)
wav.writeUInt16LE(2, 32)
wav.writeUInt16LE(16, 34)
wav.write('data', 36)
wav.writeUInt32LE(0x7ffff000, 40)
if (process.argv.slice(2, 6).join(' ') === '-v de -s 160') process.stdout.write(wav)
`,
    { mode: 0o755 },
  )
  const speech = startSpeech(program)
  // A tenth of a second for each of eleven letters.
  const clip = await say(speech, 'Guten Tag é', { voice: 'male', language: 'de-DE' })
  assert.equal(clip.samples, 8800)
  const broken = await speech.speak({ ...reference, text: 'kaputt.', language: 'de-DE' })
  assert.deepEqual(broken, { ok: false, why: 'the program failed: 4' })
})
