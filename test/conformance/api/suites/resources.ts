// What is set up over the API: applications, numbers, credential connections and their users. For each kind: the fields of a
// new one, every field that can be changed, every filter and order of its list, and its end.
import assert from 'node:assert/strict'
import {
  assertField,
  assertRefused,
  clientPage,
  dataOf,
  errorPage,
  listOf,
  page,
  wantedText,
  type Check,
  type Wanted,
} from '../check.ts'
import type { ConformanceStage, Json } from '../stage.ts'

type Stage = ConformanceStage

interface Change {
  /** What a PATCH sets. */
  readonly set: Json
  /** What is shown then, where that differs. */
  readonly shown?: Json
}

interface Resource {
  /** As the objects of the coverage table are called. */
  readonly kind: string
  readonly base: string
  /** Where an application reads of it. */
  readonly cites: string
  /** A complete body of its own. */
  readonly body: (stage: Stage) => Json | Promise<Json>
  /** What a PATCH must repeat of the body. */
  readonly required: readonly string[]
  readonly fields: Readonly<Record<string, Wanted>>
  readonly changes: readonly Change[]
  /** Filters of the list: the value that finds one object. */
  readonly filters: Readonly<Record<string, (one: Json) => unknown>>
  /** What the answer to the creation has and no later one. */
  readonly secrets?: readonly string[]
}

const hook = 'https://app.example.com/webhooks'
let numbers = 0
/** Digits that no other run used lately. */
const freshNumber = (): string =>
  `+1555${String(Date.now() % 10_000_000).padStart(7, '0')}${String((numbers += 1) % 100).padStart(2, '0')}`
const freshUser = (stage: Stage): string =>
  stage
    .unique('user')
    .replace(/[^a-z0-9]/g, '')
    .slice(0, 32)

const common: readonly Change[] = [
  { set: { active: false } },
  { set: { anchorsite_override: 'Chicago, IL' } },
  { set: { dtmf_type: 'SIP INFO' } },
  { set: { dtmf_type: 'Inband' } },
  { set: { tags: ['one', 'two'] } },
  { set: { webhook_event_failover_url: 'https://b.example.com/' } },
  { set: { webhook_timeout_secs: 30 } },
  { set: { webhook_timeout_secs: 0 }, shown: { webhook_timeout_secs: null } },
  { set: { call_cost_in_webhooks: false } },
  { set: { inbound: { channel_limit: 7 } } },
  { set: { outbound: { channel_limit: 8, outbound_voice_profile_id: '99' } } },
]

/** All of `wanted` in `found`, objects likewise. */
function assertHas(found: Json, wanted: Json): void {
  for (const [name, value] of Object.entries(wanted)) {
    const there = found[name]
    if (isPlain(value) && isPlain(there)) assertHas(there, value)
    else assert.deepEqual(there, value, name)
  }
}
const isPlain = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const application: Resource = {
  kind: 'application',
  base: '/call_control_applications',
  cites: page('Call control applications'),
  body: (stage) => ({ application_name: stage.unique('application'), webhook_event_url: hook }),
  required: ['application_name', 'webhook_event_url'],
  fields: {
    id: 'decimal',
    record_type: ['call_control_application'],
    application_name: 'text',
    webhook_event_url: [hook],
    webhook_event_failover_url: 'textOrNull',
    webhook_api_version: ['2'],
    active: [true],
    anchorsite_override: ['Latency'],
    dtmf_type: ['RFC 2833'],
    first_command_timeout: [false],
    first_command_timeout_secs: [30],
    call_cost_in_webhooks: [false],
    redact_dtmf_debug_logging: [false],
    inbound: 'object',
    outbound: 'object',
    tags: 'list',
    created_at: 'millis',
    updated_at: 'millis',
  },
  changes: [
    ...common,
    { set: { application_name: 'another name' } },
    { set: { webhook_event_url: 'https://c.example.com/' } },
    { set: { webhook_api_version: '2' } },
    { set: { first_command_timeout: true } },
    { set: { first_command_timeout_secs: 3600 } },
    { set: { redact_dtmf_debug_logging: true } },
    { set: { inbound: { sip_subdomain_receive_settings: 'only_my_connections' } } },
  ],
  filters: { 'filter[application_name][contains]': (one) => one['application_name'] },
}

