// Every parameter that names audio is asked about before anything is done. (test/contract/url-parameters.test.ts has all parameters
// and all hostile URLs.)
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conferenceView, testApi, withKey } from './testing.ts'

const forbidden = 'http://169.254.169.254/latest.wav'
const leg = '/v2/calls/v3:leg-A/actions'
const conference = `/v2/conferences/${conferenceView.conferenceId}/actions`
const cases: readonly (readonly [url: string, payload: object])[] = [
  [`${leg}/playback_start`, { audio_url: forbidden }],
  [`${leg}/transfer`, { to: '+15550199', audio_url: forbidden }],
  [
    '/v2/calls',
    { to: '+15550199', from: '+15550100', connection_id: '1000000001', audio_url: forbidden },
  ],
  [
    '/v2/conferences',
    {
      call_control_id: 'v3:leg-A',
      name: 'room',
      hold_audio_url: forbidden,
      start_conference_on_create: false,
    },
  ],
  [`${conference}/join`, { call_control_id: 'v3:leg-A', hold: true, hold_audio_url: forbidden }],
  [`${conference}/hold`, { audio_url: forbidden }],
]

for (const [url, payload] of cases) {
  test(`POST ${url} does not take a forbidden URL`, async (t) => {
    const { api, submitted } = testApi({ forbiddenUrl: forbidden, conferences: [conferenceView] })
    t.after(() => api.close())
    const answer = await api.inject({ method: 'POST', url, headers: withKey, payload })
    assert.equal(answer.statusCode, 400, answer.body)
    assert.equal(answer.json().errors[0].code, '90040')
    assert.equal(submitted.length, 0)
  })
}
