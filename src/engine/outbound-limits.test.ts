import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applicationId, Bench, id, plainDial } from '../../test/support/engine-bench.ts'
import { brandAs, type LegUuid, type SessionId } from '../base/ids.ts'
import type { Command, DialCommand } from '../ports/commands.ts'

const limits = (concurrentMax: number, perMinuteMax: number) => ({
  settings: { outboundLimits: { concurrentMax, perMinuteMax } },
})

test('C80: calls over trunks at one time; the end of one makes room', () => {
  const bench = new Bench(limits(2, 0))
  bench.parked('a', 'b', 'c')
  bench.ok(bench.transferCommand('a', 'x'))
  bench.ok(bench.transferCommand('b', 'y'))
  bench.refused(bench.transferCommand('c', 'z'), 'outbound-concurrent-limit')
  assert.equal(bench.state('c'), 'parked', 'a refusal changes nothing')
  bench.ok({ kind: 'hangup', legId: id('x'), customHeaders: [] })
  bench.ok(bench.transferCommand('c', 'z'))
})

test('C80: calls over trunks within a minute, refused ones not counted', () => {
  const bench = new Bench(limits(0, 2))
  bench.parked('a', 'b', 'c')
  bench.ok(bench.transferCommand('a', 'x'))
  bench.nowMs += 20_000
  bench.ok(bench.transferCommand('b', 'y'))
  bench.nowMs += 10_500
  const answer = bench.command(bench.transferCommand('c', 'z'))
  assert.deepEqual(answer, {
    ok: false,
    refusal: { code: 'outbound-rate-limit', of: 'server', limit: 2, retryAfterSecs: 30 },
  })
  bench.nowMs += 29_500
  bench.ok(bench.transferCommand('c', 'z'))
  assert.equal(bench.engine.state.outboundBegun.get('server')?.length, 2, 'the first is forgotten')
})

test('C80: calls that no trunk carries are not limited', () => {
  const bench = new Bench({ ...limits(1, 1), trunkNumber: () => undefined })
  bench.parked('a', 'b')
  bench.ok(bench.transferCommand('a', 'x'))
  bench.ok(bench.transferCommand('b', 'y'))
})

const dialCommand = (name: string, to?: string): Command => dialOf(name, to)

const dialOf = (name: string, to = '+15550199'): DialCommand => ({
  kind: 'dial',
  fresh: {
    legId: id(name),
    legUuid: brandAs<LegUuid>(`uuid-${name}`),
    sessionId: brandAs<SessionId>(`session-${name}`),
  },
  applicationId,
  dial: { ...plainDial, to },
  retryOnTimeout: true,
  linkTo: undefined,
  bridgeIntent: false,
  bridgeOnAnswer: false,
  parkAfterUnbridge: false,
  preventDoubleBridge: false,
})

const keyed = (more: object, server = limits(0, 0)) =>
  new Bench({
    settings: {
      ...server.settings,
      keyLimits: new Map([
        ['shop', { prefixes: [], concurrentMax: 0, perMinuteMax: 0, ...more }],
        ['free', { prefixes: [], concurrentMax: 0, perMinuteMax: 0 }],
      ]),
    },
  })

test('C80: prefixes of an API key hold for dial, transfer and the REFER of a phone it bridged', () => {
  const bench = keyed({ prefixes: ['+4420'] })
  bench.keyName = 'shop'
  bench.parked('a', 'r')
  bench.ok(dialCommand('d', '+442071838750'))
  for (const command of [
    dialCommand('e', '+15550199'),
    dialCommand('e', '+44'),
    bench.transferCommand('a', 'e'),
  ])
    assert.deepEqual(bench.command(command), {
      ok: false,
      refusal: { code: 'destination-refused', why: 'forbidden-key-prefix' },
    })
  bench.bridge('a', 'r')
  bench.fromSip({ kind: 'refer-received', legId: id('r'), target: 'tel:+15550199' })
  assert.equal(bench.sip.at(-1), 'refer-refuse r 403')
  bench.fromSip({ kind: 'refer-received', legId: id('r'), target: 'tel:+442071838750' })
  assert.equal(bench.sip.at(-1), 'refer-accept r')
  bench.keyName = 'free'
  bench.ok(dialCommand('f', '+15550199'))
})

