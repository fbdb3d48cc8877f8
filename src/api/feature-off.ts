// Operations of the vendor that this server does not have: named honestly instead of looking like a wrong path (C22).

import { Type } from 'typebox'
import type { Api, ApiContext } from './context.ts'

const callActions = [
  ...['speak', 'gather', 'gather_using_audio', 'gather_using_speak', 'gather_using_ai'],
  ...['gather_stop', 'send_dtmf', 'record_start', 'record_stop', 'record_pause', 'record_resume'],
  ...['send_sip_info', 'switch_supervisor_role', 'fork_start', 'fork_stop', 'streaming_start'],
  ...['streaming_stop', 'transcription_start', 'transcription_stop', 'suppression_start'],
  ...['suppression_stop', 'siprec_start', 'siprec_stop', 'ai_assistant_start'],
  ...['ai_assistant_stop', 'ai_assistant_add_messages', 'ai_assistant_join'],
  ...['conversation_relay_start', 'conversation_relay_stop', 'pay'],
]

const conferenceActions = [
  ...['play', 'stop', 'speak', 'update', 'record_start', 'record_stop', 'record_pause'],
  ...['record_resume', 'send_dtmf', 'gather_using_audio', 'dial_participant'],
]

const replacements: Readonly<Record<string, string>> = {
  dial_participant: ' Use POST /v2/calls, and join the new call when it has answered.',
}

const fromFile = 'Call control applications are defined in the configuration file.'

/** Registers every known operation that answers 422 code 20015. */
export function featuresOff(api: Api, context: ApiContext): void {
  const off = (method: 'POST' | 'PATCH' | 'DELETE', url: string, detail: string): void => {
    api.route({
      method,
      url,
      // Swagger's `hide`: the published description lists only what works.
      schema: { hide: true, body: Type.Unknown() },
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
  off('POST', '/v2/call_control_applications', fromFile)
  off('PATCH', '/v2/call_control_applications/:id', fromFile)
  off('DELETE', '/v2/call_control_applications/:id', fromFile)
}
