// Figures that are counted event by event are those that a recount of all events gives, whenever the process dies.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordingLog, settle, VirtualTime } from '../../test/support/virtual.ts'
import { brandAs, type LegId, type QueueName } from '../base/ids.ts'
import type { DequeueReason, DomainEvent, StampedEvent } from '../ports/events.ts'
import type { DeliveryRow, LiveRows } from '../ports/store.ts'
import { createMemoryStore } from '../store/memory/memory-store.ts'
import { Book } from './book.ts'
import { calendar } from './day.ts'
import { createStatistics } from './keeper.ts'
import { Tally } from './tally.ts'
import {
  bridged,
  deletedQueue,
  dequeued,
  ended,
  enqueued,
  eventAt,
  recounted,
  seeded,
  toldLateMs,
} from './testing.ts'

const queues = ['a', 'b', 'a queue with spaces']
const standard = { seconds: 20, percent: 80 }

/** 22:30 in Berlin: the day ends during a test. */
function world(startMs = Date.UTC(2026, 2, 4, 21, 30), timeZone = 'Europe/Berlin') {
  const time = new VirtualTime(startMs)
  const store = createMemoryStore({ clock: time })
  const events: StampedEvent[] = []
  const waiting = new Map<string, { queue: string; sinceMs: number }>()
  let backlog = 0
  /** Pages that were read and do not arrive yet. */
  let gate: Promise<void> | undefined
  /** Reads that meet a damaged page. */
  let damaged = 0
  const readEvents: typeof store.readEvents = async (after, limit) => {
    if (damaged-- > 0) throw new Error('database disk image is malformed')
    const page = await store.readEvents(after, limit)
    await gate
    return page
  }
  const newKeeper = () =>
    createStatistics({
      store: { ...store, readEvents },
      ...{ timers: time, clock: time, log: recordingLog(), timeZone, standard },
      ...{ shortAbandonSecs: 5, backlog: () => backlog },
    })
  let keeper = newKeeper()
  const live = async (): Promise<LiveRows> => ({
    ...(await store.loadLive()),
    queues: [],
    entries: [...waiting].map(([leg, { queue, sinceMs }]) => ({
      entry: {
        ...{ legId: brandAs<LegId>(leg), legUuid: brandAs(leg), sessionId: brandAs(leg) },
        ...{ applicationId: brandAs('1'), from: 'a', to: 'b', clientState: null },
        ...{ keepAfterHangup: false, deadlineMs: undefined },
      },
      ...{ queueName: brandAs<QueueName>(queue), queueId: brandAs('1'), position: 1 },
      ...{ enqueuedAtMs: sinceMs, alive: true },
    })),
  })
  return {
    ...{ time, store, events, waiting },
    get keeper() {
      return keeper
    },
    owe: (count: number) => void (backlog = count),
    hold: (until: Promise<void>) => void (gate = until),
    damage: (reads: number) => void (damaged = reads),
    happen: async (...all: readonly DomainEvent[]) => {
      const stamped = all.map((event, index) =>
        eventAt(event, events.length + index + 1, time.wallMs()),
      )
      events.push(...stamped)
      await store.commit({ changes: [], events: stamped, deliveries: [] })
      keeper.committed(stamped)
    },
    start: async () => keeper.start(await live()),
    /** What was not written is gone. */
    crash: async () => {
      keeper = newKeeper()
      await keeper.start(await live())
    },
  }
}

type World = ReturnType<typeof world>

function check({ keeper, events, time }: World, seconds = 20): void {
  for (const queueName of [null, ...queues]) {
    const figures = keeper.figures(queueName)
    if (figures === undefined) continue
    const { target: _target, webhooks: _webhooks, ...rest } = figures
    const dayOf = calendar('Europe/Berlin')
    const nowMs = time.wallMs()
    assert.deepEqual(rest, recounted(events, { queueName, nowMs, seconds, dayOf }))
  }
}