test('C80: calls at one time and per minute of an API key; other keys go on, up to the limit of the server', () => {
  const bench = keyed({ concurrentMax: 1, perMinuteMax: 2 }, limits(3, 0))
  bench.keyName = 'shop'
  bench.ok(dialCommand('a'))
  assert.deepEqual(bench.command(dialCommand('b')), {
    ok: false,
    refusal: { code: 'outbound-concurrent-limit', of: 'key', limit: 1 },
  })
  bench.keyName = 'free'
  bench.ok(dialCommand('b'))
  bench.ok(dialCommand('c'))
  assert.deepEqual(bench.command(dialCommand('d')), {
    ok: false,
    refusal: { code: 'outbound-concurrent-limit', of: 'server', limit: 3 },
  })
  bench.keyName = 'shop'
  bench.ok({ kind: 'hangup', legId: id('a'), customHeaders: [] })
  bench.ok(dialCommand('d'))
  bench.ok({ kind: 'hangup', legId: id('d'), customHeaders: [] })
  bench.nowMs += 10_000
  assert.deepEqual(bench.command(dialCommand('e')), {
    ok: false,
    refusal: { code: 'outbound-rate-limit', of: 'key', limit: 2, retryAfterSecs: 50 },
  })
})

test('C80: a REFER counts for the key whose command brought the phone into the call', () => {
  const bench = keyed({ concurrentMax: 1 })
  bench.keyName = 'free'
  bench.parked('p', 'r')
  bench.keyName = 'shop'
  bench.bridge('r', 'p')
  bench.fromSip({ kind: 'refer-received', legId: id('r'), target: 'tel:+15550199' })
  assert.equal(bench.sip.at(-1), 'refer-accept r')
  bench.refused(dialCommand('d'), 'outbound-concurrent-limit')
})

test('C80: calls that are up and calls of the last minute count over a restart', () => {
  const bench = keyed({ concurrentMax: 2, perMinuteMax: 3 })
  bench.keyName = 'shop'
  for (const name of ['a', 'b']) {
    bench.ok(dialCommand(name))
    bench.invited(name)
    bench.accepted(name)
  }
  bench.nowMs += 20_000
  const next = bench.restarted('a', 'b')
  next.keyName = 'shop'
  assert.equal(next.state('a'), 'parked')
  next.refused(dialCommand('c'), 'outbound-concurrent-limit')
  next.ok({ kind: 'hangup', legId: id('a'), customHeaders: [] })
  next.ok(dialCommand('c'))
  next.ok({ kind: 'hangup', legId: id('c'), customHeaders: [] })
  assert.deepEqual(next.command(dialCommand('d')), {
    ok: false,
    refusal: { code: 'outbound-rate-limit', of: 'key', limit: 3, retryAfterSecs: 40 },
  })
})

test('C159: each destination of a list counts; a list that would go over a limit rings nobody', () => {
  const list = (names: readonly string[], to?: string): Command => {
    const [first = '', ...rest] = names
    const others = rest.map((name) => {
      const { fresh } = dialOf(name)
      return { fresh, to: to ?? plainDial.to, sendDigits: undefined }
    })
    return { ...dialOf(first), others }
  }
  const upToTwo = new Bench(limits(2, 0))
  upToTwo.refused(list(['a', 'b', 'c']), 'outbound-concurrent-limit')
  assert.deepEqual(upToTwo.events, [])
  upToTwo.ok(list(['a', 'b']))
  const perMinute = new Bench(limits(0, 2))
  assert.deepEqual(perMinute.command(list(['a', 'b', 'c'])), {
    ok: false,
    refusal: { code: 'outbound-rate-limit', of: 'server', limit: 2, retryAfterSecs: 60 },
  })
  perMinute.ok(list(['a', 'b']))
  perMinute.refused(dialOf('c'), 'outbound-rate-limit')
  const channels = new Bench({ application: { outboundChannelLimit: 2 } })
  channels.refused(list(['a', 'b', 'c']), 'channel-limit')
  channels.ok(list(['a', 'b']))
  const routed = new Bench({
    checkDestination: (to) => (to === 'sip:x' ? 'forbidden-host' : undefined),
  })
  const answer = routed.command(list(['a', 'b', 'c'], 'sip:x'))
  assert.ok(answer?.ok === false && answer.refusal.code === 'destination-refused')
  assert.equal(answer.refusal.place, 1)
  assert.deepEqual(routed.sip, [])
})

test('C80: a call counts from its making to its end, wherever its number leads by then; no other is looked at', () => {
  let asked = 0
  let isTrunks = true
  const trunkNumber = (to: string) => (asked++, isTrunks ? to : undefined)
  const bench = new Bench({ ...limits(2, 0), trunkNumber })
  for (let round = 0; round < 100; round++) {
    bench.ok(dialCommand(`a${round}`))
    bench.ok({ kind: 'hangup', legId: id(`a${round}`), customHeaders: [] })
  }
  bench.ok(dialCommand('b'))
  bench.ok(dialCommand('c'))
  // Somebody makes a SIP user of that name: it is no way over a trunk any more.
  isTrunks = false
  bench.ok({ kind: 'hangup', legId: id('b'), customHeaders: [] })
  isTrunks = true
  bench.ok(dialCommand('d'))
  asked = 0
  bench.refused(dialCommand('e'), 'outbound-concurrent-limit')
  assert.equal(asked, 1)
})
