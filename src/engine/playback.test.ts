// Playback through the whole call logic: events follow the media engine's reports, one end per start.

import { test } from 'node:test'
import assert from 'node:assert/strict'
import type { Command } from '../ports/commands.ts'
import { audio, Bench, id } from '../../test/support/engine-bench.ts'

const stop = (name: string, which: 'all' | 'current' = 'all', overlay = false) =>
  ({ kind: 'playback-stop', legId: id(name), stop: which, overlay }) as const

function playing(): Bench {
  const bench = new Bench()
  bench.parked('a')
  bench.forget()
  bench.ok(bench.play('a', 'one'))
  bench.playbackStarted('a', 'one')
  return bench
}

test('the command tells nothing; the reports do', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.forget()
  bench.ok(bench.play('a', 'one', { loops: 3 }))
  assert.deepEqual(bench.since('events'), [])
  assert.deepEqual(bench.since('media'), ['play a one'])
  bench.playbackStarted('a', 'one')
  bench.playbackEnded('a', 'one')
  assert.deepEqual(bench.since('events'), [
    'playback-started a one',
    'playback-ended a one completed',
  ])
})

test('the facts: a URL, a media name, or neither for inline content', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.ok(bench.play('a', 'url'))
  bench.ok(bench.play('a', 'named', { audio: { kind: 'media', name: 'greeting' } }))
  const bytes = new Uint8Array([1])
  bench.ok(bench.play('a', 'inline', { audio: { kind: 'inline', bytes } }))
  for (const name of ['url', 'named', 'inline']) {
    bench.playbackStarted('a', name)
    bench.playbackEnded('a', name)
  }
  const started = bench.told.filter((event) => event.type === 'playback-started')
  assert.deepEqual(
    started.map(({ playback }) => [playback.mediaUrl, playback.mediaName]),
    [
      ['http://127.0.0.1/url.wav', undefined],
      [undefined, 'greeting'],
      [undefined, undefined],
    ],
  )
})

test('stop races with the natural end: one end in either order', () => {
  const first = playing()
  first.ok(stop('a'))
  first.playbackEnded('a', 'one')
  assert.deepEqual(first.since('events').slice(1), ['playback-ended a one cancelled'])
  const second = playing()
  second.playbackEnded('a', 'one')
  second.ok(stop('a'))
  assert.deepEqual(second.since('events').slice(1), ['playback-ended a one completed'])
})

test('nothing playing: stop succeeds without an event, and so does stopping an overlay', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.forget()
  bench.ok(stop('a'))
  bench.ok(stop('a', 'current', true))
  assert.deepEqual(bench.since('events'), [])
})

test('start with stop: current goes on with the queue, all plays the new one at once', () => {
  const bench = playing()
  bench.ok(bench.play('a', 'two'))
  bench.forget()
  bench.ok(bench.play('a', 'three', { stop: 'current' }))
  assert.deepEqual(bench.since('media'), ['stop-playback a one', 'play a two'])
  bench.ok(bench.play('a', 'four', { stop: 'all' }))
  assert.deepEqual(bench.since('media'), ['stop-playback a two', 'play a four'])
})

test('a missing file is told as the end of what never started', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.forget()
  bench.ok(bench.play('a', 'one'))
  bench.playbackEnded('a', 'one', 'file_not_found')
  assert.deepEqual(bench.since('events'), ['playback-ended a one file_not_found'])
})

test('hang-up: the playback ends before the dequeue and the end', () => {
  const bench = playing()
  bench.enqueue('a')
  bench.forget()
  bench.bye('a')
  assert.deepEqual(bench.since('events'), [
    'playback-ended a one call_hangup',
    'call-dequeued a hangup',
    'leg-ended a normal_clearing',
  ])
  bench.playbackEnded('a', 'one')
  assert.deepEqual(bench.since('events'), [])
})

test('entering and leaving a queue lets it play (C6)', () => {
  const bench = playing()
  bench.forget()
  bench.enqueue('a')
  bench.enqueue('a', 'other')
  bench.ok({ kind: 'leave-queue', legId: id('a') })
  assert.ok(!bench.media.some((word) => word.startsWith('stop-playback')))
})

test('a bridge cancels what either leg hears', () => {
  const bench = playing()
  bench.parked('b')
  bench.ok(bench.play('b', 'two'))
  bench.playbackStarted('b', 'two')
  bench.forget()
  bench.bridge('b', 'a')
  assert.deepEqual(bench.since('events'), [
    'playback-ended a one cancelled',
    'playback-ended b two cancelled',
    'leg-bridged a',
    'leg-bridged b',
  ])
})

test('in a bridge: to the leg, to its peer, or to both', () => {
  const bench = new Bench()
  bench.parked('a', 'b')
  bench.refused(bench.play('a', 'x', { targetLegs: 'opposite' }), 'other-leg-unknown')
  bench.bridge('a', 'b')
  bench.forget()
  bench.ok(bench.play('a', 'one', { targetLegs: 'opposite' }))
  bench.ok(bench.play('a', 'two', { targetLegs: 'both' }))
  assert.deepEqual(bench.since('media'), ['play b one', 'play a two'])
  bench.playbackStarted('b', 'one')
  bench.playbackEnded('b', 'one')
  assert.deepEqual(bench.since('media'), ['play b two'])
})

