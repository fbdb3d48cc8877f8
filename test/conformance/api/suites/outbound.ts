// Calls that do not go as wished: rejected, abandoned, busy, refused, too long; transfers and REFER.
import assert from 'node:assert/strict'
import { assertOk, assertRefused, dataOf, errorPage, page, type Check } from '../check.ts'
import type { ConformanceStage, Json } from '../stage.ts'

const causes = ['hangup_cause', 'hangup_source', 'sip_hangup_cause'] as const
const fields = ['event call.hangup#hangup_cause', 'event call.hangup#sip_hangup_cause']

const hangup = async (stage: ConformanceStage, id: string): Promise<readonly unknown[]> => {
  const { payload } = await stage.event(id, 'call.hangup')
  return causes.map((key) => payload[key])
}

const check = (
  name: string,
  cites: string,
  covers: readonly string[],
  run: Check['run'],
): Check => ({ name, cites, covers, needs: 'calls', run })

const rejections = (
  [
    ['CALL_REJECTED', 603, 'call_rejected'],
    ['USER_BUSY', 486, 'user_busy'],
  ] as const
).map(([cause, status, told]) =>
  check(
    `reject with ${cause} is ${status} for the caller`,
    'C41',
    [
      'POST /calls/{call_control_id}/actions/reject#cause',
      `event call.hangup#hangup_cause=${told}`,
      'event call.hangup#hangup_source=callee',
      ...fields,
    ],
    async (stage) => {
      const { id, call } = await stage.callIn()
      assertOk(await stage.command(id, 'reject', { cause }))
      assert.deepEqual(await hangup(stage, id), [told, 'callee', String(status)])
      assert.equal((await call.ended(5_000)).status, status)
    },
  ),
)

const failures = (
  [
    [486, 'user_busy'],
    [600, 'user_busy'],
    [403, 'call_rejected'],
    [603, 'call_rejected'],
    [404, 'not_found'],
    [410, 'not_found'],
    [484, 'not_found'],
    [604, 'not_found'],
    [480, 'no_answer'],
    [408, 'no_answer'],
  ] as const
).map(([status, cause]) =>
  check(
    `a dialled call that gets ${status} ends with ${cause}`,
    'C43',
    ['POST /calls', `event call.hangup#hangup_cause=${cause}`, ...fields],
    async (stage) => {
      const callee = await stage.phone({ answer: { kind: 'reject', status, afterMs: 0 } })
      const id = await dial(stage, callee.contactUri)
      assert.deepEqual(await hangup(stage, id), [cause, 'callee', String(status)])
      const types = stage.webhooks.ofCall(id).map(({ type }) => type)
      assert.deepEqual(types, ['call.initiated', 'call.hangup'])
    },
  ),
)

async function dial(stage: ConformanceStage, to: string, extra: Json = {}): Promise<string> {
  const answer = await stage.post('/calls', {
    connection_id: stage.connectionId,
    to,
    from: '+15550100',
    ...extra,
  })
  return String(dataOf(answer)['call_control_id'])
}

