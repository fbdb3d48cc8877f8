// Which command is allowed in which state of a call, one check for each pair, and what repeated commands do.
import assert from 'node:assert/strict'
import {
  assertOk,
  assertRefused,
  clientPage,
  dataOf,
  errorPage,
  page,
  type Check,
} from '../check.ts'
import type { ConformanceStage, Json } from '../stage.ts'

const nobody = `v3:${'x'.repeat(54)}`
const phrase = { payload: 'hi', voice: 'female', language: 'en-US' }

/** A command with parameters that are right. */
type Bodies = Readonly<Record<string, (stage: ConformanceStage) => Json | Promise<Json>>>
const bodies: Bodies = {
  answer: () => ({}),
  reject: () => ({ cause: 'USER_BUSY' }),
  hangup: () => ({}),
  enqueue: (stage) => ({ queue_name: stage.unique('states') }),
  leave_queue: () => ({}),
  bridge: async (stage) => ({ call_control_id: await parked(stage) }),
  transfer: () => ({ to: 'sip:nobody@127.0.0.1:9' }),
  refer: () => ({ sip_address: 'sip:nobody@127.0.0.1:9' }),
  playback_start: async (stage) => ({ audio_url: await stage.soundUrl(500) }),
  playback_stop: () => ({}),
  speak: () => phrase,
  gather: () => ({}),
  gather_using_audio: async (stage) => ({ audio_url: await stage.soundUrl(500) }),
  gather_using_speak: () => phrase,
  gather_stop: () => ({}),
  send_dtmf: () => ({ digits: '1' }),
  record_start: () => ({ format: 'wav', channels: 'single' }),
  client_state_update: () => ({ client_state: 'aGk=' }),
}

const titles: Readonly<Record<string, string>> = {
  '90015': 'Invalid Call Control ID',
  '90018': 'Call has already ended',
  '90020': 'Call recording triggered before audio started',
  '90034': 'Call not answered yet',
  '90035': 'Call not in queue',
  '90102': 'Command is invalid',
}

const parked = (stage: ConformanceStage): Promise<string> =>
  stage.once('a parked call', async () => (await stage.answered()).id)

const states: Readonly<Record<string, (stage: ConformanceStage) => Promise<string>>> = {
  unknown: () => Promise.resolve(nobody),
  unanswered: (stage) => stage.once('an unanswered call', async () => (await stage.callIn()).id),
  'ringing outside': (stage) =>
    stage.once('a ringing call', async () => (await stage.ringing()).id),
  parked,
  ended: (stage) =>
    stage.once('an ended call', async () => {
      const { id } = await stage.answered()
      await stage.ok(id, 'hangup')
      await stage.event(id, 'call.hangup')
      return id
    }),
}

const needsAnswer = [
  'enqueue',
  'bridge',
  'refer',
  'playback_start',
  'speak',
  'gather',
  'gather_using_audio',
  'gather_using_speak',
  'send_dtmf',
]
const every = Object.keys(bodies)

/** What each command gets in each state. */
const expected: readonly (readonly [
  state: string,
  commands: readonly string[],
  outcome: string,
])[] = [
  ['unknown', every, '90015'],
  ['ended', every, '90018'],
  ['unanswered', needsAnswer, '90034'],
  ['unanswered', ['leave_queue'], '90035'],
  ['unanswered', ['record_start'], '90020'],
  ['unanswered', ['playback_stop', 'gather_stop', 'client_state_update'], 'ok'],
  ['ringing outside', [...needsAnswer, 'transfer'], '90034'],
  ['ringing outside', ['answer', 'reject'], '90102'],
  ['ringing outside', ['leave_queue'], '90035'],
  ['ringing outside', ['record_start'], '90020'],
  ['ringing outside', ['playback_stop', 'gather_stop', 'client_state_update'], 'ok'],
  ['parked', ['reject'], '90102'],
  ['parked', ['leave_queue'], '90035'],
  ['parked', ['answer', 'playback_stop', 'gather_stop', 'client_state_update'], 'ok'],
]

const matrix = expected.flatMap(([name, commands, outcome]) =>
  commands.map((command): Check => {
    const endpoint = `${command === 'client_state_update' ? 'PUT' : 'POST'} /calls/{call_control_id}/actions/${command}`
    return {
      name: `${command} on a call that is ${name}: ${outcome}`,
      cites: outcome === 'ok' ? 'C36' : `${errorPage(outcome)}; C36`,
      covers: [endpoint, 'rule states', ...(outcome === 'ok' ? [] : [`code 422 ${outcome}`])],
      needs: 'calls',
      run: async (stage) => {
        const id = await states[name]?.(stage)
        const body = await bodies[command]?.(stage)
        const path = `/calls/${id}/actions/${command}`
        const method = command === 'client_state_update' ? 'PUT' : 'POST'
        const answer = await stage.request(method, path, { body })
        if (outcome === 'ok') return assertOk(answer)
        const title = titles[outcome] ?? ''
        const pointer = outcome === '90015' ? { pointer: '/call_control_id' } : {}
        assertRefused(answer, 422, outcome, { title, ...pointer })
      },
    }
  }),
)