const number: Resource = {
  kind: 'phone number',
  base: '/phone_numbers',
  cites: 'C185',
  body: (stage) => ({ phone_number: freshNumber(), customer_reference: stage.unique('reference') }),
  required: [],
  fields: {
    id: 'text',
    record_type: ['phone_number'],
    phone_number: 'text',
    status: ['active'],
    connection_id: [null],
    connection_name: [null],
    customer_reference: 'text',
    tags: 'list',
    created_at: 'millis',
    updated_at: 'millis',
  },
  changes: [{ set: { customer_reference: 'desk' } }, { set: { tags: ['vip'] } }],
  filters: {
    'filter[phone_number]': (one) => one['phone_number'],
    'filter[customer_reference]': (one) => one['customer_reference'],
  },
}

const connection: Resource = {
  kind: 'credential connection',
  base: '/credential_connections',
  cites: page('Credential connections'),
  body: (stage) => ({
    connection_name: stage.unique('connection'),
    user_name: freshUser(stage),
    password: 'correct horse',
  }),
  required: [],
  fields: {
    id: 'decimal',
    record_type: ['credential_connection'],
    connection_name: 'text',
    user_name: 'text',
    password: ['correct horse'],
    active: [true],
    anchorsite_override: ['Latency'],
    sip_uri_calling_preference: ['disabled'],
    dtmf_type: ['RFC 2833'],
    call_cost_in_webhooks: [false],
    encrypted_media: [null],
    webhook_api_version: ['2'],
    inbound: 'object',
    outbound: 'object',
    tags: 'list',
    created_at: 'millis',
    updated_at: 'millis',
  },
  changes: [
    ...common,
    { set: { connection_name: 'another desk' } },
    { set: { webhook_event_url: 'https://c.example.com/' } },
    { set: { sip_uri_calling_preference: 'internal' } },
    { set: { sip_uri_calling_preference: 'unrestricted' } },
    { set: { encrypted_media: null } },
    { set: { outbound: { call_parking_enabled: true } } },
  ],
  filters: { 'filter[connection_name][contains]': (one) => one['connection_name'] },
  secrets: ['password'],
}

const ownConnection = (stage: Stage): Promise<Json> =>
  stage.once('a credential connection', async () =>
    dataOf(await stage.post(connection.base, await connection.body(stage)), 201),
  )

const credential: Resource = {
  kind: 'telephony credential',
  base: '/telephony_credentials',
  cites: page('Telephony credentials'),
  body: async (stage) => ({
    connection_id: (await ownConnection(stage))['id'],
    name: stage.unique('credential'),
    tag: stage.unique('tag'),
  }),
  required: [],
  fields: {
    id: 'uuid',
    record_type: ['credential'],
    name: 'text',
    tag: 'text',
    resource_id: 'text',
    sip_username: 'text',
    sip_password: 'text',
    expired: [false],
    expires_at: [null],
    user_id: 'text',
    created_at: 'millis',
    updated_at: 'millis',
  },
  changes: [
    { set: { name: 'another phone' } },
    { set: { tag: 'door' } },
    {
      set: { expires_at: '2099-01-02T03:04:05Z' },
      shown: { expires_at: '2099-01-02T03:04:05.000Z', expired: false },
    },
    {
      set: { expires_at: '2001-01-02T03:04:05Z' },
      shown: { expires_at: '2001-01-02T03:04:05.000Z', expired: true },
    },
  ],
  filters: {
    'filter[name]': (one) => one['name'],
    'filter[tag]': (one) => one['tag'],
    'filter[sip_username]': (one) => one['sip_username'],
  },
  secrets: ['sip_password'],
}

