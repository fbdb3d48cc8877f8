// Who is signed in. The key is given once and exchanged for a cookie that no script can read.
import { signal } from '@preact/signals'
import { ask, get, whenSignedOut } from '../api/client.ts'
import type { Refusal } from '../api/client.ts'
import { tell } from './notices.ts'

export type Role = 'unknown' | 'nobody' | 'read' | 'admin'

export const role = signal<Role>('unknown')
/** Whether calls may be listened to. */
export const mayListen = signal(false)
/** Why one is not signed in, or not yet; empty: nothing is known to be wrong. */
export const sessionTrouble = signal('')

const againMs = 3000

interface Session {
  readonly data: { readonly role: 'admin' | 'read'; readonly may_listen: boolean }
}

/** Asks who we are; a link in the address signs in first, and goes out of the address at once. */
export async function startSession(): Promise<void> {
  whenSignedOut(sessionEnded)
  const link = /^#link=(.+)$/.exec(location.hash)?.[1]
  if (link === undefined) return refresh()
  history.replaceState(null, '', location.pathname)
  await openLink(decoded(link))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A screen on a wall may be there before its server: only a clear no ends the trying. */
async function openLink(link: string): Promise<void> {
  const refusal = await signIn({ link })
  if (refusal === undefined) return
  sessionTrouble.value = refusal.text
  if (isPassing(refusal)) {
    setTimeout(() => void openLink(link), againMs)
    return
  }
  await refresh()
  sessionTrouble.value =
    'The link is not valid: it has expired, or the key that made it was replaced.'
}

async function refresh(): Promise<void> {
  const answer = await get<Session>('/v2/sessions/current')
  sessionTrouble.value = ''
  if (answer.ok) take(answer.body)
  else if (isPassing(answer.refusal)) {
    sessionTrouble.value = answer.refusal.text
    setTimeout(() => void refresh(), againMs)
  } else role.value = 'nobody'
}

/** It says nothing about who we are: the server, or a proxy before it, has other troubles. */
function isPassing({ status }: Refusal): boolean {
  return status === 0 || status === 429 || status >= 500
}

/** The server does not know the session any more. */
export function sessionEnded(): void {
  if (role.value === 'admin' || role.value === 'read')
    sessionTrouble.value = 'The session is over. Please sign in again.'
  role.value = 'nobody'
}

/** Undefined when it worked. */
export async function signIn(
  by: { readonly api_key: string } | { readonly link: string },
): Promise<Refusal | undefined> {
  const answer = await ask<Session>('POST', '/v2/sessions', by)
  if (!answer.ok) return answer.refusal
  sessionTrouble.value = ''
  take(answer.body)
  return undefined
}

function take({ data }: Session): void {
  mayListen.value = data.may_listen
  role.value = data.role
}

export async function signOut(): Promise<void> {
  const answer = await ask('DELETE', '/v2/sessions/current')
  if (answer.ok || answer.refusal.status === 401) role.value = 'nobody'
  else tell(`You are still signed in. ${answer.refusal.text}`, true)
}
