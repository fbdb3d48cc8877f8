import assert from 'node:assert/strict'
import { test } from 'node:test'

import { recordingMetrics, VirtualTime } from '../../../test/support/virtual.ts'
import { EngineColumn, qualityBytes, QualityTable } from './quality-table.ts'
import { watchMedia } from './watch.ts'

function world() {
  const table = new QualityTable(new SharedArrayBuffer(qualityBytes(1)))
  const time = new VirtualTime()
  const metrics = recordingMetrics()
  const hung: string[] = []
  const watch = watchMedia({ table, timers: time, metrics, onHung: (why) => hung.push(why) })
  const add = (column: number, by: number): void => table.set(0, column, table.get(0, column) + by)
  return { table, time, metrics, hung, watch, add }
}

test('a media thread with legs and without ticks is given up after ten looks, once', () => {
  const { time, hung, add } = world()
  add(EngineColumn.legs, 1)
  for (let i = 0; i < 30; i++) {
    add(EngineColumn.ticks, 1)
    time.advance(9_900)
    assert.deepEqual(hung, [], 'one tick in ten looks is enough')
  }
  time.advance(9_000)
  assert.deepEqual(hung, ['no audio was sent for 10 s'])
  time.advance(60_000)
  assert.equal(hung.length, 1)
  assert.equal(time.pending, 0)
})

test('without legs there is nothing to tick for', () => {
  const { time, hung, add, watch } = world()
  time.advance(60_000)
  add(EngineColumn.legs, 1)
  time.advance(5_000)
  add(EngineColumn.legs, -1)
  time.advance(1_000)
  add(EngineColumn.legs, 1)
  time.advance(8_000)
  assert.deepEqual(hung, [])
  watch.stop()
  assert.equal(time.pending, 0)
})

test('ticks that were left out are counted', () => {
  const { time, metrics, add } = world()
  add(EngineColumn.skippedTicks, 7)
  time.advance(3_000)
  add(EngineColumn.skippedTicks, 2)
  time.advance(3_000)
  assert.equal(metrics.values.get('holdfast_media_skipped_ticks_total'), 9)
})
