import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualTime } from '../../../test/support/virtual.ts'
import { Doorman, type DoormanLimits } from './doorman.ts'

const stranger = '203.0.113.5'

function scene(limits: Partial<DoormanLimits> = {}) {
  const time = new VirtualTime()
  const dropped = new Map<string, number>()
  const doorman = new Doorman({
    clock: time,
    metrics: {
      count: (_name, labels) => {
        const reason = labels?.['reason'] ?? 'ban'
        dropped.set(reason, (dropped.get(reason) ?? 0) + 1)
      },
      gauge: () => undefined,
      observe: () => undefined,
    },
    isTrusted: (address) => address === '10.0.0.1',
    limits,
  })
  /** How many of `times` requests may begin. */
  const begun = (times: number, address: (at: number) => string): number =>
    Array.from({ length: times }, (_, at) => doorman.mayBegin(address(at), 'phone')).filter(Boolean)
      .length
  return { time, dropped, doorman, begun }
}

test('a stranger begins its burst at once and its rate afterwards', () => {
  const { time, begun } = scene({ sourceRatePerSec: 50, sourceBurst: 100 })
  assert.equal(
    begun(500, () => stranger),
    100,
  )
  time.advance(1000)
  assert.equal(
    begun(500, () => stranger),
    50,
  )
  time.advance(60_000)
  assert.equal(
    begun(500, () => stranger),
    100,
    'never more than the burst',
  )
  assert.equal(
    begun(1, () => '203.0.113.6'),
    1,
    'another source has its own',
  )
})

test('trunks, open sources and friends are not counted', () => {
  const { time, doorman, begun } = scene({ sourceBurst: 5 })
  assert.equal(
    begun(10_000, () => '10.0.0.1'),
    10_000,
  )
  doorman.befriend(stranger)
  assert.equal(
    begun(1000, () => stranger),
    1000,
  )
  time.advance(2 * 3_600_000 + 1)
  assert.equal(
    begun(1000, () => stranger),
    5,
    'friendship ends',
  )
})

test('a flood from very many addresses is one flood', () => {
  const { begun, dropped, doorman } = scene({ strangersRatePerSec: 500 })
  const many = (at: number) => `203.${at >> 16}.${(at >> 8) & 255}.${at & 255}`
  assert.equal(begun(100_000, many), 1000)
  assert.equal(dropped.get('strangers-rate'), 99_000)
  assert.ok(doorman.size <= 60_000, 'its tables have an end')
})

test('what is not read costs nothing: reading has its own, wider bucket', () => {
  const { doorman } = scene({ sourceRatePerSec: 10, sourceBurst: 10 })
  const read = Array.from({ length: 500 }, () => doorman.mayRead(stranger)).filter(Boolean).length
  assert.equal(read, 40)
})

for (const name of ['friendly-scanner', 'sipcli/v1.8', 'SIPVicious 0.3', 'VaxSIPUserAgent/3.5']) {
  test(`${name} is not heard after its first message`, () => {
    const { time, doorman } = scene({ banMs: 600_000 })
    assert.ok(doorman.mayRead(stranger))
    assert.equal(doorman.mayBegin(stranger, name), false)
    assert.equal(doorman.mayRead(stranger), false)
    time.advance(599_000)
    assert.equal(doorman.mayRead(stranger), false)
    time.advance(2000)
    assert.ok(doorman.mayRead(stranger), 'for a while only')
  })
}

test('guessing passwords ends in silence; a friend may mistype', () => {
  const { time, doorman } = scene({ failedLoginsMax: 10, banMs: 600_000 })
  for (let guess = 0; guess < 9; guess++) doorman.failedLogin(stranger)
  assert.ok(doorman.mayRead(stranger))
  doorman.failedLogin(stranger)
  assert.equal(doorman.mayRead(stranger), false)
  doorman.befriend('203.0.113.7')
  for (let guess = 0; guess < 100; guess++) doorman.failedLogin('203.0.113.7')
  assert.ok(doorman.mayRead('203.0.113.7'))
  for (let guess = 0; guess < 9; guess++) doorman.failedLogin('203.0.113.8')
  time.advance(601_000)
  doorman.failedLogin('203.0.113.8')
  assert.ok(doorman.mayRead('203.0.113.8'), 'failures far apart do not add up')
})

test('ban 0 bans nobody', () => {
  const { doorman } = scene({ banMs: 0 })
  assert.equal(doorman.mayBegin(stranger, 'sipvicious'), false)
  assert.ok(doorman.mayRead(stranger))
})

test('unfinished transactions of strangers are few, of one and of all', () => {
  const { doorman, dropped } = scene({ sourceTransactionsMax: 3, strangerTransactionsMax: 5 })
  const ends = [1, 2, 3].map(() => doorman.began(stranger))
  assert.equal(doorman.mayBegin(stranger, undefined), false)
  doorman.began('203.0.113.6')
  doorman.began('203.0.113.6')
  assert.equal(doorman.mayBegin('203.0.113.7', undefined), false)
  assert.deepEqual([...dropped.keys()], ['source-transactions', 'stranger-transactions'])
  for (const end of ends) end()
  assert.ok(doorman.mayBegin(stranger, undefined))
})

test('IPv6 strangers are counted by /64, mapped IPv4 ones by their address', () => {
  const { begun } = scene({ sourceBurst: 10 })
  assert.equal(
    begun(100, (at) => `2001:db8:1:2::${at.toString(16)}`),
    10,
  )
  assert.equal(
    begun(100, () => '::ffff:203.0.113.9'),
    10,
  )
  assert.equal(
    begun(100, () => '203.0.113.9'),
    0,
    'the same source',
  )
})
