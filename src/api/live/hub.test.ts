// The live stream: order, going on behind a cursor, readers that do not read, and what a crowd costs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleEvents, stamp } from '../../../test/support/events.ts'
import { settle, VirtualTime } from '../../../test/support/virtual.ts'
import type { Statistics } from '../../ports/statistics.ts'
import { createMemoryStore } from '../../store/memory/memory-store.ts'
import { createEventFeed } from '../../webhooks/feed.ts'
import { fakeStatistics } from '../statistics/testing.ts'
import { LiveHub } from './hub.ts'

interface Heard {
  readonly event: string
  readonly id: string | undefined
  readonly data: Readonly<Record<string, unknown>>
}

function world(readersMax = 3) {
  const time = new VirtualTime()
  const store = createMemoryStore({ clock: time })
  let reads = 0
  let asked = 0
  const disk = { isDamaged: (_behind: number | undefined): boolean => false }
  const readEvents: typeof store.readEvents = (after, limit) => {
    reads++
    const behind = typeof after === 'object' && 'sequence' in after ? after.sequence : undefined
    if (disk.isDamaged(behind)) return Promise.reject(new Error('malformed'))
    return store.readEvents(after, limit)
  }
  const feed = createEventFeed({ store: { readEvents }, timers: time, connectionCodecs: '' })
  const changed = new Set<(name: string | null) => void>()
  const fake = fakeStatistics(time.wallMs())
  const statistics: Statistics = {
    ...fake,
    names: () => {
      asked++
      return fake.names()
    },
    onChange: (listener) => {
      changed.add(listener)
      return () => changed.delete(listener)
    },
  }
  const hub = new LiveHub({ events: feed, statistics, timers: time, clock: time, readersMax })
  const [event] = sampleEvents()
  assert.ok(event)
  let sequence = 0
  const connect = async (after?: string, isValid = () => true) => {
    const written: string[] = []
    const state = { room: Infinity, closed: false, written }
    const sink = {
      write: (text: string) => {
        written.push(text)
        return --state.room > 0
      },
      close: () => void (state.closed = true),
    }
    const reader = hub.open(sink, isValid)
    assert.ok(reader)
    await reader.start({ version: '1' }, after)
    await settle()
    return { ...state, state, reader, heard: () => written.flatMap(parsed) }
  }
  return {
    ...{ time, store, hub, feed, changed, connect, disk },
    reads: () => reads,
    /** How often the names of all queues were asked for. */
    asked: () => asked,
    change: (name: string | null) => changed.forEach((listener) => listener(name)),
    happen: async (count: number) => {
      const events = Array.from({ length: count }, () => {
        sequence++
        return stamp(event, sequence, { legSequence: sequence })
      })
      await store.commit({ changes: [], events, deliveries: [] })
      feed.committed(events)
      await settle()
    },
  }
}

function parsed(text: string): Heard[] {
  const match = /^(?:id: (.*)\n)?event: (.*)\ndata: (.*)\n\n$/.exec(text)
  if (match === null) return []
  const [, id, event = '', json = ''] = match
  return [{ event, id, data: JSON.parse(json) }]
}

const numbers = (heard: readonly Heard[]) =>
  heard.filter(({ event }) => event === 'event').map(({ data }) => data['leg_sequence'])

const upTo = (last: number, first = 1) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

test('hello, all figures, then events in order with the cursor as their id', async (t) => {
  const { connect, happen, hub } = world()
  t.after(() => hub.close())
  await happen(2)
  const { heard } = await connect()
  await happen(3)
  await happen(250)
  assert.deepEqual(
    heard()
      .slice(0, 2)
      .map(({ event }) => event),
    ['hello', 'statistics'],
  )
  assert.deepEqual(numbers(heard()), upTo(255, 3))
  const third = heard().find(({ event }) => event === 'event')
  assert.equal(third?.id, third?.data['cursor'])
  assert.match(third?.id ?? '', /^3\./)
  assert.match(heard()[0]?.id ?? '', /^2\./, 'hello has the cursor from which a reader goes on')
})

test('Last-Event-ID goes on without a gap, from disk and from memory', async (t) => {
  const { connect, happen, hub } = world()
  t.after(() => hub.close())
  await happen(500)
  const first = await connect('0')
  assert.deepEqual(numbers(first.heard()), upTo(500))
  const middle = first.heard().find(({ data }) => data['leg_sequence'] === 321)?.id
  first.reader.gone()
  await happen(20)
  const second = await connect(middle)
  await happen(5)
  assert.deepEqual(numbers(second.heard()), upTo(525, 322))
})

test('a cursor that is gone, or none: reset, then what is new', async (t) => {
  const { connect, happen, hub, store, time } = world()
  t.after(() => hub.close())
  await happen(3)
  time.advance(1000)
  await store.prune(time.wallMs())
  await happen(2)
  for (const after of ['1.00000000-0000-4000-8000-000000000001', 'yesterday']) {
    const { heard, reader } = await connect(after)
    assert.deepEqual(
      heard()
        .slice(0, 3)
        .map(({ event }) => event),
      ['hello', 'reset', 'statistics'],
    )
    assert.equal(heard()[1]?.id, heard()[0]?.id)
    assert.deepEqual(numbers(heard()), [])
    reader.gone()
  }
})

