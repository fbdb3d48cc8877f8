// A phone number as the API shows it. What belongs to buying, porting and emergency calls has no meaning here and is shown
// as switched off.

import { isoMillis } from '../../base/iso-time.ts'
import type { NumberRecord, Setup } from '../../ports/setup.ts'
import { Type } from '../schema.ts'

const time = () => Type.String({ format: 'date-time' })
const textOrNull = () => Type.Union([Type.String(), Type.Null()])

export const numberSchema = Type.Object({
  id: Type.String(),
  record_type: Type.Literal('phone_number'),
  phone_number: Type.String(),
  status: Type.Literal('active'),
  tags: Type.Array(Type.String()),
  connection_id: textOrNull(),
  connection_name: textOrNull(),
  customer_reference: textOrNull(),
  external_pin: Type.Null(),
  billing_group_id: Type.Null(),
  messaging_profile_id: Type.Null(),
  emergency_enabled: Type.Boolean(),
  emergency_status: Type.Literal('disabled'),
  call_forwarding_enabled: Type.Boolean(),
  call_recording_enabled: Type.Boolean(),
  caller_id_name_enabled: Type.Boolean(),
  cnam_listing_enabled: Type.Boolean(),
  t38_fax_gateway_enabled: Type.Boolean(),
  deletion_lock_enabled: Type.Boolean(),
  purchased_at: time(),
  created_at: time(),
  updated_at: time(),
})

export function numberObject(setup: Setup, one: NumberRecord) {
  const { applicationId } = one
  const application = applicationId === null ? undefined : setup.applications.get(applicationId)
  return {
    id: one.id,
    record_type: 'phone_number',
    phone_number: one.number,
    status: 'active',
    tags: one.tags,
    connection_id: application?.id ?? null,
    connection_name: application?.name ?? null,
    customer_reference: one.customerReference || null,
    external_pin: null,
    billing_group_id: null,
    messaging_profile_id: null,
    emergency_enabled: false,
    emergency_status: 'disabled',
    call_forwarding_enabled: false,
    call_recording_enabled: false,
    caller_id_name_enabled: false,
    cnam_listing_enabled: false,
    t38_fax_gateway_enabled: false,
    deletion_lock_enabled: false,
    purchased_at: isoMillis(one.createdAtMs),
    created_at: isoMillis(one.createdAtMs),
    updated_at: isoMillis(one.updatedAtMs),
  }
}

export const voiceSchema = Type.Object({
  id: Type.String(),
  record_type: Type.Literal('voice_settings'),
  phone_number: Type.String(),
  connection_id: textOrNull(),
  customer_reference: textOrNull(),
  tech_prefix_enabled: Type.Boolean(),
  translated_number: Type.String(),
  usage_payment_method: Type.String(),
  inbound_call_screening: Type.String(),
  call_forwarding: Type.Object({ call_forwarding_enabled: Type.Boolean() }),
  call_recording: Type.Object({ inbound_call_recording_enabled: Type.Boolean() }),
  cnam_listing: Type.Object({ cnam_listing_enabled: Type.Boolean() }),
  media_features: Type.Object({
    accept_any_rtp_packets_enabled: Type.Boolean(),
    rtp_auto_adjust_enabled: Type.Boolean(),
    t38_fax_gateway_enabled: Type.Boolean(),
  }),
  emergency: Type.Object({
    emergency_enabled: Type.Boolean(),
    emergency_status: Type.Literal('disabled'),
  }),
})

export function voiceObject(setup: Setup, one: NumberRecord) {
  const { id, phone_number, connection_id, customer_reference } = numberObject(setup, one)
  return {
    ...{ id, phone_number, connection_id, customer_reference },
    record_type: 'voice_settings',
    tech_prefix_enabled: false,
    translated_number: '',
    usage_payment_method: 'pay-per-minute',
    inbound_call_screening: 'disabled',
    call_forwarding: { call_forwarding_enabled: false },
    call_recording: { inbound_call_recording_enabled: false },
    cnam_listing: { cnam_listing_enabled: false },
    media_features: {
      accept_any_rtp_packets_enabled: true,
      rtp_auto_adjust_enabled: true,
      t38_fax_gateway_enabled: false,
    },
    emergency: { emergency_enabled: false, emergency_status: 'disabled' },
  }
}
