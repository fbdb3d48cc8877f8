// Answering machine detection as dial and transfer take it (C107 to C110).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { legId, testApi, withKey } from './testing.ts'

const dialed = { connection_id: '1000000001', to: 'sip:a@localhost', from: '+15550199' }
const published = {
  ...{ totalMs: 3500, afterGreetingSilenceMs: 800, betweenWordsMs: 50, greetingMs: 3500 },
  ...{ initialSilenceMs: 3500, wordsMax: 5, wordMsMax: 3500, silenceThreshold: 256 },
  greetingSilenceMs: 1500,
}

async function orders(url: string, parameters: object): Promise<unknown[]> {
  const { api, submitted } = testApi()
  const payload = { ...(url === '/v2/calls' ? dialed : { to: dialed.to }), ...parameters }
  const answer = await api.inject({ method: 'POST', url, headers: withKey, payload })
  await api.close()
  assert.equal(answer.statusCode, 200, answer.body)
  return submitted.map(({ command }) => {
    assert.ok(command.kind === 'dial' || command.kind === 'transfer')
    return command.dial.machineDetection
  })
}

for (const url of ['/v2/calls', `/v2/calls/${legId}/actions/transfer`]) {
  test(`${url}: the published defaults, and what is given instead`, async () => {
    assert.deepEqual(await orders(url, { answering_machine_detection: 'greeting_end' }), [
      { mode: 'greeting_end', greetingListenMs: 5000, rules: published },
    ])
    for (const mode of ['detect', 'detect_beep', 'detect_words']) {
      assert.deepEqual(await orders(url, { answering_machine_detection: mode }), [
        { mode, greetingListenMs: 30_000, rules: published },
      ])
    }
    const config = {
      ...{ total_analysis_time_millis: 5000, after_greeting_silence_millis: 1000 },
      ...{ between_words_silence_millis: 1000, greeting_duration_millis: 1000 },
      ...{ initial_silence_millis: 1000, maximum_number_of_words: 1000, silence_threshold: 512 },
      ...{ maximum_word_length_millis: 2000, greeting_total_analysis_time_millis: 50_000 },
      greeting_silence_duration_millis: 2000,
    }
    const given = {
      answering_machine_detection: 'detect_beep',
      answering_machine_detection_config: config,
    }
    const rules = {
      ...{ totalMs: 5000, afterGreetingSilenceMs: 1000, betweenWordsMs: 1000, greetingMs: 1000 },
      ...{ initialSilenceMs: 1000, wordsMax: 1000, wordMsMax: 2000, silenceThreshold: 512 },
      greetingSilenceMs: 2000,
    }
    assert.deepEqual(await orders(url, given), [
      { mode: 'detect_beep', greetingListenMs: 50_000, rules },
    ])
  })

  test(`${url}: nobody asks`, async () => {
    const silent = { answering_machine_detection_config: { silence_threshold: 512 } }
    for (const body of [{}, { answering_machine_detection: 'disabled' }, silent]) {
      assert.deepEqual(await orders(url, body), [undefined])
    }
  })
}
