// What is true of every request: keys, paths, methods, content types, JSON, headers, the shape of errors, pages.
import assert from 'node:assert/strict'
import {
  assertRefused,
  dataOf,
  errorPage,
  errorsOf,
  isRecord,
  listOf,
  metaOf,
  page,
  type Check,
} from '../check.ts'
import type { Answer, ConformanceStage } from '../stage.ts'

const unauthorised: readonly (readonly [what: string, header: string | undefined])[] = [
  ['no Authorization header', undefined],
  ['an unknown key', 'Bearer KEYnobody-has-this-one'],
  ['an empty key', 'Bearer '],
  ['another scheme', 'Basic S0VZbGFiOg=='],
  ['a key without scheme', 'KEYlab'],
]

const paths: readonly (readonly [method: string, path: string])[] = [
  ['GET', '/queues'],
  ['POST', '/queues'],
  ['GET', '/queues/nobody'],
  ['POST', '/calls'],
  ['GET', '/calls/v3:nobody'],
  ['POST', '/calls/v3:nobody/actions/hangup'],
  ['POST', '/calls/v3:nobody/actions/enqueue'],
  ['GET', '/conferences'],
  ['POST', '/conferences'],
  ['GET', '/call_control_applications'],
]

const authentication: readonly Check[] = [
  ...unauthorised.map(([what, authorization]): Check => ({
    name: `authentication: ${what} is 401`,
    cites: errorPage('10009'),
    covers: ['rule authentication', 'code 401 10009'],
    run: async (stage) => {
      const answer = await stage.request('GET', '/queues', { authorization })
      assertRefused(answer, 401, '10009', { title: 'Authentication failed' })
    },
  })),
  ...paths.map(([method, path]): Check => ({
    name: `authentication: ${method} ${path} without a key is 401 before anything else`,
    cites: 'C63',
    covers: [
      'code 401 10009',
      `${method} ${path.replace('nobody', '{queue_name}').replace('v3:{queue_name}', '{call_control_id}')}`,
    ],
    run: async (stage) => {
      const answer = await stage.request(method, path, {
        authorization: undefined,
        ...(method === 'POST' ? { body: {} } : {}),
      })
      assertRefused(answer, 401, '10009')
    },
  })),
  {
    name: 'authentication: the scheme may be written in any case',
    cites: 'RFC 9110 §11.1',
    covers: ['rule authentication'],
    run: async (stage) => {
      const withKey = await stage.get('/queues')
      assert.equal(withKey.status, 200)
      const key = keyOf(stage)
      const answer = await stage.request('GET', '/queues', { authorization: `bearer ${key}` })
      assert.equal(answer.status, 200, answer.text)
    },
  },
]

function keyOf(stage: ConformanceStage): string {
  const { apiKey } = stage.telnyx
  assert.ok(typeof apiKey === 'string')
  return apiKey
}

const notFound: readonly (readonly [method: string, path: string])[] = [
  ['GET', '/no_such_thing'],
  ['POST', '/calls/v3:nobody/actions/no_such_action'],
  ['GET', '/queues/no-such-queue/calls/v3:nobody/more'],
  ['POST', '/conferences/no-such-conference/actions/no_such_action'],
]

const wrongMethods: readonly (readonly [method: string, path: string, allowed: string])[] = [
  ['PUT', '/queues', 'GET'],
  ['DELETE', '/queues', 'POST'],
  ['PUT', '/queues/some', 'GET'],
  ['PATCH', '/queues/some', 'DELETE'],
  ['POST', '/queues/some/calls', 'GET'],
  ['POST', '/queues/some/calls/v3:x', 'PATCH'],
  ['GET', '/calls', 'POST'],
  ['DELETE', '/calls/v3:x', 'GET'],
  ['GET', '/calls/v3:x/actions/hangup', 'POST'],
  ['DELETE', '/conferences', 'GET'],
  ['PUT', '/conferences/some', 'GET'],
]

