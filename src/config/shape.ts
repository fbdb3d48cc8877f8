// The last step of loading: rules between keys, the defaults that depend on the environment, and hashing. After it no
// API key and no SIP user's password is left in memory; a trunk's password stays, because answering a carrier's
// challenge needs it.

import { brandAs } from '../base/ids.ts'
import type { ApplicationId } from '../base/ids.ts'
import { ok, refused } from '../base/result.ts'
import type { Result } from '../base/result.ts'
import type { Application } from '../ports/applications.ts'
import { apiKeyHash, digestHashes } from './credentials.ts'
import type { ApiKey, SipUser } from './credentials.ts'
import type { RawConfig } from './keys.ts'

/** The configuration as the rooms get it: names of the file, units in the names. */
export interface Config extends Omit<
  RawConfig,
  'data' | 'api_keys' | 'applications' | 'sip_users'
> {
  /** Absolute path. */
  readonly dataFolder: string
  /** Empty: `keepApiKey` makes one. */
  readonly apiKeys: readonly ApiKey[]
  readonly applications: readonly Application[]
  readonly sipUsers: readonly SipUser[]
}

export interface Surroundings {
  readonly dataFolder: string
  /** HOLDFAST_API_KEY, or ''. */
  readonly apiKey: string
  /** HOLDFAST_WEBHOOK_URL, or ''. */
  readonly webhookUrl: string
}

type RawApplication = RawConfig['applications'][number]
type RawUser = RawConfig['sip_users'][number]

/** Checks what single keys cannot know, and shapes the result; refuses with every fault found. */
export function shapeConfig(
  raw: RawConfig,
  around: Surroundings,
): Result<Config, readonly string[]> {
  const faults = [
    ...duplicates('applications', 'id', raw.applications),
    ...duplicates('api_keys', 'name', raw.api_keys),
    ...duplicates('sip_users', 'username', raw.sip_users),
    ...duplicates('trunks', 'name', raw.trunks),
    ...twiceGivenNumbers(raw.applications),
    ...keyFaults(raw.api_keys),
    ...userFaults(raw.sip_users),
    ...urlFaults(around.webhookUrl),
    ...labFaults(raw),
    ...prefixFaults('outbound.allow_prefixes', raw.outbound.allow_prefixes),
    ...raw.api_keys.flatMap(({ outbound_prefixes: own }, index) =>
      prefixFaults(`api_keys[${index}].outbound_prefixes`, own),
    ),
  ]
  if (faults.length > 0) return refused(faults)
  const { data: _data, api_keys: _keys, applications, sip_users: _users, ...rest } = raw
  const apps =
    applications.length > 0
      ? applications.map(applicationOf)
      : [defaultApplication(around.webhookUrl)]
  return ok({
    ...rest,
    dataFolder: around.dataFolder,
    apiKeys: apiKeysOf(raw, around.apiKey),
    applications: apps,
    sipUsers: raw.sip_users.map((user) => sipUserOf(user, raw.sip.domain)),
  })
}

function apiKeysOf(raw: RawConfig, fromEnvironment: string): readonly ApiKey[] {
  const configured = raw.api_keys.map((one) => ({
    name: one.name,
    hash: one.key === '' ? Buffer.from(one.key_sha256, 'hex') : apiKeyHash(one.key),
    outbound: {
      prefixes: one.outbound_prefixes,
      perMinuteMax: one.outbound_calls_per_minute,
      concurrentMax: one.outbound_concurrent_calls,
    },
  }))
  if (fromEnvironment === '') return configured
  return [...configured, { name: 'environment', hash: apiKeyHash(fromEnvironment) }]
}

