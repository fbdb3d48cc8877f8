import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runChaos } from './chaos.ts'

test('six kills of server and consumer: nobody is lost, and the consumer knows who waits where', async (t) => {
  const seed = Date.now() % 1_000_000
  t.diagnostic(`seed ${seed}`)
  const report = await runChaos({ kills: 6, seed })
  t.diagnostic(JSON.stringify(report))
  assert.ok(report.serverKills + report.consumerKills >= 6)
  // Each of the three was announced, answered and queued.
  assert.ok(report.waiting >= 3 && report.events >= 9)
})
