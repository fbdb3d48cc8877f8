// What conferences promise beyond their objects and webhooks: names, roles, ways in and out.
import assert from 'node:assert/strict'
import {
  assertOk,
  assertRefused,
  clientPage,
  dataOf,
  errorPage,
  listOf,
  page,
  type Check,
} from '../check.ts'
import { conference } from '../scenarios.ts'
import type { Caller, ConformanceStage, Json } from '../stage.ts'

const check = (
  name: string,
  cites: string,
  covers: readonly string[],
  run: Check['run'],
): Check => ({ name, cites, covers, needs: 'calls', run })

interface Room {
  readonly id: string
  readonly name: string
  readonly host: Caller
}

async function room(stage: ConformanceStage, extra: Json = {}): Promise<Room> {
  const host = await stage.answered()
  const name = stage.unique('room')
  const body = { call_control_id: host.id, name, ...extra }
  return { id: String(dataOf(await stage.post('/conferences', body))['id']), name, host }
}

const act = (stage: ConformanceStage, id: string, action: string, body: Json = {}) =>
  stage.post(`/conferences/${id}/actions/${action}`, body)

const participants = async (stage: ConformanceStage, id: string, query = '') =>
  listOf(await stage.get(`/conferences/${id}/participants${query}`))

const path = (action: string): string => `POST /conferences/{id}/actions/${action}`

