import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ok, refused } from '../../base/result.ts'
import type { SpeechReference } from '../../ports/media-engine.ts'
import { clipFromSamples } from '../audio/clip.ts'
import { createSpeech } from './speech.ts'
import type { SpeechRequest } from './speech.ts'

const words = (text: string, more: Partial<SpeechReference> = {}): SpeechReference => ({
  ...{ kind: 'speech', text, ssml: false, voice: 'female', language: undefined },
  ...more,
})

/** A speech whose thread answers by hand. */
function world(espeak?: string) {
  const asked: SpeechRequest[] = []
  const threads: { gone: (why: string) => void; stopped: boolean }[] = []
  let tell: (value: unknown) => void = () => undefined
  let alarm: () => void = () => undefined
  const speech = createSpeech({
    spawn: ({ onMessage, onGone }) => {
      const thread = { gone: onGone, stopped: false }
      threads.push(thread)
      tell = onMessage
      return { post: (request) => asked.push(request), stop: () => (thread.stopped = true) }
    },
    timers: {
      set: (_delayMs, fire) => {
        alarm = fire
        return 1
      },
      clear: () => undefined,
      soon: (fire) => fire(),
    },
    espeak,
    timeoutMs: 1000,
    waitingMax: 2,
  })
  const answer = (frames: number): void => {
    tell({ id: asked.at(-1)?.id, outcome: ok(clipFromSamples(new Int16Array(160 * frames))) })
  }
  const fail = (why: string): void => tell({ id: asked.at(-1)?.id, outcome: refused(why) })
  return { speech, asked, threads, answer, fail, alarm: () => alarm() }
}

/** Until the next sentence has been asked for. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('sentence by sentence, and those of two speeches take turns', async () => {
  const { speech, asked, answer } = world()
  const long = speech.speak(words('One. Two. Three.'))
  const short = speech.speak(words('Prompt.'))
  for (let done = 1; done <= 4; done++) {
    answer(done)
    await turn()
  }
  assert.deepEqual(
    asked.map(({ work }) => work.text),
    ['One.', 'Prompt.', 'Two.', 'Three.'],
  )
  const [first, second] = await Promise.all([long, short])
  assert.ok(first.ok && second.ok)
  assert.equal(first.value.samples, 160 * (1 + 3 + 4))
  assert.equal(second.value.samples, 160 * 2)
})

test('pauses are silence between the words', async () => {
  const { speech, answer } = world()
  const text = '<speak>a<break time="100ms"/>b</speak>'
  const said = speech.speak(words(text, { ssml: true }))
  answer(1)
  await turn()
  answer(2)
  const made = await said
  assert.ok(made.ok)
  assert.equal(made.value.samples, 160 * (1 + 5 + 2))
})

test('a thread that hangs or dies is replaced, and its text is refused', async () => {
  const { speech, threads, asked, answer, alarm } = world()
  const stuck = speech.speak(words('One. Two.'))
  alarm()
  assert.deepEqual(await stuck, refused('synthesis took longer than 1000 ms'))
  assert.equal(threads[0]?.stopped, true)
  const killed = speech.speak(words('One.'))
  threads[1]?.gone('out of memory')
  assert.deepEqual(await killed, refused('synthesiser failed: out of memory'))
  const next = speech.speak(words('Two.'))
  assert.equal(threads.length, 3)
  answer(1)
  assert.ok((await next).ok)
  assert.equal(asked.length, 3)
})

test('texts that may wait are counted; a failure and the end are told', async () => {
  const { speech, fail } = world()
  const waiting = ['a', 'b', 'c'].map((text) => speech.speak(words(text)))
  assert.deepEqual(await speech.speak(words('d')), refused('too many texts are waiting'))
  fail('no voice')
  assert.deepEqual(await waiting[0], refused('no voice'))
  speech.close()
  assert.deepEqual(await waiting[1], refused('speech is closed'))
  assert.deepEqual(await speech.speak(words('e')), refused('speech is closed'))
})

test('what cannot be said is known beforehand', () => {
  const { speech } = world()
  assert.equal(speech.check(words('Hello')), undefined)
  const fields = (more: Partial<SpeechReference>): string | undefined =>
    speech.check(words('Hello', more))?.field
  assert.equal(fields({ voice: 'nobody' }), 'voice')
  assert.equal(fields({ language: 'de-DE' }), 'language')
  assert.equal(fields({ ssml: true }), 'payload')
  assert.equal(fields({ text: ' ... ' }), 'payload')
  assert.equal(fields({ text: '日本語' }), 'payload')
  const pauses = `<speak>a${'<break time="10s"/>'.repeat(31)}</speak>`
  assert.match(speech.check(words(pauses, { ssml: true }))?.why ?? '', /more than 300 s/)
  assert.equal(
    world('/usr/bin/espeak-ng').speech.check(words('日本語', { language: 'ja-JP' })),
    undefined,
  )
})