/** One thing that may happen to callers and agents. */
function chance(around: World, random: () => number): DomainEvent[] {
  const { waiting, time, events } = around
  const pick = <T>(all: readonly T[]): T | undefined => all[Math.floor(random() * all.length)]
  const caller = pick([...waiting.keys()])
  const entry = caller === undefined ? undefined : waiting.get(caller)
  const leave = (reason: DequeueReason): DomainEvent => {
    waiting.delete(caller ?? '')
    const waitSecs = Math.floor((time.wallMs() - (entry?.sinceMs ?? 0)) / 1000)
    return dequeued(caller ?? '', entry?.queue ?? '', reason, waitSecs)
  }
  const dice = random()
  if (dice < 0.45 || caller === undefined) {
    const queue = pick(queues) ?? 'a'
    // Some callers come back into a queue out of their conversation.
    const leg = dice < 0.1 ? `caller-${Math.floor(random() * 30)}` : `caller-${events.length}`
    if (waiting.has(leg)) return []
    waiting.set(leg, { queue, sinceMs: time.wallMs() - toldLateMs })
    return [enqueued(leg, queue)]
  }
  if (dice < 0.7) {
    const agent = `agent-${Math.floor(random() * 6)}`
    return [leave('bridged'), bridged(caller, agent), bridged(agent, caller)]
  }
  if (dice < 0.82) return [leave('hangup'), ended(caller)]
  if (dice < 0.88) return [leave(pick(['leave', 'timeout', 'bridging-in-process']) ?? 'leave')]
  const talker = events.findLast(({ event }) => event.type === 'leg-bridged')?.event
  return talker?.type === 'leg-bridged' ? [ended(talker.leg.legId)] : []
}

for (const seed of [1, 2, 3, 4]) {
  test(`seed ${seed}: counted as they come equals recounted, over kill -9 and midnight`, async () => {
    const around = world()
    await around.start()
    const random = seeded(seed)
    for (let step = 0; step < 400; step++) {
      around.time.advance(Math.floor(random() ** 4 * 120_000))
      await settle()
      const events = chance(around, random)
      if (events.length > 0) await around.happen(...events)
      if (random() < 0.02) await around.crash()
      if (step % 20 === 0) check(around)
    }
    check(around)
    assert.ok(around.events.length > 350)
  })
}

test('what happens while an earlier process is caught up with is counted once', async () => {
  const around = world()
  await around.happen(enqueued('x', 'a'))
  around.waiting.set('x', { queue: 'a', sinceMs: around.time.wallMs() - toldLateMs })
  const started = around.crash()
  assert.equal(around.keeper.isReady(), false)
  await around.happen(enqueued('y', 'a'))
  await started
  assert.equal(around.keeper.isReady(), true)
  check(around)
})

test('an event that is told after the page that lacks it was read is counted', async () => {
  const around = world()
  const { promise, resolve } = Promise.withResolvers<void>()
  around.hold(promise)
  const started = around.start()
  await settle()
  await around.happen(enqueued('x', 'a'))
  resolve()
  await started
  assert.equal(around.keeper.figures('a')?.waitingNow, 1)
})

test('a queue that goes while its calls are still being read does not come back', async () => {
  const around = world()
  const { promise, resolve } = Promise.withResolvers<void>()
  around.hold(promise)
  const started = around.start()
  await settle()
  await around.happen(enqueued('x', 'a'), dequeued('x', 'a', 'leave', 0))
  around.keeper.committed([eventAt(deletedQueue('a'), 3, around.time.wallMs())])
  resolve()
  await started
  around.time.advance(86_400_000)
  await around.happen(enqueued('z', 'b'))
  around.time.advance(11_000)
  await settle()
  assert.equal(around.keeper.figures('a'), undefined)
  assert.equal(around.keeper.figures('b')?.waitingNow, 1)
})

test('who listens while an earlier process is caught up with hears of every queue afterwards', async () => {
  const around = world()
  await around.start()
  await around.happen(enqueued('x', 'a'), enqueued('y', 'b'))
  around.time.advance(11_000)
  await settle()
  const told = new Set<string | null>()
  const crashed = around.crash()
  around.keeper.onChange((name) => told.add(name))
  await crashed
  assert.deepEqual(told, new Set([null, 'a', 'b']))
})

test('an event that was read from disk and is told afterwards is counted once', async () => {
  const around = world()
  const event = eventAt(enqueued('x', 'a'), 1, around.time.wallMs())
  await around.store.commit({ changes: [], events: [event], deliveries: [] })
  await around.start()
  around.keeper.committed([event])
  assert.equal(around.keeper.figures('a')?.offered, 1)
})

test('events that cannot be read any more are left out, and what comes is counted', async () => {
  const around = world()
  await around.start()
  await around.happen(enqueued('x', 'a'), dequeued('x', 'a', 'hangup', 3))
  around.damage(1)
  await around.crash()
  await around.happen(enqueued('y', 'a'), dequeued('y', 'a', 'hangup', 3))
  assert.equal(around.keeper.figures(null)?.offered, 1)
})

