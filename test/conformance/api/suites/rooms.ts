// Conferences beyond who is in them: participants one by one, roles, what is said and gathered, calls dialled into them,
// and supervised calls.
import assert from 'node:assert/strict'
import {
  assertOk,
  assertRefused,
  dataOf,
  errorPage,
  listOf,
  metaOf,
  page,
  type Check,
} from '../check.ts'
import type { Caller, ConformanceStage, Json } from '../stage.ts'

type Stage = ConformanceStage

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
  readonly guest: Caller
  act(action: string, body?: Json): ReturnType<Stage['post']>
}

async function room(stage: Stage, extra: Json = {}, joined: Json = {}): Promise<Room> {
  const [host, guest] = await Promise.all([stage.answered(), stage.answered()])
  const name = stage.unique('room')
  const body = { call_control_id: host.id, name, ...extra }
  const id = String(dataOf(await stage.post('/conferences', body))['id'])
  const act: Room['act'] = (action, more = {}) =>
    stage.post(`/conferences/${id}/actions/${action}`, more)
  assertOk(await act('join', { call_control_id: guest.id, ...joined }))
  return { id, name, host, guest, act }
}

const path = (action: string): string => `POST /conferences/{id}/actions/${action}`
const list = 'GET /conferences/{id}/participants'
const one = '/conferences/{id}/participants/{participant_id}'

const ids = async (stage: Stage, id: string, query: string): Promise<readonly unknown[]> =>
  listOf(await stage.get(`/conferences/${id}/participants?${query}`)).map(
    (found) => found['call_control_id'],
  )

const pressed = (caller: Caller): string => caller.call.line.keys.map(({ key }) => key).join('')

const told = (stage: Stage, type: string, id: string) =>
  stage.webhooks.next(
    (got) => got.type === type && got.payload['conference_id'] === id,
    `${type} of ${id}`,
  )

