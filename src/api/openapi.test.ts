// The published description says what the server does.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import {
  callView,
  conferenceView,
  legId,
  participantView,
  queuedCall,
  queueRecord,
  testApi,
  withKey,
} from './testing.ts'

interface Operation {
  readonly responses: Record<string, { content?: Record<string, { schema: object }> }>
  readonly requestBody?: { content: Record<string, { schema: { required?: string[] } }> }
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly security?: readonly object[]
}
type Paths = Record<string, Record<string, Operation>>

async function description() {
  const { api } = testApi()
  const answer = await api.inject('/openapi.json')
  await api.close()
  return answer.json() as { openapi: string; paths: Paths; security: object[] }
}

test('it lists what works, with keys where they are needed', async () => {
  const { openapi, paths, security } = await description()
  assert.equal(openapi, '3.1.0')
  assert.deepEqual(security, [{ key: [] }, { session: [] }])
  assert.deepEqual(paths['/health']?.['get']?.security, [])
  assert.equal(paths['/v2/queues']?.['get']?.security, undefined)
  assert.equal(paths['/v2/calls/{call_control_id}/actions/pay'], undefined)
  const count = Object.values(paths).flatMap((methods) => Object.keys(methods)).length
  assert.ok(count >= 43, `${count}`)
})

test('defaults are optional and our own keywords stay inside', async () => {
  const document = await description()
  assert.doesNotMatch(JSON.stringify(document), /"x-(rule|own|lacking)"/)
  const dial = document.paths['/v2/calls']?.['post']?.requestBody?.content['application/json']
  assert.deepEqual(dial?.schema.required, ['connection_id', 'to', 'from'])
  const list = document.paths['/v2/queues']?.['get']?.parameters
  assert.deepEqual(
    list?.map(({ name, in: place }) => [name, place]),
    [
      ['page[number]', 'query'],
      ['page[size]', 'query'],
    ],
  )
})

test('answers have the described shape', async (t) => {
  const { paths } = await description()
  const { api } = testApi({
    queues: [queueRecord('a')],
    entries: [queuedCall('a', 1)],
    calls: [callView],
    conferences: [conferenceView],
    participants: [participantView],
  })
  t.after(() => api.close())
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  const conference = '/v2/conferences/{id}'
  const asked: readonly (readonly [
    method: 'get' | 'post' | 'patch',
    path: string,
    body?: object,
  ])[] = [
    ['get', '/v2/queues'],
    ['post', '/v2/queues', { queue_name: 'b' }],
    ['get', '/v2/queues/{queue_name}'],
    ['get', '/v2/queues/{queue_name}/calls'],
    ['get', '/v2/queues/{queue_name}/calls/{call_control_id}'],
    ['post', '/v2/calls', { connection_id: '1000000001', to: '+15550100', from: '+15550199' }],
    ['get', '/v2/calls/{call_control_id}'],
    ['post', '/v2/calls/{call_control_id}/actions/hangup'],
    ['get', '/v2/connections/{connection_id}/active_calls'],
    ['post', '/v2/conferences', { call_control_id: legId, name: 'c' }],
    ['get', '/v2/conferences'],
    ['get', conference],
    ['get', `${conference}/participants`],
    ['get', `${conference}/participants/{participant_id}`],
    ['patch', `${conference}/participants/{participant_id}`],
    ['get', '/v2/call_control_applications'],
    ['get', '/v2/call_control_applications/{id}'],
    ['get', '/v2/events'],
    ['get', '/v2/queue_statistics'],
    ['get', '/v2/queue_statistics/{queue_name}'],
    ['patch', '/v2/queue_statistics/{queue_name}'],
    ['get', '/v2/sessions/current'],
    ['get', '/v2/public_key'],
    ['get', '/health'],
    ['get', '/ready'],
  ]
  for (const [method, path, body] of asked) {
    const operation = paths[path]?.[method]
    assert.ok(operation, path)
    const url = path
      .replace('applications/{id}', 'applications/1000000001')
      .replace('{queue_name}', 'a')
      .replace('{connection_id}', '1000000001')
      .replace('{id}', 'support-42')
      .replace(/\{(call_control|participant)_id\}/, legId)
    const answer = await api.inject({
      method: method.toUpperCase() as 'GET' | 'POST' | 'PATCH',
      url,
      headers: withKey,
      ...(body === undefined ? {} : { payload: body }),
    })
    assert.equal(answer.statusCode, 200, `${method} ${url} ${answer.body}`)
    const schema = operation.responses['200']?.content?.['application/json']?.schema
    assert.ok(schema, path)
    const closed = JSON.parse(
      JSON.stringify(schema).replaceAll(
        '"type":"object"',
        '"type":"object","additionalProperties":false',
      ),
    )
    assert.ok(ajv.validate(closed, answer.json()), `${path}: ${ajv.errorsText()} ${answer.body}`)
  }
})

test('errors have the described shape', async (t) => {
  const { paths } = await description()
  const { api } = testApi()
  t.after(() => api.close())
  const schema =
    paths['/v2/queues']?.['post']?.responses['default']?.content?.['application/json']?.schema
  assert.ok(schema)
  const answer = await api.inject({ method: 'POST', url: '/v2/queues', headers: withKey })
  const ajv = new Ajv2020({ strict: false })
  assert.ok(ajv.validate(schema, answer.json()), ajv.errorsText())
})
