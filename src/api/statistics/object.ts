// Figures of a queue as answers and the live stream show them.

import { isoMillis } from '../../base/iso-time.ts'
import type { QueueFigures } from '../../ports/statistics.ts'
import { Type } from '../schema.ts'

const count = Type.Integer({ minimum: 0 })
const orNull = (type: 'number' | 'integer' | 'string', description: string) =>
  Type.Unsafe<number | string | null>({ type: [type, 'null'], description })

export const figuresSchema = Type.Object({
  record_type: Type.Literal('queue_statistics'),
  queue_name: orNull('string', 'null: all queues together.'),
  as_of: Type.String(),
  waiting_now: count,
  oldest_enqueued_at: orNull('string', 'Since when the call that has waited longest waits.'),
  waiting_history: Type.Array(count, {
    minItems: 60,
    maxItems: 60,
    description: 'The most that waited at once within each minute; the running minute is last.',
  }),
  today: Type.Object({
    offered: count,
    answered: count,
    abandoned: count,
    short_abandoned: count,
    left_otherwise: count,
  }),
  service_level: Type.Object({
    percent: orNull('number', 'null before there is a call to count.'),
    seconds: count,
    target_percent: count,
    formula: Type.String(),
  }),
  speed_of_answer: Type.Object({
    p50_secs: orNull('integer', 'Half of the answered calls waited at most so long.'),
    p90_secs: orNull('integer', 'Nine of ten answered calls waited at most so long.'),
    average_secs: orNull('number', 'Average wait of the answered calls.'),
  }),
  agents: Type.Object({ talking_legs: count }),
  webhooks: Type.Optional(
    Type.Object({ backlog: count, oldest_secs: orNull('integer', 'Age of the oldest.') }),
  ),
})

/** `shortSecs`: up to where an abandoned call counts apart. */
export function figuresObject(figures: QueueFigures, shortSecs: number) {
  const { target, speedOfAnswer, webhooks } = figures
  return {
    record_type: 'queue_statistics',
    queue_name: figures.queueName,
    as_of: isoMillis(figures.asOfMs),
    waiting_now: figures.waitingNow,
    oldest_enqueued_at:
      figures.oldestEnqueuedAtMs === undefined ? null : isoMillis(figures.oldestEnqueuedAtMs),
    waiting_history: figures.waitingHistory,
    today: {
      offered: figures.offered,
      answered: figures.answered,
      abandoned: figures.abandoned,
      short_abandoned: figures.shortAbandoned,
      left_otherwise: figures.leftOtherwise,
    },
    service_level: {
      percent: figures.serviceLevelPercent,
      seconds: target.seconds,
      target_percent: target.percent,
      formula: `answered within ${target.seconds} s / (answered + abandoned - abandoned within ${shortSecs} s)`,
    },
    speed_of_answer: {
      p50_secs: speedOfAnswer.p50Secs,
      p90_secs: speedOfAnswer.p90Secs,
      average_secs: speedOfAnswer.averageSecs,
    },
    agents: { talking_legs: figures.talkingLegs },
    ...(webhooks && {
      webhooks: { backlog: webhooks.backlog, oldest_secs: webhooks.oldestSecs },
    }),
  }
}