const participants: readonly Check[] = [
  check(
    'participant: retrieved by its id and by its call, as listed',
    page('Retrieve a conference participant'),
    [`GET ${one}`],
    async (stage) => {
      const { id, guest } = await room(stage)
      const listed = listOf(await stage.get(`/conferences/${id}/participants`))
      const its = listed.find((found) => found['call_control_id'] === guest.id)
      assert.ok(its)
      for (const key of [String(its['id']), guest.id]) {
        assert.deepEqual(dataOf(await stage.get(`/conferences/${id}/participants/${key}`)), its)
      }
    },
  ),
  ...(['GET', 'PATCH'] as const).map((method) =>
    check(
      `participant: ${method} of one who is not there is 404, in no conference 90058`,
      errorPage('10005'),
      [`${method} ${one}`, 'code 404 10005', 'code 404 90058'],
      async (stage) => {
        const { id } = await room(stage)
        const body = method === 'PATCH' ? { body: {} } : {}
        const at = (conference: string) =>
          stage.request(method, `/conferences/${conference}/participants/v3:nobody`, body)
        assertRefused(await at(id), 404, '10005')
        assertRefused(await at(stage.unique('none')), 404, '90058')
      },
    ),
  ),
  ...(
    [
      { end_conference_on_exit: true },
      { soft_end_conference_on_exit: true },
      { beep_enabled: 'always' },
    ] as const
  ).map((set) =>
    check(
      `participant: PATCH with ${JSON.stringify(set)}`,
      page('Update a conference participant'),
      [`PATCH ${one}`, ...Object.keys(set).map((field) => `PATCH ${one}#${field}`)],
      async (stage) => {
        const { id, guest } = await room(stage)
        const at = `/conferences/${id}/participants/${guest.id}`
        const changed = dataOf(await stage.request('PATCH', at, { body: set }))
        // How it sounds is not shown.
        const shown = 'beep_enabled' in set ? {} : set
        for (const [field, value] of Object.entries(shown)) assert.equal(changed[field], value)
        assert.deepEqual(dataOf(await stage.get(at)), changed)
      },
    ),
  ),
  check(
    'participant: PATCH of end_conference_on_exit takes effect when it leaves',
    page('Update a conference participant'),
    [`PATCH ${one}#end_conference_on_exit`, 'event conference.ended#reason=host_left'],
    async (stage) => {
      const { id, guest } = await room(stage)
      const body = { end_conference_on_exit: true }
      dataOf(await stage.request('PATCH', `/conferences/${id}/participants/${guest.id}`, { body }))
      guest.call.hangUp()
      assert.equal((await told(stage, 'conference.ended', id)).payload['reason'], 'host_left')
    },
  ),
  check(
    'soft_end_conference_on_exit ends the conference when the last of them leaves, and hangs nobody up',
    page('Join a conference'),
    [`${path('join')}#soft_end_conference_on_exit`],
    async (stage) => {
      const { id, host, guest } = await room(stage, {}, { soft_end_conference_on_exit: true })
      guest.call.hangUp()
      await told(stage, 'conference.ended', id)
      assert.equal(dataOf(await stage.get(`/calls/${host.id}`))['is_alive'], true)
      await stage.ok(host.id, 'hangup')
    },
  ),
  check(
    'participants: paged, and the region is taken',
    page('List conference participants'),
    [`${list}#page[number]`, `${list}#page[size]`, `${list}#region`],
    async (stage) => {
      const { id } = await room(stage)
      const at = `/conferences/${id}/participants`
      const all = listOf(await stage.get(`${at}?region=US`))
      const answer = await stage.get(`${at}?page[size]=1&page[number]=2`)
      assert.deepEqual(listOf(answer), all.slice(1, 2))
      assert.deepEqual(metaOf(answer)['total_results'], 2)
    },
  ),
  check(
    'conferences: filter[name] finds it alone, and the region is taken',
    page('List conferences'),
    ['GET /conferences#filter[name]', 'GET /conferences#region', 'POST /conferences#region'],
    async (stage) => {
      const { id, name } = await room(stage, { region: 'US' })
      const answer = await stage.get(`/conferences?filter[name]=${name}&region=US`)
      assert.deepEqual(
        listOf(answer).map((found) => found['id']),
        [id],
      )
    },
  ),
]

const roles: readonly Check[] = [
  check(
    'roles: a whisperer and a monitor are found as such, and update changes them',
    'C141',
    [
      `${list}#filter[whispering]`,
      `${path('join')}#supervisor_role`,
      `${path('join')}#whisper_call_control_ids`,
      `${path('update')}#supervisor_role`,
      `${path('update')}#whisper_call_control_ids`,
    ],
    async (stage) => {
      const { id, host, guest, act } = await room(stage)
      const coach = await stage.answered()
      assertOk(
        await act('join', {
          call_control_id: coach.id,
          supervisor_role: 'whisper',
          whisper_call_control_ids: [host.id],
        }),
      )
      assert.deepEqual(await ids(stage, id, 'filter[whispering]=true'), [coach.id])
      assert.deepEqual(await ids(stage, id, 'filter[whispering]=false'), [host.id, guest.id])
      const at = `/conferences/${id}/participants/${coach.id}`
      assert.deepEqual(dataOf(await stage.get(at))['whisper_call_control_ids'], [host.id])
      const body = { call_control_id: coach.id, supervisor_role: 'monitor' }
      assertOk(await act('update', body))
      assert.deepEqual(await ids(stage, id, 'filter[whispering]=true'), [])
      assert.deepEqual(await ids(stage, id, 'filter[muted]=true'), [coach.id])
    },
  ),
  check(
    'join: muted and on hold from the start',
    page('Join a conference'),
    [`${path('join')}#mute`, `${path('join')}#hold`],
    async (stage) => {
      const { id, guest } = await room(stage, {}, { mute: true, hold: true })
      assert.deepEqual(await ids(stage, id, 'filter[muted]=true'), [guest.id])
      assert.deepEqual(await ids(stage, id, 'filter[on_hold]=true'), [guest.id])
    },
  ),
  check(
    'a conference that has not started is init, until one comes who starts it',
    page('Create conference'),
    [
      'POST /conferences#start_conference_on_create',
      `${path('join')}#start_conference_on_enter`,
      'GET /conferences#filter[status]=init',
    ],
    async (stage) => {
      const { id, name, act } = await room(stage, { start_conference_on_create: false })
      const waiting = `/conferences?filter[name]=${name}&filter[status]=init`
      assert.equal(listOf(await stage.get(waiting)).length, 1)
      const status = async () => dataOf(await stage.get(`/conferences/${id}`))['status']
      assert.equal(await status(), 'init')
      const agent = await stage.answered()
      const body = { call_control_id: agent.id, start_conference_on_enter: true }
      assertOk(await act('join', body))
      assert.equal(await status(), 'in_progress')
      assert.deepEqual(listOf(await stage.get(waiting)), [])
    },
  ),
]

