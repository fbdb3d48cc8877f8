// Parameters that `dial` and `transfer` share: where to, as whom, for how long.

import type { DialOptions, RingBranch } from '../../ports/commands.ts'
import type { AudioReference } from '../../ports/media-engine.ts'
import type { NamedValue } from '../../ports/signaling.ts'
import {
  audioFields,
  codecsOf,
  credentialsOf,
  customHeaders,
  lackingCallFeatures,
  preferredCodecs,
  sipCredentialFields,
  sipHeaders,
} from '../fields.ts'
import type { ApiContext } from '../context.ts'
import type { Problem } from '../problems.ts'
import { Type } from '../schema.ts'
import { machineFields, machineOf, machineProblems } from './machine-fields.ts'
import type { MachineParameters } from './machine-fields.ts'
import { recordFields } from '../record-fields.ts'
import { destinationsMax, splitDestination } from '../rules.ts'
import { webhookFields, webhookOverrides } from '../webhook-fields.ts'
import type { WebhookParameters } from '../webhook-fields.ts'

export const destinationField = Type.Unsafe<string>({
  'x-rule': 'destination',
  description: '`+E.164` or a SIP URI; `,` and digits behind it are pressed after the answer.',
})

/** Of a dial (C156, C159). */
export const destinationsField = Type.Unsafe<string | readonly [string, ...string[]]>({
  'x-rule': 'destinations',
  description: `\`+E.164\` or a SIP URI; \`,\` and digits behind it are pressed after the answer. A list (at most ${destinationsMax}) rings all of them at the same time, and the first to answer is the call.`,
})

export const dialFields = {
  from_display_name: Type.Optional(Type.String({ maxLength: 128, 'x-rule': 'display-name' })),
  timeout_secs: Type.Integer({
    default: 30,
    minimum: 5,
    maximum: 600,
    'x-own': 'timeout-secs-invalid',
  }),
  time_limit_secs: Type.Integer({
    default: 14_400,
    minimum: 30,
    maximum: 14_400,
    'x-own': 'time-limit-secs-invalid',
  }),
  ...audioFields,
  custom_headers: customHeaders,
  sip_headers: sipHeaders,
  ...sipCredentialFields,
  sip_region: Type.Optional(
    Type.Enum(['US', 'Europe', 'Canada', 'Australia', 'Middle East'], {
      description: 'Accepted and ignored.',
    }),
  ),
  sip_transport_protocol: Type.Optional(Type.Enum(['UDP', 'TCP', 'TLS'])),
  media_encryption: Type.Enum(['disabled', 'SRTP', 'DTLS'], { default: 'disabled' }),
  preferred_codecs: preferredCodecs,
  privacy: Type.Enum(['id', 'none'], { default: 'none' }),
  send_digits_on_answer: Type.Optional(
    Type.String({
      maxLength: 64,
      'x-rule': 'digits-on-answer',
      description: '`0-9A-D*#`, `w` half a second, `W` a second. Wins over digits in `to`.',
    }),
  ),
  send_silence_when_idle: Type.Optional(
    Type.Boolean({ description: 'Accepted; an answered call is always sent audio (C129).' }),
  ),
  ...lackingCallFeatures,
  ...machineFields,
  ...recordFields,
  ...webhookFields,
}

/** Of the names that `preferred_codecs` may have, those that calls here can use, and the one that may be missing. */
const spokenCodecs: readonly string[] = ['G722', 'PCMA', 'PCMU']
const optionalCodec = 'OPUS'

export interface DialParameters extends WebhookParameters, MachineParameters {
  readonly to: string
  readonly from?: string
  readonly from_display_name?: string
  readonly timeout_secs: number
  readonly time_limit_secs: number
  readonly custom_headers: readonly NamedValue[]
  readonly sip_headers: readonly NamedValue[]
  readonly sip_auth_username?: string
  readonly sip_auth_password?: string
  readonly sip_transport_protocol?: 'UDP' | 'TCP' | 'TLS'
  readonly media_encryption: 'disabled' | 'SRTP' | 'DTLS'
  readonly preferred_codecs?: string
  readonly privacy: 'id' | 'none'
  readonly send_digits_on_answer?: string
}

/** What this server cannot do for such a call: refused rather than silently left out. */
export function dialProblems(context: ApiContext, body: DialParameters): readonly Problem[] {
  return [
    ...encryptionProblems(body),
    ...transportProblems(body),
    ...codecProblems(context, body),
    ...machineProblems(body),
  ]
}

function encryptionProblems(body: DialParameters): readonly Problem[] {
  const kind = body.media_encryption
  if (kind === 'disabled') return []
  const pointer = '/media_encryption'
  if (body.to.startsWith('+')) {
    const detail = `${kind} media encryption is not supported for PSTN calls.`
    return [{ name: 'media-encryption', detail, pointer }]
  }
  const detail = `${kind} media encryption is not supported by this server.`
  return [{ name: 'parameter-refused', detail, pointer }]
}

function transportProblems(body: DialParameters): readonly Problem[] {
  if (body.sip_transport_protocol !== 'TLS') return []
  const detail = 'SIP over TLS is not supported by this server.'
  return [{ name: 'parameter-refused', detail, pointer: '/sip_transport_protocol' }]
}

// An offer has the listed codecs and no others, so there would be nothing to offer.
function codecProblems(context: ApiContext, body: DialParameters): readonly Problem[] {
  const wanted = codecsOf(body.preferred_codecs)
  if (wanted === undefined || wanted.some((one) => spokenCodecs.includes(one))) return []
  const asksOpus = wanted.includes(optionalCodec)
  if (asksOpus && context.options.hasOpus()) return []
  const names = [...spokenCodecs, optionalCodec].join(', ')
  const detail = asksOpus
    ? 'OPUS needs the package @evan/opus, which is not installed on this server.'
    : `The 'preferred_codecs' parameter must hold one of: ${names}.`
  return [{ name: 'parameter-refused', detail, pointer: '/preferred_codecs' }]
}

/** The engine's dial options from checked parameters. */
export function dialOptions(body: DialParameters, audio: AudioReference | undefined): DialOptions {
  const { to, digits } = splitDestination(body.to)
  return {
    to,
    from: body.from,
    fromDisplayName: body.from_display_name || undefined,
    timeoutMs: body.timeout_secs * 1000,
    timeLimitMs: body.time_limit_secs * 1000,
    customHeaders: body.custom_headers,
    sipHeaders: body.sip_headers,
    credentials: credentialsOf(body),
    transport: body.sip_transport_protocol,
    privacy: body.privacy === 'id',
    codecs: codecsOf(body.preferred_codecs),
    audio,
    sendDigits: body.send_digits_on_answer || digits,
    webhooks: webhookOverrides(body),
    ...machineOf(body),
  }
}

/** A further destination of a list, with ids of its own. */
export function ringBranch(
  context: ApiContext,
  body: DialParameters,
  destination: string,
): RingBranch {
  const { to, digits } = splitDestination(destination)
  return { fresh: context.freshLeg(), to, sendDigits: body.send_digits_on_answer || digits }
}
