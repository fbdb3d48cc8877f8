import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sentencesOf } from './script.ts'

test('sentences, with white space folded', () => {
  assert.deepEqual(sentencesOf(' Hello!  How are\nyou? Fine; thanks: "yes."  No'), [
    ...['Hello!', 'How are you?', 'Fine;', 'thanks:', '"yes."', 'No'],
  ])
  assert.deepEqual(sentencesOf('First line\n\nsecond 3.5 line'), ['First line', 'second 3.5 line'])
  assert.deepEqual(sentencesOf('今日は。元気？'), ['今日は。', '元気？'])
})

test('an abbreviation ends no sentence', () => {
  assert.deepEqual(sentencesOf('Dr. Smith and J. Doe, e.g. at St. Mary. Bye.'), [
    ...['Dr. Smith and J. Doe, e.g. at St. Mary.', 'Bye.'],
  ])
})

test('nothing to say is nothing', () => {
  for (const text of ['', ' \n ', '... !', '—']) assert.deepEqual(sentencesOf(text), [])
})

test('what has no end is cut at commas and spaces, without losing a word', () => {
  const endless = 'one two three, '.repeat(60).trim()
  const parts = sentencesOf(endless)
  assert.ok(parts.length >= 3 && parts.every((part) => part.length <= 200))
  assert.equal(parts.join(' '), endless)
  const solid = sentencesOf('a'.repeat(700))
  assert.deepEqual(
    solid.map((part) => part.length),
    [200, 200, 200, 100],
  )
})