const audio: readonly Check[] = [
  check(
    'send_dtmf of a conference: every phone gets the keys; with ids only theirs',
    'C139',
    [
      path('send_dtmf'),
      ...['digits', 'duration_millis', 'call_control_ids'].map(
        (field) => `${path('send_dtmf')}#${field}`,
      ),
    ],
    async (stage) => {
      const { host, guest, act } = await room(stage)
      assertOk(await act('send_dtmf', { digits: '4', duration_millis: 100 }))
      await Promise.all(
        [host, guest].map((who) => who.call.until(() => pressed(who) === '4', 10_000, 'no key')),
      )
      assertOk(await act('send_dtmf', { digits: '7', call_control_ids: [guest.id] }))
      await guest.call.until(() => pressed(guest) === '47', 10_000, 'no second key')
      assert.equal(pressed(host), '4')
    },
  ),
  check(
    'gather_using_audio of a conference: one participant hears the prompt and presses',
    'C142',
    [
      path('gather_using_audio'),
      ...['call_control_id', 'audio_url', 'maximum_digits', 'gather_id', 'client_state'].map(
        (field) => `${path('gather_using_audio')}#${field}`,
      ),
    ],
    async (stage) => {
      const { guest, act } = await room(stage)
      const body = {
        call_control_id: guest.id,
        audio_url: await stage.soundUrl(500),
        maximum_digits: 2,
        gather_id: 'room',
        client_state: 'cm9vbQ==',
      }
      assertOk(await act('gather_using_audio', body))
      await stage.event(guest.id, 'call.playback.started')
      await guest.call.sendDtmf('53')
      const { payload } = await stage.event(guest.id, 'call.gather.ended')
      assert.deepEqual(
        ['digits', 'status', 'gather_id', 'client_state'].map((field) => payload[field]),
        ['53', 'valid', 'room', 'cm9vbQ=='],
      )
    },
  ),
  ...['stop_playback_on_dtmf', 'initial_timeout_millis'].map((field): Check => ({
    name: `gather_using_audio of a conference: ${field} is refused, 10015`,
    cites: 'C157',
    covers: [`${path('gather_using_audio')}#${field}`, 'code 422 10015'],
    run: async (stage) => {
      const body = {
        call_control_id: 'v3:nobody',
        audio_url: 'http://127.0.0.1:1/x.wav',
        [field]: field.startsWith('stop') ? false : 5_000,
      }
      const answer = await stage.post(`/conferences/nobody/actions/gather_using_audio`, body)
      assertRefused(answer, 422, '10015', { pointer: `/${field}` })
    },
  })),
  check(
    'what a conference plays is heard by all, and stop ends it',
    'C138',
    [path('play'), path('stop'), `${path('play')}#loop`, `${path('stop')}#call_control_ids`],
    async (stage) => {
      const [host, guest] = await Promise.all([
        stage.answered({ phone: { decode: true } }),
        stage.answered({ phone: { decode: true } }),
      ])
      const made = dataOf(
        await stage.post('/conferences', { call_control_id: host.id, name: stage.unique('room') }),
      )
      const id = String(made['id'])
      const act = (action: string, body: Json = {}) =>
        stage.post(`/conferences/${id}/actions/${action}`, body)
      assertOk(await act('join', { call_control_id: guest.id }))
      assertOk(await act('play', { audio_url: await stage.soundUrl(640), loop: 'infinity' }))
      await Promise.all([host, guest].map(({ call }) => call.hears(640, 15_000)))
      assertOk(await act('stop'))
      await told(stage, 'conference.playback.ended', id)
      await guest.call.hearsSilence(15_000)
      assertOk(
        await act('play', { audio_url: await stage.soundUrl(720), call_control_ids: [guest.id] }),
      )
      await guest.call.hears(720, 15_000)
      assertOk(await act('stop', { call_control_ids: [guest.id] }))
      await told(stage, 'conference.participant.playback.ended', id)
      await Promise.all([stage.ok(host.id, 'hangup'), stage.ok(guest.id, 'hangup')])
    },
  ),
  check(
    'who is on hold hears the audio of the hold command, and nobody else does',
    page('Hold conference participants'),
    [`${path('hold')}#audio_url`, `${path('hold')}#call_control_ids`],
    async (stage) => {
      const held = await stage.answered({ phone: { decode: true } })
      const { act } = await room(stage)
      assertOk(await act('join', { call_control_id: held.id }))
      const audio_url = await stage.soundUrl(830)
      assertOk(await act('hold', { call_control_ids: [held.id], audio_url }))
      await held.call.hears(830, 15_000)
      assertOk(await act('unhold', { call_control_ids: [held.id] }))
      await held.call.hearsSilence(15_000)
      await stage.ok(held.id, 'hangup')
    },
  ),
]

