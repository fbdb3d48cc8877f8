// Receivers in trouble: nothing is lost, each leg's story stays in order, other applications notice nothing, and what is
// owed lies on disk and not in memory.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { createServer as createTlsServer } from 'node:https'
import { test, type TestContext } from 'node:test'
import { outboxWorld } from '../../test/support/outbox-world.ts'
import { startReceiver } from '../../test/support/receiver.ts'
import { settle } from '../../test/support/virtual.ts'
import { brandAs, type ApplicationId } from '../base/ids.ts'
import { addressMatcher } from '../platform/address-matcher.ts'
import { createClock } from '../platform/clock.ts'
import { createHttpClient } from '../platform/http-client.ts'
import { createResolver } from '../platform/resolver.ts'
import { createTimers } from '../platform/timers.ts'

const hourMs = 3_600_000
const heldMax = 60
const legs = Array.from({ length: 100 }, (_, index) => `leg${index}`)
const ofB = { applicationId: brandAs<ApplicationId>('B'), url: 'http://b.example/' }

interface Seen {
  readonly id: string
}

/** `leg7.3` is the third event of leg 7. Fails when a leg's events were first accepted in another order. */
function assertStories(accepted: readonly string[], events: number): void {
  const last = new Map<string, number>()
  for (const id of new Set(accepted)) {
    const [leg = '', number] = id.split('.')
    assert.equal(Number(number), (last.get(leg) ?? 0) + 1, `order of ${id}`)
    last.set(leg, Number(number))
  }
  assert.equal(last.size, legs.length)
  for (const [leg, count] of last) assert.equal(count, events, leg)
}

/** The world, and what its receivers accepted; `answer` decides for application A. */
function scene(answer: (seen: Seen & { atMs: number }) => number | Promise<number>) {
  const accepted: string[] = []
  let heldEver = 0
  const world = outboxWorld(
    async (attempt) => {
      const status = attempt.host === 'b.example' ? 200 : await answer(attempt)
      heldEver = Math.max(heldEver, world.outbox.held())
      if (status === 200) accepted.push(attempt.id)
      return status
    },
    { heldMax },
  )
  const oweEach = async (number: number): Promise<void> => {
    for (const leg of legs) await world.owe(leg, [`${leg}.${number}`])
  }
  return { ...world, accepted, oweEach, heldMost: () => heldEver }
}

test('down for three hours: memory is bounded, another application is told at once, all come in order after', async () => {
  let up = false
  const { outbox, oweEach, owe, pass, accepted, heldMost, time } = scene(() => (up ? 200 : 0))
  await outbox.start()
  for (let number = 1; number <= 5; number++) {
    await oweEach(number)
    await owe('other', [`b${number}`], ofB)
    assert.deepEqual(accepted.splice(0), [`b${number}`])
    await pass(hourMs / 2)
  }
  assert.equal(outbox.backlog(), 500)
  assert.ok(heldMost() <= heldMax + 1, `${heldMost()} in memory`)
  up = true
  await pass(15 * 60_000)
  assert.equal(outbox.backlog(), 0)
  assertStories(accepted, 5)
  assert.equal(accepted.length, 500, 'each once')
  await outbox.drain(1000)
  assert.equal(time.pending, 0)
})

test('down with memory full: a new event shows within seconds that the receiver is back', async () => {
  let up = false
  const { outbox, oweEach, owe, pass, accepted } = scene(() => (up ? 200 : 0))
  await outbox.start()
  await oweEach(1)
  await pass(2 * hourMs)
  up = true
  await owe('leg0', ['leg0.2'])
  await pass(1)
  assert.equal(accepted.length, 101)
})

test('catching up is paced: at most 3,000 requests per second to one receiver', async () => {
  let up = false
  const starts: number[] = []
  const { outbox, oweEach, pass } = scene(({ atMs }) => {
    if (up) starts.push(atMs)
    return up ? 200 : 0
  })
  await outbox.start()
  for (let number = 1; number <= 9; number++) await oweEach(number)
  await pass(hourMs)
  up = true
  await pass(15 * 60_000)
  assert.equal(outbox.backlog(), 0)
  for (const [index, atMs] of starts.entries()) {
    const later = starts[index + 300] ?? Infinity
    assert.ok(later - atMs >= 1, `${index}: more than 300 at the same moment`)
  }
  assert.ok((starts.at(-1) ?? 0) - (starts[0] ?? 0) < 2000)
})