const routing: readonly Check[] = [
  ...notFound.map(([method, path]): Check => ({
    name: `paths: ${method} ${path} is 404`,
    cites: errorPage('10005'),
    covers: ['rule paths', 'code 404 10005'],
    run: async (stage) => {
      const answer = await stage.request(method, path, method === 'POST' ? { body: {} } : {})
      assertRefused(answer, 404, '10005', { title: 'Resource not found' })
    },
  })),
  ...wrongMethods.map(([method, path, allowed]): Check => ({
    name: `paths: ${method} ${path} is 405 and says what is allowed`,
    cites: errorPage('10030'),
    covers: ['rule methods', 'code 405 10030'],
    run: async (stage) => {
      const answer = await stage.request(method, path)
      assertRefused(answer, 405, '10030', { title: 'Method not allowed' })
      const allow = (answer.headers.get('allow') ?? '').split(/,\s*/)
      assert.ok(allow.includes(allowed), `Allow: ${allow.join()}`)
    },
  })),
]

interface Body {
  readonly what: string
  readonly raw: string | Uint8Array<ArrayBuffer>
  readonly contentType?: string | undefined
  readonly refused?: readonly [status: number, code: string, title: string]
  readonly cites: string
}

const json = '{"queue_name":"$"}'
const bodies: readonly Body[] = [
  {
    what: 'a charset is accepted',
    raw: json,
    contentType: 'application/json; charset=utf-8',
    cites: 'C66',
  },
  { what: 'a missing type is JSON', raw: json, contentType: undefined, cites: 'C66' },
  {
    what: 'the type in capitals is accepted',
    raw: json,
    contentType: 'APPLICATION/JSON',
    cites: 'C66',
  },
  {
    what: 'a form is refused',
    raw: 'queue_name=$',
    contentType: 'application/x-www-form-urlencoded',
    refused: [415, '10029', 'Expected JSON Content-Type'],
    cites: errorPage('10029'),
  },
  {
    what: 'plain text is refused',
    raw: json,
    contentType: 'text/plain',
    refused: [415, '10029', 'Expected JSON Content-Type'],
    cites: errorPage('10029'),
  },
  {
    what: 'text that is no JSON is refused',
    raw: '{"queue_name"',
    contentType: 'application/json',
    refused: [400, '10023', 'Invalid JSON'],
    cites: errorPage('10023'),
  },
  {
    what: 'bytes that are no UTF-8 are refused',
    raw: Uint8Array.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
    contentType: 'application/json',
    refused: [400, '10028', 'Character encoding error'],
    cites: errorPage('10028'),
  },
  {
    what: 'a list instead of an object is refused',
    raw: '[1]',
    contentType: 'application/json',
    refused: [400, '10015', 'Bad Request'],
    cites: errorPage('10015'),
  },
  {
    what: 'a text instead of an object is refused',
    raw: '"x"',
    contentType: 'application/json',
    refused: [400, '10015', 'Bad Request'],
    cites: errorPage('10015'),
  },
  {
    what: 'an empty body is an empty object',
    raw: '',
    contentType: 'application/json',
    refused: [422, '10004', 'Missing required parameter'],
    cites: 'C66',
  },
  {
    what: 'unknown fields are ignored',
    raw: '{"queue_name":"$","unknown_field":{"a":[1]}}',
    contentType: 'application/json',
    cites: 'C67',
  },
  {
    what: 'null is absent, for an optional field',
    raw: '{"queue_name":"$","max_size":null}',
    contentType: 'application/json',
    cites: 'C67',
  },
  {
    what: 'null is absent, for a required field',
    raw: '{"queue_name":null}',
    contentType: 'application/json',
    refused: [422, '10004', 'Missing required parameter'],
    cites: 'C67',
  },
]