test('a disk that can be read only later keeps figures away until then, and ends nothing', async () => {
  const around = world()
  await around.start()
  await around.happen(enqueued('x', 'a'))
  around.damage(3)
  const begun = around.crash()
  await settle()
  assert.ok(!around.keeper.isReady())
  await around.happen(dequeued('x', 'a', 'hangup', 3), enqueued('y', 'a'))
  around.time.advance(5000)
  await settle()
  around.time.advance(5000)
  await begun
  assert.ok(around.keeper.isReady())
  await around.happen(dequeued('y', 'a', 'hangup', 3))
  assert.equal(around.keeper.figures(null)?.abandoned, 1)
})

test('a target is kept over kill -9 and midnight, and changes what is in time at once', async () => {
  const around = world()
  await around.start()
  await around.happen(enqueued('x', 'a'))
  around.time.advance(30_000)
  await around.happen(dequeued('x', 'a', 'bridged', 30))
  assert.equal(around.keeper.figures('a')?.serviceLevelPercent, 0)
  assert.equal(await around.keeper.setTarget('nowhere', standard), undefined)
  await around.keeper.setTarget('a', { seconds: 31, percent: 90 })
  await around.crash()
  assert.equal(around.keeper.figures('a')?.serviceLevelPercent, 100)
  assert.deepEqual(around.keeper.figures('a')?.target, { seconds: 31, percent: 90 })
  assert.equal(around.keeper.figures(null)?.serviceLevelPercent, 0, 'the total has the standard')
  around.time.advance(86_400_000)
  await around.happen(enqueued('y', 'b'))
  await around.crash()
  assert.equal(around.keeper.figures('a')?.target.seconds, 31)
})

test('a snapshot that is older than the events that are kept: those are counted, targets stay', async () => {
  const around = world()
  await around.start()
  await around.happen(enqueued('x', 'a'))
  await around.keeper.setTarget('a', { seconds: 7, percent: 70 })
  await around.happen(enqueued('y', 'a'))
  around.time.advance(9_000)
  await around.store.prune(around.time.wallMs())
  await around.happen(enqueued('z', 'a'))
  await around.crash()
  assert.equal(around.keeper.isReady(), true)
  assert.equal(around.keeper.figures('a')?.offered, 1)
  assert.equal(around.keeper.figures('a')?.target.seconds, 7)
})

test('queues that are gone are forgotten on another day, those with calls and targets are not', async () => {
  const around = world()
  await around.start()
  for (const name of ['old', 'busy', 'aimed']) await around.happen(enqueued(`x-${name}`, name))
  await around.happen(
    dequeued('x-old', 'old', 'leave', 0),
    dequeued('x-aimed', 'aimed', 'leave', 0),
  )
  await around.keeper.setTarget('aimed', { seconds: 7, percent: 70 })
  around.keeper.committed(
    ['old', 'aimed'].map((name, index) =>
      eventAt(deletedQueue(name), 100 + index, around.time.wallMs()),
    ),
  )
  assert.deepEqual(around.keeper.names(), [null, 'aimed', 'busy', 'old'])
  around.time.advance(86_400_000)
  await around.happen(enqueued('z', 'busy'))
  around.time.advance(11_000)
  await settle()
  assert.deepEqual(around.keeper.names(), [null, 'aimed', 'busy'])
  await around.crash()
  assert.deepEqual(around.keeper.names(), [null, 'aimed', 'busy'])
})

test('a queue that is gone is forgotten although a wallboard asks for it after midnight', async () => {
  const around = world()
  await around.start()
  await around.happen(enqueued('x', 'old'), dequeued('x', 'old', 'leave', 0))
  around.keeper.committed([eventAt(deletedQueue('old'), 100, around.time.wallMs())])
  around.time.advance(86_400_000)
  assert.equal(around.keeper.figures('old')?.offered, 0)
  await around.happen(enqueued('z', 'busy'))
  around.time.advance(11_000)
  await settle()
  assert.deepEqual(around.keeper.names(), [null, 'busy'])
})

test('a queue that was gone before kill -9 is gone afterwards, and forgotten', async () => {
  const around = world()
  await around.start()
  await around.happen(enqueued('x', 'old'), dequeued('x', 'old', 'leave', 0))
  around.keeper.committed([eventAt(deletedQueue('old'), 100, around.time.wallMs())])
  await around.crash()
  assert.equal(around.keeper.figures('old')?.offered, 1)
  around.time.advance(86_400_000)
  await around.happen(enqueued('z', 'busy'))
  around.time.advance(11_000)
  await settle()
  assert.deepEqual(around.keeper.names(), [null, 'busy'])
})

