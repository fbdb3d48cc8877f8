// What was removed is forgotten when nothing can be told of it any more, and not a page too early.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brandAs, type ApplicationId, type QueueName } from '../base/ids.ts'
import type { Page, QueuedCall, QueueRecord } from '../ports/store.ts'
import { sweepSetup } from './sweep.ts'

const id = (text: string): ApplicationId => brandAs<ApplicationId>(text)
const name = brandAs<QueueName>('callbacks')

/** One queue whose places belong to these applications; `onRead` hears of each page of it. */
function queues(places: string[], onRead: () => void = () => undefined) {
  const pageOf = <T>(rows: readonly T[], { number, size }: Page) => ({
    rows: rows.slice((number - 1) * size, number * size),
    total: rows.length,
  })
  return {
    pageQueues: (page: Page) =>
      Promise.resolve(pageOf([{ queueName: name } as unknown as QueueRecord], page)), // The rest is not read.
    pageEntries: (_name: QueueName, page: Page) => {
      const rows = places.map((applicationId) => ({ entry: { applicationId } }))
      const read = pageOf(rows as unknown as QueuedCall[], page) // As above.
      onRead()
      return Promise.resolve(read)
    },
  }
}

async function forgotten(
  places: Parameters<typeof queues>,
  calling: string[] = [],
): Promise<readonly string[]> {
  const retired = ['kept', 'talks', 'over'].map(id)
  const gone: string[] = []
  const sweep = (isInUse: (one: ApplicationId) => boolean): void => {
    gone.push(...retired.filter((one) => !isInUse(one)))
  }
  const setup = { retired: () => retired, sweep }
  await sweepSetup(setup, queues(...places), () => new Set(calling.map(id)))
  return gone
}

test('who has a place or a call stays known, the others go', async () => {
  assert.deepEqual(await forgotten([['other', 'kept']], ['talks']), ['over'])
  assert.deepEqual(await forgotten([[]]), ['kept', 'talks', 'over'])
})

test('a place that moves up while the queue is read is seen all the same', async () => {
  const places = [...Array.from({ length: 250 }, () => 'other'), 'kept']
  let reads = 0
  const leave = (): void => {
    reads += 1
    if (reads === 1) places.shift()
  }
  assert.deepEqual(await forgotten([places, leave]), ['talks', 'over'])
  assert.ok(reads > 1)
})

test('where nothing was removed nobody is asked', async () => {
  const asked = (): never => assert.fail('asked')
  const setup = { retired: () => [], sweep: asked }
  await sweepSetup(setup, { pageQueues: asked, pageEntries: asked }, asked)
})
