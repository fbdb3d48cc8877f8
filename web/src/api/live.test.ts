// The stream as it is kept up: on time that the test moves, and answers that it gives.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backoffMs, openLive, type LiveParts, type LiveState } from './live.ts'
import type { ServerEvent } from './sse.ts'

interface Try {
  readonly headers: Record<string, string>
  readonly signal: AbortSignal
  answer(status: number): { send(text: string): void; end(): void }
  fail(): void
}

function world() {
  const tries: Try[] = []
  const timers = new Map<object, { atMs: number; run: () => void }>()
  let nowMs = 1_000_000
  const parts: LiveParts = {
    nowMs: () => nowMs,
    random: () => 0.5,
    set: (ms, run) => {
      const key = {}
      timers.set(key, { atMs: nowMs + ms, run })
      return key
    },
    clear: (key) => {
      if (typeof key === 'object' && key !== null) timers.delete(key)
    },
    fetch: (_path, { headers, signal }) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')))
        const answer = (status: number) => {
          let controller: ReadableStreamDefaultController<Uint8Array> | undefined
          const body = new ReadableStream<Uint8Array>({
            start: (given) => void (controller = given),
          })
          signal.addEventListener('abort', () => controller?.error(new Error('aborted')))
          resolve(new Response(status === 200 ? body : null, { status }))
          const encoder = new TextEncoder()
          return {
            send: (text: string) => controller?.enqueue(encoder.encode(text)),
            end: () => controller?.close(),
          }
        }
        tries.push({ headers, signal, answer, fail: () => reject(new Error('refused')) })
      }),
  }
  const states: LiveState[] = []
  const events: ServerEvent[] = []
  const told = { resets: 0, signedOut: 0 }
  const live = openLive('/v2/live', parts, {
    onState: (state) => states.push(state),
    onEvent: (event) => events.push(event),
    onReset: () => told.resets++,
    onSignedOut: () => told.signedOut++,
  })
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return {
    ...{ live, tries, states, events, told, settle },
    last: () => {
      const found = tries.at(-1)
      assert.ok(found)
      return found
    },
    /** Lets time pass, timer by timer. */
    pass: async (ms: number) => {
      const endMs = nowMs + ms
      for (;;) {
        const due = [...timers].filter(([, { atMs }]) => atMs <= endMs)
        const [next] = due.sort(([, a], [, b]) => a.atMs - b.atMs)
        if (next === undefined) break
        timers.delete(next[0])
        nowMs = Math.max(nowMs, next[1].atMs)
        next[1].run()
        await settle()
      }
      nowMs = endMs
    },
  }
}

test('events arrive; after a break it goes on behind the last one', async () => {
  const { last, settle, events, states, pass, tries } = world()
  const first = last().answer(200)
  first.send('event: hello\ndata: {}\n\nid: 41.x\nevent: event\ndata: {"a":1}\n\n')
  await settle()
  assert.deepEqual(
    events.map(({ type }) => type),
    ['hello', 'event'],
  )
  first.end()
  await settle()
  assert.deepEqual(states.at(-1), {
    at: 'stale',
    sinceMs: 1_000_000,
    retryAtMs: 1_000_500,
    why: '',
  })
  assert.equal(tries.length, 1)
  await pass(500)
  assert.equal(tries.length, 2)
  assert.equal(last().headers['last-event-id'], '41.x')
  last().answer(200)
  await settle()
  assert.deepEqual(states.at(-1), { at: 'live' })
})

test('a stream that says nothing for longer than heartbeats allow is broken, however open it looks', async () => {
  const { last, settle, states, pass, tries } = world()
  const stream = last().answer(200)
  await settle()
  for (let beat = 0; beat < 5; beat++) {
    await pass(10_000)
    stream.send(': beat\n\n')
    await settle()
  }
  assert.equal(tries.length, 1)
  await pass(25_000)
  const state = states.at(-1)
  assert.equal(state?.at, 'stale')
  assert.equal(state?.at === 'stale' && state.sinceMs, 1_050_000)
  await pass(1_000)
  assert.equal(tries.length, 2)
})

test('while the server is away it asks less and less often, and always says since when', async () => {
  const { last, settle, states, pass, tries } = world()
  last().answer(200).end()
  await settle()
  for (let round = 0; round < 8; round++) {
    await pass(15_000)
    last().fail()
    await settle()
    const state = states.at(-1)
    assert.equal(state?.at === 'stale' && state.sinceMs, 1_000_000)
  }
  assert.ok(tries.length <= 10, `${tries.length}`)
})

test('a gap that cannot be filled is told, and the old place forgotten', async () => {
  const { last, settle, pass, told } = world()
  const stream = last().answer(200)
  stream.send('id: 5.a\nevent: event\ndata: {}\n\n')
  await settle()
  stream.send('event: reset\ndata: {}\n\n')
  await settle()
  assert.equal(told.resets, 1)
  stream.end()
  await settle()
  await pass(500)
  last().answer(410)
  await settle()
  assert.equal(told.resets, 2)
  await pass(2_000)
  assert.equal(last().headers['last-event-id'], undefined)
})

test('a session that is over is not asked for again', async () => {
  const { last, settle, pass, told, tries, live } = world()
  last().answer(401)
  await settle()
  assert.equal(told.signedOut, 1)
  await pass(60_000)
  live.retryNow()
  assert.equal(tries.length, 1)
})

test('it can be hurried while it waits, and closed at any time', async () => {
  const { last, settle, live, tries, pass } = world()
  live.retryNow() // Under way already.
  assert.equal(tries.length, 1)
  last().fail()
  await settle()
  live.retryNow()
  assert.equal(tries.length, 2)
  live.close()
  assert.equal(last().signal.aborted, true)
  await pass(60_000)
  assert.equal(tries.length, 2)
})

test('pauses double up to their bound, give or take a quarter', () => {
  assert.deepEqual(
    [0, 1, 2, 5, 40].map((tries) => backoffMs(tries, 0.5)),
    [500, 1000, 2000, 15_000, 15_000],
  )
  assert.equal(backoffMs(0, 0), 375)
  assert.equal(backoffMs(40, 1), 18_750)
})
