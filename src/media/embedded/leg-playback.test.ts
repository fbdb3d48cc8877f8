// Audio that is heard while it is made: what the media thread is told, and what a listener gets.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brandAs, type LegId, type PlaybackId } from '../../base/ids.ts'
import type { MediaInput } from '../../ports/media-engine.ts'
import { clipFromSamples, FRAME_SAMPLES } from '../audio/clip.ts'
import { ClipPieces } from '../audio/clip-pieces.ts'
import { ClipPlayer } from './clip-player.ts'
import { ClipShelf } from './clip-shelf.ts'
import { LegPlayback } from './leg-playback.ts'
import type { WorkerCommand } from './protocol.ts'

/** Frames that all hold one value. */
const clip = (value: number, frames = 1) =>
  clipFromSamples(new Int16Array(frames * FRAME_SAMPLES).fill(value))

const legId = brandAs<LegId>('leg')
const playbackId = brandAs<PlaybackId>('words')
const speech = {
  ...({ kind: 'speech', text: 'a', ssml: false } as const),
  ...{ voice: 'female', language: undefined },
}
const play = { kind: 'play', legId, playbackId, audio: speech, loops: 1 } as const

function world() {
  const rest = new ClipPieces()
  const posted: WorkerCommand[] = []
  const told: MediaInput[] = []
  const playback = new LegPlayback(legId, {
    loadClip: () => Promise.reject(new Error('not asked for')),
    beginClip: async () => ({ clip: (await rest.piece(0)).clip ?? clip(0), rest }),
    shelf: new ClipShelf(),
    post: (command) => posted.push(command),
    deliverSoon: (input) => told.push(input),
  })
  const words = (): string[] =>
    posted.splice(0).map((one) => ('clipId' in one ? `${one.op} ${String(one.clipId)}` : one.op))
  return { rest, playback, told, words }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('each piece is passed on when it is made, then the end; all leave the shelf with the playback', async () => {
  const { rest, playback, told, words } = world()
  const whole = playback.play(play)
  await turn()
  assert.deepEqual(words(), [])
  rest.add(clip(1))
  await turn()
  assert.deepEqual(words(), ['clip 1', 'play 1'])
  rest.add(clip(2))
  await turn()
  assert.deepEqual(words(), ['clip 2', 'play-on 2'])
  rest.end(undefined)
  await whole
  assert.deepEqual(words(), ['play-on undefined'])
  playback.end(playbackId)
  assert.deepEqual(words(), ['drop-clip 1', 'drop-clip 2'])
  assert.deepEqual(told, [])
})

test('what is stopped gets no more pieces', async () => {
  const { rest, playback, words } = world()
  const whole = playback.play(play)
  rest.add(clip(1))
  await turn()
  playback.end(playbackId)
  words()
  rest.add(clip(2))
  await whole
  assert.deepEqual(words(), [])
})

test('a failure in the middle ends it there, and says so', async () => {
  const { rest, playback, told, words } = world()
  const whole = playback.play(play)
  rest.add(clip(1))
  await turn()
  words()
  rest.end('synthesiser failed')
  await whole
  assert.deepEqual(words(), ['drop-clip 1', 'stop-playback'])
  const status = { status: 'failed', detail: 'synthesiser failed' }
  assert.deepEqual(told, [{ kind: 'playback-ended', legId, playbackId, ...status }])
})

test('the player goes through the pieces, is silent while it waits, and loops over all of them', () => {
  const player = new ClipPlayer(clip(1000), 2, true)
  const frame = new Int16Array(FRAME_SAMPLES)
  const heard = (): number => {
    player.read(frame)
    return Math.round((frame[0] ?? 0) / 1000)
  }
  assert.deepEqual([heard(), heard(), heard()], [1, 0, 0])
  player.append(clip(2000, 2))
  assert.deepEqual([heard(), heard(), heard()], [2, 2, 0])
  assert.equal(player.ended, false)
  player.close()
  assert.deepEqual([heard(), heard(), heard()], [1, 2, 2])
  assert.equal(player.ended, true)
})
