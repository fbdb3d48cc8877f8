// Every parameter of the API that takes a URL, found in the schemas themselves so that a new one cannot be forgotten, against
// every hostile URL. What is refused at the command is refused there; a name that only its addresses give away is refused
// by the HTTP client, the one way out of this server.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { conferenceView, queueRecord, testApi, withKey } from '../../src/api/testing.ts'
import { asWebUrl } from '../../src/api/stream-rules.ts'
import type { FieldSchema } from '../../src/api/validate.ts'
import { createHttpClient } from '../../src/platform/http-client.ts'
import { hostileNames, hostileUrls } from '../support/hostile-urls.ts'

/** What a URL parameter must be judged by; `event-urls` is a map of event types to URLs. */
const urlRules = ['web-url', 'webhook-url', 'optional-webhook-url', 'event-urls', 'stream-url']

/** Values of the parameters that some operation requires. */
const samples: Readonly<Record<string, unknown>> = {
  to: '+15550199',
  from: '+15550100',
  connection_id: '1000000001',
  call_control_id: 'v3:leg-A',
  name: 'room',
  queue_name: 'support',
  sip_address: 'sip:a@b.example',
  application_name: 'support line',
  webhook_event_url: 'https://hooks.example/b',
  connection_name: 'agents',
  user_name: 'agent1',
  password: 'twelve-chars',
  stream_url: 'wss://agent.example/',
}

const publicUrl = 'https://hooks.example/a'

/** Without these the parameter would be refused for another reason than its URL. */
const company: Readonly<Record<string, object>> = {
  '/v2/conferences': { start_conference_on_create: false },
  '/v2/conferences/:id/actions/join': { hold: true },
  '/v2/calls/:call_control_id/actions/gather_using_audio': { audio_url: publicUrl },
  '/v2/conferences/:id/actions/gather_using_audio': { audio_url: publicUrl },
}

interface UrlParameter {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'GET'
  readonly path: string
  readonly name: string
  readonly schema: FieldSchema
  readonly required: readonly string[]
}

const parameters: UrlParameter[] = []

/** All of one schema, as deep as it goes. */
function findIn(route: Omit<UrlParameter, 'name' | 'schema'>, schema: FieldSchema, at = ''): void {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const looksLikeUrl = /ur[li]s?(_|$)/i.test(name) && !/_(method|preference)$/.test(name)
    if (looksLikeUrl || urlRules.includes(field['x-rule'] ?? ''))
      parameters.push({ ...route, name: at + name, schema: field })
    findIn(route, field, `${at}${name}/`)
    if (field.items !== undefined) findIn(route, field.items, `${at}${name}/0/`)
  }
}

before(async () => {
  const { api } = testApi()
  api.addHook('onRoute', ({ url, method, schema }) => {
    const [verb] = [method].flat()
    for (const part of [schema?.body, schema?.querystring]) {
      if (part === undefined) continue
      const object = part as FieldSchema // JSON schema, as registered.
      const route = { method: verb as UrlParameter['method'], path: url } // Our own routes.
      const needed = (object.required ?? []).filter(
        (name) => object.properties?.[name]?.default === undefined,
      )
      findIn({ ...route, required: needed }, object)
    }
  })
  await api.ready()
  await api.close()
})

/** A client whose name server gives the hostile answers, and nothing is allowed. */
function hostileClient() {
  return createHttpClient({
    resolver: { resolve: (host) => Promise.resolve(hostileNames[host]?.[0] ?? []) },
    allow: () => false,
  })
}

/** What an object must hold beside its URL to be an object of its kind. */
const outer: Readonly<Record<string, object>> = { conference_config: { conference_name: 'room' } }

/** The value at its place; `a/b` is a field of an object. */
function placed(name: string, value: unknown): object {
  const [first = name, second] = name.split('/')
  return { [first]: second === undefined ? value : { ...outer[first], [second]: value } }
}