test('a process that starts into a long backlog takes it up in order, a page at a time', async () => {
  const former = scene(() => 0)
  await former.outbox.start()
  for (const number of [1, 2, 3]) await former.oweEach(number)
  await former.pass(10 * 60_000)
  await former.outbox.drain(1000)
  const accepted: string[] = []
  let heldEver = 0
  const { outbox, owe, pass } = outboxWorld(
    ({ id }) => {
      heldEver = Math.max(heldEver, outbox.held())
      accepted.push(id)
      return 200
    },
    { heldMax, former },
  )
  const started = outbox.start()
  for (const leg of legs) await owe(leg, [`${leg}.4`])
  await started
  await pass(16 * 60_000)
  assert.equal(outbox.backlog(), 0)
  assertStories(accepted, 4)
  assert.equal(accepted.length, 400, 'each once')
  assert.ok(heldEver <= heldMax, `${heldEver} in memory`)
})

test('slow: answers after 29 s of the 30 that it has', async () => {
  const slow = scene(() => new Promise((resolve) => slow.time.set(29_000, () => resolve(200))))
  const { outbox, oweEach, owe, pass, accepted } = slow
  await outbox.start()
  for (const number of [1, 2]) await oweEach(number)
  await owe('other', ['b'], ofB)
  assert.deepEqual(accepted.splice(0), ['b'])
  await pass(29_000 * 5)
  assert.equal(outbox.backlog(), 0)
  assertStories(accepted, 2)
})

test('slow for one application, at the same address as another: the other is told at once', async () => {
  const slow = scene(({ id }) =>
    id === 'b' ? 200 : new Promise((resolve) => slow.time.set(29_000, () => resolve(200))),
  )
  await slow.outbox.start()
  await slow.oweEach(1)
  await slow.owe('other', ['b'], { applicationId: ofB.applicationId })
  assert.deepEqual(slow.accepted, ['b'])
  await slow.pass(29_000 * 3)
  assert.equal(slow.outbox.backlog(), 0)
})

test('flapping: up for 5 s, down for 20', async () => {
  const { outbox, oweEach, owe, pass, accepted } = scene(({ atMs }) =>
    atMs % 25_000 < 5_000 ? 200 : 503,
  )
  await outbox.start()
  for (let number = 1; number <= 4; number++) {
    await oweEach(number)
    await owe('other', ['b'], ofB)
    assert.equal(accepted.filter((id) => id === 'b').splice(0).length, number)
    await pass(11_000)
  }
  await pass(2 * hourMs)
  assert.equal(outbox.backlog(), 0)
  assertStories(
    accepted.filter((id) => id !== 'b'),
    4,
  )
})

test('500 to one kind of event: it waits apart, out of memory, and the others of its leg go on', async () => {
  let fixed = false
  const { outbox, owe, pass, accepted, attempts, heldMost, store, time } = scene(({ id }) =>
    id.endsWith('.1') && !fixed ? 500 : 200,
  )
  await outbox.start()
  for (const leg of legs) {
    await owe(leg, [`${leg}.1`], { eventType: 'call.initiated' })
    await owe(leg, [`${leg}.2`, `${leg}.3`])
  }
  await pass(10 * 60_000)
  assert.equal(outbox.backlog(), 100)
  assert.equal(accepted.length, 200)
  assert.equal(outbox.held(), 0, 'nothing of it is in memory')
  assert.ok(heldMost() <= 2 * heldMax, `${heldMost()} in memory`)
  await pass(hourMs)
  assert.equal(outbox.backlog(), 100)
  for (const leg of legs) {
    const own = attempts.filter(({ id }) => id === `${leg}.1`)
    for (const [index, { attempt, atMs }] of own.entries()) {
      assert.equal(attempt, index + 1, 'no attempt twice')
      assert.ok(atMs - (own[index - 1]?.atMs ?? atMs) <= 15 * 60_000, 'no pause over 15 minutes')
    }
  }
  fixed = true
  await pass(20 * 60_000)
  assert.equal(outbox.backlog(), 0)
  assert.equal(new Set(accepted).size, 300)
  await outbox.drain(1000)
  await settle()
  assert.deepEqual(await store.pendingDeliveries(0, 10), [])
  assert.equal(time.pending, 0)
})

test('500 to one kind of event, more of them than fit into memory, then a restart: new calls are told at once', async () => {
  const former = scene(({ id }) => (id.endsWith('.1') ? 500 : 200))
  await former.outbox.start()
  for (const leg of legs) {
    await former.owe(leg, [`${leg}.1`], { eventType: 'call.initiated' })
    await former.owe(leg, [`${leg}.2`])
  }
  await former.pass(10 * 60_000)
  await former.outbox.drain(1000)
  let fixed = false
  const accepted: string[] = []
  const { outbox, owe, pass, time } = outboxWorld(
    ({ id }) => {
      if (id.endsWith('.1') && !fixed) return 500
      accepted.push(id)
      return 200
    },
    { heldMax, former },
  )
  await outbox.start()
  assert.equal(outbox.backlog(), 100)
  await owe('new', ['new.2'])
  await owe('other', ['other.2'])
  await pass(1000)
  assert.deepEqual(accepted, ['new.2', 'other.2'])
  assert.ok(outbox.held() <= heldMax, `${outbox.held()} in memory`)
  fixed = true
  await pass(16 * 60_000)
  assert.equal(outbox.backlog(), 0)
  assert.equal(accepted.length, 102)
  await outbox.drain(1000)
  assert.equal(time.pending, 0)
})

