import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog } from './log.ts'
import { createMetrics } from './metrics.ts'

function written(put: (log: ReturnType<typeof createLog>) => void): string {
  let text = ''
  put(
    createLog({
      level: 'info',
      write: (line) => {
        text += line
      },
    }),
  )
  return text
}

test('numbers and SIP URIs never reach the log, identifiers and measures do', () => {
  const text = written((log) => {
    log.info(
      {
        legId: 'v3:Qm9yZGVyVGVybWluYWw',
        applicationId: '1293384261075731499',
        from: '+35319605860',
        to: 'alice',
        target: 'sip:+13129457420@carrier.example:5060;transport=udp',
        list: ['tel:+13129457420', 'sip:bob.builder@pbx.example'],
        peer: { uri: '"Carol" <sips:carol@10.0.0.1>' },
        waitMs: 12345678901,
        note: 'national 03012345678 dialled',
      },
      'call from +353 1 960 5860 to sip:alice@localhost',
    )
    log.error({ code: 'X', error: new Error('no route to sip:4930123456@host') }, 'failed')
  })
  for (const secret of [
    '5319605860',
    '3129457420',
    '960 5860',
    'alice',
    'bob',
    'carol@',
    '3012345678',
    '30123456@',
  ]) {
    assert.ok(!text.includes(secret), `${secret} in ${text}`)
  }
  for (const plain of [
    'v3:Qm9yZGVyVGVybWluYWw',
    '1293384261075731499',
    '12345678901',
    'carrier.example:5060',
    'pbx.example',
    '***60',
  ]) {
    assert.ok(text.includes(plain), `${plain} not in ${text}`)
  }
})

test('lines below the level are not written, and each is one JSON object', () => {
  const text = written((log) => {
    log.debug({}, 'hidden')
    log.warn({ code: 'A', at: 'sip:127.0.0.1:5060', host: '192.168.100.200' }, 'shown')
  })
  const line: unknown = JSON.parse(text)
  assert.ok(typeof line === 'object' && line !== null && 'level' in line && 'at' in line)
  assert.equal(line.level, 'warn')
  assert.equal(line.at, 'sip:127.0.0.1:5060')
  assert.ok(text.includes('192.168.100.200'))
})

test('metrics render with labels and values', async () => {
  const metrics = createMetrics({ help: { holdfast_calls_total: 'Calls.' } })
  metrics.count('holdfast_calls_total', { direction: 'incoming' })
  metrics.count('holdfast_calls_total', { direction: 'incoming' }, 2)
  metrics.gauge('holdfast_queued_calls', 4)
  metrics.observe('holdfast_step_seconds', 0.02)
  const text = await metrics.render()
  assert.match(text, /# HELP holdfast_calls_total Calls\./)
  assert.match(text, /holdfast_calls_total\{direction="incoming"\} 3/)
  assert.match(text, /holdfast_queued_calls 4/)
  assert.match(text, /holdfast_step_seconds_bucket\{le="0.025"\} 1/)
})
