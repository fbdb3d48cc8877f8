// For tests of this room: figures of one queue, `a`, and of all.

import type { QueueFigures, Statistics } from '../../ports/statistics.ts'

export function fakeStatistics(nowMs: number): Statistics {
  let target = { seconds: 20, percent: 80 }
  const figures = (queueName: string | null): QueueFigures | undefined => {
    if (queueName !== null && queueName !== 'a') return undefined
    return {
      ...{ queueName, target, asOfMs: nowMs, waitingNow: 1, oldestEnqueuedAtMs: nowMs - 1000 },
      waitingHistory: Array.from({ length: 60 }, () => 1),
      ...{ offered: 4, answered: 2, abandoned: 1, shortAbandoned: 0, leftOtherwise: 0 },
      serviceLevelPercent: 33.3,
      speedOfAnswer: { p50Secs: 3, p90Secs: 30, averageSecs: 16.5 },
      talkingLegs: 1,
      webhooks: queueName === null ? { backlog: 0, oldestSecs: null } : undefined,
    }
  }
  return {
    shortAbandonSecs: 5,
    isReady: () => true,
    names: () => [null, 'a'],
    figures,
    page: () => ({
      rows: [figures(null), figures('a')].filter((one) => one !== undefined),
      total: 2,
    }),
    setTarget: async (name, fresh) => {
      target = fresh
      return figures(name)
    },
    refresh: async () => undefined,
    onChange: () => () => undefined,
    moving: () => [],
  }
}
