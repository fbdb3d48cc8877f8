// What a queue costs when it is long: enqueue, claim, position and page with 10, 1,000 and 100,000 entries waiting, on
// the store that the server uses, each change waited for until its commit is on disk.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brandAs, type LegId, type QueueName } from '../src/base/ids.ts'
import { createClock } from '../src/platform/clock.ts'
import { startThread } from '../src/platform/threads.ts'
import { createTimers } from '../src/platform/timers.ts'
import type { EntryFacts, QueueVerb, Store } from '../src/ports/store.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { percentile, printTable, round, type Figures } from './support/report.ts'

const sizes = [10, 1_000, 100_000] as const
const pageRows = 10
/** Entries that share a commit while the queue is filled. */
const fillGroup = 500

class Line {
  readonly #store: Store
  readonly #name: QueueName
  readonly #legs: LegId[] = []
  #next = 0
  #head = 0

  constructor(store: Store, name: QueueName) {
    this.#store = store
    this.#name = name
  }

  get size(): number {
    return this.#legs.length - this.#head
  }

  get middle(): LegId {
    return this.#legs[this.#head + (this.size >> 1)] ?? brandAs('')
  }

  enqueue(): void {
    const legId = brandAs<LegId>(`leg-${this.#next++}`)
    this.#legs.push(legId)
    this.#execute({
      kind: 'enqueue',
      queueName: this.#name,
      newQueueId: brandAs('00000000-0000-4000-8000-000000000000'),
      maxSize: 1_000_000,
      entry: factsOf(legId),
      nowMs: Date.now(),
    })
  }

  claim(): void {
    this.#head++
    this.#execute({
      kind: 'claim-head',
      queueName: this.#name,
      issuer: brandAs('agent'),
      nowMs: Date.now(),
    })
  }

  commit(): Promise<void> {
    return this.#store.commit({ changes: [], events: [], deliveries: [] })
  }

  async position(): Promise<void> {
    const entry = await this.#store.getEntry(this.#name, this.middle)
    if (entry === undefined) throw new Error('the middle of the queue is empty')
  }

  async page(): Promise<void> {
    const number = Math.max(1, Math.floor(this.size / 2 / pageRows))
    const page = await this.#store.pageEntries(this.#name, { number, size: pageRows })
    if (page?.rows.length !== Math.min(pageRows, this.size)) throw new Error('a short page')
  }

  #execute(verb: QueueVerb): void {
    this.#store.execute(
      brandAs(`operation-${this.#next}-${verb.kind}-${this.#head}`),
      verb,
      (outcome) => {
        if (outcome.kind === 'refused' || outcome.kind === 'unknown') {
          throw new Error(`${verb.kind}: ${JSON.stringify(outcome)}`)
        }
      },
    )
  }
}

function factsOf(legId: LegId): EntryFacts {
  return {
    legId,
    legUuid: brandAs('11111111-2222-4333-8444-555555555555'),
    sessionId: brandAs('11111111-2222-4333-8444-666666666666'),
    applicationId: brandAs('1000000001'),
    from: '+15550100',
    to: '+15550199',
    clientState: 'aGVsbG8=',
    keepAfterHangup: false,
    deadlineMs: undefined,
  }
}

/** Microseconds of each of `count` runs. */
async function time(count: number, act: () => Promise<void>): Promise<number[]> {
  const spent: number[] = []
  for (let index = 0; index < count; index++) {
    const startMs = performance.now()
    await act()
    spent.push((performance.now() - startMs) * 1000)
  }
  return spent
}

async function measure(line: Line, count: number) {
  const enqueue: number[] = []
  const claim: number[] = []
  // One in, one out: the length stays.
  for (let index = 0; index < count; index++) {
    const change = async (act: () => void): Promise<void> => {
      act()
      await line.commit()
    }
    enqueue.push(...(await time(1, () => change(() => line.enqueue()))))
    claim.push(...(await time(1, () => change(() => line.claim()))))
  }
  return {
    enqueue,
    claim,
    position: await time(count, () => line.position()),
    page: await time(count, () => line.page()),
  }
}

type Costs = Awaited<ReturnType<typeof measure>>
const verbs = ['enqueue', 'claim', 'position', 'page'] as const

export async function benchQueue(full: boolean): Promise<Figures> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'))
  const timers = createTimers(createClock())
  const store = await openSqliteStore({
    directory,
    timers,
    startJournal: (callbacks) =>
      startThread(new URL('../src/journal-worker.ts', import.meta.url), callbacks),
  })
  try {
    const line = new Line(store, brandAs('bench'))
    const count = full ? 5000 : 1500
    const costs = new Map<number, Costs>()
    for (const size of sizes) {
      while (line.size < size) {
        for (let filled = 0; filled < fillGroup && line.size < size; filled++) line.enqueue()
        await line.commit()
      }
      // The first runs warm the code up for all sizes alike.
      if (size === sizes[0]) await measure(line, count)
      costs.set(size, await measure(line, count))
    }
    return report(costs)
  } finally {
    await store.close()
    timers.close()
    await rm(directory, { recursive: true, force: true })
  }
}

function report(costs: ReadonlyMap<number, Costs>): Figures {
  const middle = (size: number, verb: (typeof verbs)[number]): number =>
    percentile(costs.get(size)?.[verb] ?? [], 0.5)
  const [small, , large] = sizes
  printTable(
    ['us, p50 (p99)', ...sizes.map(String), 'ratio'],
    verbs.map((verb) => [
      verb,
      ...sizes.map((size) => {
        const p99 = percentile(costs.get(size)?.[verb] ?? [], 0.99)
        return `${round(middle(size, verb))} (${round(p99)})`
      }),
      round(middle(large, verb) / middle(small, verb), 2),
    ]),
  )
  const ratios = verbs.map((verb) => [
    `${verb}_ratio`,
    round(middle(large, verb) / middle(small, verb), 2),
  ])
  const times = verbs.map((verb) => [`${verb}_us_at_${large}`, round(middle(large, verb))])
  return Object.fromEntries([...ratios, ...times])
}
