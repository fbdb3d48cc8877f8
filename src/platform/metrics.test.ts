import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { createMetrics } from './metrics.ts'

const odd = 'a "b" \\ c\nd'
const bounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]

test('the text is what prom-client writes', async () => {
  const ours = createMetrics({ help: { calls: `Calls, ${odd}` } })
  ours.count('calls')
  ours.count('calls', {}, 2)
  ours.count('refusals', { why: odd, code: '1' })
  ours.gauge('legs', 3)
  ours.gauge('legs', 1.5)
  ours.gauge('depth', 7, { queue: 'a' })
  for (const value of [1, 1.5, 50, 6000]) ours.observe('batch', value, { kind: 'x' })
  ours.observe('sizes', 3)

  const registers = [new Registry()]
  const calls = new Counter({ name: 'calls', help: `Calls, ${odd}`, registers })
  calls.inc(3)
  const refusals = { name: 'refusals', help: 'refusals', labelNames: ['why', 'code'], registers }
  new Counter(refusals).inc({ why: odd, code: '1' })
  new Gauge({ name: 'legs', help: 'legs', registers }).set(1.5)
  new Gauge({ name: 'depth', help: 'depth', labelNames: ['queue'], registers }).set(
    { queue: 'a' },
    7,
  )
  const batch = { name: 'batch', help: 'batch', labelNames: ['kind'], buckets: bounds, registers }
  const histogram = new Histogram(batch)
  for (const value of [1, 1.5, 50, 6000]) histogram.observe({ kind: 'x' }, value)
  new Histogram({ name: 'sizes', help: 'sizes', buckets: bounds, registers }).observe(3)

  assert.equal(await ours.render(), await registers[0]?.metrics())
  assert.equal(ours.contentType, registers[0]?.contentType)
})

test('times have bounds of times', async () => {
  const metrics = createMetrics()
  metrics.observe('wait_seconds', 0.03)
  metrics.observe('tick_ms', 0.7)
  const text = await metrics.render()
  assert.match(text, /wait_seconds_bucket\{le="0.025"\} 0\nwait_seconds_bucket\{le="0.05"\} 1\n/)
  assert.match(text, /tick_ms_bucket\{le="1"\} 1\n/)
})

test('figures of the process stand before the own ones', async () => {
  const metrics = createMetrics({ process: true })
  metrics.count('calls')
  const text = await metrics.render()
  assert.match(text, /^# HELP process_cpu_user_seconds_total /)
  assert.match(text, /nodejs_gc_duration_seconds/)
  assert.match(text, /\n\n# HELP calls calls\n# TYPE calls counter\ncalls 1\n$/)
})

test('a name has one kind', () => {
  const metrics = createMetrics()
  metrics.count('calls')
  assert.throws(() => metrics.gauge('calls', 1), /calls is a counter/)
  assert.throws(() => metrics.observe('calls', 1), /calls is a counter/)
})
