import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClipPieces } from './clip-pieces.ts'
import { clipFromSamples } from './clip.ts'

const clip = (frames: number) => clipFromSamples(new Int16Array(160 * frames))

test('all who follow get every piece in order, and the end', async () => {
  const pieces = new ClipPieces()
  const [one, two] = [clip(1), clip(2)]
  const early = pieces.piece(0)
  pieces.add(one)
  assert.equal((await early).clip, one)
  const waiting = [pieces.piece(1), pieces.piece(1)]
  pieces.add(two)
  for (const piece of await Promise.all(waiting)) assert.equal(piece.clip, two)
  const last = pieces.piece(2)
  pieces.end(undefined)
  assert.deepEqual(await last, { clip: undefined, why: undefined })
  assert.equal((await pieces.piece(0)).clip, one)
})

test('a failure comes after what was made, and the first one counts', async () => {
  const pieces = new ClipPieces()
  pieces.add(clip(1))
  pieces.end('no voice')
  pieces.end(undefined)
  assert.ok((await pieces.piece(0)).clip)
  assert.deepEqual(await pieces.piece(1), { clip: undefined, why: 'no voice' })
})
