// When what was removed may be forgotten (C184). Webhooks go where the application says, so it stays known while anything may
// still be told of it: calls, conferences that outlive whoever made them, recordings that are being closed, and kept places,
// which may wait for days for somebody to call back.

import type { ApplicationId } from '../base/ids.ts'
import type { Page, Paged, Store } from '../ports/store.ts'
import type { RunningSetup } from './setup.ts'

const pageSize = 250

/** `applicationsOfCalls`: of calls, conferences and recordings. */
export async function sweepSetup(
  setup: Pick<RunningSetup, 'retired' | 'sweep'>,
  queues: Pick<Store, 'pageQueues' | 'pageEntries'>,
  applicationsOfCalls: () => Set<ApplicationId>,
): Promise<void> {
  if (setup.retired().length === 0) return
  // Places first: nobody comes into a queue who was no call before.
  const waiting = await applicationsInQueues(queues)
  const calling = applicationsOfCalls()
  setup.sweep((id) => waiting.has(id) || calling.has(id))
}

async function applicationsInQueues(
  queues: Pick<Store, 'pageQueues' | 'pageEntries'>,
): Promise<Set<ApplicationId>> {
  const found = new Set<ApplicationId>()
  const names = await everyPage((page) => queues.pageQueues(page))
  for (const { queueName } of names) {
    const entries = await everyPage((page) => queues.pageEntries(queueName, page))
    for (const { entry } of entries) found.add(entry.applicationId)
  }
  return found
}

/** The last page first: who leaves meanwhile lets others move up, into pages that are read later, never out of sight. */
async function everyPage<T>(
  read: (page: Page) => Promise<Paged<T> | undefined>,
): Promise<readonly T[]> {
  const first = await read({ number: 1, size: pageSize })
  if (first === undefined || first.total <= pageSize) return first?.rows ?? []
  const all: T[] = []
  for (let number = Math.ceil(first.total / pageSize); number > 0; number -= 1) {
    all.push(...((await read({ number, size: pageSize }))?.rows ?? []))
  }
  return all
}
