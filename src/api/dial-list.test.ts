// `to` of a dial as a list: what the engine is asked, what the client is answered, and what the records keep.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommandRecord } from '../ports/records.ts'
import { callView, testApi, withKey, type TestWorld } from './testing.ts'

const body = { connection_id: '1000000001', from: '+15550111' }

function dialing(t: { after(done: () => unknown): void }, world: TestWorld = {}) {
  const { api, submitted } = testApi(world)
  t.after(() => api.close())
  const dial = async (payload: object) =>
    api.inject({
      ...{ method: 'POST', url: '/v2/calls', headers: withKey },
      payload: { ...body, ...payload },
    })
  const asked = () => {
    const command = submitted.at(-1)?.command
    assert.ok(command?.kind === 'dial')
    return command
  }
  return { dial, asked }
}

test('C159, C160: a branch for each destination; the first is the call of the answer, all are in legs', async (t) => {
  const recorded: CommandRecord[] = []
  const { dial, asked } = dialing(t, { recorded })
  const to = ['+15550100,12', 'sip:b@localhost', '+15550102']
  const answer = await dial({ to })
  assert.equal(answer.statusCode, 200, answer.body)
  const command = asked()
  assert.deepEqual([command.dial.to, command.dial.sendDigits], ['+15550100', '12'])
  assert.deepEqual(
    command.others?.map((one) => [one.to, one.sendDigits]),
    [
      ['sip:b@localhost', undefined],
      ['+15550102', undefined],
    ],
  )
  const { data } = answer.json()
  const { legs, ...first } = data
  assert.deepEqual(Object.keys(first), [
    ...['call_control_id', 'call_leg_id', 'call_session_id', 'record_type', 'is_alive'],
  ])
  assert.deepEqual(legs[0], { to: callView.to, ...first })
  assert.deepEqual(
    legs.slice(1).map((one: { to: string }) => one.to),
    ['sip:b@localhost', '+15550102'],
  )
  assert.equal(new Set(legs.map((one: { call_leg_id: string }) => one.call_leg_id)).size, 3)
  assert.equal(recorded.length, 3, 'one record for each call')
})

test('send_digits_on_answer wins over the digits of every destination', async (t) => {
  const { dial, asked } = dialing(t)
  await dial({ to: ['+15550100,1', '+15550101,2'], send_digits_on_answer: '9' })
  const { dial: first, others } = asked()
  assert.deepEqual([first.sendDigits, others?.[0]?.sendDigits], ['9', '9'])
})

test('C156: a list of one is a list; one text has no legs', async (t) => {
  const { dial, asked } = dialing(t)
  const one = await dial({ to: ['+15550100,12'] })
  assert.equal(one.json().data.legs.length, 1)
  assert.deepEqual([asked().dial.to, asked().others], ['+15550100', []])
  const text = await dial({ to: '+15550100' })
  assert.equal(text.json().data.legs, undefined)
  assert.equal(asked().others, undefined)
})

test('a destination that cannot be dialled is named by its place', async (t) => {
  const { dial } = dialing(t, {
    answer: { ok: false, refusal: { code: 'destination-refused', why: 'no-trunk', place: 1 } },
  })
  const answer = await dial({ to: ['+15550100', '+15550101'] })
  assert.equal(answer.statusCode, 422)
  assert.equal(answer.json().errors[0].source.pointer, '/to/1')
})
