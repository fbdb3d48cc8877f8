// Operations of the vendor that this server does not have: named honestly instead of looking like a wrong path (C22).

import type { Api, ApiContext } from './context.ts'
import { Type } from './schema.ts'

const callActions = [
  'gather_using_ai',
  ...['send_sip_info', 'transcription_start', 'transcription_stop', 'suppression_start'],
  ...['suppression_stop', 'siprec_start', 'siprec_stop', 'ai_assistant_start'],
  ...['ai_assistant_stop', 'ai_assistant_add_messages', 'ai_assistant_join'],
  ...['conversation_relay_start', 'conversation_relay_stop', 'pay'],
]

const conferenceActions = ['dial_participant']

const replacements: Readonly<Record<string, string>> = {
  dial_participant: ' Use POST /v2/calls, with conference_config.',
}

/** Families of the hosted API with a hint where the way is another one here. */
const families: readonly (readonly [methods: readonly Method[], url: string, detail: string])[] = [
  [
    ['POST'],
    '/v2/number_orders',
    'Numbers cannot be ordered here. Make one known by POST /v2/phone_numbers.',
  ],
  [
    ['POST'],
    '/v2/telephony_credentials/:id/token',
    'Tokens for browsers are not enabled on this server. Register with sip_username and sip_password.',
  ],
  [
    ['POST'],
    '/v2/credential_connections/:id/actions/check_registration_status',
    'The registration status is not enabled on this server.',
  ],
  ...['ip_connections', 'ip_connections/:id', 'fqdn_connections', 'fqdn_connections/:id'].map(
    (path) =>
      [
        ['GET', 'POST', 'PATCH', 'DELETE'],
        `/v2/${path}`,
        'Connections by address are not enabled on this server. Trunks are defined in the configuration file.',
      ] as const,
  ),
  ...(['/v2/outbound_voice_profiles', '/v2/outbound_voice_profiles/:id'] as const).map(
    (url) =>
      [
        ['GET', 'POST', 'PATCH', 'DELETE'],
        url,
        'Outbound voice profiles are not enabled on this server. Limits are in the configuration file, under outbound.',
      ] as const,
  ),
]

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/** Registers every known operation that answers 422 code 20015. */
export function featuresOff(api: Api, context: ApiContext): void {
  const off = (method: Method, url: string, detail: string): void => {
    api.route({
      method,
      url,
      // Swagger's `hide`: the published description lists only what works.
      schema: { hide: true, ...(method === 'GET' ? {} : { body: Type.Unknown() }) },
      handler: async (_request, reply) => context.refuse(reply, [{ name: 'feature-off', detail }]),
    })
  }
  for (const [base, actions] of [
    ['/v2/calls/:call_control_id', callActions],
    ['/v2/conferences/:id', conferenceActions],
  ] as const) {
    for (const action of actions) {
      const detail = `The '${action}' action is not enabled on this server.${replacements[action] ?? ''}`
      off('POST', `${base}/actions/${action}`, detail)
    }
  }
  for (const [methods, url, detail] of families) {
    for (const method of methods) off(method, url, detail)
  }
}