const content: readonly Check[] = bodies.map(
  ({ what, raw, contentType, refused, cites }): Check => ({
    name: `content: ${what}`,
    cites,
    covers: [
      'rule content',
      'POST /queues',
      ...(refused ? [`code ${refused[0]} ${refused[1]}`] : []),
    ],
    run: async (stage) => {
      const name = stage.unique('content')
      const sent = typeof raw === 'string' ? raw.replace('$', name) : raw
      const answer = await stage.request('POST', '/queues', { raw: sent, contentType })
      if (refused === undefined) {
        assert.equal(dataOf(answer)['name'], name)
        await stage.request('DELETE', `/queues/${name}`)
      } else assertRefused(answer, refused[0], refused[1], { title: refused[2] })
    },
  }),
)

/** One answer of each kind, by what it is. */
const answers: Readonly<Record<string, (stage: ConformanceStage) => Promise<Answer>>> = {
  'a success': (stage) => stage.get('/queues'),
  'a 401': (stage) => stage.request('GET', '/queues', { authorization: undefined }),
  'a 404': (stage) => stage.get('/queues/no-such-queue'),
  'a 405': (stage) => stage.request('PUT', '/queues'),
  'a 400': (stage) => stage.request('POST', '/queues', { raw: '{' }),
  'a 422': (stage) => stage.post('/queues', {}),
}

const headers: readonly Check[] = Object.entries(answers).flatMap(([what, ask]): Check[] => [
  {
    name: `headers: ${what} is JSON`,
    cites: page('Errors'),
    covers: ['rule headers'],
    run: async (stage) => {
      const type = (await ask(stage)).headers.get('content-type') ?? ''
      assert.match(type, /^application\/json(;|$)/)
    },
  },
  {
    name: `headers: ${what} has x-request-id, a new one each time`,
    cites: page('Errors'),
    covers: ['rule headers'],
    run: async (stage) => {
      const one = (await ask(stage)).headers.get('x-request-id') ?? ''
      const two = (await ask(stage)).headers.get('x-request-id') ?? ''
      assert.match(one, /^\S{8,}$/)
      assert.notEqual(one, two)
    },
  },
  ...(what === 'a success'
    ? []
    : [
        {
          name: `errors: ${what} has a list of errors, each with code, title and detail`,
          cites: page('Errors'),
          covers: ['rule error envelope'],
          run: async (stage: ConformanceStage) => {
            const answer = await ask(stage)
            errorsOf(answer)
            assert.ok(isRecord(answer.body) && !('data' in answer.body))
          },
        },
      ]),
])

const pagedLists: readonly string[] = [
  '/queues',
  '/conferences',
  '/call_control_applications',
  '/connections',
  '/phone_numbers',
  '/credential_connections',
  '/telephony_credentials',
  '/media',
  '/recordings',
  '/call_events',
  '/webhook_deliveries',
]

interface PageCase {
  readonly what: string
  readonly query: string
  readonly refused?: readonly [code: string, parameter: string]
}
const pageCases: readonly PageCase[] = [
  { what: 'page[size]=0', query: 'page[size]=0', refused: ['10033', 'page[size]'] },
  { what: 'page[size]=251', query: 'page[size]=251', refused: ['10033', 'page[size]'] },
  { what: 'page[size]=-1', query: 'page[size]=-1', refused: ['10033', 'page[size]'] },
  { what: 'page[size]=many', query: 'page[size]=many', refused: ['10026', 'page[size]'] },
  { what: 'page[number]=0', query: 'page[number]=0', refused: ['10033', 'page[number]'] },
  { what: 'page[number]=1.5', query: 'page[number]=1.5', refused: ['10026', 'page[number]'] },
  { what: 'page[size]=250', query: 'page[size]=250' },
  { what: 'page[size]=1', query: 'page[size]=1' },
  { what: 'percent-encoded brackets', query: 'page%5Bsize%5D=1&page%5Bnumber%5D=1' },
  { what: 'unknown query parameters', query: 'colour=blue&filter[shoe_size]=44' },
]