const resources: readonly Resource[] = [application, number, connection, credential]

const create = async (stage: Stage, { base, body }: Resource, extra: Json = {}): Promise<Json> =>
  dataOf(await stage.post(base, { ...(await body(stage)), ...extra }), 201)

/** One that nobody changes. */
const steady = (stage: Stage, resource: Resource): Promise<Json> =>
  stage.once(`a ${resource.kind}`, () => create(stage, resource))

const isPresent = (found: readonly Json[], one: Json): boolean =>
  found.some(({ id }) => id === one['id'])

function checksOf(resource: Resource): readonly Check[] {
  const { kind, base, cites, required, fields, changes, filters, secrets = [] } = resource
  const one = `${base}/{id}`
  const withoutSecrets = (object: Json): Json =>
    Object.fromEntries(Object.entries(object).filter(([name]) => !secrets.includes(name)))
  return [
    ...Object.entries(fields).map(([field, wanted]): Check => ({
      name: `${kind}: ${field} is ${wantedText(wanted)}`,
      cites,
      covers: [`POST ${base}`, `object ${kind}#${field}`],
      run: async (stage) => assertField(await steady(stage, resource), field, wanted),
    })),
    {
      name: `${kind}: retrieved and listed as created${secrets.length > 0 ? ', without its password' : ''}`,
      cites: secrets.length > 0 ? 'C186' : cites,
      covers: [`GET ${one}`, `GET ${base}`],
      run: async (stage) => {
        const object = await steady(stage, resource)
        const shown = withoutSecrets(object)
        assert.deepEqual(dataOf(await stage.get(`${base}/${String(object['id'])}`)), shown)
        const listed = listOf(await stage.get(`${base}?page[size]=250`))
        assert.deepEqual(
          listed.filter(({ id }) => id === object['id']),
          [shown],
        )
      },
    },
    ...changes.map(({ set, shown = set }): Check => ({
      name: `${kind}: PATCH with ${JSON.stringify(set)} changes that and nothing else`,
      cites,
      covers: [
        `PATCH ${one}`,
        ...Object.entries(set).flatMap(([field, value]) => [
          `PATCH ${one}#${field}`,
          ...(typeof value === 'string' ? [`PATCH ${one}#${field}=${value}`] : []),
        ]),
      ],
      run: async (stage) => {
        const made = await create(stage, resource)
        const path = `${base}/${String(made['id'])}`
        const body = { ...Object.fromEntries(required.map((name) => [name, made[name]])), ...set }
        const changed = dataOf(await stage.request('PATCH', path, { body }))
        assertHas(changed, shown)
        const touched = [...Object.keys(shown), 'updated_at']
        const rest = (object: Json): Json =>
          Object.fromEntries(Object.entries(object).filter(([name]) => !touched.includes(name)))
        assert.deepEqual(rest(changed), rest(withoutSecrets(made)))
        assert.deepEqual(dataOf(await stage.get(path)), changed)
        assert.ok(String(changed['updated_at']) >= String(made['updated_at']))
        dataOf(await stage.request('DELETE', path))
      },
    })),
    ...changes.map(({ set, shown = set }): Check => ({
      name: `${kind}: created with ${JSON.stringify(set)}`,
      cites,
      covers: [
        `POST ${base}`,
        ...Object.entries(set).map(([field, value]) =>
          typeof value === 'string' ? `POST ${base}#${field}=${value}` : `POST ${base}#${field}`,
        ),
      ],
      run: async (stage) => {
        const made = await create(stage, resource, set)
        assertHas(made, shown)
        dataOf(await stage.request('DELETE', `${base}/${String(made['id'])}`))
      },
    })),
    ...Object.entries(filters).map(([filter, valueOf]): Check => ({
      name: `${kind}: ${filter} finds it, and nothing with another value`,
      cites,
      covers: [`GET ${base}`, `GET ${base}#${filter}`],
      run: async (stage) => {
        const [object, other] = [await steady(stage, resource), await create(stage, resource)]
        const query = `${filter}=${encodeURIComponent(String(valueOf(object)))}&page[size]=250`
        const found = listOf(await stage.get(`${base}?${query}`))
        assert.ok(isPresent(found, object), 'it is not found')
        assert.ok(!isPresent(found, other), 'another one is found')
        const none = await stage.get(`${base}?${filter}=${stage.unique('nothing')}`)
        assert.deepEqual(listOf(none), [])
      },
    })),
    {
      name: `${kind}: DELETE answers 200 with what was deleted, and it is gone`,
      cites,
      covers: [`DELETE ${one}`, `GET ${one}`, 'code 404 10005'],
      run: async (stage) => {
        const id = String((await create(stage, resource))['id'])
        assert.equal(dataOf(await stage.request('DELETE', `${base}/${id}`))['id'], id)
        assertRefused(await stage.get(`${base}/${id}`), 404, '10005')
        assertRefused(await stage.request('DELETE', `${base}/${id}`), 404, '10005')
      },
    },
    ...(['GET', 'PATCH', 'DELETE'] as const).map((method): Check => ({
      name: `${kind}: ${method} of an unknown one is 404`,
      cites: errorPage('10005'),
      covers: [`${method} ${one}`, 'code 404 10005'],
      run: async (stage) => {
        const body = { application_name: 'x', webhook_event_url: hook }
        const more = method === 'PATCH' ? { body } : {}
        assertRefused(await stage.request(method, `${base}/999999`, more), 404, '10005')
      },
    })),
  ]
}

