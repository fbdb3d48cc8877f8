// What the set-up page says is wrong.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Application, WebhookDelivery } from '../api/types.ts'
import { applicationProblem, numberProblem, setupProblems } from './setup-problems.ts'

const nowMs = Date.parse('2026-11-22T09:00:00Z')
const application: Application = {
  id: '1',
  application_name: 'reception',
  active: true,
  webhook_event_url: 'https://example.org/hooks',
  tags: [],
}
const number = { id: 'n', phone_number: '+15550100', connection_id: '1', connection_name: 'x' }

function failure(at: string, status?: number): WebhookDelivery {
  const request = { url: 'https://example.org/hooks', headers: [] }
  const response = status === undefined ? {} : { response: { status, headers: [], body: '' } }
  return {
    ...{ id: 'd', status: 'failed', started_at: at, finished_at: at },
    webhook: {
      event_type: 'call.hangup',
      id: 'e',
      occurred_at: at,
      payload: { connection_id: '1' },
    },
    attempts: [
      {
        ...{ status: 'failed', started_at: at, finished_at: at, errors: [] },
        http: { request, ...response },
      },
    ],
  }
}

test('an application is told what keeps its calls from being heard of', () => {
  const said = (one: Partial<Application>, failed: readonly WebhookDelivery[] = []) =>
    applicationProblem({ ...application, ...one }, failed, nowMs)
  assert.equal(said({}), '')
  assert.match(said({ active: false }), /switched off/)
  assert.match(said({ webhook_event_url: '' }), /no URL/)
  assert.match(said({}, [failure('2026-11-22T08:59:00Z', 500)]), /^1 webhook failed .*HTTP 500/)
  assert.match(said({}, [failure('2026-11-22T08:59:00Z')]), /no answer/)
  assert.equal(said({}, [failure('2026-11-22T08:30:00Z', 500)]), '', 'long ago')
  assert.equal(said({ id: '2' }, [failure('2026-11-22T08:59:00Z', 500)]), '', "another one's")
})

test('a number is told when its calls are refused', () => {
  assert.equal(numberProblem(number, [application]), '')
  assert.match(numberProblem({ ...number, connection_id: null }, []), /no application/)
  assert.match(
    numberProblem(number, [{ ...application, active: false }]),
    /reception is switched off/,
  )
})

test('all that is wrong in a few lines', () => {
  const trunk = {
    ...{ name: 'carrier', uri: 'sip:a', reachable: false, last_status: null, last_reason: null },
    ...{ last_answer_at: null, round_trip_ms: null, problem: 'It is silent.' },
  }
  const user = (username: string, registered: boolean) => ({
    ...{ username, sip_uri: `sip:${username}@a`, contacts: [] },
    ...{ registered, problem: registered ? null : 'away' },
  })
  const state = {
    trunks: [trunk],
    registrations: [user('a', true), user('b', false), user('c', false)],
    applications: [application],
    numbers: [number],
    failed: [],
  }
  assert.deepEqual(setupProblems(state, nowMs), [
    'Trunk carrier: It is silent.',
    '2 SIP users of 3 without a phone.',
  ])
  const empty = { trunks: [], registrations: [], applications: [], numbers: [], failed: [] }
  assert.match(setupProblems(empty, nowMs).join(), /no application/)
})