export const conferenceChecks: readonly Check[] = [
  check(
    'conference: events of the creator in order',
    'C77',
    ['rule order of events', 'event conference.created'],
    async (stage) => {
      const { host } = await conference(stage)
      const types = stage.webhooks.ofCall(host).map(({ type }) => type)
      const told = types.filter((type) => /created|joined/.test(type))
      assert.deepEqual(told, ['conference.created', 'conference.participant.joined'])
    },
  ),
  check(
    'conference: a name in use is 90033',
    errorPage('90033'),
    ['POST /conferences#name', 'code 422 90033'],
    async (stage) => {
      const { name } = await room(stage)
      const other = await stage.answered()
      const answer = await stage.post('/conferences', { call_control_id: other.id, name })
      assertRefused(answer, 422, '90033', { title: 'Unable to execute command' })
    },
  ),
  check(
    'conference: an unanswered creator is 90034',
    errorPage('90034'),
    ['POST /conferences#call_control_id', 'code 422 90034'],
    async (stage) => {
      const { id } = await stage.callIn()
      const body = { call_control_id: id, name: stage.unique('room') }
      assertRefused(await stage.post('/conferences', body), 422, '90034')
    },
  ),
  check(
    'conference: joining twice is 90044',
    errorPage('90044'),
    [path('join'), 'code 422 90044'],
    async (stage) => {
      const { id, host } = await room(stage)
      const answer = await act(stage, id, 'join', { call_control_id: host.id })
      assertRefused(answer, 422, '90044', { title: 'Conference join not allowed' })
    },
  ),
  check(
    'conference: more than max_participants is 90032',
    errorPage('90032'),
    ['POST /conferences#max_participants', 'code 422 90032'],
    async (stage) => {
      const { id } = await room(stage, { max_participants: 2 })
      const [one, two] = [await stage.answered(), await stage.answered()]
      assertOk(await act(stage, id, 'join', { call_control_id: one.id }))
      assertRefused(await act(stage, id, 'join', { call_control_id: two.id }), 422, '90032')
    },
  ),
  check(
    'conference: an ended one is 90019',
    errorPage('90019'),
    [path('join'), path('end'), 'code 422 90019'],
    async (stage) => {
      const { id } = await room(stage)
      assertOk(await act(stage, id, 'end'))
      const other = await stage.answered()
      const answer = await act(stage, id, 'join', { call_control_id: other.id })
      assertRefused(answer, 422, '90019', { title: 'Conference has already ended' })
    },
  ),
  ...(['', '/participants'] as const).map((rest): Check => ({
    name: `conference: an unknown one is 90058 (GET /conferences/{id}${rest})`,
    cites: errorPage('90058'),
    covers: [`GET /conferences/{id}${rest}`, 'code 404 90058'],
    run: async (stage) => {
      const answer = await stage.get(`/conferences/${stage.unique('none')}${rest}`)
      assertRefused(answer, 404, '90058', { title: 'Invalid conference_id' })
    },
  })),
  ...['mute', 'unmute', 'hold', 'end', 'play', 'stop'].map((action): Check => ({
    name: `conference: ${action} of an unknown one is 90058`,
    cites: errorPage('90058'),
    covers: [path(action), 'code 404 90058'],
    run: async (stage) => {
      const body = action === 'play' ? { audio_url: await stage.soundUrl(500) } : {}
      assertRefused(await act(stage, stage.unique('none'), action, body), 404, '90058')
    },
  })),
  check('conference: found by its name', 'C57', ['GET /conferences/{id}'], async (stage) => {
    const { id, name } = await room(stage)
    assert.equal(dataOf(await stage.get(`/conferences/${name}`))['id'], id)
  }),
  ...(
    [
      ['mute', 'unmute', 'muted'],
      ['hold', 'unhold', 'on_hold'],
    ] as const
  ).map(([on, off, field]) =>
    check(
      `conference: ${on} and ${off} of one participant`,
      page('Conference commands'),
      [
        path(on),
        path(off),
        `GET /conferences/{id}/participants#filter[${field}]`,
        `object participant#${field}`,
      ],
      async (stage) => {
        const { id, host } = await room(stage)
        const body = { call_control_ids: [host.id] }
        assertOk(await act(stage, id, on, body))
        assert.equal((await participants(stage, id))[0]?.[field], true)
        assert.equal((await participants(stage, id, `?filter[${field}]=true`)).length, 1)
        assert.equal((await participants(stage, id, `?filter[${field}]=false`)).length, 0)
        assertOk(await act(stage, id, off, body))
        assert.equal((await participants(stage, id))[0]?.[field], false)
      },
    ),
  ),
  check(
    'conference: a call that is not in it is 10027',
    'C62',
    [path('leave'), 'code 422 10027'],
    async (stage) => {
      const { id } = await room(stage)
      const other = await stage.answered()
      const answer = await act(stage, id, 'leave', { call_control_id: other.id })
      assertRefused(answer, 422, '10027', { pointer: '/call_control_id' })
    },
  ),
  check(
    'conference: who leaves is parked',
    'C58',
    [path('leave'), 'event conference.participant.left'],
    async (stage) => {
      const { id } = await room(stage)
      const guest = await stage.answered()
      assertOk(await act(stage, id, 'join', { call_control_id: guest.id }))
      assertOk(await act(stage, id, 'leave', { call_control_id: guest.id }))
      assertOk(await stage.command(guest.id, 'enqueue', { queue_name: stage.unique('next') }))
    },
  ),
  check(
    'conference: joining from a queue dequeues with bridged',
    'C59',
    [path('join'), 'event call.dequeued#reason'],
    async (stage) => {
      const { id } = await room(stage)
      const guest = await stage.answered()
      await stage.ok(guest.id, 'enqueue', { queue_name: stage.unique('queue') })
      assertOk(await act(stage, id, 'join', { call_control_id: guest.id }))
      const { payload } = await stage.event(guest.id, 'call.dequeued')
      assert.equal(payload['reason'], 'bridged')
    },
  ),
  check(
    'conference: it ends when the last one hangs up',
    page('Create conference'),
    ['event conference.ended#reason=all_left', 'GET /conferences/{id}'],
    async (stage) => {
      const { id, host } = await room(stage)
      host.call.hangUp()
      const { payload } = await stage.webhooks.next(
        (one) => one.type === 'conference.ended' && one.payload['conference_id'] === id,
        'conference.ended',
      )
      assert.equal(payload['reason'], 'all_left')
      const ended = dataOf(await stage.get(`/conferences/${id}`))
      assert.deepEqual([ended['status'], ended['end_reason']], ['completed', 'all_left'])
    },
  ),
  check(
    'conference: end_conference_on_exit hangs everybody up, host_left',
    page('Join a conference'),
    [`${path('join')}#end_conference_on_exit`, 'event conference.ended#reason=host_left'],
    async (stage) => {
      const { id, host } = await room(stage)
      const guest = await stage.answered()
      const body = { call_control_id: guest.id, end_conference_on_exit: true }
      assertOk(await act(stage, id, 'join', body))
      guest.call.hangUp()
      await stage.event(host.id, 'call.hangup')
      const { payload } = await stage.webhooks.next(
        (one) => one.type === 'conference.ended' && one.payload['conference_id'] === id,
        'conference.ended',
      )
      assert.equal(payload['reason'], 'host_left')
    },
  ),
  check(
    'conference: a list by status',
    page('List conferences'),
    ['in_progress', 'completed'].map((status) => `GET /conferences#filter[status]=${status}`),
    async (stage) => {
      const { id, name } = await room(stage)
      const of = async (status: string) =>
        listOf(await stage.get(`/conferences?filter[name]=${name}&filter[status]=${status}`))
      assert.deepEqual(
        (await of('in_progress')).map((one) => one['id']),
        [id],
      )
      assert.deepEqual(await of('completed'), [])
      assertRefused(await stage.get('/conferences?filter[status]=odd'), 422, '10032', {
        parameter: 'filter[status]',
      })
    },
  ),
  check(
    'official client: conferences.create, retrieve, listParticipants, endConference',
    clientPage,
    ['POST /conferences', path('end')],
    async (stage) => {
      const { conferences } = stage.telnyx
      const host = await stage.answered()
      const made = await conferences.create({
        call_control_id: host.id,
        name: stage.unique('room'),
      })
      const id = made.data?.id ?? ''
      assert.equal((await conferences.retrieve(id)).data?.id, id)
      const found: string[] = []
      for await (const one of conferences.listParticipants(id)) found.push(one.call_control_id)
      assert.deepEqual(found, [host.id])
      assert.equal((await conferences.actions.endConference(id, {})).data?.result, 'ok')
    },
  ),
]
