import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathOf, said } from './client.ts'

test('names in paths are escaped, whatever they hold', () => {
  assert.equal(pathOf`/v2/queues/${'a/b c'}/calls/${'v3:x'}`, '/v2/queues/a%2Fb%20c/calls/v3%3Ax')
})

test('a refusal speaks with the words of the server', () => {
  assert.equal(
    said('{"errors":[{"title":"No","detail":"The queue is full."}]}', 422),
    'The queue is full.',
  )
  assert.equal(said('{"errors":[{"title":"No"}]}', 422), 'No')
  assert.equal(said('<html>bad gateway', 502), 'The server answered 502.')
  assert.equal(said('{}', 500), 'The server answered 500.')
})
