// The life of single legs and of bridges: order of events (C77), causes (C43), answers (C36).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  appId,
  application,
  callLab,
  commands,
  dialOptions,
  incoming,
  leg,
} from '../../test/support/call-lab.ts'

test('E.11 inbound: initiated when media is ready, then rings; answer: answered', async () => {
  const lab = await callLab()
  await lab.rings('ann')
  assert.deepEqual(lab.told(), ['leg-initiated ann'])
  assert.equal(lab.signalled('ring', 'ann').length, 1)
  assert.equal(await lab.command(commands.answer('ann')), 'ok')
  assert.deepEqual(lab.told(), ['leg-answered ann'])
  assert.equal(lab.signalled('accept', 'ann').length, 1)
  assert.equal(await lab.command(commands.answer('ann')), 'ok', 'answering again is a no-op')
  assert.deepEqual(lab.told(), [])
  assert.equal(lab.logic.counts().legs, 1)
})

test('a CANCEL before the application was told makes no event', async () => {
  const lab = await callLab()
  lab.mediaAnswers = false
  await lab.rings('ann')
  assert.equal(await lab.command(commands.hangup('ann')), 'leg-unknown')
  await lab.input({ kind: 'leg-cancelled', legId: leg('ann') })
  await lab.input({
    kind: 'media-leg-created',
    legId: leg('ann'),
    sdp: 'late',
    offeredCodecs: [],
  })
  assert.deepEqual(lab.told(), [])
  assert.equal(lab.media.at(-1)?.kind, 'release')
  assert.equal(lab.logic.call(leg('ann')), undefined)
})

test('a media refusal is a 488 without events', async () => {
  const lab = await callLab()
  lab.mediaAnswers = false
  await lab.rings('ann')
  await lab.input({ kind: 'media-leg-refused', legId: leg('ann'), status: 488, why: 'codec' })
  assert.deepEqual(lab.told(), [])
  assert.deepEqual(lab.signals, [{ kind: 'refuse', legId: 'ann', status: 488, headers: [] }])
})

test('calls for nobody, for an inactive application and above the channel limit are refused', async () => {
  const lab = await callLab({
    applications: [application({ numbers: ['100'], inboundChannelLimit: 1 })],
  })
  await lab.rings('ann', { to: '999' })
  await lab.rings('bob', { to: '100' })
  await lab.rings('cid', { to: '100' })
  const statuses = lab.signals.map((one) => (one.kind === 'refuse' ? one.status : one.kind))
  assert.deepEqual(statuses, [404, 'ring', 486])
  const off = await callLab({ applications: [application({ active: false })] })
  await off.rings('ann')
  assert.equal(off.signals[0]?.kind, 'refuse')
})

test('an exact number wins over the star', async () => {
  const star = application()
  const exact = application({ id: '2' as typeof appId, numbers: ['100'] })
  const lab = await callLab({ applications: [star, exact] })
  await lab.rings('ann', { to: '100' })
  assert.equal(lab.logic.call(leg('ann'))?.applicationId, '2')
})

test('E.3 causes of inbound legs', async () => {
  const lab = await callLab()
  await lab.caller('bye')
  await lab.hangsUp('bye')
  await lab.rings('gave-up')
  await lab.input({ kind: 'leg-cancelled', legId: leg('gave-up') })
  await lab.rings('busy')
  await lab.command(commands.reject('busy', 'USER_BUSY'))
  await lab.rings('no')
  await lab.command(commands.reject('no', 'CALL_REJECTED'))
  await lab.caller('api')
  await lab.command(commands.hangup('api'))
  await lab.rings('forgotten')
  await lab.advance(180_000)
  await lab.caller('lost')
  await lab.input({ kind: 'leg-lost', legId: leg('lost'), why: 'dialog-gone', status: 481 })
  const ends = lab.told().filter((line) => line.startsWith('leg-ended'))
  assert.deepEqual(ends, [
    'leg-ended bye normal_clearing caller 200',
    'leg-ended gave-up originator_cancel caller 487',
    'leg-ended busy user_busy callee 486',
    'leg-ended no call_rejected callee 603',
    'leg-ended api normal_clearing callee unspecified',
    'leg-ended forgotten timeout callee 480',
    'leg-ended lost unspecified unknown 481',
  ])
})

