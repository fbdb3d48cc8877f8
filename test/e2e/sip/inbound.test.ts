// Calls that come in, on the wire: TCP, hold and resume, keys both ways, delayed offers, offers we cannot take, and the
// caller's hang-up in every state.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { inviteText, openRawSip } from '../../support/raw-sip.ts'
import { agentHz, callerHz, musicHz, startStage, type Stage } from '../../support/stage.ts'

let stage: Stage
before(async () => {
  stage = await startStage()
})
after(() => stage.close())

const count = (id: string, type: string): number =>
  stage.receiver.typesOf(id).filter((one) => one === type).length

test('a caller over TCP waits and talks like everybody', async () => {
  const { port } = stage.server.sip
  const caller = await stage.answered({ server: { port, transport: 'TCP' } })
  await stage.command(caller.id, 'enqueue', { queue_name: 'tcp' })
  const agent = await stage.dialAgent({}, { server: { port, transport: 'TCP' } })
  await stage.command(agent.id, 'bridge', { queue: 'tcp' })
  await caller.call.hearsOnly(agentHz, 5_000)
  await agent.call.hearsOnly(callerHz, 5_000)
  caller.call.hangUp()
  assert.equal((await agent.call.ended(5_000)).by, 'peer')
})

test('hold and resume are told, and the peer hears silence meanwhile', async () => {
  const { caller, agent } = await stage.conversation('holders')
  await agent.call.hears(callerHz, 5_000)
  assert.equal(await caller.call.hold(), 200)
  await stage.event(caller.id, 'call.hold')
  await agent.call.hearsSilence(5_000)
  await caller.call.hearsNothing(5_000)
  assert.equal(await caller.call.resume(), 200)
  await stage.event(caller.id, 'call.unhold')
  await agent.call.hearsOnly(callerHz, 5_000)
  await caller.call.hearsOnly(agentHz, 5_000)
  assert.deepEqual([count(caller.id, 'call.hold'), count(caller.id, 'call.unhold')], [1, 1])
  assert.equal(count(agent.id, 'call.hold'), 0)
})

test('keys by RFC 4733 and by INFO are told once each and reach the peer', async () => {
  const { caller, agent } = await stage.conversation('keys')
  await caller.call.sendDtmf('5#')
  await stage.event(caller.id, 'call.dtmf.received', ({ digit }) => digit === '#')
  await caller.call.sendDtmf('9', 'info')
  await stage.event(caller.id, 'call.dtmf.received', ({ digit }) => digit === '9')
  const digits = stage.receiver.deliveries
    .filter(({ type, payload }) => {
      return type === 'call.dtmf.received' && payload['call_control_id'] === caller.id
    })
    .map(({ payload }) => payload['digit'])
  assert.deepEqual(digits, ['5', '#', '9'])
  const heard = (): string => agent.call.line.keys.map(({ key }) => key).join('')
  await agent.call.until(() => heard() === '5#9', 5_000, 'keys not passed on')
})

test('mute_dtmf keeps keys from the peer, not from the application', async () => {
  const { caller, agent } = await stage.conversation('muted keys', { mute_dtmf: 'self' })
  await caller.call.sendDtmf('1')
  await stage.event(caller.id, 'call.dtmf.received')
  await agent.call.sendDtmf('2')
  await caller.call.until(() => caller.call.line.keys.length === 1, 5_000, 'no key')
  assert.equal(agent.call.line.keys.length, 0)
})

test('an INVITE without SDP gets our offer and hears us', async () => {
  const caller = await stage.answered({}, { withoutOffer: true })
  await stage.command(caller.id, 'enqueue', { queue_name: 'delayed' })
  const agent = await stage.dialAgent()
  await stage.command(agent.id, 'bridge', { queue: 'delayed' })
  await caller.call.hears(agentHz, 5_000)
  await agent.call.hears(callerHz, 5_000)
})

