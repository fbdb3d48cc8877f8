// How the SIP side of the set-up is doing (C235, C236): who is registered, which trunks answer, and what is wrong in words.

import { isoMillis } from '../../base/iso-time.ts'
import type { RegistrationView, TrunkView } from '../../ports/sip-setup.ts'
import type { Api, ApiContext } from '../context.ts'
import { listOperation } from '../operation.ts'
import { metaSchema, pageFields } from '../paging.ts'
import { Type } from '../schema.ts'
import { pageAnswer } from '../setup/answers.ts'

const time = () => Type.String({ format: 'date-time' })
const timeOrNull = () => Type.Union([time(), Type.Null()])
const problem = Type.Union([Type.String(), Type.Null()], {
  description: 'What is wrong, in words; null: nothing.',
})

const registrationsSchema = listOperation({
  tag: 'applications',
  summary: 'List SIP users with their registrations',
  description: 'Those who are not registered, too. An addition of ours (C235).',
  path: {},
  query: Type.Object({
    'filter[username]': Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    'filter[registered]': Type.Optional(Type.Boolean()),
    ...pageFields,
  }),
  item: Type.Object({
    record_type: Type.Literal('sip_registration'),
    username: Type.String(),
    sip_uri: Type.String({ description: 'What calls to the user are dialled to.' }),
    registered: Type.Boolean(),
    contacts: Type.Array(
      Type.Object({
        uri: Type.String(),
        transport: Type.Enum(['UDP', 'TCP']),
        source: Type.String({ description: 'Where it registered from, `address:port`.' }),
        expires_at: time(),
        since: time(),
        behind_nat: Type.Boolean(),
      }),
    ),
    problem,
  }),
  meta: metaSchema,
})

const trunksSchema = listOperation({
  tag: 'applications',
  summary: 'List trunks with their reachability',
  description:
    'Each is asked by OPTIONS from time to time (`trunks[].probe_secs`). An addition of ours (C236).',
  path: {},
  query: Type.Object(pageFields),
  item: Type.Object({
    record_type: Type.Literal('sip_trunk'),
    name: Type.String(),
    uri: Type.String(),
    reachable: Type.Union([Type.Boolean(), Type.Null()], {
      description: 'null: not known yet, or not asked.',
    }),
    last_status: Type.Union([Type.Integer(), Type.Null()]),
    last_reason: Type.Union([Type.String(), Type.Null()]),
    last_answer_at: timeOrNull(),
    last_probe_at: timeOrNull(),
    round_trip_ms: Type.Union([Type.Number(), Type.Null()]),
    problem,
  }),
  meta: metaSchema,
})

/** GET /v2/sip_registrations */
export function listRegistrations(api: Api, context: ApiContext): void {
  const { domain } = context.options.sipSetup
  api.get('/v2/sip_registrations', { schema: registrationsSchema }, async ({ query }, reply) => {
    const name = query['filter[username]']
    const registered = query['filter[registered]']
    const found = context.options.sipSetup
      .registrations()
      .filter(({ username }) => username === (name ?? username))
      .filter(({ contacts }) => contacts.length > 0 === (registered ?? contacts.length > 0))
    return reply.send(pageAnswer(found, query, (view) => registrationObject(view, domain)))
  })
}

/** GET /v2/sip_trunks */
export function listTrunks(api: Api, context: ApiContext): void {
  api.get('/v2/sip_trunks', { schema: trunksSchema }, async ({ query }, reply) =>
    reply.send(pageAnswer(context.options.sipSetup.trunks(), query, trunkObject)),
  )
}

function registrationObject({ username, contacts }: RegistrationView, domain: string) {
  return {
    record_type: 'sip_registration',
    username,
    sip_uri: `sip:${username}@${domain}`,
    registered: contacts.length > 0,
    contacts: contacts.map(({ uri, transport, source, expiresAtMs, sinceMs, behindNat }) => ({
      ...{ uri, transport, source, expires_at: isoMillis(expiresAtMs) },
      ...{ since: isoMillis(sinceMs), behind_nat: behindNat },
    })),
    problem:
      contacts.length > 0
        ? null
        : 'No phone is registered with this name: calls to it fail until one registers.',
  }
}

function trunkObject(trunk: TrunkView) {
  const { answeredAtMs, name, probedAtMs, reachable, reason, roundTripMs, status, uri } = trunk
  return {
    ...{ record_type: 'sip_trunk', name, uri, reachable: reachable ?? null },
    ...{ last_status: status ?? null, last_reason: reason ?? null },
    last_answer_at: answeredAtMs === undefined ? null : isoMillis(answeredAtMs),
    last_probe_at: probedAtMs === undefined ? null : isoMillis(probedAtMs),
    round_trip_ms: roundTripMs === undefined ? null : Math.round(roundTripMs * 10) / 10,
    problem: trunk.problem ?? null,
  }
}
