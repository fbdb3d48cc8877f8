// What is wrong with the set-up, in words. Trunks and SIP users bring their own words from the server; those of
// applications and numbers follow from how they are put together and from the webhooks that failed lately.
import type {
  Application,
  PhoneNumber,
  Registration,
  Trunk,
  WebhookDelivery,
} from '../api/types.ts'
import { countText } from './format.ts'

/** Older failures say nothing about now. */
const recentMs = 15 * 60_000

/** Of one application; empty: nothing. `failed`: webhooks that failed, the newest first. */
export function applicationProblem(
  one: Application,
  failed: readonly WebhookDelivery[],
  nowMs: number,
): string {
  if (!one.active) return 'It is switched off: calls to its numbers are refused.'
  if ((one.webhook_event_url ?? '') === '')
    return 'It has no URL for webhooks: nobody hears of its calls.'
  const recent = failed.filter(
    ({ webhook, finished_at: at }) =>
      webhook.payload['connection_id'] === one.id && nowMs - Date.parse(at) < recentMs,
  )
  const [last] = recent
  if (last === undefined) return ''
  const status = last.attempts[0]?.http.response?.status
  const answer = status === undefined ? 'there was no answer' : `the answer was HTTP ${status}`
  return `${countText(recent.length, 'webhook')} failed in the last 15 minutes: ${answer}.`
}

/** Of one number; empty: nothing. */
export function numberProblem(one: PhoneNumber, applications: readonly Application[]): string {
  if (one.connection_id === null) return 'It belongs to no application: calls to it are refused.'
  const application = applications.find(({ id }) => id === one.connection_id)
  return application?.active === false
    ? `${application.application_name} is switched off: calls to it are refused.`
    : ''
}

export interface SetupState {
  readonly trunks: readonly Trunk[]
  readonly registrations: readonly Registration[]
  readonly applications: readonly Application[]
  readonly numbers: readonly PhoneNumber[]
  readonly failed: readonly WebhookDelivery[]
}

/** Everything that is wrong, a line each. Users who are simply away are counted in one. */
export function setupProblems(state: SetupState, nowMs: number): readonly string[] {
  const { trunks, registrations, applications, numbers, failed } = state
  const told = (name: string, problem: string | null): readonly string[] =>
    problem === null || problem === '' ? [] : [`${name}: ${problem}`]
  const away = registrations.filter(({ registered }) => !registered)
  return [
    ...(applications.length === 0
      ? ['There is no application: calls that come in are refused.']
      : []),
    ...trunks.flatMap((one) => told(`Trunk ${one.name}`, one.problem)),
    ...applications.flatMap((one) =>
      told(`Application ${one.application_name}`, applicationProblem(one, failed, nowMs)),
    ),
    ...numbers.flatMap((one) =>
      told(`Number ${one.phone_number}`, numberProblem(one, applications)),
    ),
    ...(away.length === 0
      ? []
      : [`${countText(away.length, 'SIP user')} of ${registrations.length} without a phone.`]),
  ]
}