test('an overlay lies over a playback: two queues, each with its own ends', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.refused(bench.play('a', 'x', { overlay: true }), 'no-overlay-base')
  bench.ok(bench.play('a', 'music', { loops: Infinity }))
  bench.playbackStarted('a', 'music')
  bench.forget()
  bench.ok(bench.play('a', 'one', { overlay: true }))
  bench.ok(bench.play('a', 'two', { overlay: true }))
  bench.playbackStarted('a', 'one')
  bench.playbackEnded('a', 'one')
  assert.deepEqual(bench.since('media'), ['play-over a one', 'play-over a two'])
  const facts = bench.told.filter((event) => event.type === 'playback-ended')
  assert.deepEqual(
    facts.map(({ playback }) => [playback.playbackId, playback.overlay]),
    [['one', true]],
  )
  bench.playbackStarted('a', 'two')
  bench.forget()
  bench.ok(stop('a'))
  assert.deepEqual(
    bench.since('events'),
    ['playback-ended a music cancelled'],
    'only its own queue',
  )
  bench.ok(stop('a', 'current', true))
  assert.deepEqual(bench.since('events'), ['playback-ended a two cancelled'])
  bench.ok(stop('a', 'all', true))
  assert.deepEqual(bench.since('events'), [])
})

test('stop of a start means the queue that the new audio goes to, overlay the other (C127)', () => {
  const bench = new Bench()
  bench.parked('a')
  for (const name of ['one', 'two', 'three']) bench.ok(bench.play('a', name))
  for (const name of ['over', 'upper']) bench.ok(bench.play('a', name, { overlay: true }))
  bench.playbackStarted('a', 'one')
  bench.playbackStarted('a', 'over')
  bench.forget()
  bench.ok(bench.play('a', 'new', { overlay: true, stop: 'current' }))
  assert.deepEqual(bench.since('media'), ['stop-playback a over', 'play-over a upper'])
  bench.ok(bench.play('a', 'last', { stop: 'overlay' }))
  assert.deepEqual(
    bench.since('media'),
    ['stop-playback a upper'],
    'the queue of overlays is empty',
  )
  bench.ok(bench.play('a', 'next', { stop: 'current' }))
  assert.deepEqual(bench.since('media'), ['stop-playback a one', 'play a two'])
  bench.ok(bench.play('a', 'now', { stop: 'all' }))
  assert.deepEqual(bench.since('media'), ['stop-playback a two', 'play a now'])
})

test('both queues end with the leg, the overlay first; what had not started leaves silently', () => {
  const bench = new Bench()
  bench.parked('a')
  bench.ok(bench.play('a', 'music'))
  bench.ok(bench.play('a', 'over', { overlay: true }))
  bench.ok(bench.play('a', 'silent', { overlay: true }))
  bench.playbackStarted('a', 'music')
  bench.playbackStarted('a', 'over')
  bench.forget()
  bench.ok({ kind: 'hangup', legId: id('a'), customHeaders: [] })
  assert.deepEqual(bench.since('events').slice(0, 2), [
    'playback-ended a over call_hangup',
    'playback-ended a music call_hangup',
  ])
})

test('the queue of one leg has an end', () => {
  const bench = new Bench()
  bench.parked('a')
  for (let count = 0; count < 100; count++) bench.ok(bench.play('a', `n${count}`))
  bench.refused(bench.play('a', 'more'), 'audio-queue-full')
  bench.ok(bench.play('a', 'more', { stop: 'all' }))
})

test('not before the answer', () => {
  const bench = new Bench()
  bench.rings('a')
  bench.refused(bench.play('a', 'one', { audio: audio('x') }), 'not-answered')
  bench.ok(stop('a'))
})

test('words share the queue and have events of their own: stopped and failed are completed', () => {
  const bench = new Bench()
  bench.parked('a')
  const speak = (playbackId: string): Command => ({
    ...{ kind: 'speak', legId: id('a'), playbackId, loops: 1 },
    ...{ stop: undefined, targetLegs: 'self' },
    speech: {
      ...{ kind: 'speech', text: 'Hello', ssml: false, voice: 'female', language: undefined },
    },
  })
  bench.ok(bench.play('a', 'one'))
  bench.ok(speak('two'))
  bench.ok(speak('three'))
  bench.ok(speak('four'))
  bench.playbackStarted('a', 'one')
  bench.playbackEnded('a', 'one')
  bench.playbackStarted('a', 'two')
  bench.ok(stop('a', 'current'))
  bench.playbackEnded('a', 'three', 'failed')
  bench.playbackStarted('a', 'four')
  bench.forget()
  bench.ok({ kind: 'hangup', legId: id('a'), customHeaders: [] })
  assert.equal(bench.since('events')[0], 'speak-ended a four call_hangup')
  assert.deepEqual(
    bench.told.filter(({ type }) => type.startsWith('speak')).map((event) => event.type),
    ['speak-started', 'speak-ended', 'speak-ended', 'speak-started', 'speak-ended'],
  )
  const ends = bench.told.filter((event) => event.type === 'speak-ended')
  assert.deepEqual(
    ends.map(({ speakId, status }) => `${speakId} ${status}`),
    ['two completed', 'three completed', 'four call_hangup'],
  )
})
