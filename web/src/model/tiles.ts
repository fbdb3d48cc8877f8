// What the wallboard says of a queue: figures in words, each with its level. Pure, so that what a wall shows can be tested.

import type { QueueStatistics } from '../api/types.ts'
import { clockText, percentText, secsText } from './format.ts'
import {
  abandonedLevel,
  agentsLevel,
  backlogLevel,
  longestWaitLevel,
  serviceLevel,
  waitingLevel,
  worst,
} from './thresholds.ts'
import type { Level } from './thresholds.ts'

export interface Tile {
  readonly id: string
  readonly label: string
  readonly value: string
  readonly detail: string
  readonly level: Level
}

/** Seconds that the first caller has waited; null while nobody waits. */
export function longestWaitSecs(one: QueueStatistics, nowMs: number): number | null {
  if (one.waiting_now === 0 || one.oldest_enqueued_at === null) return null
  return Math.max(0, (nowMs - Date.parse(one.oldest_enqueued_at)) / 1000)
}

export function waitingTile(one: QueueStatistics): Tile {
  const { waiting_now: count } = one
  return {
    id: 'waiting',
    label: 'Waiting now',
    value: String(count),
    detail: `at most ${Math.max(count, ...one.waiting_history)} in 60 minutes`,
    level: waitingLevel(count),
  }
}

export function longestTile(one: QueueStatistics, nowMs: number): Tile {
  const secs = longestWaitSecs(one, nowMs)
  return {
    ...{ id: 'longest', label: 'Longest wait' },
    value: secs === null ? '–' : clockText(secs),
    detail: secs === null ? 'nobody waits' : 'the first in line, now',
    level: longestWaitLevel(secs, one.service_level.seconds),
  }
}

export function serviceTile({ service_level: level }: QueueStatistics): Tile {
  const { percent, target_percent: target, seconds } = level
  return {
    ...{ id: 'service', label: 'Service level', value: percentText(percent) },
    detail: `target ${target} % in ${seconds} s`,
    level: serviceLevel(percent, target),
  }
}

export function answeredTile({ today }: QueueStatistics): Tile {
  const others = today.left_otherwise > 0 ? `; ${today.left_otherwise} left otherwise` : ''
  return {
    ...{ id: 'answered', label: 'Answered', value: String(today.answered), level: 'none' },
    detail: `of ${today.offered} offered today${others}`,
  }
}

/** Short ones, whom nobody could have answered, are told apart and held against nobody. */
export function abandonedTile({ today }: QueueStatistics): Tile {
  const short = today.short_abandoned
  const abandoned = today.abandoned - short
  const offered = today.offered - short
  const share = offered === 0 ? '' : `${percentText((abandoned / offered) * 100)} today; `
  return {
    ...{ id: 'abandoned', label: 'Abandoned', value: String(abandoned) },
    detail: `${share}short ones apart: ${short}`,
    level: abandonedLevel(abandoned, offered),
  }
}

export function speedTile({ speed_of_answer: speed }: QueueStatistics): Tile {
  return {
    ...{
      id: 'speed',
      label: 'Speed of answer',
      value: secsText(speed.average_secs),
      level: 'none',
    },
    detail:
      speed.average_secs === null
        ? 'nobody was answered today'
        : `on average; p50 ${secsText(speed.p50_secs)}, p90 ${secsText(speed.p90_secs)}`,
  }
}

export function agentsTile(one: QueueStatistics): Tile {
  const { talking_legs: talking } = one.agents
  return {
    ...{ id: 'agents', label: 'Agents talking', value: String(talking) },
    detail:
      talking === 0 && one.waiting_now > 0
        ? 'nobody talks while callers wait'
        : 'legs in a conversation',
    level: agentsLevel(talking, one.waiting_now),
  }
}

/** The worst of what a supervisor can do something about. */
export function queueLevel(one: QueueStatistics, nowMs: number): Level {
  const shown = [serviceTile(one), abandonedTile(one), waitingTile(one), longestTile(one, nowMs)]
  return worst(shown.map(({ level }) => level))
}

export function webhookTile({ webhooks }: QueueStatistics): Tile | undefined {
  if (webhooks === undefined) return undefined
  const { backlog, oldest_secs: oldest } = webhooks
  return {
    ...{ id: 'webhooks', label: 'Webhooks owed', value: String(backlog) },
    detail: backlog === 0 ? 'all delivered' : `the oldest for ${secsText(oldest)}`,
    level: backlogLevel(backlog, oldest ?? 0),
  }
}