test('an offer of G.729 alone is refused with 488 and is no call', async () => {
  const raw = await openRawSip(stage.server.sip.port)
  try {
    const sdp = `v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 40000 RTP/AVP 18
a=rtpmap:18 G729/8000
`
    const to = `sip:+15550100@127.0.0.1:${stage.server.sip.port}`
    raw.send(inviteText({ to, port: raw.port, callId: 'g729', sdp }))
    const refusal = await raw.next(/^SIP\/2\.0 [3-6]\d\d/, 5_000)
    assert.match(refusal, /^SIP\/2\.0 488/)
    const toLine = /^To: .*$/m.exec(refusal)?.[0] ?? ''
    raw.send(`ACK ${to} SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:${raw.port};branch=z9hG4bKg7291;rport
Max-Forwards: 70
From: <sip:raw@127.0.0.1:${raw.port}>;tag=g729
${toLine.trim()}
Call-ID: g729
CSeq: 1 ACK
Content-Length: 0

`)
    const told = stage.receiver.deliveries.filter(({ payload }) => payload['from'] === 'raw')
    assert.equal(told.length, 0)
  } finally {
    raw.close()
  }
})

for (const [cause, status, hangupCause] of [
  ['USER_BUSY', 486, 'user_busy'],
  ['CALL_REJECTED', 603, 'call_rejected'],
] as const) {
  test(`reject with ${cause}`, async () => {
    const { id, call } = await stage.callIn()
    await stage.command(id, 'reject', { cause })
    const end = await call.ended(5_000)
    assert.deepEqual([end.by, end.status], ['refused', status])
    const { payload } = await stage.event(id, 'call.hangup')
    assert.deepEqual(
      [payload['hangup_cause'], payload['hangup_source'], payload['sip_hangup_cause']],
      [hangupCause, 'callee', String(status)],
    )
  })
}

test('the caller gives up before the answer', async () => {
  const { id, call } = await stage.callIn()
  call.hangUp()
  assert.deepEqual((await call.ended(5_000)).status, 487)
  const { payload } = await stage.event(id, 'call.hangup')
  assert.equal(payload['hangup_cause'], 'originator_cancel')
  assert.deepEqual(stage.receiver.typesOf(id), ['call.initiated', 'call.hangup'])
  const status = await stage.telnyx.calls.retrieveStatus(id)
  assert.equal(status.data?.is_alive, false)
})

test('the caller hangs up parked, while playing, bridged and in a conference', async () => {
  const parked = await stage.answered()
  const playing = await stage.answered()
  await stage.command(playing.id, 'playback_start', { audio_url: stage.musicUrl })
  await playing.call.hearsOnly(musicHz, 5_000)
  const { caller: bridged, agent } = await stage.conversation('bridged')
  const conferring = await stage.answered()
  await stage.telnyx.conferences.create({ call_control_id: conferring.id, name: 'short' })
  const everybody = [parked, playing, bridged, conferring]
  for (const { call } of everybody) call.hangUp()
  for (const { id } of everybody) {
    const { payload } = await stage.event(id, 'call.hangup')
    assert.deepEqual(
      [payload['hangup_cause'], payload['hangup_source'], payload['sip_hangup_cause']],
      ['normal_clearing', 'caller', '200'],
    )
    assert.equal(count(id, 'call.hangup'), 1)
    assert.equal((await stage.refused(id, 'enqueue', { queue_name: 'x' })).code, '90018')
  }
  await agent.call.ended(5_000)
  const ended = await stage.event(playing.id, 'call.playback.ended')
  assert.equal(ended.payload['status'], 'call_hangup')
  await stage.event(conferring.id, 'conference.ended')
})

test('one RTP identity and no gap from music through the queue to the agent', async () => {
  const caller = await stage.queueUp('steady')
  await stage.command(caller.id, 'playback_start', { audio_url: stage.musicUrl })
  await caller.call.hearsOnly(musicHz, 5_000)
  const agent = await stage.dialAgent()
  await stage.command(agent.id, 'bridge', { queue: 'steady' })
  await caller.call.hearsOnly(agentHz, 5_000)
  const { ssrcs, lostPackets, duplicatePackets } = caller.call.statistics()
  assert.deepEqual([ssrcs.length, lostPackets, duplicatePackets], [1, 0, 0])
})