const repeats: readonly Check[] = [
  {
    name: 'command_id: a repeated enqueue is answered alike and has one effect',
    cites: 'C10',
    covers: ['POST /calls/{call_control_id}/actions/enqueue#command_id', 'rule command_id'],
    needs: 'calls',
    run: async (stage) => {
      const { id } = await stage.answered()
      const body = { queue_name: stage.unique('repeat'), command_id: stage.unique('id') }
      assertOk(await stage.command(id, 'enqueue', body))
      assertOk(await stage.command(id, 'enqueue', body))
      await stage.ok(id, 'hangup')
      await stage.event(id, 'call.hangup')
      const types = stage.webhooks.ofCall(id).map(({ type }) => type)
      assert.equal(types.filter((type) => type === 'call.enqueued').length, 1)
    },
  },
  {
    name: 'command_id: without it a repeated enqueue is 90038',
    cites: errorPage('90038'),
    covers: ['code 422 90038', 'POST /calls/{call_control_id}/actions/enqueue'],
    needs: 'calls',
    run: async (stage) => {
      const { id } = await stage.answered()
      const body = { queue_name: stage.unique('repeat') }
      assertOk(await stage.command(id, 'enqueue', body))
      const again = await stage.command(id, 'enqueue', body)
      assertRefused(again, 422, '90038', { title: 'Call already in queue' })
      await stage.ok(id, 'hangup')
    },
  },
  {
    name: 'command_id: a refused command does not use its id up',
    cites: 'C10',
    covers: ['rule command_id', 'POST /calls/{call_control_id}/actions/leave_queue#command_id'],
    needs: 'calls',
    run: async (stage) => {
      const { id } = await stage.answered()
      const body = { command_id: stage.unique('id') }
      assertRefused(await stage.command(id, 'leave_queue', body), 422, '90035')
      await stage.ok(id, 'enqueue', { queue_name: stage.unique('repeat') })
      assertOk(await stage.command(id, 'leave_queue', body))
      await stage.ok(id, 'hangup')
    },
  },
  {
    name: 'command_id: a repeated dial gives the same call',
    cites: 'C10',
    covers: ['POST /calls#command_id', 'rule command_id'],
    needs: 'calls',
    run: async (stage) => {
      const callee = await stage.phone()
      const body = {
        connection_id: stage.connectionId,
        to: callee.contactUri,
        from: '+15550100',
        command_id: stage.unique('dial'),
      }
      const one = dataOf(await stage.post('/calls', body))
      const two = dataOf(await stage.post('/calls', body))
      assert.deepEqual(two, one)
      const id = String(one['call_control_id'])
      await stage.event(id, 'call.answered')
      assert.equal(callee.calls.length, 1)
      await stage.ok(id, 'hangup')
    },
  },
  {
    name: 'leave_queue without a body and without a content type',
    cites: page('Remove call from a queue'),
    covers: ['POST /calls/{call_control_id}/actions/leave_queue', 'rule content'],
    needs: 'calls',
    run: async (stage) => {
      const { id } = await stage.answered()
      await stage.ok(id, 'enqueue', { queue_name: stage.unique('bare') })
      assertOk(await stage.request('POST', `/calls/${id}/actions/leave_queue`))
      await stage.ok(id, 'hangup')
    },
  },
  {
    name: 'client_state_update: the new state is in the next webhook; an empty one clears it',
    cites: 'C68',
    covers: [
      'PUT /calls/{call_control_id}/actions/client_state_update#client_state',
      'rule client_state',
    ],
    needs: 'calls',
    run: async (stage) => {
      const { id } = await stage.answered()
      const put = (client_state: string) =>
        stage.request('PUT', `/calls/${id}/actions/client_state_update`, { body: { client_state } })
      assertOk(await put('c3RhdGU='))
      await stage.ok(id, 'enqueue', { queue_name: stage.unique('state') })
      const { payload } = await stage.event(id, 'call.enqueued')
      assert.equal(payload['client_state'], 'c3RhdGU=')
      assertOk(await put(''))
      await stage.ok(id, 'hangup')
      const hangup = await stage.event(id, 'call.hangup')
      assert.equal(hangup.payload['client_state'], null)
    },
  },
  {
    name: 'official client: dial, enqueue, leaveQueue, startPlayback, hangup',
    cites: clientPage,
    covers: ['POST /calls', 'POST /calls/{call_control_id}/actions/enqueue'],
    needs: 'calls',
    run: async (stage) => {
      const { calls } = stage.telnyx
      const callee = await stage.phone()
      const made = await calls.dial({
        connection_id: stage.connectionId,
        to: callee.contactUri,
        from: '+15550100',
      })
      const id = made.data?.call_control_id ?? ''
      await stage.event(id, 'call.answered')
      const queue_name = stage.unique('client')
      assert.equal((await calls.actions.enqueue(id, { queue_name })).data?.result, 'ok')
      assert.equal((await calls.retrieveStatus(id)).data?.is_alive, true)
      assert.equal((await calls.actions.leaveQueue(id, {})).data?.result, 'ok')
      const audio_url = await stage.soundUrl(500)
      assert.equal((await calls.actions.startPlayback(id, { audio_url })).data?.result, 'ok')
      assert.equal((await calls.actions.hangup(id, {})).data?.result, 'ok')
      await stage.event(id, 'call.hangup')
    },
  },
]

export const stateChecks: readonly Check[] = [...matrix, ...repeats]