const sorts = ['created_at', 'connection_name', 'active'] as const
const sortedLists = [
  ['/call_control_applications', 'application_name'],
  ['/credential_connections', 'connection_name'],
  ['/connections', 'connection_name'],
] as const

const sorting: readonly Check[] = sortedLists.flatMap(([base, nameField]) =>
  sorts.flatMap((sort) =>
    (['', '-'] as const).map((minus): Check => ({
      name: `GET ${base}: sort=${minus}${sort}`,
      cites: 'C183',
      covers: [`GET ${base}#sort`, `GET ${base}#sort=${minus}${sort}`],
      run: async (stage) => {
        await Promise.all([
          stage.once('two applications', async () => {
            await create(stage, application)
            await create(stage, application, { active: false })
          }),
          stage.once('two connections', async () => {
            await create(stage, connection)
            await create(stage, connection, { active: false })
          }),
        ])
        const field = sort === 'connection_name' ? nameField : sort
        const found = listOf(await stage.get(`${base}?sort=${minus}${sort}&page[size]=250`))
        const values = found.map((one) => String(one[field]))
        const inOrder = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
        assert.deepEqual(values, minus === '' ? inOrder : inOrder.reverse())
        assert.ok(new Set(values).size > 1, 'all alike: nothing is in order')
      },
    })),
  ),
)

const profiles: readonly Check[] = (
  [
    [application, '/call_control_applications', 'filter[outbound.outbound_voice_profile_id]'],
    [connection, '/credential_connections', 'filter[outbound_voice_profile_id]'],
    [connection, '/connections', 'filter[outbound_voice_profile_id]'],
    [application, '/connections', 'filter[connection_name][contains]'],
  ] as const
).map(([resource, base, filter]): Check => ({
  name: `GET ${base}: ${filter} finds a ${resource.kind} and no other`,
  cites: resource.cites,
  covers: [`GET ${base}#${filter}`],
  run: async (stage) => {
    const profile = stage.unique('profile')
    const made = await create(stage, resource, {
      outbound: { outbound_voice_profile_id: profile },
    })
    const wanted = filter.includes('profile') ? profile : String(made['application_name'])
    const found = listOf(await stage.get(`${base}?${filter}=${wanted}`))
    assert.deepEqual(
      found.map(({ id }) => id),
      [made['id']],
    )
  },
}))