test('what was counted anew is not joined by rows of before at the next start', async () => {
  const around = world()
  await around.start()
  await around.happen(enqueued('x', 'a'), dequeued('x', 'a', 'bridged', 1), bridged('x', 'agent'))
  around.time.advance(11_000)
  await settle()
  await around.happen(enqueued('y', 'b'))
  around.time.advance(1000)
  await around.store.prune(around.time.wallMs())
  await around.happen(enqueued('z', 'b'))
  await around.crash()
  assert.equal(around.keeper.figures('a'), undefined)
  around.time.advance(11_000)
  await settle()
  await around.crash()
  assert.equal(around.keeper.figures('a'), undefined)
  assert.equal(around.keeper.figures(null)?.talkingLegs, 0)
})

test('the names of queues are put in order when one comes or goes, not for each who asks', () => {
  const options = { dayOf: calendar('UTC'), standard, shortSecs: 5 }
  const book = new Book(options, () => undefined)
  book.setPresent(['b', 'a'], [])
  const names = book.names()
  assert.deepEqual(names, ['a', 'b'])
  assert.equal(book.names(), names)
  book.apply(eventAt(deletedQueue('a'), 1, 0))
  assert.deepEqual(book.names(), ['b'])
})

const dayOfUtc = calendar('UTC')
const momentOf = (atMs: number) => ({ atMs, day: dayOfUtc(atMs) })

/** A tally, a caller who comes and goes at some time, and what is shown then. */
function counter(tally = new Tally()) {
  let callers = 0
  return {
    tally,
    call: (atMs: number): void => {
      const leg = brandAs<LegId>(`c${callers++}`)
      tally.enqueued(leg, momentOf(atMs), { sinceMs: atMs, told: false })
      tally.dequeued(leg, momentOf(atMs), {
        ...{ reason: 'bridged', waitSecs: 1, shortSecs: 5, told: false },
      })
    },
    figures: (atMs: number) => tally.figures('q', momentOf(atMs), standard),
    again: () => {
      const next = new Tally()
      next.restore(JSON.parse(JSON.stringify(tally.row())) as ReturnType<Tally['row']>)
      return counter(next)
    },
  }
}

test('a clock that was years ahead does not keep today from ending; one that was minutes ahead does nothing', () => {
  const rightMs = Date.UTC(2026, 2, 5, 0, 10)
  const { tally, call, figures } = counter()
  tally.enqueued(brandAs<LegId>('waits'), momentOf(Date.UTC(2031, 0, 1)), {
    ...{ sinceMs: 0, told: false },
  })
  assert.equal(figures(rightMs).offered, 1, 'what was counted is not lost')
  call(rightMs)
  const shown = figures(rightMs + 60_000)
  assert.equal(shown.offered, 2)
  assert.deepEqual(shown.waitingHistory.slice(-3), [0, 2, 1])
  call(rightMs - 900_000)
  assert.equal(figures(rightMs - 900_000).offered, 3, 'still the 5th')
  assert.equal(figures(rightMs + 86_400_000).offered, 0)
})

test('a question that is asked while the clock is years ahead does not keep later days from ending', () => {
  const rightMs = Date.UTC(2026, 10, 22, 12)
  for (const isBegunAnew of [false, true]) {
    const first = counter()
    first.call(rightMs)
    first.figures(Date.UTC(2036, 0, 1))
    const { tally, call, figures } = isBegunAnew ? first.again() : first
    call(rightMs + 60_000)
    assert.equal(figures(rightMs + 60_000).waitingHistory.filter((peak) => peak > 0).length, 2)
    assert.equal(figures(rightMs + 86_400_000).offered, 0)
    call(rightMs + 86_400_000)
    assert.equal(tally.isIdleAt(momentOf(Date.UTC(2036, 0, 1))), true)
    call(rightMs + 86_400_000)
    assert.equal(figures(rightMs + 2 * 86_400_000).offered, 0)
  }
})