test('events on a damaged page: reset, then what is new; nothing else is harmed', async (t) => {
  const { connect, happen, hub, disk } = world()
  t.after(() => hub.close())
  await happen(500)
  disk.isDamaged = (behind) => behind !== undefined && behind > 100 && behind < 400
  const slow = await connect('0')
  assert.ok(slow.heard().some(({ event }) => event === 'reset'))
  slow.state.room = 0
  await happen(1)
  slow.state.room = Infinity
  disk.isDamaged = (behind) => behind !== undefined
  slow.reader.drained()
  await settle()
  disk.isDamaged = () => false
  await happen(5)
  assert.deepEqual(numbers(slow.heard()).slice(-5), upTo(506, 502))
  assert.equal(slow.state.closed, false)
})

test('a disk that cannot be read at all ends the stream, and nothing else', async (t) => {
  const { connect, happen, hub, disk } = world()
  t.after(() => hub.close())
  await happen(3)
  const { reader, state } = await connect('0')
  state.room = 1
  await happen(1)
  disk.isDamaged = () => true
  await happen(1)
  reader.drained()
  await settle()
  assert.equal(state.closed, true)
  assert.equal((await connect()).state.closed, true)
  disk.isDamaged = () => false
  const again = await connect('0')
  assert.deepEqual(numbers(again.heard()), upTo(5))
})

test('a reader without room gets nothing more, goes on when it has, and is closed after 10 s', async (t) => {
  const { connect, happen, change, time, hub } = world()
  t.after(() => hub.close())
  const { heard, reader, state } = await connect()
  state.room = 2
  await happen(400)
  change('a')
  time.advance(9000)
  await settle()
  assert.deepEqual(numbers(heard()), [1, 2], 'nothing is queued for it')
  state.room = Infinity
  reader.drained()
  await settle()
  assert.deepEqual(numbers(heard()), upTo(400))
  assert.equal(heard().filter(({ event }) => event === 'statistics').length, 2, 'all once more')
  state.room = 1
  await happen(1)
  time.advance(9999)
  assert.equal(state.closed, false)
  time.advance(1)
  assert.equal(state.closed, true)
  await happen(5)
  assert.deepEqual(numbers(heard()), upTo(401))
})

test('a reader without room costs nothing, however many queues there are', async (t) => {
  const { connect, change, time, hub, asked } = world()
  t.after(() => hub.close())
  const { state, reader, heard } = await connect()
  state.room = 0
  change('a')
  time.advance(1000)
  const before = asked()
  for (let second = 0; second < 7; second++) {
    change('a')
    time.advance(1000)
  }
  assert.equal(asked(), before)
  state.room = Infinity
  reader.drained()
  await settle()
  assert.equal(asked(), before + 1)
  assert.equal(heard().at(-1)?.event, 'statistics')
})

test('figures go out at most once a second, and only what changed', async (t) => {
  const { connect, change, time, hub } = world()
  t.after(() => hub.close())
  const { heard } = await connect()
  time.advance(1000)
  const before = heard().length
  for (let n = 0; n < 50; n++) change('a')
  assert.equal(heard().length, before)
  time.advance(1000)
  time.advance(5000)
  const told = heard().slice(before)
  assert.deepEqual(
    told.map(({ event, data }) => [
      event,
      (data['data'] as { queue_name: string }[]).map(({ queue_name }) => queue_name),
    ]),
    [['statistics', ['a']]],
  )
})

test('a comment every 10 seconds; a session that has ended ends its stream', async () => {
  const { connect, time } = world()
  let valid = true
  const { written, state } = await connect(undefined, () => valid)
  time.advance(30_000)
  assert.equal(written.filter((text) => text === ': heartbeat\n\n').length, 3)
  valid = false
  time.advance(10_000)
  assert.equal(state.closed, true)
  assert.equal(time.pending, 0)
})

test('no more readers than allowed; without readers nothing is read and no timer runs', async () => {
  const { connect, happen, hub, reads, time, changed } = world(2)
  await connect()
  const { reader } = await connect()
  const sink = { write: () => true, close: () => undefined }
  assert.equal(
    hub.open(sink, () => true),
    undefined,
  )
  reader.gone()
  assert.ok(hub.open(sink, () => true))
  hub.close()
  const before = reads()
  await happen(10)
  assert.equal(reads(), before)
  assert.deepEqual([time.pending, changed.size], [0, 0])
})

test('200 readers cost the store what one costs', async (t) => {
  const { connect, happen, hub, reads } = world(200)
  t.after(() => hub.close())
  const readers = []
  for (let n = 0; n < 200; n++) readers.push(await connect())
  const before = reads()
  for (let n = 0; n < 50; n++) await happen(10)
  for (const { heard } of readers) assert.deepEqual(numbers(heard()), upTo(500))
  assert.ok(reads() - before <= 60, `${reads() - before} reads for 50 commits`)
})
