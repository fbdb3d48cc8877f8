import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bench, id } from '../../test/support/engine-bench.ts'

const limits = (concurrentMax: number, perMinuteMax: number) => ({
  settings: { outboundLimits: { concurrentMax, perMinuteMax } },
})

test('C80: calls over trunks at one time; the end of one makes room', () => {
  const bench = new Bench(limits(2, 0))
  bench.parked('a', 'b', 'c')
  bench.ok(bench.transferCommand('a', 'x'))
  bench.ok(bench.transferCommand('b', 'y'))
  bench.refused(bench.transferCommand('c', 'z'), 'outbound-concurrent-limit')
  assert.equal(bench.state('c'), 'parked', 'a refusal changes nothing')
  bench.ok({ kind: 'hangup', legId: id('x'), customHeaders: [] })
  bench.ok(bench.transferCommand('c', 'z'))
})

test('C80: calls over trunks within a minute, refused ones not counted', () => {
  const bench = new Bench(limits(0, 2))
  bench.parked('a', 'b', 'c')
  bench.ok(bench.transferCommand('a', 'x'))
  bench.nowMs += 20_000
  bench.ok(bench.transferCommand('b', 'y'))
  bench.nowMs += 10_500
  const answer = bench.command(bench.transferCommand('c', 'z'))
  assert.deepEqual(answer, {
    ok: false,
    refusal: { code: 'outbound-rate-limit', limit: 2, retryAfterSecs: 30 },
  })
  bench.nowMs += 29_500
  bench.ok(bench.transferCommand('c', 'z'))
  assert.equal(bench.engine.state.outboundBegun.length, 2, 'the first is forgotten')
})

test('C80: calls that no trunk carries are not limited', () => {
  const bench = new Bench({ ...limits(1, 1), usesTrunk: () => false })
  bench.parked('a', 'b')
  bench.ok(bench.transferCommand('a', 'x'))
  bench.ok(bench.transferCommand('b', 'y'))
})
