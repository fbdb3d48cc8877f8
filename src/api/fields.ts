// Schema fields that several endpoints share. Optional ones with a default are declared as present: the check fills them
// in, and the published description lists them as optional.

import type { SipCredentials } from '../ports/signaling.ts'
import { Type } from './schema.ts'

/** Base64 texts of at most 64 KiB (C-common). */
const stateCharsMax = 65_536

export const clientState = Type.Optional(
  Type.String({
    maxLength: stateCharsMax,
    'x-own': 'client-state-invalid',
    'x-rule': 'base64',
    description: 'Base64; echoed in every later webhook of the leg. Empty text clears it.',
  }),
)

export const commandId = Type.Optional(
  Type.String({
    maxLength: 1000,
    description: 'The same command with the same id within 60 s has no second effect.',
  }),
)

/** The two fields of every command. */
export const commonFields = { client_state: clientState, command_id: commandId }

export interface CommonParameters {
  readonly client_state?: string
  readonly command_id?: string
}

/** Field of a feature that this server lacks: refused unless its value is one of `harmless`. */
export function lacking(...harmless: readonly (string | boolean)[]) {
  return Type.Optional(
    Type.Unknown({ 'x-lacking': harmless, description: 'Not supported; refused with code 10015.' }),
  )
}

/** Features of the vendor that would mislead if they were ignored, on every command that makes or takes a call. */
export const lackingCallFeatures = {
  transcription: lacking(false),
  assistant: lacking(),
  conversation_relay_config: lacking(),
  deepfake_detection: lacking(),
}

export const flag = (byDefault: boolean, description?: string) =>
  Type.Boolean({ default: byDefault, ...(description === undefined ? {} : { description }) })

export const callControlId = (description: string) =>
  Type.String({ minLength: 1, maxLength: 1000, description })

export const callControlIds = Type.Array(callControlId('A call_control_id.'), { maxItems: 800 })

const headerValue = Type.String({ maxLength: 4096, 'x-rule': 'printable' })

export const customHeaders = Type.Array(
  Type.Object({
    name: Type.String({ minLength: 1, maxLength: 255, 'x-rule': 'header-name' }),
    value: headerValue,
  }),
  { default: [], maxItems: 50, description: 'SIP headers to add.' },
)

export const sipHeaders = Type.Array(
  Type.Object({ name: Type.Enum(['User-to-User']), value: headerValue }),
  { default: [], maxItems: 50, description: 'Only `User-to-User`.' },
)

export const sipCredentialFields = {
  sip_auth_username: Type.Optional(Type.String({ maxLength: 255, 'x-rule': 'printable' })),
  sip_auth_password: Type.Optional(Type.String({ maxLength: 255, 'x-rule': 'printable' })),
}

/** Credentials when a user name is given; the password may be empty. */
export function credentialsOf(body: {
  readonly sip_auth_username?: string
  readonly sip_auth_password?: string
}): SipCredentials | undefined {
  const { sip_auth_username: username, sip_auth_password: password } = body
  return username ? { username, password: password ?? '' } : undefined
}

export const preferredCodecs = Type.Optional(
  Type.String({ maxLength: 255, 'x-rule': 'codecs', description: 'Comma separated, best first.' }),
)

/** The codec names of `preferred_codecs` in order. */
export function codecsOf(list: string | undefined): readonly string[] | undefined {
  return list?.split(',').map((one) => one.trim().toUpperCase())
}

export const muteDtmf = Type.Enum(['none', 'both', 'self', 'opposite'], { default: 'none' })

export const parkAfterUnbridge = Type.Optional(
  Type.Enum(['self'], { description: 'Park this leg when the bridge ends.' }),
)

/** Where audio comes from: at most one of the two. */
export const audioFields = {
  audio_url: Type.Optional(
    Type.String({ minLength: 1, 'x-rule': 'web-url', description: 'http(s) URL of WAV or MP3.' }),
  ),
  media_name: Type.Optional(
    Type.String({ minLength: 1, maxLength: 255, description: 'Name of uploaded media.' }),
  ),
}

export const loop = Type.Unsafe<number | string>({
  default: 1,
  'x-own': 'loop-invalid',
  'x-rule': 'loop',
  description: '1 to 100, or `infinity`.',
})

export const targetLegs = Type.Enum(['self', 'opposite', 'both'], { default: 'self' })

export const region = Type.Optional(Type.String({ description: 'Accepted and ignored.' }))

export const queueName = Type.String({
  minLength: 1,
  maxLength: 255,
  'x-rule': 'queue-name',
  description: 'Case-sensitive, kept as given; not `.` and not `..`.',
})
