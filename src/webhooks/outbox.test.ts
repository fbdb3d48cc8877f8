// The outbox under virtual time against scripted receivers.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outboxWorld } from '../../test/support/outbox-world.ts'
import { recordingLog, recordingMetrics, settle } from '../../test/support/virtual.ts'

test('a lane is in order, one at a time; lanes run side by side', async () => {
  const open: (() => void)[] = []
  const { outbox, owe, seen, store } = outboxWorld(
    () => new Promise((resolve) => open.push(() => resolve(200))),
  )
  await outbox.start()
  await owe('a', ['a', 'b'])
  await owe('x', ['c'])
  assert.deepEqual(seen(), ['a1', 'c1'])
  open.shift()?.()
  await settle()
  assert.deepEqual(seen(), ['a1', 'c1', 'b1'])
  for (const answer of open) answer()
  await settle()
  assert.equal(outbox.backlog(), 0)
  await outbox.drain(1000)
  assert.deepEqual(await store.pendingDeliveries(0, 10), [])
})

test('C20: attempts at 0, 1 and 5 s, then the failover URL, which takes it', async () => {
  const { outbox, owe, attempts, pass, time } = outboxWorld(({ host }) =>
    host === 'main.example' ? 500 : 200,
  )
  await outbox.start()
  await owe('a', ['a', 'b'], { failoverUrl: 'http://second.example/' })
  await pass(4999)
  assert.equal(attempts.length, 2)
  await pass(1)
  assert.deepEqual(
    attempts.slice(0, 4).map(({ host, attempt, atMs }) => [host, attempt, atMs]),
    [
      ['main.example', 1, 0],
      ['main.example', 2, 1000],
      ['main.example', 3, 5000],
      ['second.example', 4, 5000],
    ],
  )
  assert.equal(attempts[4]?.id, 'b')
  await pass(10_000)
  assert.equal(outbox.backlog(), 0)
  await outbox.drain(1000)
  assert.equal(time.pending, 0)
})

test('C20: a receiver that accepts others is overtaken by its own lane after 60 s, not before', async () => {
  const { outbox, owe, seen, pass } = outboxWorld(({ id }) => (id === 'bad' ? 400 : 200))
  await outbox.start()
  await owe('a', ['bad', 'next'])
  await pass(10_000)
  await owe('other', ['fine'])
  await pass(49_999)
  assert.ok(!seen().includes('next1'))
  await pass(1)
  assert.ok(seen().includes('next1'))
  const before = seen().filter((text) => text.startsWith('bad')).length
  await pass(3_600_000)
  assert.ok(seen().filter((text) => text.startsWith('bad')).length > before)
  assert.equal(outbox.backlog(), 1)
})

test('C20: an event that comes when the time to hold is over need not wait', async () => {
  const { outbox, owe, seen, pass } = outboxWorld(({ id }) => (id === 'bad' ? 400 : 200))
  await outbox.start()
  await owe('a', ['bad'])
  await pass(30_000)
  await owe('other', ['fine'])
  await pass(60_000)
  await owe('a', ['late'])
  assert.equal(seen().at(-1), 'late1')
})

test('C20: while the receiver accepts nothing the lane waits, and the first success wakes everybody', async () => {
  let down = true
  const { outbox, owe, seen, attempts, pass } = outboxWorld(() => (down ? 0 : 200))
  await outbox.start()
  for (const lane of ['a', 'b', 'c']) await owe(lane, [`${lane}x`, `${lane}y`])
  await pass(1_800_000)
  assert.ok(seen().every((text) => !text.includes('y')))
  down = false
  const count = attempts.length
  await owe('new', ['fresh'])
  await pass(0)
  assert.equal(attempts[count]?.id, 'fresh')
  assert.equal(outbox.backlog(), 0)
  for (const lane of ['a', 'b', 'c']) {
    const own = seen().filter((text) => text.startsWith(lane))
    assert.ok(own.at(-1)?.startsWith(`${lane}y`))
  }
})

