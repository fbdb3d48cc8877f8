// Every webhook that can be owed, held to the contract.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Application } from '../../src/ports/applications.ts'
import type { DomainEvent, StampedEvent } from '../../src/ports/events.ts'
import { createWebhookSink } from '../../src/webhooks/sink.ts'
import {
  sampleEvents,
  sampleLeg,
  sampleOverrides,
  sampleQuality,
  stamp,
} from '../support/events.ts'
import { createContractRecorder } from './checker.ts'
import { isObject, type JsonObject } from './structure.ts'

const application: Application = {
  id: sampleLeg().applicationId,
  name: 'support',
  active: true,
  webhookEventUrl: 'http://app.example/hooks',
  webhookEventFailoverUrl: 'http://app.example/failover',
  webhookTimeoutSecs: 0,
  numbers: ['*'],
  dtmfType: 'RFC 2833',
  firstCommandTimeout: false,
  firstCommandTimeoutSecs: 30,
  inboundChannelLimit: undefined,
  outboundChannelLimit: undefined,
  tags: [],
}

const sink = (over: Partial<Application>) =>
  createWebhookSink({
    application: (id) => (id === application.id ? { ...application, ...over } : undefined),
    connectionCodecs: 'PCMU,PCMA',
    deliver: () => undefined,
  })

function rowsOf(events: readonly StampedEvent[], over: Partial<Application> = {}) {
  return sink(over).deliveriesFor(events)
}

function payloadOf(event: DomainEvent, over: Partial<StampedEvent> = {}): JsonObject {
  const [row] = rowsOf([stamp(event, 1, over)])
  const data: unknown = JSON.parse(row?.dataJson ?? 'null')
  assert.ok(isObject(data) && isObject(data['payload']))
  return data['payload']
}

const pick = (type: DomainEvent['type'], leg = sampleLeg()): DomainEvent => {
  const found = sampleEvents(leg).find((event) => event.type === type)
  assert.ok(found !== undefined)
  return found
}

test('every event with a webhook keeps the contract; the others owe nothing', () => {
  const recorder = createContractRecorder()
  const legs = [
    sampleLeg(),
    sampleLeg({ clientState: 'aGk=', tags: ['vip'], direction: 'outgoing' }),
  ]
  const stamped = legs.flatMap((leg) => sampleEvents(leg)).map((event, i) => stamp(event, i + 1))
  const rows = rowsOf(stamped)
  for (const row of rows) {
    const meta = { attempt: 1, delivered_to: row.url }
    recorder.webhook({ data: JSON.parse(row.dataJson), meta })
  }
  recorder.assertClean()
  assert.deepEqual(
    rows.slice(0, recorder.events().size).map((row) => row.eventType),
    [
      'call.initiated',
      'call.answered',
      'call.bridged',
      'call.hold',
      'call.unhold',
      'call.hangup',
      'call.enqueued',
      'call.dequeued',
      'call.dtmf.received',
      'call.gather.ended',
      'call.machine.detection.ended',
      'call.machine.greeting.ended',
      'call.playback.started',
      'call.playback.ended',
      'call.speak.started',
      'call.speak.ended',
      'call.refer.started',
      'call.refer.completed',
      'call.refer.failed',
      'conference.created',
      'conference.ended',
      'conference.participant.joined',
      'conference.participant.left',
      'conference.playback.started',
      'conference.playback.ended',
      'conference.speak.started',
      'conference.speak.ended',
      'conference.participant.playback.started',
      'conference.participant.playback.ended',
      'conference.participant.speak.started',
      'conference.participant.speak.ended',
      'conference.floor.changed',
      'call.recording.saved',
      'call.recording.error',
      'conference.recording.saved',
      'streaming.started',
      'streaming.stopped',
      'streaming.failed',
      'call.fork.started',
      'call.fork.stopped',
    ],
  )
})

test('call.hangup as in the contract, figures as strings; null without media', () => {
  const { call_quality_stats: stats, ...payload } = payloadOf(pick('leg-ended'), {
    quality: sampleQuality,
  })
  assert.deepEqual(payload, {
    call_control_id: 'v3:Qm9yZGVyVGVybWluYWxFeGFtcGxl',
    call_leg_id: '2dc6fc34-f9e0-11ef-b68e-02420a0f7768',
    call_session_id: '2dc1b3c8-f9e0-11ef-bc5a-02420a0f7768',
    client_state: null,
    connection_id: '1293384261075731499',
    from: '+35319605860',
    to: '+13129457420',
    start_time: '2025-03-04T09:10:01.000100Z',
    end_time: '2025-03-04T09:10:01.000101Z',
    state: 'hangup',
    hangup_cause: 'normal_clearing',
    hangup_source: 'caller',
    sip_hangup_cause: '200',
  })
  assert.deepEqual(stats, {
    inbound: {
      jitter_max_variance: '2.74',
      jitter_packet_count: '0',
      mos: '4.50',
      packet_count: '591',
      skip_packet_count: '9',
    },
    outbound: { packet_count: '588', skip_packet_count: '0' },
  })
  assert.equal(payloadOf(pick('leg-ended'))['call_quality_stats'], null)
})

test('what does not apply is absent; outbound calls have no start_time yet', () => {
  const inbound = payloadOf(pick('leg-initiated'))
  assert.equal(inbound['offered_codecs'], 'PCMU,PCMA')
  assert.ok(!('to_sip_uri' in inbound) && !('tags' in inbound))
  const outbound = payloadOf(pick('leg-initiated', sampleLeg({ direction: 'outgoing' })))
  for (const field of ['start_time', 'offered_codecs', 'caller_id_name']) {
    assert.ok(!(field in outbound), field)
  }
  assert.ok(!('custom_headers' in payloadOf(pick('leg-answered'))))
  for (const type of ['call-enqueued', 'call-dequeued', 'playback-started'] as const) {
    assert.ok(!('from' in payloadOf(pick(type))), type)
  }
  assert.equal(payloadOf(pick('conference-ended'))['reason'], 'all_left')
})

test('addresses: the event beats the leg, the leg beats the application; nothing without a URL', () => {
  const leg = sampleLeg({ webhooks: sampleOverrides })
  const addressed = (type: DomainEvent['type'], of = leg) =>
    rowsOf([stamp(pick(type, of))]).map((row) => [row.method, row.url, row.failoverUrl])
  const failover = application.webhookEventFailoverUrl
  assert.deepEqual(addressed('leg-bridged'), [['GET', 'http://event.example/bridged', failover]])
  assert.deepEqual(addressed('leg-ended'), [['POST', 'http://leg.example/hooks?k=1', failover]])
  assert.deepEqual(addressed('leg-ended', sampleLeg()), [
    ['POST', application.webhookEventUrl, failover],
  ])
  const [row] = rowsOf([stamp(pick('leg-ended', leg))], { webhookTimeoutSecs: 7 })
  assert.deepEqual([row?.retriesMs, row?.timeoutMs, row?.lane], [[100, 200], 7000, leg.legId])
  assert.equal(rowsOf([stamp(pick('leg-ended', sampleLeg()))])[0]?.timeoutMs, 2000)
  assert.deepEqual(rowsOf([stamp(pick('leg-ended', sampleLeg()))], { webhookEventUrl: '' }), [])
})