test('what waits apart comes as fast as it is taken when it is due, each once, however slow the disk reads', async () => {
  const former = scene(({ id }) => (id.endsWith('.1') ? 500 : 200))
  await former.outbox.start()
  for (const leg of legs) {
    await former.owe(leg, [`${leg}.1`], { eventType: 'call.initiated' })
    await former.owe(leg, [`${leg}.2`])
  }
  await former.pass(10 * 60_000)
  await former.outbox.drain(1000)
  await former.pass(15 * 60_000)
  const { store, time } = former
  const after = (ms: number) => new Promise<void>((resolve) => time.set(ms, resolve))
  const slowStore: typeof store = {
    ...store,
    apartDeliveries: async (...args) => {
      const page = await store.apartDeliveries(...args)
      await after(300)
      return page
    },
  }
  const accepted: string[] = []
  // Half of them answer while the next page is under way.
  const script = async ({ id }: Seen) => {
    await after(id.length % 2 === 0 ? 10 : 100)
    accepted.push(id)
    return 200
  }
  const { outbox, pass } = outboxWorld(script, { heldMax, former, store: slowStore })
  await outbox.start()
  await pass(8000)
  assert.equal(accepted.length, 100)
  assert.equal(new Set(accepted).size, 100)
  assert.equal(outbox.backlog(), 0)
  await outbox.drain(1000)
  assert.equal(time.pending, 0)
})

test('a receiver that closes in the middle of its answer, and one with a wrong certificate', async (t) => {
  const good = await startReceiver()
  t.after(() => good.close())
  let cuts = 0
  const cutting = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      cuts++
      if (cuts > 2) return socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc', () => socket.destroy())
      return undefined
    })
  })
  const pem = (name: string): string =>
    readFileSync(new URL(`../../test/fixtures/tls/${name}.pem`, import.meta.url), 'utf8')
  let trusted = 0
  const tls = createTlsServer({ cert: pem('cert'), key: pem('key') }, (_request, response) => {
    trusted++
    response.end()
  })
  const cuttingUrl = `http://127.0.0.1:${await listening(t, cutting)}/`
  const tlsUrl = `https://127.0.0.1:${await listening(t, tls)}/`
  const clock = createClock()
  const timers = createTimers(clock)
  const allow = addressMatcher(['127.0.0.0/8'])
  const http = createHttpClient({ resolver: createResolver(), allow })
  const { outbox, rows, store } = outboxWorld(() => 200, { http, timers, clock })
  t.after(async () => {
    await outbox.drain(100)
    http.close()
    timers.close()
  })
  // By the clock of this test: what is older than three days is given up after its quick attempts.
  const quick = { retriesMs: [20, 20, 20], createdAtMs: clock.wallMs() }
  const deliveries = [
    ...rows('cut', ['cut1', 'cut2'], { ...quick, url: cuttingUrl }),
    ...rows('tls', ['tls1'], { ...quick, url: tlsUrl, applicationId: brandAs('T') }),
    ...rows('good', ['good1'], { url: good.url, applicationId: brandAs('G') }),
  ]
  await store.commit({ changes: [], events: [], deliveries })
  await outbox.start()
  const later = rows('good', ['good2'], { url: good.url, applicationId: brandAs('G') })
  await store.commit({ changes: [], events: [], deliveries: later })
  outbox.add(later)
  await good.waitFor(({ id }) => id === 'good2')
  while (cuts < 4 || outbox.backlog() > 1)
    await new Promise((resolve) => timers.set(10, () => resolve(0)))
  assert.equal(cuts, 4, 'the first event three times, the second once')
  // After its quick attempts, whenever they are over, it waits apart.
  const owed = [
    ...(await store.pendingDeliveries(0, 10)),
    ...(await store.apartDeliveries(brandAs('T'), clock.wallMs() + hourMs, 10)),
  ]
  assert.deepEqual([owed.map(({ row }) => row.deliveryId), trusted], [['tls1'], 0])
})

async function listening(t: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => new Promise((resolve) => server.close(resolve)))
  return (server.address() as AddressInfo).port
}