const sites = [
  ...['Latency', 'Chicago, IL', 'Ashburn, VA', 'San Jose, CA', 'London, UK', 'Chennai, IN'],
  ...['Amsterdam, Netherlands', 'Toronto, Canada', 'Sydney, Australia', 'Vancouver, Canada'],
  'Frankfurt, Germany',
]
const eachValue: Readonly<Record<string, readonly string[]>> = {
  anchorsite_override: sites,
  dtmf_type: ['RFC 2833', 'Inband', 'SIP INFO'],
  webhook_api_version: ['2'],
  sip_uri_calling_preference: ['disabled', 'unrestricted', 'internal'],
}

const values: readonly Check[] = [application, connection].flatMap((resource) =>
  Object.entries(eachValue)
    .filter(([field]) => resource === connection || !field.startsWith('sip_'))
    .map(([field, all]): Check => ({
      name: `${resource.kind}: created with each value of ${field}`,
      cites: resource.cites,
      covers: all.map((value) => `POST ${resource.base}#${field}=${value}`),
      run: async (stage) => {
        for (const value of all) {
          const made = await create(stage, resource, { [field]: value })
          assert.equal(made[field], value)
          dataOf(await stage.request('DELETE', `${resource.base}/${String(made['id'])}`))
        }
      },
    })),
)

const refused: readonly Check[] = [
  ...values,
  {
    name: 'application: webhook_api_version "1" is 10032',
    cites: errorPage('10032'),
    covers: ['POST /call_control_applications#webhook_api_version', 'code 422 10032'],
    run: async (stage) => {
      const body = { ...(await application.body(stage)), webhook_api_version: '1' }
      const answer = await stage.post(application.base, body)
      assertRefused(answer, 422, '10032', { pointer: '/webhook_api_version' })
    },
  },
  {
    name: 'phone number: the same one twice is 10012',
    cites: `C185; ${errorPage('10012')}`,
    covers: ['POST /phone_numbers#phone_number', 'code 422 10012'],
    run: async (stage) => {
      const { phone_number } = await steady(stage, number)
      const answer = await stage.post(number.base, { phone_number })
      assertRefused(answer, 422, '10012', { pointer: '/phone_number' })
    },
  },
  {
    name: 'credential connection: a user name that is taken is 10012',
    cites: `C181; ${errorPage('10012')}`,
    covers: ['POST /credential_connections#user_name', 'code 422 10012'],
    run: async (stage) => {
      const { user_name } = await steady(stage, connection)
      const answer = await stage.post(connection.base, {
        ...(await connection.body(stage)),
        user_name,
      })
      assertRefused(answer, 422, '10012', { pointer: '/user_name' })
    },
  },
  {
    name: 'credential connection: a new user name needs the password again',
    cites: 'C186',
    covers: ['PATCH /credential_connections/{id}#user_name', 'code 422 10004'],
    run: async (stage) => {
      const made = await create(stage, connection)
      const path = `${connection.base}/${String(made['id'])}`
      const user_name = freshUser(stage)
      const bare = await stage.request('PATCH', path, { body: { user_name } })
      assertRefused(bare, 422, '10004', { pointer: '/password' })
      const password = 'battery staple'
      const changed = dataOf(await stage.request('PATCH', path, { body: { user_name, password } }))
      assert.deepEqual([changed['user_name'], changed['password']], [user_name, password])
      assert.ok(!('password' in dataOf(await stage.get(path))))
    },
  },
  ...(['POST', 'PATCH'] as const).map((method): Check => ({
    name: `telephony credential: ${method} with a connection_id of nothing is 10015`,
    cites: errorPage('10015'),
    covers: [
      `${method} /telephony_credentials${method === 'PATCH' ? '/{id}' : ''}#connection_id`,
      'code 422 10015',
    ],
    run: async (stage) => {
      const { id } = await steady(stage, credential)
      const path = method === 'PATCH' ? `${credential.base}/${String(id)}` : credential.base
      const answer = await stage.request(method, path, { body: { connection_id: '999999' } })
      assertRefused(answer, 422, '10015', { pointer: '/connection_id' })
    },
  })),
  ...(['POST', 'PATCH'] as const).map((method): Check => ({
    name: `phone number: ${method} with a connection_id of nothing is 10015`,
    cites: errorPage('10015'),
    covers: [
      `${method} /phone_numbers${method === 'PATCH' ? '/{id}' : ''}#connection_id`,
      'code 422 10015',
    ],
    run: async (stage) => {
      const { id } = await steady(stage, number)
      const path = method === 'PATCH' ? `${number.base}/${String(id)}` : number.base
      const body = { phone_number: freshNumber(), connection_id: '999999' }
      assertRefused(await stage.request(method, path, { body }), 422, '10015', {
        pointer: '/connection_id',
      })
    },
  })),
  ...['ip_connections', 'fqdn_connections', 'outbound_voice_profiles'].map((family): Check => ({
    name: `GET and POST /${family}: 20015`,
    cites: 'C188',
    covers: ['rule not supported', 'code 422 20015'],
    run: async (stage) => {
      assertRefused(await stage.get(`/${family}`), 422, '20015')
      assertRefused(await stage.post(`/${family}`), 422, '20015')
    },
  })),
  {
    name: 'telephony credential: no tokens for browsers, 20015',
    cites: 'C186',
    covers: ['rule not supported', 'code 422 20015'],
    run: async (stage) => {
      const { id } = await steady(stage, credential)
      const answer = await stage.post(`${credential.base}/${String(id)}/token`)
      assertRefused(answer, 422, '20015')
    },
  },
]

