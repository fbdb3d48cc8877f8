import assert from 'node:assert/strict'
import { test } from 'node:test'
import { speakerFor } from './voices.ts'

/** The voice, or the field at fault. */
function chosen(voice: string, language?: string, espeak = true): string {
  const made = speakerFor(voice, language, espeak)
  return made.ok ? `${made.value.engine} ${made.value.voice}` : `no ${made.why.field}`
}

test('names of cloud voices choose a built-in one of the same sex', () => {
  assert.equal(chosen('female'), 'flite slt')
  assert.equal(chosen('male'), 'flite rms')
  assert.equal(chosen('male', 'en-GB'), 'flite awb')
  assert.equal(chosen('AWS.Polly.Joanna'), 'flite slt')
  assert.equal(chosen('AWS.Polly.Matthew-Neural'), 'flite rms')
  assert.equal(chosen('Polly.Brian'), 'flite awb')
  assert.equal(chosen('Telnyx.KokoroTTS.af'), 'flite slt')
  assert.equal(chosen('Telnyx.KokoroTTS.am_adam'), 'flite rms')
  assert.equal(chosen('Telnyx.NaturalHD.astra'), 'flite slt')
  assert.equal(chosen('Azure.en-US-GuyNeural'), 'flite rms')
  assert.equal(chosen('ElevenLabs.eleven_flash_v2.abc'), 'flite slt')
  assert.equal(chosen('Flite.kal16'), 'flite kal16')
})

test('other languages need the program; a Polly voice brings its own language', () => {
  assert.equal(chosen('female', 'de-DE'), 'espeak de+f3')
  assert.equal(chosen('male', 'fr-CA'), 'espeak fr-fr')
  assert.equal(chosen('AWS.Polly.Hans', 'en-US'), 'espeak de')
  assert.equal(chosen('Azure.de-DE-KatjaNeural'), 'espeak de+f3')
  assert.equal(chosen('Telnyx.KokoroTTS.ef_dora'), 'espeak es+f3')
  assert.equal(chosen('female', 'de-DE', false), 'no language')
  assert.equal(chosen('AWS.Polly.Hans', undefined, false), 'no voice')
  assert.equal(chosen('female', 'en-GB-WLS', false), 'flite slt')
})

test('what names nothing', () => {
  for (const voice of ['', 'Joanna', 'alloy', 'AWS.', 'constructor', 'Flite.none'])
    assert.equal(chosen(voice), 'no voice', voice)
  for (const language of ['en', 'xx-XX', 'toString', 'en-ZZ'])
    assert.equal(chosen('female', language), 'no language', language)
})
