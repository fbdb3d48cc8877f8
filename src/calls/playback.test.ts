import { test } from 'node:test'
import assert from 'node:assert/strict'
import {
  silentPlayback,
  stepPlayback,
  trackCount,
  type PlaybackInput,
  type PlaybackState,
  type Track,
} from './playback.ts'

const track = (playbackId: string, loops = 1): Track<string> => ({
  playbackId,
  audio: `${playbackId}.wav`,
  loops,
})
const play = (id: string): PlaybackInput<string> => ({ kind: 'start', track: track(id) })
const started = (id: string): PlaybackInput<string> => ({ kind: 'media-started', playbackId: id })
const ended = (
  id: string,
  status: 'completed' | 'failed' | 'file_not_found' = 'completed',
): PlaybackInput<string> => ({ kind: 'media-ended', playbackId: id, status, detail: '' })
const stop = (which: 'current' | 'all'): PlaybackInput<string> => ({ kind: 'stop', which })
const endAll = (status: 'cancelled' | 'call_hangup'): PlaybackInput<string> => ({
  kind: 'end-all',
  status,
})
const music: PlaybackInput<string> = { kind: 'set-background', track: track('music', Infinity) }

/** Runs the inputs and writes each effect as a word or two. */
function run(...inputs: PlaybackInput<string>[]): { log: string[]; state: PlaybackState<string> } {
  let state = silentPlayback<string>()
  const log: string[] = []
  for (const input of inputs) {
    const step = stepPlayback(state, input)
    state = step.state
    for (const effect of step.effects) {
      switch (effect.kind) {
        case 'stop':
          log.push(`stop ${effect.playbackId}`)
          break
        case 'ended':
          log.push(`ended ${effect.track.playbackId} ${effect.status}`)
          break
        case 'play':
        case 'started':
          log.push(`${effect.kind} ${effect.track.playbackId}`)
      }
    }
  }
  return { log, state }
}

test('music comes back after a command; a tone that a command ended does not', () => {
  const tone = { kind: 'set-background', track: track('tone', 1) } as const
  const { log, state } = run(tone, play('a'), started('a'), ended('a'))
  assert.deepEqual(log, ['play tone', 'stop tone', 'play a', 'started a', 'ended a completed'])
  assert.equal(state.background, undefined)
  assert.equal(run(music, play('a'), started('a'), ended('a')).log.at(-1), 'play music')
})

test('consecutive commands line up and follow each other', () => {
  const { log, state } = run(
    play('a'),
    play('b'),
    started('a'),
    ended('a'),
    started('b'),
    ended('b'),
  )
  assert.deepEqual(log, [
    'play a',
    'started a',
    'ended a completed',
    'play b',
    'started b',
    'ended b completed',
  ])
  assert.equal(trackCount(state), 0)
})

test('stop current goes on with the next track, stop all empties the queue', () => {
  assert.deepEqual(run(play('a'), started('a'), play('b'), stop('current')).log.slice(2), [
    'stop a',
    'ended a cancelled',
    'play b',
  ])
  const all = run(play('a'), started('a'), play('b'), stop('all'))
  assert.deepEqual(all.log.slice(2), ['stop a', 'ended a cancelled'])
  assert.equal(trackCount(all.state), 0)
})

test('stop with nothing playing does nothing', () => {
  assert.deepEqual(run(stop('all'), stop('current')).log, [])
})

test('a stop before the start leaves silently, and the crossing reports are ignored', () => {
  assert.deepEqual(run(play('a'), stop('all'), started('a'), ended('a')).log, ['play a', 'stop a'])
})

test('a stop that races with the natural end yields one end, in either order', () => {
  for (const order of [
    [stop('all'), ended('a')],
    [ended('a'), stop('all')],
  ]) {
    const { log } = run(play('a'), started('a'), ...order)
    assert.equal(log.filter((line) => line.startsWith('ended a')).length, 1)
  }
})

test('the end of the leg ends the running track and forgets the waiting ones', () => {
  const { log, state } = run(play('a'), started('a'), play('b'), endAll('call_hangup'))
  assert.deepEqual(log.slice(2), ['stop a', 'ended a call_hangup'])
  assert.equal(trackCount(state), 0)
  assert.deepEqual(stepPlayback(state, ended('a')).effects, [])
})

test('a failed load has its end without a beginning, and the next track plays', () => {
  assert.deepEqual(run(play('a'), play('b'), ended('a', 'file_not_found')).log, [
    'play a',
    'ended a file_not_found',
    'play b',
  ])
})

test('an end that overtakes its own start still shows both', () => {
  assert.deepEqual(run(play('a'), ended('a'), started('a')).log, [
    'play a',
    'started a',
    'ended a completed',
  ])
})

test('hold music makes room for a command and comes back, without events', () => {
  assert.deepEqual(run(music, started('music'), play('a'), started('a'), ended('a')).log, [
    'play music',
    'stop music',
    'play a',
    'started a',
    'ended a completed',
    'play music',
  ])
})

test('hold music is set, replaced and taken away while a command plays: nothing is heard of it', () => {
  const { log } = run(
    play('a'),
    started('a'),
    music,
    { kind: 'set-background', track: undefined },
    ended('a'),
  )
  assert.deepEqual(log, ['play a', 'started a', 'ended a completed'])
})

test('hold music that cannot be had is dropped, not tried for ever', () => {
  const { log } = run(music, ended('music', 'failed'), play('a'), started('a'), ended('a'))
  assert.deepEqual(log, ['play music', 'play a', 'started a', 'ended a completed'])
})

test('a bridge ends hold music too', () => {
  assert.deepEqual(run(music, endAll('cancelled')).log, ['play music', 'stop music'])
})

test('all short histories: no track is started twice, ended twice, or ended by us without a start', () => {
  const alphabet = [
    play('a'),
    play('b'),
    started('a'),
    started('b'),
    ended('a'),
    ended('b', 'failed'),
    stop('current'),
    stop('all'),
    endAll('call_hangup'),
    music,
  ]
  const walk = (history: PlaybackInput<string>[], depth: number): void => {
    const { log } = run(...history)
    for (const id of ['a', 'b']) {
      const starts = log.filter((line) => line === `started ${id}`).length
      const ends = log.filter((line) => line.startsWith(`ended ${id}`))
      const plays = log.filter((line) => line === `play ${id}`).length
      assert.ok(starts <= plays && ends.length <= plays, log.join(', '))
      const byUs = ends.filter((line) => /cancelled|call_hangup|completed/.test(line)).length
      assert.ok(byUs <= starts, log.join(', '))
    }
    if (depth === 0) return
    for (const input of alphabet) {
      const repeated = input.kind === 'start' && history.includes(input)
      if (!repeated) walk([...history, input], depth - 1)
    }
  }
  walk([], 4)
})