function applicationOf(raw: RawApplication): Application {
  return {
    id: brandAs<ApplicationId>(raw.id),
    name: raw.name,
    active: raw.active,
    webhookEventUrl: raw.webhook_event_url,
    webhookEventFailoverUrl: raw.webhook_event_failover_url,
    webhookTimeoutSecs: raw.webhook_timeout_secs,
    numbers: raw.numbers,
    dtmfType: raw.dtmf_type,
    firstCommandTimeout: raw.first_command_timeout,
    firstCommandTimeoutSecs: raw.first_command_timeout_secs,
    inboundChannelLimit: raw.inbound_channel_limit,
    outboundChannelLimit: raw.outbound_channel_limit,
    tags: raw.tags,
  }
}

/** The application of a server without configured ones. */
export function defaultApplication(webhookUrl: string): Application {
  return {
    id: brandAs<ApplicationId>('1000000001'),
    name: 'default',
    active: true,
    webhookEventUrl: webhookUrl,
    webhookEventFailoverUrl: '',
    webhookTimeoutSecs: 0,
    numbers: ['*'],
    dtmfType: 'RFC 2833',
    firstCommandTimeout: false,
    firstCommandTimeoutSecs: 30,
    inboundChannelLimit: undefined,
    outboundChannelLimit: undefined,
    tags: [],
  }
}

function sipUserOf(raw: RawUser, domain: string): SipUser {
  if (raw.password === '') {
    return { username: raw.username, ha1Md5: raw.ha1_md5, ha1Sha256: raw.ha1_sha256 }
  }
  return { username: raw.username, ...digestHashes(raw.username, domain, raw.password) }
}

function duplicates<K extends string>(
  list: string,
  key: K,
  entries: readonly Readonly<Record<K, string>>[],
): readonly string[] {
  const seen = new Set<string>()
  const faults: string[] = []
  for (const [index, entry] of entries.entries()) {
    if (seen.has(entry[key]))
      faults.push(`${list}[${index}].${key} is "${entry[key]}", must be unique`)
    seen.add(entry[key])
  }
  return faults
}

function twiceGivenNumbers(applications: readonly RawApplication[]): readonly string[] {
  const owner = new Map<string, string>()
  const faults: string[] = []
  for (const { id, numbers } of applications) {
    for (const number of numbers) {
      const other = owner.get(number)
      if (other !== undefined) {
        faults.push(`applications: number "${number}" belongs to both ${other} and ${id}`)
      }
      owner.set(number, id)
    }
  }
  return faults
}

function keyFaults(entries: RawConfig['api_keys']): readonly string[] {
  return entries.flatMap(({ key, key_sha256 }, index) =>
    (key === '') === (key_sha256 === '')
      ? [`api_keys[${index}] must have either key or key_sha256`]
      : [],
  )
}

function userFaults(users: readonly RawUser[]): readonly string[] {
  return users.flatMap(({ password, ha1_md5, ha1_sha256 }, index) => {
    const hashed = ha1_md5 !== '' && ha1_sha256 !== ''
    return (password !== '') === hashed ||
      (password !== '' && (ha1_md5 !== '' || ha1_sha256 !== ''))
      ? [`sip_users[${index}] must have either password, or both ha1_md5 and ha1_sha256`]
      : []
  })
}

/** What moves time and loses calls must be out of everybody else's reach. */
function labFaults({ lab, http, sip }: RawConfig): readonly string[] {
  if (!lab.enabled) return []
  const hosts = { 'http.host': http.host, 'sip.host': sip.host }
  return Object.entries(hosts).flatMap(([key, host]) =>
    /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)
      ? []
      : [`${key} is "${host}", must be a loopback address where lab.enabled is true`],
  )
}

function prefixFaults(where: string, prefixes: readonly string[]): readonly string[] {
  return prefixes.flatMap((prefix, index) =>
    /^\+\d{0,15}$/.test(prefix) ? [] : [`${where}[${index}] is "${prefix}", must be + and digits`],
  )
}

function urlFaults(webhookUrl: string): readonly string[] {
  if (webhookUrl === '') return []
  const url = URL.parse(webhookUrl)
  return url?.protocol === 'http:' || url?.protocol === 'https:'
    ? []
    : [`HOLDFAST_WEBHOOK_URL is "${webhookUrl}", must be an http or https URL`]
}