test('a receiver that is down does not touch the webhooks of another', async () => {
  const { outbox, owe, seen, pass } = outboxWorld(({ host }) => (host === 'down.example' ? 0 : 200))
  await outbox.start()
  for (let i = 0; i < 200; i++) await owe(`d${i}`, ['lost'], { url: 'http://down.example/' })
  await owe('a', ['fine'])
  assert.ok(seen().includes('fine1'))
  await pass(60_000)
  assert.equal(outbox.backlog(), 200)
})

test('at most so many requests go to one receiver at once', async () => {
  const open: (() => void)[] = []
  const { outbox, owe, most } = outboxWorld(
    () => new Promise((resolve) => open.push(() => resolve(200))),
    { concurrentPerOriginMax: 5 },
  )
  await outbox.start()
  for (let i = 0; i < 20; i++) await owe(`l${i}`, [`e${i}`])
  assert.equal(open.length, 5)
  while (open.length > 0) {
    open.shift()?.()
    await settle()
  }
  assert.equal(most(), 5)
  assert.equal(outbox.backlog(), 0)
})

test('after 72 h it is given up, which the log and a metric say, and its lane goes on', async () => {
  const log = recordingLog()
  const metrics = recordingMetrics()
  const { outbox, owe, pass, store, seen } = outboxWorld(({ id }) => (id === 'bad' ? 503 : 200), {
    log,
    metrics,
  })
  await outbox.start()
  await owe('a', ['bad', 'next'])
  await pass(71 * 3_600_000)
  assert.equal(outbox.backlog(), 2)
  await pass(2 * 3_600_000)
  assert.equal(outbox.backlog(), 0)
  assert.equal(seen().at(-1), 'next1')
  const { fields } = log.lines.find(({ message }) => message === 'webhook given up') ?? {}
  assert.deepEqual([fields?.['deliveryId'], fields?.['status']], ['bad', 503])
  assert.equal(metrics.values.get('holdfast_webhook_given_up_total'), 1)
  await outbox.drain(1000)
  assert.deepEqual(await store.pendingDeliveries(0, 10), [])
})

test('retries of the command itself replace the standard ones', async () => {
  const { outbox, owe, attempts, pass } = outboxWorld(({ attempt }) => (attempt < 4 ? 500 : 200))
  await outbox.start()
  await owe('a', ['a'], { retriesMs: [100, 200] })
  await pass(60_000)
  const times = attempts.map(({ atMs }) => atMs)
  const slow = times.pop() ?? 0
  assert.deepEqual(times, [0, 100, 300])
  assert.ok(slow >= 8_300 && slow <= 10_300, `then a slow pause, up to a fifth shorter: ${slow}`)
})

test('a restart goes on where it was, in order, and behind it what was committed meanwhile', async () => {
  const first = outboxWorld(() => 500)
  await first.outbox.start()
  await first.owe('a', ['one', 'two'])
  await first.pass(6000)
  await first.outbox.drain(1000)
  const [pending] = await first.store.pendingDeliveries(0, 10)
  assert.equal(pending?.attempts, 3)
  const { store } = first
  const second = outboxWorld(() => 200, { store })
  const late = { ...pending.row, deliveryId: 'three', sequence: 3, dataJson: '{"id":"three"}' }
  second.outbox.add([late])
  assert.deepEqual(second.seen(), [])
  await second.outbox.start()
  await second.pass(60_000)
  assert.deepEqual(second.seen(), ['one4', 'two1', 'three1'])
})

test('bodies beyond the limit are read from the store when their turn comes', async () => {
  const { outbox, owe, seen } = outboxWorld(() => 200, { bodiesMax: 1 })
  await outbox.start()
  await owe('a', ['a', 'b', 'c', 'd'])
  await settle()
  await settle()
  assert.deepEqual(seen(), ['a1', 'b1', 'c1', 'd1'])
  assert.equal(outbox.backlog(), 0)
})