test('a clock that begins years behind and is set right takes nothing of today', () => {
  const rightMs = Date.UTC(2026, 10, 22, 12)
  const minuteMs = 60_000
  for (const wrongMs of [Date.UTC(1970, 0, 1, 0, 1), Date.UTC(2025, 5, 1, 23)]) {
    const before = counter()
    for (let one = 0; one < 3; one++) before.call(rightMs - 10 * minuteMs)
    // Begun anew with the wrong clock, twice; asked before anything happens.
    const first = before.again()
    assert.equal(first.figures(wrongMs).offered, 3)
    first.call(wrongMs + minuteMs)
    const second = first.again()
    second.call(wrongMs + 2 * minuteMs)
    assert.equal(second.figures(wrongMs + 2 * minuteMs).offered, 5)
    assert.equal(second.figures(wrongMs).waitingHistory.filter((peak) => peak > 0).length, 3)
    // Set right, on the same day: all is of today, and in the last hour.
    const right = second.again()
    assert.equal(right.figures(rightMs).offered, 5)
    right.call(rightMs)
    assert.equal(right.figures(rightMs).answered, 6)
    assert.equal(right.figures(rightMs).waitingHistory.filter((peak) => peak > 0).length, 3)
    assert.equal(right.figures(rightMs + 86_400_000).offered, 0, 'and then the day ends')
    // Set right on another day: what was counted is of the day before.
    assert.equal(second.again().figures(rightMs + 86_400_000).offered, 0)
  }
  // Set right in two steps.
  const steps = counter()
  steps.call(rightMs)
  for (const atMs of [0, Date.UTC(2026, 5, 1), rightMs]) {
    assert.equal(steps.figures(atMs).offered, 1, new Date(atMs).toISOString())
  }
  // A first start, with nothing from before.
  const fresh = counter()
  fresh.call(Date.UTC(1970, 0, 1))
  assert.equal(fresh.figures(rightMs).offered, 1)
  assert.equal(fresh.figures(rightMs + 86_400_000).offered, 0)
})

test('a queue that is gone keeps its figures of today while the clock is wrong', () => {
  const rightMs = Date.UTC(2026, 10, 22, 12)
  const book = new Book({ dayOf: dayOfUtc, standard, shortSecs: 5 }, () => undefined)
  const events = [enqueued('x', 'a'), dequeued('x', 'a', 'leave', 0), deletedQueue('a')]
  events.forEach((event, index) => book.apply(eventAt(event, index + 1, rightMs)))
  assert.deepEqual(book.sweep(0), [])
  assert.equal(book.figures('a', 1000).offered, 1)
  assert.equal(book.figures('a', rightMs).offered, 1)
  assert.deepEqual(book.sweep(rightMs + 86_400_000), ['a'])
})

test('the age of the oldest owed webhook is looked up at most every two seconds', async () => {
  const around = world()
  await around.start()
  assert.deepEqual(around.keeper.figures(null)?.webhooks, { backlog: 0, oldestSecs: null })
  const owed = (deliveryId: string, sequence: number): DeliveryRow => ({
    ...{ deliveryId, sequence, lane: 'x', applicationId: brandAs('1'), eventType: 'call.hangup' },
    ...{ legId: undefined, url: 'http://a/', failoverUrl: '', method: 'POST', timeoutMs: 1 },
    ...{ retriesMs: undefined, dataJson: '{}', createdAtMs: around.time.wallMs() },
  })
  await around.store.commit({ changes: [], events: [], deliveries: [owed('first', 1)] })
  around.time.advance(65_000)
  await around.store.commit({ changes: [], events: [], deliveries: [owed('second', 2)] })
  around.owe(2)
  await around.keeper.refresh()
  assert.deepEqual(around.keeper.figures(null)?.webhooks, { backlog: 2, oldestSecs: 65 })
  around.owe(0)
  await around.keeper.refresh()
  assert.deepEqual(around.keeper.figures(null)?.webhooks, { backlog: 0, oldestSecs: null })
  assert.equal(around.keeper.figures('a'), undefined)
})

test('the day begins at midnight where the supervisor sits, also when the clocks change', () => {
  const berlin = calendar('Europe/Berlin')
  assert.equal(berlin(Date.UTC(2026, 2, 28, 22, 59)), '2026-03-28')
  assert.equal(berlin(Date.UTC(2026, 2, 28, 23)), '2026-03-29')
  assert.equal(berlin(Date.UTC(2026, 2, 29, 21, 59)), '2026-03-29')
  assert.equal(berlin(Date.UTC(2026, 2, 29, 22)), '2026-03-30')
  assert.equal(calendar('Asia/Kathmandu')(Date.UTC(2026, 2, 28, 18, 15)), '2026-03-29')
  assert.equal(calendar('UTC')(Date.UTC(2026, 2, 28, 23, 59)), '2026-03-28')
})
