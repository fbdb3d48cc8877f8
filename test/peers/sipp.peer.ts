// SIPp, an independent SIP implementation that takes every deviation from its scenarios for a failure, as callers and
// agents of a queue: over UDP and TCP, with holding, keys, giving up, lost datagrams and the options of RFC 3262 and 4028.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { startStage, type Stage } from '../support/stage.ts'
import { runQueueApp, type QueueApp } from './queue-app.ts'
import { endSipps, freePort, missing, sipp, startSipp, type SippOptions } from './sipp.ts'

const absent = missing('sipp')
const user = { username: 'desk', password: 'right' }

if (absent === undefined) describe('SIPp', withSipp)
else test('SIPp', { skip: absent }, () => undefined)

function withSipp(): void {
  let stage: Stage
  before(async () => {
    stage = await startStage({ config: { sip_users: [user] } })
  })
  afterEach(endSipps)
  after(() => stage.close())

  /** Runs callers to their end; they must have met nothing but what their scenario says. */
  async function callers(options: Omit<SippOptions, 'server'>): Promise<void> {
    const verdict = await sipp({ service: '+15550100', ...options, server: stage.server.sip })
    assert.deepEqual(verdict, { code: 0, complaints: '' })
  }

  /** Waits for the last webhook of each caller and gives the event types of each. */
  async function histories(app: QueueApp, count: number): Promise<string[][]> {
    await stage.receiver.waitFor(() => {
      const ended = app.callers.filter((id) => stage.receiver.typesOf(id).includes('call.hangup'))
      return ended.length === count
    }, 20_000)
    return app.callers.map((id) => stage.receiver.typesOf(id))
  }

  async function nothingIsLeft(): Promise<void> {
    const active = await stage.request('GET', '/connections/1000000001/active_calls')
    assert.deepEqual((active.body as { data: unknown[] }).data, [])
  }

  const wholeCall = [
    'call.initiated',
    'call.answered',
    'call.enqueued',
    'call.dequeued',
    'call.bridged',
    'call.hold',
    'call.unhold',
    'call.dtmf.received',
    'call.hangup',
  ]

  for (const [transport, calls, rate] of [
    ['udp', 100, 5],
    ['tcp', 40, 5],
  ] as const) {
    test(`${calls} callers over ${transport}: queue, agent, hold, key, hung up on`, async () => {
      const port = await freePort()
      const agents = await startSipp({ scenario: 'agent', port, transport, calls })
      const agentUri = `sip:agent@127.0.0.1:${port};transport=${transport}`
      const app = runQueueApp(stage, { queue: `many-${transport}`, agentUri })
      await callers({ scenario: 'caller-in-queue', transport, calls, rate })
      assert.deepEqual(await agents.verdict, { code: 0, complaints: '' })
      for (const history of await histories(app, calls)) {
        assert.deepEqual([...history].sort(), [...wholeCall].sort())
        const order = ['call.enqueued', 'call.dequeued', 'call.bridged', 'call.hangup']
        assert.deepEqual(
          history.filter((type) => order.includes(type)),
          order,
        )
      }
      assert.deepEqual(app.problems, [])
      await nothingIsLeft()
    })
  }

  test('callers who hang up while waiting: dequeued (hangup), and their audio was received', async () => {
    const app = runQueueApp(stage, { queue: 'leavers', agentUri: undefined })
    await callers({ scenario: 'caller-leaves', calls: 20 })
    for (const history of await histories(app, 20)) {
      assert.deepEqual(history.slice(-2), ['call.dequeued', 'call.hangup'])
    }
    for (const { type, payload } of stage.receiver.deliveries) {
      if (type !== 'call.hangup' || !app.callers.includes(String(payload['call_control_id'])))
        continue
      const quality = payload['call_quality_stats'] as { inbound: { packet_count: string } }
      assert.ok(Number(quality.inbound.packet_count) >= 20, quality.inbound.packet_count)
    }
    await nothingIsLeft()
  })

  test('a fifth of all datagrams is lost: every call still goes by the book', async () => {
    const app = runQueueApp(stage, { queue: 'lossy', agentUri: undefined })
    const lossy = { scenario: 'caller-leaves', calls: 20, lostPercent: 20, timeoutSecs: 80 }
    const { code } = await sipp({ ...lossy, service: '+15550100', server: stage.server.sip })
    assert.equal(code, 0)
    const ends = (await histories(app, 20)).map((history) => history.at(-1))
    assert.deepEqual(new Set(ends), new Set(['call.hangup']))
    await nothingIsLeft()
  })

  for (const transport of ['udp', 'tcp'] as const) {
    test(`callers who give up ringing (CANCEL) over ${transport}`, async () => {
      const app = runQueueApp(stage, { queue: 'none', agentUri: undefined, answers: false })
      await callers({ scenario: 'caller-cancels', calls: 20, transport })
      for (const history of await histories(app, 20)) {
        assert.deepEqual(history, ['call.initiated', 'call.hangup'])
      }
      await nothingIsLeft()
    })
  }

  for (const [scenario, what] of [
    ['delayed-offer', 'an offer in the 200, the answer in the ACK, in A-law'],
    ['reliable-ringing', 'reliable ringing, PRACK'],
    ['session-timer', 'session timer: 422, refreshed by UPDATE and by INVITE'],
    ['repeated-invite', 'the same INVITE again and late ACKs: one call each'],
  ] as const) {
    test(what, async () => {
      const app = runQueueApp(stage, { queue: scenario, agentUri: undefined })
      await callers({ scenario, calls: 5 })
      for (const history of await histories(app, 5)) {
        assert.deepEqual(history, [
          'call.initiated',
          'call.answered',
          'call.enqueued',
          'call.dequeued',
          'call.hangup',
        ])
      }
      assert.equal(app.callers.length, 5)
      await nothingIsLeft()
    })
  }

  test('who calls while there is no room is told when to call again, and is let in then', async () => {
    const full = await startStage({ config: { limits: { calls: 1 } } })
    try {
      const app = runQueueApp(full, { queue: 'full', agentUri: undefined })
      const options = { scenario: 'caller-leaves', service: '+15550100', calls: 2 }
      const verdict = await sipp({ ...options, server: full.server.sip })
      assert.deepEqual(verdict, { code: 0, complaints: '' })
      assert.equal(app.callers.length, 2)
    } finally {
      await full.close()
    }
  })

  test('an offer without a codec of ours is refused with 488 and leaves nothing', async () => {
    const app = runQueueApp(stage, { queue: 'none', agentUri: undefined })
    await callers({ scenario: 'foreign-codec', calls: 5 })
    assert.deepEqual(app.problems, [])
    await nothingIsLeft()
  })

  // SIPp replays captures through a raw socket.
  const raw = process.getuid?.() === 0 ? false : 'raw sockets need root'
  test('keys as telephone-events replayed from a capture', { skip: raw }, async () => {
    const app = runQueueApp(stage, { queue: 'keys', agentUri: undefined })
    await callers({ scenario: 'dtmf-keys' })
    await histories(app, 1)
    const digits = stage.receiver.deliveries
      .filter(({ payload }) => payload['call_control_id'] === app.callers[0])
      .flatMap(({ type, payload }) => (type === 'call.dtmf.received' ? [payload['digit']] : []))
    assert.deepEqual(digits, ['1', '2'])
  })

  test('a busy agent: the caller keeps its place and the next agent gets it', async () => {
    const port = await freePort()
    const busy = await startSipp({ scenario: 'agent-busy', port })
    const app = runQueueApp(stage, { queue: 'busy', agentUri: `sip:agent@127.0.0.1:${port}` })
    const waiting = callers({ scenario: 'caller-in-queue' })
    assert.deepEqual(await busy.verdict, { code: 0, complaints: '' })
    await stage.receiver.waitFor(({ payload }) => payload['hangup_cause'] === 'user_busy')
    assert.deepEqual(app.problems, ['agent: user_busy'])
    const second = await startSipp({ scenario: 'agent', port })
    const dialled = await stage.request('POST', '/calls', {
      connection_id: '1000000001',
      to: `sip:agent@127.0.0.1:${port}`,
      from: '+15550100',
    })
    assert.equal(dialled.status, 200)
    await waiting
    assert.deepEqual(await second.verdict, { code: 0, complaints: '' })
    const [history = []] = await histories(app, 1)
    assert.equal(history.filter((type) => type === 'call.dequeued').length, 1)
    await nothingIsLeft()
  })

  test('a phone registers with digest and goes again; a wrong password does not', async () => {
    const desk = { scenario: 'registers', caller: user.username }
    await callers({ ...desk, password: user.password })
    const wrong = await sipp({ ...desk, password: 'wrong', server: stage.server.sip })
    assert.equal(wrong.code, 1)
    assert.match(wrong.complaints, /received 'SIP\/2.0 40[13]/)
  })

  test('a thousand OPTIONS in two seconds', async () => {
    await callers({ scenario: 'options', calls: 1_000, rate: 500 })
  })
}
