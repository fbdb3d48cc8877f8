// Streams and forks through the call logic: what the streamer is asked, what is told, and that it goes with the leg.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bench, id } from '../../test/support/engine-bench.ts'
import { brandAs, type StreamId } from '../base/ids.ts'
import type { StreamInput, StreamOrder } from '../ports/streaming.ts'

const order = (name: string): StreamOrder => ({
  streamId: brandAs<StreamId>(name),
  url: 'wss://agent.example/',
  track: 'inbound_track',
  codec: 'default',
  mode: 'rtp',
  backCodec: 'PCMU',
  backRate: 8000,
  targetLegs: 'opposite',
  customParameters: [],
  authToken: undefined,
})
const start = (name = 's') =>
  ({ kind: 'streaming-start', legId: id('a'), order: order(name) }) as const
const stop = (name?: string) =>
  ({
    kind: 'streaming-stop',
    legId: id('a'),
    streamId: name === undefined ? undefined : brandAs<StreamId>(name),
  }) as const
const fork = {
  kind: 'fork-start',
  legId: id('a'),
  order: {
    streamId: brandAs<StreamId>('f'),
    rx: { address: '192.0.2.1', port: 9000 },
    tx: { address: '192.0.2.1', port: 9002 },
  },
} as const

function connected(bench: Bench, name = 's'): void {
  say(bench, { kind: 'stream-started', legId: id('a'), streamId: brandAs<StreamId>(name) })
}

function ended(bench: Bench, outcome: 'closed' | 'failed', name = 's'): void {
  const streamId = brandAs<StreamId>(name)
  say(bench, { kind: 'stream-ended', legId: id('a'), streamId, outcome, why: 'refused' })
}

function say(bench: Bench, input: StreamInput): void {
  bench.step({ kind: 'stream', input })
}

/** What the streamer was asked, and forgets it. */
function asked(bench: Bench): string[] {
  return bench.streamer.splice(0).map((command) => {
    const streamId = 'order' in command ? command.order.streamId : command.streamId
    return `${command.kind} ${streamId}`
  })
}

function parked(): Bench {
  const bench = new Bench()
  bench.parked('a')
  bench.forget()
  return bench
}

test('a stream starts when it is connected and stops by command; both are told once', () => {
  const bench = parked()
  bench.ok(start())
  assert.deepEqual(bench.since('events'), [])
  connected(bench)
  connected(bench)
  bench.ok(stop())
  ended(bench, 'failed')
  assert.deepEqual(asked(bench), ['start s', 'stop s'])
  assert.deepEqual(bench.since('events'), ['streaming-started a', 'streaming-stopped a'])
})

test('one stream at a time; what is not there cannot be stopped', () => {
  const bench = parked()
  bench.refused(stop(), 'not-streaming')
  bench.ok(start())
  bench.refused(start('t'), 'already-streaming')
  bench.refused(stop('t'), 'not-streaming')
  bench.ok(stop('s'))
  bench.ok(start('t'))
  assert.deepEqual(asked(bench), ['start s', 'stop s', 'start t'])
  // The first one's word comes late.
  ended(bench, 'failed')
  assert.deepEqual(bench.since('events'), ['streaming-failed a'])
})

test('a far end that cannot be had fails; one that closes stops; one that breaks fails', () => {
  for (const [first, outcome, told] of [
    [false, 'failed', 'streaming-failed a'],
    [true, 'closed', 'streaming-stopped a'],
    [true, 'failed', 'streaming-failed a'],
  ] as const) {
    const bench = parked()
    bench.ok(start())
    if (first) connected(bench)
    ended(bench, outcome)
    ended(bench, outcome)
    assert.equal(bench.since('events').at(-1), told)
    bench.ok(start('t'))
  }
})

test('hang-up: the end of the stream is told before it, and nothing after', () => {
  const bench = parked()
  bench.ok(start())
  connected(bench)
  bench.ok(fork)
  bench.ok({ kind: 'hangup', legId: id('a'), customHeaders: [] })
  ended(bench, 'failed')
  const events = bench.since('events')
  assert.deepEqual(events.slice(0, 4), [
    'streaming-started a',
    'fork-started a',
    'streaming-stopped a',
    'fork-stopped a',
  ])
  assert.match(events[4] ?? '', /^leg-ended a/)
  assert.equal(events.length, 5)
  assert.deepEqual(asked(bench), ['start s', 'fork f', 'stop s', 'stop f'])
})

test('keys go to the far end, too', () => {
  const bench = parked()
  bench.ok(start())
  asked(bench)
  bench.step({ kind: 'media', input: { kind: 'media-dtmf', legId: id('a'), digit: '5' } })
  assert.deepEqual(asked(bench), ['dtmf s'])
})

test('a fork has no handshake; one at a time', () => {
  const bench = parked()
  bench.refused({ kind: 'fork-stop', legId: id('a') }, 'not-forking')
  bench.ok(fork)
  bench.refused(fork, 'already-forking')
  bench.ok({ kind: 'fork-stop', legId: id('a') })
  assert.deepEqual(bench.since('events'), ['fork-started a', 'fork-stopped a'])
  // The end of another one, told late, is not the end of this one.
  bench.ok({ ...fork, order: { ...fork.order, streamId: brandAs<StreamId>('g') } })
  ended(bench, 'failed', 'f')
  assert.deepEqual(bench.since('events'), ['fork-started a'])
  ended(bench, 'failed', 'g')
  assert.deepEqual(bench.since('events'), ['fork-stopped a'])
})

test('restart: a leg that goes on is streamed again under its id, and nobody is told', () => {
  const bench = parked()
  bench.ok(start())
  connected(bench)
  bench.ok(fork)
  const next = bench.restarted('a')
  assert.deepEqual(asked(next), ['start s', 'fork f'])
  connected(next)
  assert.deepEqual(next.since('events'), [])
  next.ok(stop('s'))
  assert.deepEqual(next.since('events'), ['streaming-stopped a'])
})

test('restart: of a leg that does not go on the stream ends first', () => {
  const bench = parked()
  bench.ok(start())
  connected(bench)
  const events = bench.restarted().since('events')
  assert.deepEqual(events.slice(0, 1), ['streaming-stopped a'])
  assert.match(events[1] ?? '', /^leg-ended a/)
})
