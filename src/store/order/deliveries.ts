// Which failing webhooks are due, over rows in memory: for the forms of the store without tables.

import type { ApplicationId } from '../../base/ids.ts'
import type { DeliveryProgress, PendingDelivery } from '../../ports/store.ts'

/** Ms. No pause between two attempts is as long. */
export const apartMsMax = 3_600_000

/** As `Store.apartDeliveries`: of one application alone, the earliest first, behind them those of a clock set back. */
export function dueApart<
  Row extends PendingDelivery & { readonly state: DeliveryProgress['state'] },
>(all: Iterable<Row>, applicationId: ApplicationId, nowMs: number, limit: number): readonly Row[] {
  const apart = [...all]
    .filter(({ row, state }) => state === 'apart' && row.applicationId === applicationId)
    .sort((a, b) => a.nextAttemptAtMs - b.nextAttemptAtMs)
  const due = apart.filter(({ nextAttemptAtMs: atMs }) => atMs <= nowMs)
  const far = apart.filter(({ nextAttemptAtMs: atMs }) => atMs >= nowMs + apartMsMax)
  return [...due, ...far].slice(0, limit)
}
