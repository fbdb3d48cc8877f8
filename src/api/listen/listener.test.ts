// One connection that listens, in virtual time: how it ends, and what is written down about it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brandAs } from '../../base/ids.ts'
import type { LegId } from '../../base/ids.ts'
import type { Listener } from '../../ports/listening.ts'
import type { TracedListening } from '../../ports/trace.ts'
import type { IncomingListener } from '../../ports/web-socket.ts'
import { VirtualTime } from '../../../test/support/virtual.ts'
import { Listeners } from './listener.ts'

const legId = brandAs<LegId>('v3:leg-A')
const facts = { legId, keyName: 'dev', by: 'session', remoteAddress: '192.0.2.7' } as const
const frame = new Uint8Array(160)

function oneListener(room = 1) {
  const time = new VirtualTime()
  const traced: TracedListening[] = []
  const logged: object[] = []
  const log = { debug: () => undefined, warn: () => undefined, error: () => undefined }
  const call = { alive: true, valid: true, answers: true, buffered: 0, room, sent: 0, pings: 0 }
  const ends: string[] = []
  let sound: Listener | undefined
  let line: IncomingListener | undefined
  const listeners = new Listeners(
    {
      ...{ clock: time, timers: time, isAlive: () => call.alive },
      log: { ...log, info: (fields) => void logged.push(fields) },
      traced: (one) => void traced.push(one),
    },
    {
      hasRoom: () => call.room > 0,
      listen: (_leg, listener) => {
        if (call.room === 0) return undefined
        call.room -= 1
        sound = listener
        return { stop: () => void (call.room += 1) }
      },
    },
  )
  const open = () =>
    listeners.open(
      facts,
      () => call.valid,
      (on) => {
        line = on
        return {
          send: () => void (call.sent += 1),
          ping: () => {
            call.pings += 1
            if (call.answers) on.pong()
          },
          bufferedBytes: () => call.buffered,
          close: (code, reason) => void ends.push(`${code} ${reason}`),
          drop: () => void ends.push('dropped'),
        }
      },
    )
  const frames = () => sound?.frame(frame)
  return {
    ...{ time, traced, logged, call, ends, listeners, open, frames },
    over: (why: 'call-over' | 'no-sound') => sound?.ended(why),
    left: () => line?.closed(),
  }
}

/** Nothing is left of it. */
function assertGone(world: ReturnType<typeof oneListener>): void {
  assert.equal(world.time.pending, 0)
  assert.equal(world.call.room, 1)
  const sent = world.call.sent
  world.frames()
  assert.equal(world.call.sent, sent)
  assert.deepEqual(
    world.traced.map(({ ended }) => ended === undefined),
    [true, false],
  )
}

test('begin and end are told with who, how long and why', () => {
  const world = oneListener()
  assert.equal(world.open(), 'open')
  for (let second = 0; second < 60; second++) {
    world.time.advance(1000)
    world.frames()
  }
  assert.equal(world.call.sent, 60)
  assert.equal(world.call.pings, 12)
  world.over('call-over')
  assert.deepEqual(world.ends, ['1000 the call is over'])
  assertGone(world)
  const [began, ended] = world.traced
  assert.deepEqual([began?.keyName, began?.by, began?.legId], ['dev', 'session', legId])
  assert.deepEqual(ended?.ended, { secs: 60, why: 'the call is over' })
  assert.deepEqual(world.logged, [
    { code: 'LISTEN_BEGAN', ...facts },
    { code: 'LISTEN_ENDED', ...facts, secs: 60, why: 'the call is over' },
  ])
})

const endings: readonly (readonly [
  name: string,
  happens: (world: ReturnType<typeof oneListener>) => void,
  end: string,
])[] = [
  ['the listener leaves', ({ left }) => left(), 'dropped'],
  [
    'it does not read',
    ({ call, frames }) => void ((call.buffered = 16_001), frames()),
    '1013 the listener is too slow',
  ],
  ['it does not answer', ({ call }) => void (call.answers = false), 'dropped'],
  ['its session ends', ({ call }) => void (call.valid = false), '1008 the session is over'],
  ['the call ended unheard', ({ call }) => void (call.alive = false), '1000 the call is over'],
  ['no sound comes', ({ over }) => over('no-sound'), '1011 no sound comes from the call'],
  ['the server stops', ({ listeners }) => listeners.close(), '1001 the server stops'],
]

for (const [name, happens, end] of endings) {
  test(`${name}: ${end}`, () => {
    const world = oneListener()
    assert.equal(world.open(), 'open')
    world.time.advance(6000)
    happens(world)
    world.time.advance(20_000)
    assert.deepEqual(world.ends, [end])
    assertGone(world)
  })
}

test('a call that hangs up while the connection is made is over at once', () => {
  const world = oneListener()
  world.call.alive = false
  world.open()
  assert.deepEqual(world.ends, ['1000 the call is over'])
  assertGone(world)
})

test('nobody is let in without room, nor into a server that stops', () => {
  const world = oneListener(0)
  assert.equal(world.open(), 'full')
  world.call.room = 1
  world.listeners.close()
  assert.equal(world.open(), 'full')
  assert.deepEqual(world.traced, [])
})
