// Who is signed in. The key is given once and exchanged for a cookie that no script can read.
import { signal } from '@preact/signals'
import { ask, get, whenSignedOut } from '../api/client.ts'
import type { Refusal } from '../api/client.ts'

export type Role = 'unknown' | 'nobody' | 'read' | 'admin'

export const role = signal<Role>('unknown')

export function isAdmin(): boolean {
  return role.value === 'admin'
}

interface Session {
  readonly data: { readonly role: 'admin' | 'read' }
}

/** Asks who we are; a link in the address signs in first, and goes out of the address at once. */
export async function startSession(): Promise<void> {
  whenSignedOut(() => (role.value = 'nobody'))
  const link = /^#link=(.+)$/.exec(location.hash)?.[1]
  if (link !== undefined) {
    history.replaceState(null, '', location.pathname)
    await signIn({ link: decodeURIComponent(link) })
  }
  await refresh()
}

async function refresh(): Promise<void> {
  const answer = await get<Session>('/v2/sessions/current')
  if (answer.ok) role.value = answer.body.data.role
  else if (answer.refusal.status === 0) setTimeout(() => void refresh(), 3000)
  else role.value = 'nobody'
}

/** Undefined when it worked. */
export async function signIn(
  by: { readonly api_key: string } | { readonly link: string },
): Promise<Refusal | undefined> {
  const answer = await ask<Session>('POST', '/v2/sessions', by)
  if (!answer.ok) return answer.refusal
  role.value = answer.body.data.role
  return undefined
}

export async function signOut(): Promise<void> {
  await ask('DELETE', '/v2/sessions/current')
  role.value = 'nobody'
}