test('drain goes on while the receiver accepts, and waits at most its limit', async () => {
  const open: (() => void)[] = []
  const { outbox, owe, seen, pass, time } = outboxWorld(
    () => new Promise((resolve) => open.push(() => resolve(200))),
  )
  await outbox.start()
  await owe('a', ['a', 'b'])
  let drained = false
  void outbox.drain(5000).then(() => {
    drained = true
  })
  await settle()
  open.shift()?.()
  await settle()
  assert.deepEqual(seen(), ['a1', 'b1'])
  assert.equal(drained, false)
  open.shift()?.()
  await settle()
  await pass(0)
  assert.equal(drained, true)
  assert.equal(outbox.backlog(), 0)
  await owe('a', ['late'])
  assert.deepEqual(seen(), ['a1', 'b1'], 'afterwards nothing starts')
  assert.equal(time.pending, 0)
  const stuck = outboxWorld(() => new Promise(() => undefined))
  await stuck.outbox.start()
  await stuck.owe('a', ['a'])
  const drain = stuck.outbox.drain(5000)
  await stuck.pass(5000)
  await drain
})

test('drain tries nothing again that fails: it is owed to the next start', async () => {
  const { outbox, owe, pass, seen, store, time } = outboxWorld(() => 500)
  await outbox.start()
  await owe('a', ['a', 'b'])
  await outbox.drain(5000)
  assert.equal(time.monotonicMs(), 0, 'and nobody waits for it')
  assert.deepEqual(seen(), ['a1'])
  assert.deepEqual(
    (await store.pendingDeliveries(0, 10)).map(({ attempts }) => attempts),
    [1, 0],
  )
  await pass(0)
  assert.equal(time.pending, 0)
})

test('a fault of our own in one webhook is a failed attempt, never an unhandled rejection', async () => {
  const log = recordingLog()
  const { owe, outbox, pass, seen } = outboxWorld(
    ({ id, attempt }) => {
      if (id === 'bad' && attempt === 1) throw new Error('broken')
      return 200
    },
    { log },
  )
  await outbox.start()
  await owe('a', ['bad'])
  await owe('x', ['good'])
  await pass(1000)
  assert.deepEqual(seen(), ['bad1', 'good1', 'bad2'])
  assert.equal(outbox.backlog(), 0)
  assert.ok(log.lines.some(({ fields }) => fields['code'] === 'WEBHOOK_FAULT'))
})

test('drain ends although the store takes nothing any more', async () => {
  const { outbox, owe, pass, store, time } = outboxWorld(() => 200)
  store.recordProgress = () => new Promise(() => undefined)
  await outbox.start()
  await owe('a', ['a'])
  let drained = false
  void outbox.drain(1000).then(() => (drained = true))
  await pass(1000)
  assert.ok(drained)
  assert.equal(time.pending, 0)
})

test('a clock set forward by years costs no event its attempts; one set back does not postpone them', async () => {
  const ahead = outboxWorld(({ attempt }) => (attempt < 3 ? 500 : 200))
  await ahead.outbox.start()
  await ahead.owe('a', ['a'], { createdAtMs: ahead.time.wallMs() - 10 * 365 * 86_400_000 })
  await ahead.pass(5000)
  assert.deepEqual(ahead.seen(), ['a1', 'a2', 'a3'])
  assert.equal(ahead.outbox.backlog(), 0)

  const back = outboxWorld(() => 200)
  const row = {
    attempts: 2,
    state: 'pending',
    finishedAtMs: undefined,
    lastAttempt: undefined,
  } as const
  await back.owe('a', ['a'])
  const nextAttemptAtMs = back.time.wallMs() + 365 * 86_400_000
  await back.store.recordProgress([{ deliveryId: 'a', nextAttemptAtMs, ...row }])
  await back.outbox.start()
  await back.pass(15 * 60_000)
  assert.deepEqual(back.seen(), ['a3'])
})
