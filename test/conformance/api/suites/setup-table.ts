// Parameters of what an application is set up with, in the short form of parameter-table.ts. `ours`: the operation is an
// addition, or its description is not among the vendor's voice pages, so nothing can be compared with it.
import type { Operation } from './parameter-table.ts'

const sites =
  'Latency|Chicago, IL|Ashburn, VA|San Jose, CA|London, UK|Chennai, IN|Amsterdam, Netherlands|Toronto, Canada|Sydney, Australia|Vancouver, Canada|Frankfurt, Germany'
const common = {
  active: 'bool',
  anchorsite_override: `enum ${sites}`,
  call_cost_in_webhooks: 'lacking',
  dtmf_type: 'enum RFC 2833|Inband|SIP INFO',
  tags: 'list',
  webhook_api_version: 'enum 2',
  webhook_event_failover_url: 'text',
  webhook_timeout_secs: 'int 0..30',
  inbound: 'object',
  outbound: 'object',
}
const application = {
  application_name: '! text 1..255',
  webhook_event_url: '! text',
  ...common,
  first_command_timeout: 'bool',
  first_command_timeout_secs: 'int 1..3600',
  redact_dtmf_debug_logging: 'bool',
}
const connection = {
  ...common,
  webhook_event_url: 'text',
  sip_uri_calling_preference: 'enum disabled|unrestricted|internal',
  encrypted_media: 'lacking',
}
const number = { connection_id: 'text', customer_reference: 'text 0..255', tags: 'list' }
const credential = { name: 'text 0..255', tag: 'text 0..255', expires_at: 'text' }
const media = { media_url: 'text', ttl_secs: 'int 1..630720000' }

const notFound = '404 10005'

export const setupOperations: readonly Operation[] = [
  {
    method: 'POST',
    path: '/call_control_applications',
    title: 'Create a call control application',
    parameters: application,
  },
  {
    method: 'PATCH',
    path: '/call_control_applications/{id}',
    title: 'Update a call control application',
    parameters: application,
    otherwise: notFound,
  },
  {
    method: 'POST',
    path: '/phone_numbers',
    title: 'Phone numbers',
    ours: 'C185',
    parameters: { phone_number: '! number', ...number },
  },
  {
    method: 'PATCH',
    path: '/phone_numbers/{id}',
    title: 'Update a phone number',
    ours: 'C185',
    parameters: number,
    otherwise: notFound,
  },
  {
    method: 'PATCH',
    path: '/phone_numbers/{id}/voice',
    title: 'Update a phone number with voice settings',
    ours: 'C185',
    parameters: {
      ...number,
      tech_prefix_enabled: 'lacking',
      translated_number: 'lacking',
      caller_id_name_enabled: 'lacking',
      inbound_call_screening: 'lacking',
      usage_payment_method: 'enum pay-per-minute|channel',
      call_forwarding: 'object',
      call_recording: 'object',
      cnam_listing: 'object',
      media_features: 'object',
    },
    otherwise: notFound,
  },
  {
    method: 'POST',
    path: '/credential_connections',
    title: 'Create a credential connection',
    ours: 'C186',
    parameters: {
      connection_name: '! text 1..255',
      user_name: '! text 4..32',
      password: '! text 8..128',
      ...connection,
    },
  },
  {
    method: 'PATCH',
    path: '/credential_connections/{id}',
    title: 'Update a credential connection',
    ours: 'C186',
    parameters: {
      connection_name: 'text 1..255',
      user_name: 'text 4..32',
      password: 'text 8..128',
      ...connection,
    },
    otherwise: notFound,
  },
  {
    method: 'POST',
    path: '/telephony_credentials',
    title: 'Create a credential',
    ours: 'C186',
    parameters: { connection_id: '! text', ...credential },
  },
  {
    method: 'PATCH',
    path: '/telephony_credentials/{id}',
    title: 'Update a credential',
    ours: 'C186',
    parameters: { connection_id: 'text', ...credential },
    otherwise: notFound,
  },
  {
    method: 'POST',
    path: '/media',
    title: 'Upload media',
    ours: 'C128',
    parameters: { ...media, media_name: 'text 1..255' },
  },
  {
    method: 'PUT',
    path: '/media/{media_name}',
    title: 'Update stored media',
    ours: 'C128',
    parameters: media,
    otherwise: notFound,
  },
]
