// A credential connection as the API shows it, and the body that makes or changes one.

import type { Static } from 'typebox'
import { isoMillis } from '../../base/iso-time.ts'
import type { ConnectionRecord, ConnectionSettings } from '../../ports/setup.ts'
import { lacking } from '../fields.ts'
import { Type } from '../schema.ts'
import { given } from '../setup/answers.ts'
import {
  channelLimit,
  commonSettings,
  displayName,
  limitOf,
  optionalWebhookUrl,
  profileId,
  shownLimit,
} from '../setup/fields.ts'

const time = () => Type.String({ format: 'date-time' })
const preference = () => Type.Enum(['disabled', 'unrestricted', 'internal'])

export const connectionSchema = Type.Object({
  id: Type.String(),
  record_type: Type.Literal('credential_connection'),
  connection_name: Type.String(),
  user_name: Type.String(),
  password: Type.Optional(
    Type.String({ description: 'Only in the answer to the request that set it.' }),
  ),
  active: Type.Boolean(),
  anchorsite_override: Type.String(),
  sip_uri_calling_preference: preference(),
  dtmf_type: Type.Enum(['RFC 2833', 'Inband', 'SIP INFO']),
  call_cost_in_webhooks: Type.Boolean(),
  encrypted_media: Type.Null(),
  webhook_event_url: Type.Union([Type.String(), Type.Null()]),
  webhook_event_failover_url: Type.Union([Type.String(), Type.Null()]),
  webhook_api_version: Type.Literal('2'),
  webhook_timeout_secs: Type.Union([Type.Integer(), Type.Null()]),
  inbound: Type.Object({ channel_limit: Type.Optional(Type.Integer()) }),
  outbound: Type.Object({
    channel_limit: Type.Optional(Type.Integer()),
    call_parking_enabled: Type.Boolean(),
    outbound_voice_profile_id: Type.String(),
  }),
  tags: Type.Array(Type.String()),
  created_at: time(),
  updated_at: time(),
})

export function connectionObject(one: ConnectionRecord) {
  return {
    id: one.id,
    record_type: 'credential_connection',
    connection_name: one.name,
    user_name: one.userName,
    active: one.active,
    anchorsite_override: one.anchorsiteOverride,
    sip_uri_calling_preference: one.sipUriCallingPreference,
    dtmf_type: one.dtmfType,
    call_cost_in_webhooks: false,
    encrypted_media: null,
    webhook_event_url: one.webhookEventUrl || null,
    webhook_event_failover_url: one.webhookEventFailoverUrl || null,
    webhook_api_version: '2',
    webhook_timeout_secs: one.webhookTimeoutSecs || null,
    inbound: shownLimit(one.inboundChannelLimit),
    outbound: {
      ...shownLimit(one.outboundChannelLimit),
      call_parking_enabled: one.parksCalls,
      outbound_voice_profile_id: one.outboundVoiceProfileId,
    },
    tags: one.tags,
    created_at: isoMillis(one.createdAtMs),
    updated_at: isoMillis(one.updatedAtMs),
  }
}

export const userName = Type.String({ minLength: 4, maxLength: 32, 'x-rule': 'sip-user-name' })
export const password = Type.String({ minLength: 8, maxLength: 128, 'x-rule': 'printable' })
export { displayName as connectionName }

export const connectionFields = {
  ...commonSettings,
  webhook_event_url: optionalWebhookUrl,
  sip_uri_calling_preference: Type.Optional(preference()),
  encrypted_media: lacking(),
  inbound: Type.Optional(Type.Object({ channel_limit: channelLimit })),
  outbound: Type.Optional(
    Type.Object({
      channel_limit: channelLimit,
      call_parking_enabled: Type.Optional(
        Type.Boolean({
          description: 'Calls of the user are parked and told to `webhook_event_url` (C187).',
        }),
      ),
      outbound_voice_profile_id: profileId,
    }),
  ),
}

/** The body of an update: nothing is required. */
export const connectionChanges = Type.Object({
  connection_name: Type.Optional(displayName),
  user_name: Type.Optional(userName),
  password: Type.Optional(password),
  ...connectionFields,
})

type Limits = 'inboundChannelLimit' | 'outboundChannelLimit'

/** What a body says, and nothing else. */
export function saidOf(
  body: Static<typeof connectionChanges>,
): Partial<ConnectionSettings & { readonly password: string }> {
  const { inbound, outbound } = body
  const settings = given<Omit<ConnectionSettings, Limits> & { readonly password: string }>({
    name: body.connection_name,
    userName: body.user_name,
    password: body.password,
    active: body.active,
    parksCalls: outbound?.call_parking_enabled,
    webhookEventUrl: body.webhook_event_url,
    webhookEventFailoverUrl: body.webhook_event_failover_url,
    webhookTimeoutSecs: body.webhook_timeout_secs,
    dtmfType: body.dtmf_type,
    sipUriCallingPreference: body.sip_uri_calling_preference,
    anchorsiteOverride: body.anchorsite_override,
    outboundVoiceProfileId: outbound?.outbound_voice_profile_id,
    tags: body.tags,
  })
  const { channel_limit: inLimit } = inbound ?? {}
  const { channel_limit: outLimit } = outbound ?? {}
  return {
    ...settings,
    ...(inLimit === undefined ? {} : { inboundChannelLimit: limitOf(inLimit) }),
    ...(outLimit === undefined ? {} : { outboundChannelLimit: limitOf(outLimit) }),
  }
}

/** Of a new connection, where its body says nothing. */
export const connectionDefaults: ConnectionSettings = {
  name: '',
  userName: '',
  active: true,
  parksCalls: false,
  webhookEventUrl: '',
  webhookEventFailoverUrl: '',
  webhookTimeoutSecs: 0,
  dtmfType: 'RFC 2833',
  inboundChannelLimit: undefined,
  outboundChannelLimit: undefined,
  sipUriCallingPreference: 'disabled',
  anchorsiteOverride: 'Latency',
  outboundVoiceProfileId: '',
  tags: [],
}