const configured = (field: string): string => `POST /calls#conference_config.${field}`

const dialled: readonly Check[] = [
  check(
    'conference_config.id: the dialled call is a participant with its answer',
    'C148',
    [
      'POST /calls#conference_config',
      configured('id'),
      configured('mute'),
      configured('end_conference_on_exit'),
    ],
    async (stage) => {
      const { id, host, guest } = await room(stage)
      const config = { id, mute: true, end_conference_on_exit: true }
      const agent = await stage.dialled({ conference_config: config })
      const { payload } = await stage.event(agent.id, 'conference.participant.joined')
      assert.equal(payload['conference_id'], id)
      assert.deepEqual(await ids(stage, id, 'page[size]=10'), [host.id, guest.id, agent.id])
      assert.deepEqual(await ids(stage, id, 'filter[muted]=true'), [agent.id])
      agent.call.hangUp()
      assert.equal((await told(stage, 'conference.ended', id)).payload['reason'], 'host_left')
    },
  ),
  check(
    'conference_config.conference_name: made with the answer, by the dialled call',
    'C148',
    ['POST /calls#conference_config', configured('conference_name')],
    async (stage) => {
      const conference_name = stage.unique('called')
      const agent = await stage.dialled({ conference_config: { conference_name } })
      const { payload } = await stage.event(agent.id, 'conference.created')
      const found = dataOf(await stage.get(`/conferences/${String(payload['conference_id'])}`))
      assert.deepEqual([found['name'], found['status']], [conference_name, 'in_progress'])
      agent.call.hangUp()
    },
  ),
  ...(
    [
      ['without a conference', {}, 422, '10004', '/conference_config/id'],
      [
        'with id and name',
        { id: 'a', conference_name: 'b' },
        422,
        '10015',
        '/conference_config/conference_name',
      ],
      ['of an unknown id', { id: 'nobodys-own' }, 404, '90058', undefined],
    ] as const
  ).map(([what, conference_config, status, code, pointer]) =>
    check(
      `conference_config ${what} is ${code}`,
      `C148; ${errorPage(code)}`,
      ['POST /calls#conference_config', `code ${status} ${code}`],
      async (stage) => {
        const to = 'sip:nobody@127.0.0.1:9'
        const body = { connection_id: stage.connectionId, to, from: '+15550100', conference_config }
        const answer = await stage.post('/calls', body)
        assertRefused(answer, status, code, pointer === undefined ? {} : { pointer })
      },
    ),
  ),
  check(
    'bridge_on_answer, conference_config and supervise_call_control_id exclude each other, 10015',
    'C148',
    ['POST /calls#conference_config', 'POST /calls#supervise_call_control_id', 'code 422 10015'],
    async (stage) => {
      const body = {
        connection_id: stage.connectionId,
        ...{ to: 'sip:nobody@127.0.0.1:9', from: '+15550100' },
        conference_config: { id: 'a' },
        supervise_call_control_id: 'v3:nobody',
      }
      const answer = await stage.post('/calls', body)
      assertRefused(answer, 422, '10015', { pointer: '/supervise_call_control_id' })
    },
  ),
]

