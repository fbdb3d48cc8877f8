// Who hears what of a file that has more than a telephone carries: 5 kHz beside 1 kHz.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { brandAs } from '../../base/ids.ts'
import type { ConferenceId, PlaybackId } from '../../base/ids.ts'
import { MediaWorld } from '../../../test/support/media-world.ts'
import type { Phone } from '../../../test/support/media-world.ts'
import { clipFromWide } from '../audio/clip.ts'
import { energyShare, sine } from '../audio/goertzel.ts'
import { opusIsAvailable } from '../audio/opus.ts'

const room = brandAs<ConferenceId>('room')
const playbackId = brandAs<PlaybackId>('p')
const audio = { kind: 'url', url: 'music', cache: true } as const

function world(): MediaWorld {
  const made = new MediaWorld()
  // Made for 8 kHz and played at 16: half as long, twice as high.
  const low = sine(500, 2000)
  const high = sine(2500, 2000)
  made.audio.set('music', clipFromWide(low.map((sample, i) => (sample + high[i]!) / 2)))
  made.audio.set('words', clipFromWide(sine(1500, 2000, 4000)))
  return made
}

function share(phone: Phone, fromMs: number, toMs: number, hz: number): number {
  return energyShare(Int16Array.from(phone.samples(fromMs, toMs, true)), hz, 16_000)
}

for (const law of ['G722', 'OPUS'] as const) {
  const skip = law === 'OPUS' && !opusIsAvailable()
  test(
    `music of 16 kHz: ${law} has all of it, PCMU and PCMA the telephone's part`,
    { skip },
    async () => {
      const media = world()
      const wide = await media.call('wide', { hz: 440, law })
      const ulaw = await media.call('ulaw', { hz: 440 })
      const alaw = await media.call('alaw', { hz: 440, law: 'PCMA' })
      const phones = [wide, ulaw, alaw]
      for (const { legId } of phones) {
        media.perform({ kind: 'play', legId, playbackId, audio, loops: Infinity })
      }
      await media.run(2500)
      // From the first loop into the second, too.
      for (const fromMs of [200, 900, 1500]) {
        const high = share(wide, fromMs, fromMs + 500, 5000)
        assert.ok(high > 0.25, `${high} at ${fromMs}`)
        const low = share(wide, fromMs, fromMs + 500, 1000)
        assert.ok(low > 0.25, `${low} at ${fromMs}`)
      }
      assert.deepEqual(ulaw.heard(200, 2000), ['tone 1000'])
      assert.deepEqual(alaw.heard(200, 2000), ['tone 1000'])
      for (const phone of phones) phone.assertUnbroken(40)
      await media.close(...phones)
    },
  )
}

test('words over music keep the width of both', async () => {
  const media = world()
  const wide = await media.call('wide', { hz: 440, law: 'G722' })
  const narrow = await media.call('narrow', { hz: 440 })
  const over = brandAs<PlaybackId>('over')
  const words = { ...audio, url: 'words' } as const
  for (const { legId } of [wide, narrow]) {
    media.perform({ kind: 'play', legId, playbackId, audio, loops: Infinity })
    const overlay = { kind: 'play-over', playbackId: over, audio: words, loops: Infinity } as const
    media.perform({ ...overlay, legId })
  }
  await media.run(900)
  for (const hz of [1000, 3000, 5000]) assert.ok(share(wide, 200, 900, hz) > 0.25, `${hz} Hz`)
  assert.deepEqual(narrow.heard(200, 900), ['mix 1000+3000'])
  await media.close(wide, narrow)
})

test('played to a conference that is mixed at 16 kHz, and over it to one party', async () => {
  const media = world()
  const a = await media.call('a', { hz: 440, law: 'G722' })
  const b = await media.call('b', { hz: 440, law: 'G722' })
  const c = await media.call('c', { hz: 440 })
  const phones = [a, b, c]
  for (const { legId } of phones) {
    media.perform({ kind: 'mix-join', conferenceId: room, legId, hears: true, heard: true })
  }
  await media.run(200)
  media.perform({ kind: 'mix-play', conferenceId: room, playbackId, audio, loops: Infinity })
  await media.run(900)
  for (const phone of [a, b]) assert.ok(share(phone, 400, 1000, 5000) > 0.35)
  assert.deepEqual(c.heard(400, 1000), ['tone 1000'])
  const words = { ...audio, url: 'words' } as const
  const over = brandAs<PlaybackId>('over')
  for (const { legId } of [a, c]) {
    media.perform({ kind: 'play-over', legId, playbackId: over, audio: words, loops: Infinity })
  }
  await media.run(1000)
  for (const hz of [1000, 3000, 5000]) assert.ok(share(a, 1400, 2000, hz) > 0.25, `${hz} Hz`)
  assert.deepEqual(c.heard(1400, 2000), ['mix 1000+3000'])
  assert.ok(share(b, 1400, 2000, 3000) < 0.05)
  for (const phone of phones) phone.assertUnbroken(40)
  await media.close(...phones)
})
