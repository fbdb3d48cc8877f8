import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brandAs } from '../base/ids.ts'
import type { LegId, PlaybackId } from '../base/ids.ts'
import type { MediaCommand } from '../ports/media-engine.ts'
import type { TracedSample } from '../ports/trace.ts'
import { VirtualTime } from '../../test/support/virtual.ts'
import { observeMedia } from './hearing.ts'

const [a, b, s] = ['a', 'b', 's'].map((one) => brandAs<LegId>(one)) as [LegId, LegId, LegId]
const figures = {
  codec: 'PCMU',
  packetsIn: 10,
  lostIn: 0,
  jitterMs: 1,
  jitterMaxMs: 2,
  mos: 4.4,
  packetsOut: 11,
  skippedOut: 0,
  levelIn: -20,
  levelOut: undefined,
}

function watched() {
  const time = new VirtualTime()
  const said: string[] = []
  const samples: (TracedSample & { readonly legId: LegId })[] = []
  const performed: MediaCommand[] = []
  const observed = observeMedia({
    timers: time,
    figures: () => figures,
    trace: {
      hears: (legId, words) => void said.push(`${legId}: ${words}`),
      sample: (legId, sample) => void samples.push({ legId, ...sample }),
    },
    media: {
      perform: (command) => void performed.push(command),
      quality: () => undefined,
      capabilities: () => ({ mix: true, sharedPlayer: true, atomicLink: true }),
    },
  })
  return { time, said, samples, performed, observed, media: observed.media }
}

test('what a leg hears is said whenever it changes', () => {
  const { media, observed, said, performed } = watched()
  const play = { kind: 'play', legId: a, playbackId: brandAs<PlaybackId>('p'), loops: 1 } as const
  const commands: readonly MediaCommand[] = [
    { kind: 'start', legId: a },
    { kind: 'hear', legId: a, source: { kind: 'ringback', country: 'us' } },
    { ...play, audio: { kind: 'media', name: 'hold' } },
    { kind: 'link', a, b, dtmfToA: true, dtmfToB: true },
  ]
  for (const command of commands) media.perform(command)
  observed.heard({
    kind: 'playback-ended',
    legId: a,
    playbackId: brandAs<PlaybackId>('p'),
    status: 'completed',
    detail: '',
  })
  media.perform({
    kind: 'supervise',
    a,
    b,
    supervisors: [{ legId: s, target: a, role: 'whisper' }],
  })
  media.perform({ kind: 'unlink', a, b })
  assert.deepEqual(said, [
    'a: silence',
    'a: ringback (us)',
    'a: playback uploaded file hold',
    'b: leg a',
    'a: leg b',
    's: legs a and b (whisper)',
    'a: silence',
    'b: silence',
    's: silence',
  ])
  assert.equal(performed.length, commands.length + 2, 'the engine gets every command')
})

test('conferences, and words over what is heard', () => {
  const { media, said } = watched()
  const conferenceId = brandAs<Extract<MediaCommand, { kind: 'mix-join' }>['conferenceId']>('k')
  media.perform({ kind: 'mix-join', conferenceId, legId: a, hears: true, heard: false })
  const audio = { kind: 'url', url: 'https://x/y.mp3', cache: true } as const
  media.perform({
    kind: 'play-over',
    legId: a,
    playbackId: brandAs<PlaybackId>('o'),
    audio,
    loops: 1,
  })
  media.perform({ kind: 'stop-playback', legId: a, playbackId: brandAs<PlaybackId>('o') })
  media.perform({ kind: 'mix-leave', conferenceId, legId: a })
  assert.deepEqual(said, [
    'a: conference k, muted',
    'a: conference k, muted, over it https://x/y.mp3',
    'a: conference k, muted',
    'a: silence',
  ])
})

test('figures are taken every five seconds and at the end', () => {
  const { media, samples, observed, time } = watched()
  media.perform({ kind: 'start', legId: a })
  time.advance(10_000)
  assert.equal(samples.length, 2)
  media.perform({ kind: 'release', legId: a })
  assert.equal(samples.length, 3)
  assert.equal(samples[0]?.hears, 'silence')
  media.perform({ kind: 'stop-playback', legId: a, playbackId: brandAs<PlaybackId>('late') })
  time.advance(10_000)
  assert.equal(samples.length, 3, 'a leg that is gone is not measured')
  observed.stop()
  assert.equal(time.pending, 0)
})