const switching = 'POST /calls/{call_control_id}/actions/switch_supervisor_role'

const supervision: readonly Check[] = [
  check(
    'a supervisor hears both sides of a bridge, its role is switched, and it ends with the call',
    'C146',
    [
      'POST /calls#supervise_call_control_id',
      'POST /calls#supervisor_role',
      `${switching}#role`,
      `${switching}#client_state`,
      `${switching}#command_id`,
    ],
    async (stage) => {
      const caller = await stage.answered({ phone: { voice: { kind: 'tone', hz: 500 } } })
      const agent = await stage.dialled()
      await stage.ok(agent.id, 'bridge', { call_control_id: caller.id })
      await stage.event(agent.id, 'call.bridged')
      agent.call.say({ kind: 'tone', hz: 900 })
      const listener = await stage.phone({ decode: true })
      const boss = await stage.dialled(
        { supervise_call_control_id: caller.id, supervisor_role: 'monitor' },
        listener,
      )
      await boss.call.hears(500, 15_000)
      await boss.call.hears(900, 15_000)
      for (const role of ['whisper', 'barge', 'monitor']) {
        const body = { role, client_state: 'cm9sZQ==', command_id: stage.unique('role') }
        assertOk(await stage.command(boss.id, 'switch_supervisor_role', body))
      }
      caller.call.hangUp()
      const { payload } = await stage.event(boss.id, 'call.hangup')
      assert.deepEqual(
        [payload['hangup_cause'], payload['client_state']],
        ['normal_clearing', 'cm9sZQ=='],
      )
    },
  ),
  check(
    'switch_supervisor_role on a call that supervises nobody is 10027',
    `C146; ${errorPage('10027')}`,
    [switching, 'code 422 10027'],
    async (stage) => {
      const { id } = await stage.answered()
      const answer = await stage.command(id, 'switch_supervisor_role', { role: 'barge' })
      assertRefused(answer, 422, '10027')
      await stage.ok(id, 'hangup')
    },
  ),
  check(
    'supervise_call_control_id of a call that is not bridged is 10015, of an ended one 90018, of none 90015',
    'C146',
    ['POST /calls#supervise_call_control_id', 'code 422 10015', 'code 422 90018', 'code 422 90015'],
    async (stage) => {
      const { id } = await stage.answered()
      const ask = (supervise_call_control_id: string) =>
        stage.post('/calls', {
          connection_id: stage.connectionId,
          ...{ to: 'sip:nobody@127.0.0.1:9', from: '+15550100' },
          supervise_call_control_id,
        })
      const pointer = '/supervise_call_control_id'
      assertRefused(await ask(id), 422, '10015', { pointer })
      await stage.ok(id, 'hangup')
      await stage.event(id, 'call.hangup')
      assertRefused(await ask(id), 422, '90018')
      assertRefused(await ask('v3:nobody'), 422, '90015')
    },
  ),
]

export const roomChecks: readonly Check[] = [
  ...participants,
  ...roles,
  ...audio,
  ...dialled,
  ...supervision,
]