const endings: readonly Check[] = [
  ...[500, 488].map((status) =>
    check(
      `a dialled call that gets ${status} ends with unspecified, of unknown source`,
      'C43',
      [
        'event call.hangup#hangup_cause=unspecified',
        'event call.hangup#hangup_source=unknown',
        ...fields,
      ],
      async (stage) => {
        const callee = await stage.phone({ answer: { kind: 'reject', status, afterMs: 0 } })
        const id = await dial(stage, callee.contactUri)
        assert.deepEqual(await hangup(stage, id), ['unspecified', 'unknown', String(status)])
      },
    ),
  ),
  check(
    'a caller who gives up before the answer: originator_cancel',
    'C43',
    ['event call.hangup#hangup_cause=originator_cancel', ...fields],
    async (stage) => {
      const { id, call } = await stage.callIn()
      call.hangUp()
      assert.deepEqual(await hangup(stage, id), ['originator_cancel', 'caller', '487'])
    },
  ),
  check(
    'a dialled call that is hung up while it rings: originator_cancel',
    'C43',
    fields,
    async (stage) => {
      const { id } = await stage.ringing()
      await stage.ok(id, 'hangup')
      assert.deepEqual(await hangup(stage, id), ['originator_cancel', 'caller', '487'])
    },
  ),
  check(
    'a dialled call that nobody answers: timeout',
    'C43',
    ['POST /calls#timeout_secs', 'event call.hangup#hangup_cause=timeout', ...fields],
    async (stage) => {
      const { id } = await stage.ringing({ timeout_secs: 5 })
      assert.deepEqual(await hangup(stage, id), ['timeout', 'caller', '487'])
    },
  ),
  check(
    'retry_on_timeout false: no_answer instead of timeout',
    'C43',
    ['POST /calls#retry_on_timeout', 'event call.hangup#hangup_cause=no_answer', ...fields],
    async (stage) => {
      const { id } = await stage.ringing({ timeout_secs: 5, retry_on_timeout: false })
      const [cause] = await hangup(stage, id)
      assert.equal(cause, 'no_answer')
    },
  ),
  check(
    'a dialled call that is hung up by command: source caller',
    'C31',
    fields,
    async (stage) => {
      const { id } = await stage.dialled()
      await stage.ok(id, 'hangup')
      const [cause, source] = await hangup(stage, id)
      assert.deepEqual([cause, source], ['normal_clearing', 'caller'])
    },
  ),
  check(
    'link_to: the new call is of the same session',
    'C45',
    ['POST /calls#link_to', 'rule identifiers'],
    async (stage) => {
      const caller = await stage.answered()
      const agent = await stage.dialled({ link_to: caller.id })
      const [one, two] = await Promise.all([
        stage.event(caller.id, 'call.answered'),
        stage.event(agent.id, 'call.answered'),
      ])
      assert.equal(two.payload['call_session_id'], one.payload['call_session_id'])
      assert.notEqual(two.payload['call_leg_id'], one.payload['call_leg_id'])
    },
  ),
  check(
    'bridge_on_answer: both are bridged',
    page('Dial'),
    ['POST /calls#bridge_on_answer', 'event call.bridged'],
    async (stage) => {
      const caller = await stage.answered()
      const callee = await stage.phone()
      const id = await dial(stage, callee.contactUri, {
        link_to: caller.id,
        bridge_on_answer: true,
      })
      await Promise.all([stage.event(id, 'call.bridged'), stage.event(caller.id, 'call.bridged')])
    },
  ),
  ...(['bridge_intent', 'bridge_on_answer'] as const).map((name) =>
    check(
      `${name} without link_to is 10004`,
      'C47',
      [`POST /calls#${name}`, 'code 422 10004'],
      async (stage) => {
        const answer = await stage.post('/calls', {
          connection_id: stage.connectionId,
          to: '+15550101',
          from: '+15550100',
          [name]: true,
        })
        assertRefused(answer, 422, '10004', { pointer: '/link_to' })
      },
    ),
  ),
  check(
    'an unknown application is 10015',
    errorPage('10015'),
    ['POST /calls#connection_id', 'code 422 10015'],
    async (stage) => {
      const body = { connection_id: '999999', to: 'sip:x@127.0.0.1', from: '+15550100' }
      assertRefused(await stage.post('/calls', body), 422, '10015', {
        pointer: '/connection_id',
        title: 'Invalid value for connection_id (Call Control App ID)',
      })
    },
  ),
  check(
    'a call that nobody knows has no status',
    'C16',
    ['GET /calls/{call_control_id}', 'code 404 10005'],
    async (stage) => {
      assertRefused(await stage.get(`/calls/v3:${'z'.repeat(54)}`), 404, '10005')
    },
  ),
]