/** Made over the API, because what is in the configuration file cannot be changed there. */
const made = {
  '/v2/call_control_applications': {
    application_name: 'made here',
    webhook_event_url: publicUrl,
  },
  '/v2/credential_connections': {
    connection_name: 'made here',
    user_name: 'agent1',
    password: 'twelve-chars',
  },
}

/** Gives a URL to a parameter; true when the command went through. */
async function poster(checkUrl: (url: string) => string | undefined) {
  const things = { conferences: [conferenceView], queues: [queueRecord('support')], media: ['moh'] }
  const world = { checkUrl, ...things }
  const { api, submitted } = testApi(world)
  const ids: Record<string, string> = {}
  for (const [url, payload] of Object.entries(made)) {
    const answer = await api.inject({ method: 'POST', url, headers: withKey, payload })
    ids[url] = answer.json().data.id
  }
  const post = async (parameter: UrlParameter, given: string) => {
    const { path, name, schema, required, method } = parameter
    for (const needed of required) assert.ok(needed in samples, `a sample for ${path} ${needed}`)
    const payload = {
      ...Object.fromEntries(required.map((needed) => [needed, samples[needed]])),
      ...company[path],
      ...placed(name, schema['x-rule'] === 'event-urls' ? { 'call.hangup': given } : given),
    }
    const url = path
      .replace(':call_control_id', 'v3:leg-A')
      .replace(':id', ids[path.slice(0, -'/:id'.length)] ?? conferenceView.conferenceId)
      .replace(':media_name', 'moh')
    const before = submitted.length
    const { statusCode, body } = await api.inject({ method, url, headers: withKey, payload })
    // What is set up is no command of a call: there the answer tells.
    return { statusCode, body, passed: submitted.length > before || statusCode < 300 }
  }
  return { post, close: () => api.close() }
}

/** A stream's URL has another scheme, and goes the same way. */
function schemed({ schema }: UrlParameter, url: string): string {
  return schema['x-rule'] === 'stream-url' ? url.replace(/^http(s?):/i, 'ws$1:') : url
}

test('every parameter whose name says URL has a rule that judges it', () => {
  const found = parameters.map(({ method, path, name }) => `${method} ${path} ${name}`)
  assert.ok(found.length >= 12, found.join('\n'))
  assert.ok(found.includes('POST /v2/calls webhook_url'))
  for (const { path, name, schema } of parameters) {
    const [first = '', ...inner] = name.split('/')
    const isTried = inner.length === 0 || (inner.length === 1 && first in outer)
    assert.ok(isTried, `${path} ${name}: is not tried below`)
    const isLacking = schema['x-lacking'] !== undefined
    assert.ok(isLacking || urlRules.includes(schema['x-rule'] ?? ''), `${path} ${name}`)
  }
})

test(`${hostileUrls.length} hostile URLs in every parameter: none passes, a public one does`, async (t) => {
  const http = hostileClient()
  const { post, close } = await poster(http.checkUrl)
  t.after(async () => {
    http.close()
    await close()
  })
  for (const parameter of parameters) {
    const where = `${parameter.path} ${parameter.name}`
    if (parameter.schema['x-lacking'] === undefined) {
      const { passed, body } = await post(parameter, schemed(parameter, publicUrl))
      assert.ok(passed, `${where}: ${body}`)
    }
    for (const hostile of hostileUrls) {
      const url = schemed(parameter, hostile)
      const { statusCode, passed } = await post(parameter, url)
      const said = `${where}: ${url.slice(0, 80)}: ${statusCode}`
      if (!passed) {
        assert.ok(statusCode >= 400 && statusCode < 500, said)
        continue
      }
      // An empty text names nothing; some parameters take it for none.
      if (url === '') continue
      // Whatever needs no name server to be seen through is refused at once.
      const asked = asWebUrl(url)
      assert.equal(http.checkUrl(asked), undefined, said)
      const outcome = await http.request({
        method: 'GET',
        url: asked,
        timeoutMs: 1000,
        bodyBytesMax: 100,
      })
      assert.ok(outcome.kind === 'failed' && outcome.why !== 'connect', said)
    }
  }
})