test('E.3 causes of outbound legs that were never answered', async () => {
  const lab = await callLab()
  const refusals: readonly [string, number, string][] = [
    ['a', 486, 'user_busy callee 486'],
    ['b', 600, 'user_busy callee 600'],
    ['c', 403, 'call_rejected callee 403'],
    ['d', 603, 'call_rejected callee 603'],
    ['e', 404, 'not_found callee 404'],
    ['f', 480, 'no_answer callee 480'],
    ['g', 408, 'no_answer callee 408'],
    ['h', 500, 'unspecified unknown 500'],
    ['i', 0, 'unspecified unknown unspecified'],
  ]
  for (const [name, status, text] of refusals) {
    await lab.command(commands.dial(name))
    const input = { kind: 'leg-refused', legId: leg(name), status, reason: '' } as const
    await lab.input({ ...input, unheard: false })
    assert.equal(lab.told().at(-1), `leg-ended ${name} ${text}`)
  }
  await lab.command(commands.dial('silent'))
  const nothing = { kind: 'leg-refused', legId: leg('silent'), status: 408, reason: '' } as const
  await lab.input({ ...nothing, unheard: true })
  assert.equal(lab.told().at(-1), 'leg-ended silent timeout unknown 408')
})

test('dial: initiated at once, INVITE after media; timeout cancels, told when decided', async () => {
  const lab = await callLab()
  assert.equal(await lab.command(commands.dial('bob')), 'ok')
  assert.deepEqual(lab.told(), ['leg-initiated bob'])
  assert.equal(lab.signals[0]?.kind, 'invite')
  await lab.advance(30_000)
  assert.deepEqual(lab.told(), ['leg-ended bob timeout caller 487'])
  assert.equal(lab.signals[1]?.kind, 'cancel')
  await lab.command(commands.dial('cid', { retryOnTimeout: false }))
  await lab.advance(30_000)
  assert.equal(lab.told().at(-1), 'leg-ended cid no_answer caller 487')
  await lab.command(commands.dial('dan'))
  await lab.command(commands.hangup('dan'))
  assert.equal(lab.told().at(-1), 'leg-ended dan originator_cancel caller 487')
})

test('a 2xx that crosses the CANCEL is acknowledged and ended', async () => {
  const lab = await callLab()
  await lab.command(commands.dial('bob'))
  await lab.command(commands.hangup('bob'))
  await lab.accepts('bob')
  const kinds = lab.signals.map(({ kind }) => kind)
  assert.deepEqual(kinds, ['invite', 'cancel', 'confirm', 'bye'])
})

test('an answered dial: confirm, remote SDP, start, answered; C30 time limit from the answer', async () => {
  const lab = await callLab()
  await lab.agent('bob', { dial: dialOptions({ timeLimitMs: 60_000 }) })
  assert.deepEqual(lab.told(), ['leg-initiated bob', 'leg-answered bob'])
  assert.deepEqual(
    lab.media.map(({ kind }) => kind),
    ['create-leg', 'set-remote', 'start'],
  )
  await lab.advance(59_000)
  assert.deepEqual(lab.told(), [])
  await lab.advance(1_000)
  assert.deepEqual(lab.told(), ['leg-ended bob time_limit unknown unspecified'])
  assert.equal(lab.signals.at(-1)?.kind, 'bye')
})

test('dial is refused for an unknown application, a bad destination, a dead link, a full channel', async () => {
  const lab = await callLab({ applications: [application({ outboundChannelLimit: 1 })] })
  const dial = commands.dial('bob')
  assert.equal(
    await lab.command({ ...dial, applicationId: '7' as typeof appId }),
    'application-unknown',
  )
  lab.destination = 'no-trunk'
  assert.equal(await lab.command(dial), 'destination-refused')
  lab.destination = undefined
  assert.equal(await lab.command({ ...dial, linkTo: leg('nobody') }), 'link-unknown')
  assert.equal(await lab.command(dial), 'ok')
  assert.equal(await lab.command(commands.dial('cid')), 'channel-limit')
})

test('delayed offer: our offer in the 200, the answer with the ACK', async () => {
  const lab = await callLab()
  await lab.caller('ann', { sdp: undefined })
  await lab.input({ kind: 'leg-confirmed', legId: leg('ann'), sdp: 'their answer' })
  const last = lab.media.at(-1)
  assert.deepEqual(last, { kind: 'set-remote', legId: 'ann', sdp: 'their answer', stage: 'final' })
  await lab.caller('bob', { sdp: undefined })
  await lab.input({ kind: 'leg-confirmed', legId: leg('bob'), sdp: undefined })
  assert.equal(lab.told().at(-1), 'leg-ended bob unspecified unknown unspecified')
})

test('hold and resume follow the far end', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  lab.told()
  await lab.input({ kind: 'leg-reoffered', legId: leg('ann'), sdp: 'sendonly' })
  const answered = { kind: 'reoffer-answered', legId: leg('ann'), sdp: 'x', changed: true } as const
  await lab.input({ ...answered, held: true })
  await lab.input({ ...answered, held: true })
  await lab.input({ ...answered, held: false })
  assert.deepEqual(lab.told(), ['leg-held ann', 'leg-resumed ann'])
  assert.equal(lab.signalled('accept-offer', 'ann').length, 3)
  await lab.input({ kind: 'reoffer-refused', legId: leg('ann'), why: 'codec' })
  assert.equal(lab.signals.at(-1)?.kind, 'refuse-offer')
})

