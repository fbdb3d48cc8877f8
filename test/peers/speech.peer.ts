// What a caller is told is understood by somebody who does not know us: a speech recogniser hears the digits that were to
// be said, by either voice, from the packets that reached a phone.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startStage, type Stage } from '../support/stage.ts'
import { noRecogniser, recognise, wordErrors } from './recogniser.ts'
import { missing } from './sipp.ts'

const digitWords = [
  ...['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'],
]
const absent = noRecogniser()

if (absent === undefined) describe('speech recognition', withRecogniser)
else test('speech recognition', { skip: absent }, () => undefined)

function withRecogniser(): void {
  let stage: Stage
  before(async () => {
    stage = await startStage()
  })
  after(() => stage.close())

  async function said(body: Readonly<Record<string, string>>): Promise<Int16Array> {
    const { id, call } = await stage.answered()
    const heard = call.record()
    await stage.command(id, 'speak', body)
    await stage.event(id, 'call.speak.ended')
    await call.hearsSilence(5_000)
    call.hangUp()
    return heard()
  }

  const words = (sound: Int16Array) => recognise(sound, digitWords)

  // The recogniser knows no telephone, which lacks half of an s; by chance it would be wrong in six of seven.
  function understood(said: readonly string[], heard: readonly string[]): void {
    assert.ok(wordErrors(said, heard) <= 2, `heard: ${heard.join(' ')}`)
  }

  for (const voice of ['female', 'male']) {
    test(`digits by the ${voice} voice`, async () => {
      const payload = '<speak><say-as interpret-as="digits">5093-174</say-as></speak>'
      const sound = await said({ payload, payload_type: 'ssml', voice })
      understood(['five', 'zero', 'nine', 'three', 'one', 'seven', 'four'], await words(sound))
    })
  }

  test('plain text', async () => {
    const payload = 'Five, zero, nine, three. One, seven, four.'
    const sound = await said({ payload, voice: 'AWS.Polly.Matthew' })
    understood(['five', 'zero', 'nine', 'three', 'one', 'seven', 'four'], await words(sound))
  })

  const noProgram = missing('espeak-ng')
  test('another language by espeak-ng', { skip: noProgram ?? false }, async () => {
    const german = await said({ payload: 'Guten Tag, drei.', voice: 'male', language: 'de-DE' })
    assert.ok(german.some((sample) => Math.abs(sample) > 3000))
  })
}
