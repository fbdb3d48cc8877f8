import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEventReader, type ServerEvent } from './sse.ts'

function read(pieces: readonly string[]): ServerEvent[] {
  const events: ServerEvent[] = []
  const feed = createEventReader((event) => events.push(event))
  for (const piece of pieces) feed(piece)
  return events
}

const stream =
  'event: hello\ndata: {"version":"1"}\n\n: heartbeat\n\nid: 7.a\nevent: event\ndata: {"x":1}\ndata: {"y":2}\n\ndata: plain\n\n'
const expected: ServerEvent[] = [
  { type: 'hello', data: '{"version":"1"}', lastId: '' },
  { type: 'event', data: '{"x":1}\n{"y":2}', lastId: '7.a' },
  { type: 'message', data: 'plain', lastId: '7.a' },
]

test('events, comments and ids', () => {
  assert.deepEqual(read([stream]), expected)
})

test('wherever the stream is cut, with every kind of line end', () => {
  for (const lineEnd of ['\n', '\r\n', '\r']) {
    // A lone CR at the very end may be half of CRLF: it waits for the next character.
    const text = `${stream.replaceAll('\n', lineEnd)}: end`
    assert.deepEqual(read([...text]), expected)
    for (let cut = 0; cut <= text.length; cut += 7) {
      assert.deepEqual(read([text.slice(0, cut), text.slice(cut)]), expected)
    }
  }
})

test('fields without a value, and fields nobody knows', () => {
  assert.deepEqual(read(['data\n\nretry: 5\nfoo: 1\n\nevent: x\n\n']), [
    { type: 'message', data: '', lastId: '' },
  ])
})

test('a line without end is not kept', () => {
  const events: ServerEvent[] = []
  const feed = createEventReader((event) => events.push(event))
  const mega = 'x'.repeat(1_000_000)
  for (let index = 0; index < 6; index++) feed(mega)
  feed('\n\ndata: next\n\n')
  assert.deepEqual(
    events.map(({ data }) => data),
    ['next'],
  )
})