test('keys are told; those from INFO are passed to the peer unless muted', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  await lab.agent('bob')
  await lab.command(commands.bridge('bob', 'ann', { muteDtmf: 'self' }))
  lab.told()
  await lab.input({ kind: 'media-dtmf', legId: leg('ann'), digit: '5' })
  await lab.input({ kind: 'leg-info-dtmf', legId: leg('ann'), digit: '6', durationMs: 100 })
  await lab.input({ kind: 'leg-info-dtmf', legId: leg('bob'), digit: '7', durationMs: 100 })
  assert.deepEqual(lab.told(), [
    'dtmf-received ann 5',
    'dtmf-received ann 6',
    'dtmf-received bob 7',
  ])
  const sent = lab.media.filter(({ kind }) => kind === 'send-dtmf')
  assert.deepEqual(sent, [{ kind: 'send-dtmf', legId: 'ann', digits: '7', durationMs: 100 }])
  const link = lab.media.find(({ kind }) => kind === 'link')
  assert.deepEqual(link, { kind: 'link', a: 'bob', b: 'ann', dtmfToA: false, dtmfToB: true })
})

test('lost RTP is told, and hangs up only where configured', async () => {
  const quiet = await callLab()
  await quiet.caller('ann')
  await quiet.input({ kind: 'rtp-silent', legId: leg('ann'), silentMs: 5_000 })
  await quiet.advance(3_600_000)
  assert.equal(quiet.logic.call(leg('ann'))?.alive, true)
  const strict = await callLab({ settings: { rtpLossHangupMs: 30_000 } })
  await strict.caller('ann')
  await strict.input({ kind: 'rtp-silent', legId: leg('ann'), silentMs: 5_000 })
  await strict.advance(24_999)
  assert.equal(strict.logic.call(leg('ann'))?.alive, true)
  await strict.advance(1)
  assert.equal(strict.told().at(-1), 'leg-ended ann unspecified unknown unspecified')
})

test('a leg that fell silent and is then put on hold is not hung up over it', async () => {
  const lab = await callLab({ settings: { rtpLossHangupMs: 30_000 } })
  await lab.caller('ann')
  await lab.input({ kind: 'rtp-silent', legId: leg('ann'), silentMs: 5_000 })
  const hold = { held: true, changed: true, sdp: 'answer' }
  await lab.input({ kind: 'reoffer-answered', legId: leg('ann'), ...hold })
  await lab.advance(600_000)
  assert.equal(lab.logic.call(leg('ann'))?.alive, true)
})

test('first_command_timeout hangs up only a call that got no command', async () => {
  const apps = [application({ firstCommandTimeout: true, firstCommandTimeoutSecs: 10 })]
  const lab = await callLab({ applications: apps })
  await lab.rings('ann')
  await lab.caller('bob')
  await lab.advance(10_000)
  assert.equal(lab.logic.call(leg('ann'))?.alive, false)
  assert.equal(lab.logic.call(leg('bob'))?.alive, true)
})

test('C16: an ended call is answered about for 10 minutes, then is unknown', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  await lab.hangsUp('ann')
  assert.equal(await lab.command(commands.hangup('ann')), 'leg-ended')
  assert.equal(lab.logic.call(leg('ann'))?.alive, false)
  await lab.advance(600_000)
  assert.equal(lab.logic.call(leg('ann')), undefined)
  assert.equal(await lab.command(commands.hangup('ann')), 'leg-unknown')
})

test('active calls: pages, cursors and totals in the order calls began', async () => {
  const lab = await callLab()
  for (const name of ['a', 'b', 'c', 'd']) await lab.caller(name)
  await lab.hangsUp('b')
  const first = lab.logic.activeCalls(appId, { number: 1, size: 2 })
  assert.deepEqual(
    first.rows.map(({ legId }) => legId),
    ['a', 'c'],
  )
  assert.equal(first.total, 3)
  assert.equal(first.more, true)
  const next = lab.logic.activeCalls(appId, { number: 1, size: 2, after: first.last ?? '' })
  assert.deepEqual(
    next.rows.map(({ legId }) => legId),
    ['d'],
  )
  assert.equal(next.more, false)
  assert.equal(next.earlier, true)
  const back = lab.logic.activeCalls(appId, { number: 1, size: 2, before: next.first ?? '' })
  assert.deepEqual(
    back.rows.map(({ legId }) => legId),
    ['a', 'c'],
  )
  assert.deepEqual(lab.logic.activeCalls(appId, { number: 9, size: 2 }).rows, [])
})

