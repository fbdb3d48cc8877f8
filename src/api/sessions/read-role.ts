// What a session of role read does not get of an answer (C229): sound of calls, and secrets in addresses. A link for a
// screen on the wall is seen by whoever walks by; what is said in calls and the application's own passwords are not for them.

import { maskSecrets } from '../../base/mask-secrets.ts'

const recordingLinks = new Set(['recording_urls', 'public_recording_urls', 'download_urls'])
const noLinks = { mp3: null, wav: null }
/** What a webhook receiver answered may hold its cookies and whatever else it says. */
const noWords = { headers: [], body: '' }

/** The same without links to recordings, and with passwords and tokens in addresses masked. */
export function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return value.includes('://') ? maskSecrets(value) : value
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(withoutSecrets)
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      recordingLinks.has(key) ? noLinks : withoutSecrets(key === 'response' ? hush(inner) : inner),
    ]),
  )
}

function hush(response: unknown): unknown {
  return typeof response === 'object' && response !== null && 'headers' in response
    ? { ...response, ...noWords }
    : response
}

/** One message of the live stream, treated likewise. */
export function messageWithoutSecrets(text: string): string {
  // Nothing else in it is an address; most events have none.
  if (!text.includes('://')) return text
  return text.replace(/^data: (.*)$/m, (_, json: string) => {
    return `data: ${JSON.stringify(withoutSecrets(JSON.parse(json)))}`
  })
}