const transfers: readonly Check[] = [
  check(
    'transfer: initiated, answered, bridged of the new call, bridged of the old one',
    'C77',
    [
      'POST /calls/{call_control_id}/actions/transfer',
      'POST /calls/{call_control_id}/actions/transfer#target_leg_client_state',
      'rule order of events',
    ],
    async (stage) => {
      const caller = await stage.answered()
      const callee = await stage.phone()
      const body = { to: callee.contactUri, target_leg_client_state: 'bmV3' }
      await stage.ok(caller.id, 'transfer', body)
      const bridged = await stage.event(caller.id, 'call.bridged')
      const target = await stage.webhooks.next(
        ({ type, payload }) =>
          type === 'call.bridged' &&
          payload['call_session_id'] === bridged.payload['call_session_id'] &&
          payload['call_control_id'] !== caller.id,
        'call.bridged of the target',
      )
      assert.equal(target.payload['client_state'], 'bmV3')
      const id = String(target.payload['call_control_id'])
      const types = stage.webhooks.ofCall(id).map(({ type }) => type)
      assert.deepEqual(types, ['call.initiated', 'call.answered', 'call.bridged'])
      caller.call.hangUp()
      await stage.event(id, 'call.hangup')
    },
  ),
  check(
    'transfer that is refused leaves the call alive',
    page('Transfer call'),
    ['POST /calls/{call_control_id}/actions/transfer'],
    async (stage) => {
      const caller = await stage.answered()
      const callee = await stage.phone({ answer: { kind: 'reject', status: 486, afterMs: 0 } })
      await stage.ok(caller.id, 'transfer', { to: callee.contactUri })
      await stage.webhooks.next(
        ({ type, payload }) =>
          type === 'call.hangup' && String(payload['to']) === callee.contactUri,
        'call.hangup of the target',
      )
      assert.equal(dataOf(await stage.get(`/calls/${caller.id}`))['is_alive'], true)
      assertOk(await stage.command(caller.id, 'enqueue', { queue_name: stage.unique('back') }))
    },
  ),
  check(
    'transfer of a queued call: dequeued, bridging-in-process',
    'C7',
    [
      'POST /calls/{call_control_id}/actions/transfer',
      'event call.dequeued#reason=bridging-in-process',
    ],
    async (stage) => {
      const caller = await stage.answered()
      await stage.ok(caller.id, 'enqueue', { queue_name: stage.unique('moved') })
      const callee = await stage.phone()
      await stage.ok(caller.id, 'transfer', { to: callee.contactUri })
      const { payload } = await stage.event(caller.id, 'call.dequeued')
      assert.equal(payload['reason'], 'bridging-in-process')
      await stage.event(caller.id, 'call.bridged')
    },
  ),
  check(
    'refer: started with 100, completed with 200',
    page('SIP Refer a call'),
    [
      'POST /calls/{call_control_id}/actions/refer',
      'event call.refer.started#sip_notify_response=100',
      'event call.refer.completed#sip_notify_response=200',
    ],
    async (stage) => {
      const caller = await stage.answered()
      await stage.ok(caller.id, 'refer', { sip_address: 'sip:elsewhere@127.0.0.1' })
      const started = await stage.event(caller.id, 'call.refer.started')
      const completed = await stage.event(caller.id, 'call.refer.completed')
      const of = (payload: Json): unknown => payload['sip_notify_response']
      assert.deepEqual([of(started.payload), of(completed.payload)], [100, 200])
    },
  ),
  check(
    'refer that is refused: failed with its status',
    page('SIP Refer a call'),
    ['POST /calls/{call_control_id}/actions/refer', 'event call.refer.failed#sip_notify_response'],
    async (stage) => {
      const caller = await stage.answered()
      caller.call.referPolicy = { accept: false, status: 603 }
      await stage.ok(caller.id, 'refer', { sip_address: 'sip:elsewhere@127.0.0.1' })
      const { payload } = await stage.event(caller.id, 'call.refer.failed')
      assert.equal(payload['sip_notify_response'], 603)
      assert.equal(dataOf(await stage.get(`/calls/${caller.id}`))['is_alive'], true)
    },
  ),
]

const several: readonly Check[] = [
  check(
    'a dial to several rings all; the first to answer is the call, the others are cancelled',
    'C159',
    ['POST /calls', 'POST /calls#to', 'event call.hangup#hangup_cause=originator_cancel'],
    async (stage) => {
      const phones = await Promise.all(
        [1, 2, 3].map(() => stage.phone({ answer: { kind: 'manual' } })),
      )
      const { ids, sessions } = await ringAll(
        stage,
        phones.map(({ contactUri }) => contactUri),
      )
      const calls = await Promise.all(phones.map((one) => one.nextCall(5_000)))
      for (const call of calls) call.ring()
      calls[1]?.answer()
      await stage.event(ids[1] ?? '', 'call.answered')
      for (const place of [0, 2]) {
        const cancelled = ['originator_cancel', 'caller', '487']
        assert.deepEqual(await hangup(stage, ids[place] ?? ''), cancelled)
        assert.equal((await calls[place]?.ended(5_000))?.by, 'cancelled')
      }
      assert.equal(new Set(sessions).size, 1)
    },
  ),
  check(
    'a list with one destination that is no number dials nobody',
    'C159',
    ['POST /calls#to'],
    async (stage) => {
      const callee = await stage.phone({ answer: { kind: 'manual' } })
      const to = [callee.contactUri, '5550100']
      const body = { connection_id: stage.connectionId, to, from: '+15550100' }
      assertRefused(await stage.post('/calls', body), 422, '10016', { pointer: '/to/1' })
      await assert.rejects(callee.nextCall(300))
    },
  ),
]

/** The calls of a list, in its order. */
async function ringAll(stage: ConformanceStage, to: readonly string[]) {
  const data = dataOf(
    await stage.post('/calls', { connection_id: stage.connectionId, to, from: '+15550100' }),
  )
  const legs = data['legs'] as readonly Json[] // What is not a list fails just below.
  assert.equal(legs.length, to.length)
  assert.equal(data['call_control_id'], legs[0]?.['call_control_id'], 'the first is the call')
  return {
    ids: legs.map((leg) => String(leg['call_control_id'])),
    sessions: legs.map((leg) => String(leg['call_session_id'])),
  }
}

export const outboundChecks: readonly Check[] = [
  check(
    'a dial to a host that is not allowed is 403, 10010',
    `C76; ${errorPage('10010')}`,
    ['POST /calls#to', 'code 403 10010'],
    async (stage) => {
      // RFC 5737: an address that is nobody's.
      const { connectionId: connection_id } = stage
      const body = { connection_id, to: 'sip:nobody@192.0.2.1', from: '+15550100' }
      assertRefused(await stage.post('/calls', body), 403, '10010', { pointer: '/to' })
    },
  ),
  ...several,
  ...rejections,
  ...failures,
  ...endings,
  ...transfers,
]