test('client_state is applied before the events of its command; empty clears it', async () => {
  const lab = await callLab()
  await lab.rings('ann')
  await lab.command(commands.answer('ann'), { clientState: 'aGk=' })
  const answered = lab.stamped.at(-1)?.event
  assert.equal(answered?.type === 'leg-answered' && answered.leg.clientState, 'aGk=')
  await lab.command(commands.clientState('ann'), { clientState: '' })
  assert.equal(lab.logic.call(leg('ann'))?.clientState, null)
  await lab.command(commands.leaveQueue('ann'), { clientState: 'bm8=' })
  assert.equal(lab.logic.call(leg('ann'))?.clientState, null, 'a refused command changes nothing')
})

test('events: sequence grows by one, times strictly grow, ids differ', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  await lab.command(commands.enqueue('ann'))
  await lab.hangsUp('ann')
  const times = lab.stamped.map(({ occurredAtUs }) => occurredAtUs)
  assert.deepEqual(
    lab.stamped.map(({ sequence }) => sequence),
    lab.stamped.map((_, at) => at + 1),
  )
  assert.ok(times.every((time, at) => at === 0 || time > (times[at - 1] ?? 0)))
  assert.equal(new Set(lab.stamped.map(({ eventId }) => eventId)).size, lab.stamped.length)
})

test('nothing leaves before its commit is on disk, and then in order', async () => {
  const lab = await callLab()
  lab.store.holdCommits = true
  lab.mediaAnswers = false
  await lab.rings('ann')
  await lab.rings('bob')
  assert.equal(lab.media.length, 0)
  lab.store.releaseCommits()
  await lab.run()
  assert.deepEqual(
    lab.media.map((one) => 'legId' in one && one.legId),
    ['ann', 'bob'],
  )
})

test('a failing store refuses commands before they are stepped; the network goes on', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  lab.store.healthy = false
  assert.equal(await lab.command(commands.enqueue('ann')), 'unavailable')
  assert.equal(lab.logic.admitCall().ok, false)
  await lab.hangsUp('ann')
  assert.equal(lab.logic.call(leg('ann'))?.alive, false)
})

test('drain: no new calls in either direction, others go on', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  lab.logic.drain()
  assert.deepEqual(lab.logic.admitCall(), { ok: false, why: 'draining', retryAfterSecs: 1 })
  assert.equal(await lab.command(commands.dial('bob')), 'unavailable')
  assert.equal(await lab.command(commands.enqueue('ann')), 'ok')
})

test('the fence: a broken invariant ends that leg, says so in the log, and nothing else stops', async () => {
  const lab = await callLab()
  await lab.caller('ann')
  await lab.caller('bob')
  lab.told()
  // The media side says nonsense: an inbound leg that was told without SDP.
  await lab.rings('cid')
  const broken = { kind: 'leg-bye', legId: leg('ann'), headers: undefined as never } as const
  Object.defineProperty(broken, 'headers', {
    get: () => {
      throw new Error('boom')
    },
  })
  await lab.input(broken)
  assert.ok(lab.told().includes('leg-ended ann unspecified unknown unspecified'))
  assert.equal(lab.signalled('bye', 'ann').length, 1)
  const line = lab.log.lines.find(({ level }) => level === 'error')
  assert.equal(line?.fields['code'], 'ENGINE_FAULT')
  assert.deepEqual((line?.fields['inputs'] as string[]).at(-1), 'leg-bye')
  assert.equal(await lab.command(commands.enqueue('bob')), 'ok')
})

test('an unknown caller id reaches the event as it came', async () => {
  const lab = await callLab()
  await lab.input(
    incoming('ann', { fromDisplayName: 'Ann', customHeaders: [{ name: 'X-A', value: '1' }] }),
  )
  const event = lab.stamped[0]?.event
  assert.ok(event?.type === 'leg-initiated')
  assert.equal(event.callerIdName, 'Ann')
  assert.deepEqual(event.offeredCodecs, ['PCMU'])
  assert.deepEqual(event.customHeaders, [{ name: 'X-A', value: '1' }])
})

test('a call beyond the limit is refused with 503 and told when to come again', async () => {
  const lab = await callLab({ settings: { callsMax: 1 } })
  await lab.rings('ann')
  await lab.rings('bob')
  const [refusal] = lab.signalled('refuse', 'bob')
  assert.deepEqual(refusal, { kind: 'refuse', legId: leg('bob'), status: 503, retryAfterSecs: 1 })
  assert.equal(lab.logic.counts().legs, 1)
})
