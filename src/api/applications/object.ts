// A call control application as the API shows it.

import { isoMillis } from '../../base/iso-time.ts'
import type { ApplicationRecord } from '../../ports/setup.ts'
import { Type } from '../schema.ts'
import { shownLimit } from '../setup/fields.ts'

const time = () => Type.String({ format: 'date-time' })

export const applicationSchema = Type.Object({
  id: Type.String(),
  record_type: Type.Literal('call_control_application'),
  application_name: Type.String(),
  active: Type.Boolean(),
  anchorsite_override: Type.String(),
  webhook_event_url: Type.Optional(Type.String()),
  webhook_event_failover_url: Type.Union([Type.String(), Type.Null()]),
  webhook_api_version: Type.Literal('2'),
  webhook_timeout_secs: Type.Union([Type.Integer(), Type.Null()]),
  dtmf_type: Type.Enum(['RFC 2833', 'Inband', 'SIP INFO']),
  first_command_timeout: Type.Boolean(),
  first_command_timeout_secs: Type.Integer(),
  call_cost_in_webhooks: Type.Boolean(),
  redact_dtmf_debug_logging: Type.Boolean(),
  inbound: Type.Object({
    channel_limit: Type.Optional(Type.Integer()),
    shaken_stir_enabled: Type.Boolean(),
    sip_subdomain_receive_settings: Type.String(),
  }),
  outbound: Type.Object({
    channel_limit: Type.Optional(Type.Integer()),
    outbound_voice_profile_id: Type.String(),
  }),
  tags: Type.Array(Type.String()),
  created_at: time(),
  updated_at: time(),
})

export function applicationObject(application: ApplicationRecord) {
  return {
    id: application.id,
    record_type: 'call_control_application',
    application_name: application.name,
    active: application.active,
    anchorsite_override: application.anchorsiteOverride,
    ...(application.webhookEventUrl === ''
      ? {}
      : { webhook_event_url: application.webhookEventUrl }),
    webhook_event_failover_url: application.webhookEventFailoverUrl || null,
    webhook_api_version: '2',
    webhook_timeout_secs: application.webhookTimeoutSecs || null,
    dtmf_type: application.dtmfType,
    first_command_timeout: application.firstCommandTimeout,
    first_command_timeout_secs: application.firstCommandTimeoutSecs,
    call_cost_in_webhooks: false,
    redact_dtmf_debug_logging: application.redactDtmfDebugLogging,
    inbound: {
      ...shownLimit(application.inboundChannelLimit),
      shaken_stir_enabled: false,
      sip_subdomain_receive_settings: application.receiveSettings,
    },
    outbound: {
      ...shownLimit(application.outboundChannelLimit),
      outbound_voice_profile_id: application.outboundVoiceProfileId,
    },
    tags: application.tags,
    created_at: isoMillis(application.createdAtMs),
    updated_at: isoMillis(application.updatedAtMs),
  }
}
