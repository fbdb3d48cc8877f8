// The body of a create or an update, and what it means.

import type { Static } from 'typebox'
import type { ApplicationSettings } from '../../ports/setup.ts'
import { lacking } from '../fields.ts'
import { Type } from '../schema.ts'
import { given } from '../setup/answers.ts'
import {
  channelLimit,
  commonSettings,
  displayName,
  limitOf,
  profileId,
  webhookUrl,
} from '../setup/fields.ts'

export const applicationBody = Type.Object({
  application_name: displayName,
  webhook_event_url: webhookUrl,
  ...commonSettings,
  first_command_timeout: Type.Optional(
    Type.Boolean({ description: 'Hang up inbound calls that get no command.' }),
  ),
  first_command_timeout_secs: Type.Optional(Type.Integer({ minimum: 1, maximum: 3600 })),
  redact_dtmf_debug_logging: Type.Optional(
    Type.Boolean({ description: 'Kept and shown; pressed keys are never logged.' }),
  ),
  inbound: Type.Optional(
    Type.Object({
      channel_limit: channelLimit,
      shaken_stir_enabled: lacking(false),
      sip_subdomain: lacking(),
      sip_subdomain_receive_settings: Type.Optional(
        Type.Enum(['from_anyone', 'only_my_connections']),
      ),
    }),
  ),
  outbound: Type.Optional(
    Type.Object({ channel_limit: channelLimit, outbound_voice_profile_id: profileId }),
  ),
})

export type ApplicationBody = Static<typeof applicationBody>

/** What a body says, and nothing else. */
export function saidOf(body: ApplicationBody): Partial<ApplicationSettings> {
  const { inbound, outbound } = body
  const settings = given<Omit<ApplicationSettings, 'inboundChannelLimit' | 'outboundChannelLimit'>>(
    {
      name: body.application_name,
      webhookEventUrl: body.webhook_event_url,
      webhookEventFailoverUrl: body.webhook_event_failover_url,
      webhookTimeoutSecs: body.webhook_timeout_secs,
      active: body.active,
      dtmfType: body.dtmf_type,
      firstCommandTimeout: body.first_command_timeout,
      firstCommandTimeoutSecs: body.first_command_timeout_secs,
      tags: body.tags,
      anchorsiteOverride: body.anchorsite_override,
      redactDtmfDebugLogging: body.redact_dtmf_debug_logging,
      receiveSettings: inbound?.sip_subdomain_receive_settings,
      outboundVoiceProfileId: outbound?.outbound_voice_profile_id,
    },
  )
  const { channel_limit: inLimit } = inbound ?? {}
  const { channel_limit: outLimit } = outbound ?? {}
  return {
    ...settings,
    ...(inLimit === undefined ? {} : { inboundChannelLimit: limitOf(inLimit) }),
    ...(outLimit === undefined ? {} : { outboundChannelLimit: limitOf(outLimit) }),
  }
}

/** Of a new application, where its body says nothing. */
export const applicationDefaults: ApplicationSettings = {
  name: '',
  active: true,
  webhookEventUrl: '',
  webhookEventFailoverUrl: '',
  webhookTimeoutSecs: 0,
  dtmfType: 'RFC 2833',
  firstCommandTimeout: false,
  firstCommandTimeoutSecs: 30,
  inboundChannelLimit: undefined,
  outboundChannelLimit: undefined,
  tags: [],
  anchorsiteOverride: 'Latency',
  redactDtmfDebugLogging: false,
  receiveSettings: 'from_anyone',
  outboundVoiceProfileId: '',
}
