import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TracedCommand } from '../../ports/trace.ts'
import { callView, legId, testApi, withKey } from '../testing.ts'

const timeline = '/v2/calls/v3:leg-A/timeline'

test('a timeline in pages, as a bundle and as a capture', async (t) => {
  const { api } = testApi()
  t.after(() => api.close())
  const get = (url: string) => api.inject({ url, headers: withKey })
  const page = await get(`${timeline}?after=0&limit=10`)
  assert.equal(page.statusCode, 200, page.body)
  assert.equal(page.json().data.items[0].lane, 'event')
  assert.equal(page.json().meta.next, '1')
  const bundle = await get(`${timeline}/bundle`)
  assert.equal(bundle.json().complete, true)
  assert.match(String(bundle.headers['content-disposition']), /filename="call-v3leg-A.json"/)
  const capture = await get(`${timeline}/pcap`)
  assert.equal(capture.headers['content-type'], 'application/vnd.tcpdump.pcap')
  assert.equal(capture.rawPayload.length, 24)
  for (const path of ['', '/bundle', '/pcap']) {
    assert.equal((await get(`/v2/calls/other/timeline${path}`)).statusCode, 404)
  }
  assert.equal((await get(`${timeline}?after=x1`)).statusCode, 422)
  const list = await get('/v2/call_timelines?filter[queue_name]=support')
  assert.equal(list.json().meta.total_results, 1)
  assert.equal((await get('/v2/call_timelines?filter[queue_name]=x')).json().data.length, 0)
})

test('without a trace, and while it cannot be read, the answer says so', async (t) => {
  const off = testApi({ timelines: 'off' })
  const away = testApi({ timelines: 'away' })
  t.after(() => Promise.all([off.api.close(), away.api.close()]))
  const refused = await off.api.inject({ url: timeline, headers: withKey })
  assert.equal(refused.statusCode, 422)
  assert.match(refused.body, /trace\.enabled is false/)
  const later = await away.api.inject({ url: timeline, headers: withKey })
  assert.equal(later.statusCode, 503)
  assert.equal(later.headers['retry-after'], '5')
})

test('commands are told with their answers and the call that they are about', async (t) => {
  const traced: TracedCommand[] = []
  const { api } = testApi({ traced, calls: [callView] })
  t.after(() => api.close())
  const post = (url: string, payload: object) =>
    api.inject({ method: 'POST', url, headers: withKey, payload })
  await post(`/v2/calls/${legId}/actions/hangup`, {})
  await post(`/v2/calls/${legId}/actions/enqueue`, {})
  await post('/v2/calls', { connection_id: '1000000001', to: '+15550100', from: '+15550199' })
  await post('/v2/conferences', { call_control_id: legId, name: 'c' })
  await api.inject({ url: `/v2/calls/${legId}`, headers: withKey })
  await post('/v2/queues', { queue_name: 'q' })
  assert.deepEqual(
    traced.map(({ path, status }) => [path, status]),
    [
      [`/v2/calls/${legId}/actions/hangup`, 200],
      [`/v2/calls/${legId}/actions/enqueue`, 422],
      ['/v2/calls', 200],
      ['/v2/conferences', 200],
    ],
  )
  assert.ok(traced.every(({ legIds }) => legIds.length === 1 && legIds[0]?.startsWith('v3:')))
  assert.match(traced[1]?.answer ?? '', /queue_name/)
  assert.equal(traced[0]?.keyName, 'dev')
})

test('registrations and trunks say in words what is wrong', async (t) => {
  const { api } = testApi()
  t.after(() => api.close())
  const get = (url: string) => api.inject({ url, headers: withKey })
  const all = (await get('/v2/sip_registrations')).json()
  assert.deepEqual(
    all.data.map((one: { registered: boolean }) => one.registered),
    [true, false],
  )
  assert.match(all.data[1].problem, /No phone is registered/)
  const away = (await get('/v2/sip_registrations?filter[registered]=false')).json()
  assert.equal(away.meta.total_results, 1)
  const trunks = (await get('/v2/sip_trunks')).json()
  assert.equal(trunks.data[0].reachable, false)
  assert.match(trunks.data[0].problem, /has not answered/)
})
