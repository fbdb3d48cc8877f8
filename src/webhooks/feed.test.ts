import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleEvents, stamp } from '../../test/support/events.ts'
import { settle, VirtualTime } from '../../test/support/virtual.ts'
import type { FeedAnswer } from '../ports/event-feed.ts'
import { createMemoryStore } from '../store/memory/memory-store.ts'
import { createEventFeed } from './feed.ts'
import { eventData, webhookOf } from './payloads.ts'

function world() {
  const time = new VirtualTime()
  const store = createMemoryStore({ clock: time })
  const feed = createEventFeed({ store, timers: time, connectionCodecs: 'PCMU' })
  const [event] = sampleEvents()
  assert.ok(event)
  const happened = async (...sequences: readonly number[]) => {
    const events = sequences.map((sequence) => stamp(event, sequence, { legSequence: sequence }))
    await store.commit({ changes: [], events, deliveries: [] })
    feed.committed(events)
  }
  return { time, store, feed, happened, event }
}

function told(answer: FeedAnswer | undefined) {
  assert.equal(answer?.kind, 'events')
  return { ...answer, ids: answer.items.map(({ data }) => Number(data['leg_sequence'])) }
}

test('events come as in their webhooks, each with the cursor to go on from', async () => {
  const { feed, happened, event } = world()
  assert.deepEqual(told(await feed.read(undefined, 10, 0)).next, '0')
  await happened(...Array.from({ length: 500 }, (_, index) => index + 1))
  const first = told(await feed.read('0', 450, 0))
  assert.equal(first.items.length, 450)
  const second = told(await feed.read(first.next, 450, 0))
  assert.deepEqual(
    second.ids,
    [...Array(50).keys()].map((index) => index + 451),
  )
  const stamped = stamp(event, 451, { legSequence: 451 })
  const webhook = webhookOf(stamped, 'PCMU')
  assert.ok(webhook)
  assert.deepEqual(
    JSON.parse(JSON.stringify(second.items[0]?.data)),
    JSON.parse(JSON.stringify(eventData(stamped, webhook))),
  )
  assert.equal(second.items.at(-1)?.cursor, second.next)
  const none = told(await feed.read(second.next, 10, 0))
  assert.deepEqual([none.ids, none.next], [[], second.next])
  const newest = told(await feed.read('newest', 10, 0))
  assert.deepEqual([newest.ids, newest.next], [[], second.next])
  // More than are read at once.
  const latest = told(await feed.read('latest', 300, 0))
  assert.deepEqual([latest.ids[0], latest.ids.length, latest.next], [201, 300, second.next])
  assert.equal(told(await feed.read('latest', 1000, 0)).ids.length, 500)
})

test('a text that is no cursor, and a cursor behind which events are gone', async () => {
  const { feed, happened, store } = world()
  await happened(1, 2)
  const { items } = told(await feed.read(undefined, 10, 0))
  for (const text of ['x', '-1', '1', '1.x', '0.0']) {
    assert.deepEqual(await feed.read(text, 10, 0), { kind: 'malformed' }, text)
  }
  await store.prune(Number.MAX_SAFE_INTEGER / 1000)
  assert.deepEqual(await feed.read(items[0]?.cursor, 10, 0), { kind: 'gone' })
  assert.deepEqual(told(await feed.read(items[1]?.cursor, 10, 0)).ids, [])
})

test('a crowd of readers: one page is read at a time, each goes on where it was', async () => {
  const { store, happened, time } = world()
  await happened(...Array.from({ length: 700 }, (_, index) => index + 1))
  let running = 0
  let runningMax = 0
  const readEvents: typeof store.readEvents = async (after, limit) => {
    runningMax = Math.max(runningMax, ++running)
    await settle()
    running--
    return store.readEvents(after, limit)
  }
  const feed = createEventFeed({ store: { readEvents }, timers: time, connectionCodecs: 'PCMU' })
  const all = await Promise.all([...Array(20)].map(() => feed.read(undefined, 650, 0)))
  for (const answer of all) {
    const { ids } = told(answer)
    assert.deepEqual([ids.length, ids[0], ids.at(-1)], [650, 1, 650])
  }
  assert.equal(runningMax, 1)
})

test('a reader waits for the next commit, or as long as it said', async () => {
  const { feed, happened, time } = world()
  let answer: FeedAnswer | undefined
  const read = async () => {
    answer = undefined
    answer = await feed.read('0', 10, 5000)
  }
  const first = read()
  await time.advanceAsync(4999)
  assert.equal(answer, undefined)
  await time.advanceAsync(1)
  await first
  assert.deepEqual(told(answer).ids, [])
  const second = read()
  await settle()
  await happened(1)
  await second
  assert.deepEqual(told(answer).ids, [1])
  const third = feed.read(told(answer).next, 10, 5000)
  await settle()
  feed.close()
  assert.deepEqual(told(await third).ids, [])
  assert.equal(time.pending, 0)
})