const paging: readonly Check[] = pagedLists.flatMap((path): Check[] => [
  ...pageCases.map(({ what, query, refused }): Check => ({
    name: `paging: GET ${path} with ${what} is ${refused ? refused[0] : 'accepted'}`,
    cites: refused ? 'C70' : page('Pagination'),
    covers: [
      `GET ${path}`,
      `GET ${path}#${(refused?.[1] ?? query.split('=')[0] ?? '').replace('%5B', '[').replace('%5D', ']')}`,
      'rule paging',
    ],
    run: async (stage) => {
      const answer = await stage.get(`${path}?${query}`)
      if (refused) assertRefused(answer, 422, refused[0], { parameter: refused[1] })
      else listOf(answer)
    },
  })),
  {
    name: `paging: GET ${path} has the four numbers of meta, and they agree`,
    cites: page('Pagination'),
    covers: [`GET ${path}`, 'rule paging'],
    run: async (stage) => {
      const answer = await stage.get(`${path}?page[size]=2`)
      const { page_number, page_size, total_pages, total_results } = metaOf(answer)
      assert.deepEqual([page_number, page_size], [1, 2])
      assert.equal(total_pages, Math.ceil(Number(total_results) / 2))
      assert.equal(listOf(answer).length, Math.min(2, Number(total_results)))
    },
  },
  {
    name: `paging: GET ${path} has 20 per page unless told otherwise`,
    cites: page('Pagination'),
    covers: [`GET ${path}#page[size]`],
    run: async (stage) => {
      assert.equal(metaOf(await stage.get(path))['page_size'], 20)
    },
  },
  {
    name: `paging: GET ${path} beyond its end is empty, with true totals`,
    cites: 'C70',
    covers: [`GET ${path}#page[number]`, 'rule paging'],
    run: async (stage) => {
      const answer = await stage.get(`${path}?page[number]=9999`)
      assert.deepEqual(listOf(answer), [])
      const { page_number, total_results } = metaOf(answer)
      assert.equal(page_number, 9999)
      assert.ok(Number(total_results) >= 0)
    },
  },
])

const further: readonly Check[] = [
  {
    name: 'errors: all faulty parameters are named',
    cites: 'C64',
    covers: ['rule error envelope', 'POST /calls'],
    run: async (stage) => {
      const errors = errorsOf(await stage.post('/calls', {}))
      const pointers = errors.map(({ source }) => source?.pointer)
      assert.deepEqual(pointers, ['/connection_id', '/to', '/from'])
    },
  },
  {
    name: 'errors: known actions that a server may lack say so by 20015',
    cites: 'C22',
    covers: ['code 422 20015', 'POST /calls/{call_control_id}/actions/ai_assistant_start'],
    run: async (stage) => {
      const answer = await stage.command('v3:nobody', 'ai_assistant_start')
      assertRefused(answer, 422, '20015', { detail: /ai_assistant_start/ })
    },
  },
  {
    name: 'content: a body larger than accepted is 413',
    cites: 'C65',
    covers: ['code 413 10015', 'rule content'],
    run: async (stage) => {
      const answer = await stage.post('/queues', { queue_name: 'x'.repeat(2_000_000) })
      assertRefused(answer, 413, '10015')
    },
  },
  {
    name: 'paths: a path longer than 8192 characters is 414',
    cites: 'C65',
    covers: ['code 414 10015', 'rule paths'],
    run: async (stage) => {
      assertRefused(await stage.get(`/queues/${'x'.repeat(9_000)}`), 414, '10015')
    },
  },
  {
    name: 'the public key is 32 bytes of base64',
    cites: 'C75',
    covers: ['GET /public_key'],
    run: async (stage) => {
      const data = dataOf(await stage.get('/public_key'))
      assert.equal(data['record_type'], 'public_key')
      const key = String(data['public'])
      assert.equal(key.length, 44)
      assert.equal(Buffer.from(key, 'base64').length, 32)
    },
  },
]

export const protocolChecks: readonly Check[] = [
  ...authentication,
  ...routing,
  ...content,
  ...headers,
  ...paging,
  ...further,
]