const voiceFields = {
  record_type: ['voice_settings'],
  phone_number: 'text',
  connection_id: [null],
  customer_reference: 'text',
  tech_prefix_enabled: [false],
  translated_number: [''],
  usage_payment_method: ['pay-per-minute'],
  inbound_call_screening: ['disabled'],
  call_forwarding: 'object',
  call_recording: 'object',
  cnam_listing: 'object',
  media_features: 'object',
} as const satisfies Readonly<Record<string, Wanted>>

const voice = '/phone_numbers/{id}/voice'

const assigned: readonly Check[] = [
  ...Object.entries(voiceFields).map(([field, wanted]): Check => ({
    name: `voice settings of a number: ${field} is ${wantedText(wanted)}`,
    cites: page('Retrieve a phone number with voice settings'),
    covers: [`GET ${voice}`, `object voice settings#${field}`],
    run: async (stage) => {
      const { id } = await steady(stage, number)
      assertField(dataOf(await stage.get(`${number.base}/${String(id)}/voice`)), field, wanted)
    },
  })),
  ...(['', '/voice'] as const).map((end): Check => ({
    name: `phone number: PATCH …${end} assigns it to an application, and takes it away again`,
    cites: 'C185',
    covers: [
      `PATCH /phone_numbers/{id}${end}`,
      ...['connection_id', 'customer_reference', 'tags'].map(
        (field) => `PATCH /phone_numbers/{id}${end}#${field}`,
      ),
      'GET /phone_numbers#filter[connection_id]',
      'GET /phone_numbers#filter[tag]',
      'GET /phone_numbers#filter[status]',
      'GET /phone_numbers#filter[voice.connection_name][contains]',
      'GET /phone_numbers#filter[voice.connection_name][eq]',
    ],
    run: async (stage) => {
      const made = await create(stage, number)
      const app = await create(stage, application)
      const path = `${number.base}/${String(made['id'])}`
      const tag = stage.unique('tag')
      const patch = (body: Json) => stage.request('PATCH', `${path}${end}`, { body })
      const said = { connection_id: app['id'], customer_reference: 'desk', tags: [tag] }
      assert.equal(dataOf(await patch(said))['connection_id'], app['id'])
      const name = String(app['application_name'])
      const found = dataOf(await stage.get(path))
      assertHas(found, { ...said, connection_name: name })
      for (const query of [
        `filter[connection_id]=${String(app['id'])}`,
        `filter[tag]=${tag}&filter[status]=active`,
        `filter[voice.connection_name][contains]=${name.slice(2)}`,
        `filter[voice.connection_name][eq]=${name}`,
      ]) {
        assert.deepEqual(listOf(await stage.get(`/phone_numbers?${query}`)), [found], query)
      }
      for (const query of [`filter[tag]=${tag}&filter[status]=deleted`, 'filter[tag]=no-such-tag'])
        assert.deepEqual(listOf(await stage.get(`/phone_numbers?${query}`)), [], query)
      assert.equal(dataOf(await patch({ connection_id: '' }))['connection_id'], null)
      assert.equal(dataOf(await stage.get(path))['connection_name'], null)
      // A deleted application leaves its numbers to nobody.
      dataOf(await patch({ connection_id: app['id'] }))
      dataOf(await stage.request('DELETE', `/call_control_applications/${String(app['id'])}`))
      assert.equal(dataOf(await stage.get(path))['connection_id'], null)
    },
  })),
  {
    name: 'phone number: found by itself in the path, too',
    cites: 'C185',
    covers: ['GET /phone_numbers/{id}'],
    run: async (stage) => {
      const { id, phone_number } = await steady(stage, number)
      const path = `/phone_numbers/${encodeURIComponent(String(phone_number))}`
      assert.equal(dataOf(await stage.get(path))['id'], id)
    },
  },
  ...['tech_prefix_enabled', 'caller_id_name_enabled'].map((field): Check => ({
    name: `voice settings of a number: ${field} may be switched off, not on`,
    cites: 'C22',
    covers: [`PATCH ${voice}#${field}`, 'code 422 10015'],
    run: async (stage) => {
      const { id } = await steady(stage, number)
      const path = `/phone_numbers/${String(id)}/voice`
      const set = (value: boolean) => stage.request('PATCH', path, { body: { [field]: value } })
      dataOf(await set(false))
      assertRefused(await set(true), 422, '10015', { pointer: `/${field}` })
    },
  })),
  ...(
    [
      ['call_forwarding', 'call_forwarding_enabled'],
      ['call_recording', 'inbound_call_recording_enabled'],
      ['cnam_listing', 'cnam_listing_enabled'],
      ['media_features', 't38_fax_gateway_enabled'],
    ] as const
  ).map(([group, field]): Check => ({
    name: `voice settings of a number: ${group}.${field} is refused, 10015`,
    cites: 'C22',
    covers: [`PATCH ${voice}#${group}`, 'code 422 10015'],
    run: async (stage) => {
      const { id } = await steady(stage, number)
      const body = { [group]: { [field]: true } }
      const answer = await stage.request('PATCH', `/phone_numbers/${String(id)}/voice`, { body })
      assertRefused(answer, 422, '10015', { pointer: `/${group}/${field}` })
    },
  })),
  {
    name: 'telephony credential: filter[resource_id] and filter[status]',
    cites: page('List all credentials'),
    covers: [
      'GET /telephony_credentials#filter[resource_id]',
      'GET /telephony_credentials#filter[status]=active',
      'GET /telephony_credentials#filter[status]=expired',
    ],
    run: async (stage) => {
      const own = await create(stage, connection)
      const resource = `connection:${String(own['id'])}`
      const some = { connection_id: own['id'] }
      const living = await create(stage, credential, some)
      const expired = await create(stage, credential, {
        ...some,
        expires_at: '2001-01-01T00:00:00Z',
      })
      assert.equal(living['resource_id'], resource)
      const of = async (status: string) =>
        listOf(
          await stage.get(
            `/telephony_credentials?filter[resource_id]=${resource}&filter[status]=${status}`,
          ),
        ).map(({ id }) => id)
      assert.deepEqual(await of('active'), [living['id']])
      assert.deepEqual(await of('expired'), [expired['id']])
      const odd = await stage.get('/telephony_credentials?filter[status]=odd')
      assertRefused(odd, 422, '10032', { parameter: 'filter[status]' })
      // Users end with their connection.
      dataOf(await stage.request('DELETE', `/credential_connections/${String(own['id'])}`))
      assertRefused(await stage.get(`/telephony_credentials/${String(living['id'])}`), 404, '10005')
    },
  },
  {
    name: 'connection: an application and a credential connection, by id and by name',
    cites: page('Retrieve a connection'),
    covers: [
      'GET /connections/{connection_id}',
      'GET /connections#filter[connection_name][contains]',
      ...['id', 'record_type', 'connection_name', 'active', 'created_at', 'updated_at'].map(
        (field) => `object connection#${field}`,
      ),
    ],
    run: async (stage) => {
      for (const [resource, type, nameField] of [
        [application, 'call_control_application', 'application_name'],
        [connection, 'credential_connection', 'connection_name'],
      ] as const) {
        const made = await steady(stage, resource)
        const found = dataOf(await stage.get(`/connections/${String(made['id'])}`))
        const { id, active, created_at, updated_at } = made
        const same = { id, active, created_at, updated_at, record_type: type }
        assertHas(found, { ...same, connection_name: made[nameField] })
        const query = `filter[connection_name][contains]=${String(made[nameField])}&page[size]=250`
        assert.ok(isPresent(listOf(await stage.get(`/connections?${query}`)), made))
      }
      assertRefused(await stage.get('/connections/999999'), 404, '10005')
    },
  },
  {
    name: 'official client: an application, a connection, a credential and a number, from their making to their end',
    cites: clientPage,
    covers: [
      'POST /call_control_applications',
      'POST /credential_connections',
      'POST /telephony_credentials',
      'PATCH /phone_numbers/{id}',
    ],
    run: async (stage) => {
      const { callControlApplications, credentialConnections, phoneNumbers, telephonyCredentials } =
        stage.telnyx
      const application_name = stage.unique('client')
      const app = await callControlApplications.create({
        application_name,
        webhook_event_url: hook,
      })
      const appId = app.data?.id ?? ''
      const made = await create(stage, number)
      const numberId = String(made['id'])
      const assigned = await phoneNumbers.update(numberId, { connection_id: appId })
      assert.equal(assigned.data?.connection_name, application_name)
      const desk = await credentialConnections.create({
        connection_name: application_name,
        user_name: freshUser(stage),
        password: 'correct horse',
      })
      const deskId = desk.data?.id ?? ''
      const user = await telephonyCredentials.create({ connection_id: deskId })
      assert.equal(user.data?.resource_id, `connection:${deskId}`)
      const found: unknown[] = []
      for await (const one of callControlApplications.list({
        filter: { application_name: { contains: application_name } },
      })) {
        found.push(one.id)
      }
      assert.deepEqual(found, [appId])
      assert.equal((await telephonyCredentials.delete(user.data?.id ?? '')).data?.id, user.data?.id)
      assert.equal((await credentialConnections.delete(deskId)).data?.id, deskId)
      assert.equal((await phoneNumbers.delete(numberId)).data?.id, numberId)
      assert.equal((await callControlApplications.delete(appId)).data?.id, appId)
    },
  },
]

export const resourceChecks: readonly Check[] = [
  ...resources.flatMap(checksOf),
  ...sorting,
  ...profiles,
  ...refused,
  ...assigned,
]
