// A telephony credential as the API shows it, and what a request says about one.

import { brandAs, type ApplicationId } from '../../base/ids.ts'
import { isoMillis } from '../../base/iso-time.ts'
import type { CredentialRecord, CredentialSettings } from '../../ports/setup.ts'
import { Type } from '../schema.ts'
import { given } from '../setup/answers.ts'

const time = () => Type.String({ format: 'date-time' })

export const credentialSchema = Type.Object({
  id: Type.String(),
  record_type: Type.Literal('credential'),
  name: Type.String(),
  tag: Type.String(),
  resource_id: Type.String(),
  sip_username: Type.String(),
  sip_password: Type.Optional(
    Type.String({ description: 'Only in the answer to the request that made it.' }),
  ),
  expired: Type.Boolean(),
  expires_at: Type.Union([time(), Type.Null()]),
  user_id: Type.String(),
  created_at: time(),
  updated_at: time(),
})

/** `userId`: who we are; there is one user. */
export function credentialObject(one: CredentialRecord, nowMs: number, userId: string) {
  const { expiresAtMs } = one
  return {
    id: one.id,
    record_type: 'credential',
    name: one.name,
    tag: one.tag,
    resource_id: `connection:${one.connectionId}`,
    sip_username: one.userName,
    expired: hasExpired(one, nowMs),
    expires_at: expiresAtMs === undefined ? null : isoMillis(expiresAtMs),
    user_id: userId,
    created_at: isoMillis(one.createdAtMs),
    updated_at: isoMillis(one.updatedAtMs),
  }
}

export function hasExpired({ expiresAtMs }: CredentialRecord, nowMs: number): boolean {
  return expiresAtMs !== undefined && expiresAtMs <= nowMs
}

export const connectionId = Type.String({ minLength: 1, maxLength: 100 })

export const credentialFields = {
  name: Type.Optional(Type.String({ maxLength: 255, 'x-rule': 'printable' })),
  tag: Type.Optional(Type.String({ maxLength: 255, 'x-rule': 'printable' })),
  expires_at: Type.Optional(
    Type.String({ maxLength: 64, 'x-rule': 'time', description: 'ISO 8601; absent: never.' }),
  ),
}

interface CredentialBody {
  readonly connection_id?: string
  readonly name?: string
  readonly tag?: string
  readonly expires_at?: string
}

export function saidOf(body: CredentialBody): Partial<CredentialSettings> {
  const { connection_id: id, expires_at: at } = body
  const settings = given<Omit<CredentialSettings, 'expiresAtMs'>>({
    connectionId: id === undefined ? undefined : brandAs<ApplicationId>(id),
    name: body.name,
    tag: body.tag,
  })
  return at === undefined ? settings : { ...settings, expiresAtMs: Date.parse(at) }
}
