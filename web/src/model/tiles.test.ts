import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { QueueStatistics } from '../api/types.ts'
import * as tiles from './tiles.ts'

const nowMs = Date.parse('2026-11-22T12:00:00Z')
const busy: QueueStatistics = {
  queue_name: null,
  as_of: '2026-11-22T12:00:00Z',
  waiting_now: 4,
  oldest_enqueued_at: '2026-11-22T11:58:30Z',
  waiting_history: Array.from({ length: 60 }, () => 1),
  today: { offered: 50, answered: 40, abandoned: 5, short_abandoned: 2, left_otherwise: 1 },
  service_level: { percent: 79.9, seconds: 20, target_percent: 80, formula: 'f' },
  speed_of_answer: { p50_secs: 8, p90_secs: 31, average_secs: 12.4 },
  agents: { talking_legs: 0 },
  webhooks: { backlog: 3, oldest_secs: 61 },
}
const quiet: QueueStatistics = {
  ...busy,
  waiting_now: 0,
  oldest_enqueued_at: null,
  today: { offered: 0, answered: 0, abandoned: 0, short_abandoned: 0, left_otherwise: 0 },
  service_level: { ...busy.service_level, percent: null },
  speed_of_answer: { p50_secs: null, p90_secs: null, average_secs: null },
  webhooks: { backlog: 0, oldest_secs: null },
}

test('a busy queue', () => {
  const shown = [
    tiles.waitingTile(busy),
    tiles.longestTile(busy, nowMs),
    tiles.serviceTile(busy),
    tiles.answeredTile(busy),
    tiles.abandonedTile(busy),
    tiles.speedTile(busy),
    tiles.agentsTile(busy),
    tiles.webhookTile(busy),
  ]
  assert.deepEqual(
    shown.map((tile) => [tile?.value, tile?.level]),
    [
      ['4', 'warn'],
      ['1:30', 'bad'],
      ['79 %', 'warn'],
      ['40', 'none'],
      ['3', 'warn'],
      ['12 s', 'none'],
      ['0', 'warn'],
      ['3', 'bad'],
    ],
  )
  assert.equal(tiles.abandonedTile(busy).detail, '6 % today; short ones apart: 2')
  assert.equal(tiles.answeredTile(busy).detail, 'of 50 offered today; 1 left otherwise')
})

test('the longest wait ticks with the clock, not with the figures', () => {
  assert.equal(tiles.longestTile(busy, nowMs + 1000).value, '1:31')
  assert.equal(tiles.longestWaitSecs({ ...busy, waiting_now: 0 }, nowMs), null)
  assert.equal(tiles.longestWaitSecs(busy, nowMs - 3_600_000), 0) // The reader's clock is behind.
})

test('a quiet queue has dashes where nothing was counted, and no alarm', () => {
  assert.equal(tiles.longestTile(quiet, nowMs).value, '–')
  assert.equal(tiles.serviceTile(quiet).value, '–')
  assert.equal(tiles.speedTile(quiet).value, '–')
  assert.equal(tiles.speedTile(quiet).detail, 'nobody was answered today')
  const levels = [tiles.waitingTile(quiet), tiles.abandonedTile(quiet), tiles.agentsTile(quiet)]
  assert.deepEqual(
    levels.map(({ level }) => level),
    ['good', 'none', 'none'],
  )
  assert.equal(tiles.webhookTile({ ...quiet, webhooks: undefined as never }), undefined)
})

test('a queue is as bad as the worst of what can be mended', () => {
  assert.equal(tiles.queueLevel(busy, nowMs), 'bad', 'the longest wait')
  assert.equal(tiles.queueLevel(quiet, nowMs), 'good')
})
