// Bodies of API requests, as odd as JSON can be and odder: never a fault of the server, always its error envelope.

import { callView, queueRecord, testApi, withKey } from '../../src/api/testing.ts'
import { seedText, type FuzzTarget } from '../target.ts'

const paths = [
  '/v2/calls',
  '/v2/queues',
  '/v2/queues/support',
  '/v2/queues/support/calls/v3:leg-A',
  '/v2/conferences',
  ...[
    'answer',
    'enqueue',
    'bridge',
    'transfer',
    'refer',
    'playback_start',
    'speak',
    'hangup',
    'leave_queue',
  ].map((action) => `/v2/calls/v3:leg-A/actions/${action}`),
]
const types = [
  'application/json',
  'application/json',
  'application/json; charset=utf-16',
  'text/plain',
  '',
]

export function httpApiTarget(): FuzzTarget {
  const { api, submitted, logged } = testApi({
    queues: [queueRecord('support')],
    calls: [callView],
  })
  return {
    name: 'http-api',
    seeds: seedText(
      '{"to":"+15550199","from":"+15550100","connection_id":"1000000001","timeout_secs":30,"custom_headers":[{"name":"X-A","value":"b"}],"webhook_urls":{"call.hangup":"https://a.example/"},"client_state":"aGk="}',
      '{"queue_name":"support","max_size":100,"max_wait_time_secs":60,"command_id":"c1","keep_after_hangup":false}',
      '{"audio_url":"https://a.example/a.mp3","loop":"infinity","playback_content":"SUQz","target_legs":"both","overlay":true}',
      '{"payload":"<speak>Hi<break time=\\"1s\\"/></speak>","payload_type":"ssml","voice":"AWS.Polly.Joanna","language":"en-US"}',
      '{"call_control_id":"v3:leg-B","queue":"support","park_after_unbridge":"self","mute_dtmf":"both"}',
      '{"sip_address":"sip:bob@localhost","sip_headers":[{"name":"User-to-User","value":"x"}],"name":"room","max_participants":5}',
    ),
    shape: 'text',
    costMs: 60,
    bytesMax: 65_536,
    async run(input, random) {
      submitted.length = 0
      const type = random.pick(types)
      const answer = await api.inject({
        method: random.pick(['POST', 'POST', 'POST', 'PATCH', 'DELETE', 'GET']),
        url: random.pick(paths),
        headers: { ...withKey, ...(type === '' ? {} : { 'content-type': type }) },
        payload: Buffer.from(input),
      })
      if (answer.statusCode >= 500) throw new Error(`HTTP ${answer.statusCode}`)
      if (logged.length > 0) throw new Error('a request made the API log a fault')
      if (answer.statusCode < 400) return
      const { errors } = answer.json<{ errors: { code: string }[] }>()
      if (!/^\d{5}$/.test(errors[0]?.code ?? '')) throw new Error('an error without its code')
    },
    close: () => api.close(),
  }
}
