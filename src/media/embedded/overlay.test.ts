import assert from 'node:assert/strict'
import { test } from 'node:test'

import { brandAs } from '../../base/ids.ts'
import type { ConferenceId, PlaybackId } from '../../base/ids.ts'
import { MediaWorld, toneClip } from '../../../test/support/media-world.ts'
import type { Phone } from '../../../test/support/media-world.ts'

const base = brandAs<PlaybackId>('base')
const over = brandAs<PlaybackId>('over')
const room = brandAs<ConferenceId>('room')

function world(): MediaWorld {
  const made = new MediaWorld()
  made.audio.set('music', toneClip(440, 1000))
  made.audio.set('words', toneClip(1000, 500))
  return made
}

const play = (phone: Phone, url: 'music' | 'words', loops: number) =>
  ({
    kind: url === 'music' ? 'play' : 'play-over',
    legId: phone.legId,
    playbackId: url === 'music' ? base : over,
    audio: { kind: 'url', url, cache: true },
    loops,
  }) as const

test('an overlay is the sum of both, is told like a playback, and leaves the playback where time is', async () => {
  const media = world()
  const a = await media.call('a', { hz: 700 })
  media.perform(play(a, 'music', Infinity))
  await media.run(1000)
  media.perform(play(a, 'words', 1))
  await media.run(1000)
  assert.deepEqual(a.heard(100, 900), ['tone 440'])
  assert.deepEqual(a.heard(1100, 1500), ['mix 440+1000'])
  assert.deepEqual(a.heard(1600, 2000), ['tone 440'])
  a.assertUnbroken(40)
  const told = media.inputs.filter(({ kind }) => kind.startsWith('playback'))
  assert.deepEqual(
    told.map((input) => [input.kind, 'playbackId' in input ? input.playbackId : '']),
    [
      ['playback-started', base],
      ['playback-started', over],
      ['playback-ended', over],
    ],
  )
  await media.close(a)
})

test('each of the two is stopped alone; an overlay outlives what it lay over', async () => {
  const media = world()
  const a = await media.call('a', { hz: 700 })
  media.perform(play(a, 'music', Infinity), play(a, 'words', 100))
  await media.run(500)
  media.perform({ kind: 'stop-playback', legId: a.legId, playbackId: over })
  await media.run(500)
  assert.deepEqual(a.heard(100, 500), ['mix 440+1000'])
  assert.deepEqual(a.heard(600, 1000), ['tone 440'])
  media.perform(play(a, 'words', 100))
  await media.run(100)
  media.perform({ kind: 'stop-playback', legId: a.legId, playbackId: base })
  await media.run(500)
  assert.deepEqual(a.heard(1200, 1600), ['tone 1000'])
  await media.close(a)
})

test('over a conference it is mixed in for this leg alone; over a bridge the peer is hidden meanwhile', async () => {
  const media = world()
  const a = await media.call('a', { hz: 700 })
  const b = await media.call('b', { hz: 440 })
  b.talk()
  for (const { legId } of [a, b]) {
    media.perform({
      kind: 'mix-join',
      conferenceId: room,
      legId,
      hears: true,
      heard: true,
      only: undefined,
    })
  }
  await media.run(500)
  media.perform(play(a, 'words', 1))
  await media.run(700)
  assert.deepEqual(a.heard(600, 1000), ['mix 440+1000'])
  assert.deepEqual(b.heard(600, 1000), ['silence'])
  media.perform({ kind: 'link', a: a.legId, b: b.legId, dtmfToA: true, dtmfToB: true })
  await media.run(300)
  media.perform(play(a, 'words', 1))
  await media.run(1000)
  assert.deepEqual(a.heard(1600, 1900), ['tone 1000'])
  assert.deepEqual(a.heard(2100, 2500), ['tone 440'])
  a.assertUnbroken(40)
  await media.close(a, b)
})

test('the sum is held within range: two loud tones do not turn into noise of overflow', async () => {
  const media = world()
  const a = await media.call('a', { hz: 700, law: 'PCMA' })
  media.perform(play(a, 'music', Infinity), play(a, 'words', 100))
  await media.run(600)
  assert.deepEqual(a.heard(100, 600), ['mix 440+1000'])
  await media.close(a)
})
