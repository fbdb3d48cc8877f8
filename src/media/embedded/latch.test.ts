import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Latch } from './latch.ts'

const phone = '192.0.2.10'

/** Packets of one source in sequence, `gapMs` apart; how many were taken for the peer's. */
function speak(latch: Latch, from: string, count: number, atMs: number, gapMs = 20): number {
  const [address = '', port = ''] = from.split(' ')
  let accepted = 0
  for (let i = 0; i < count; i++) {
    if (latch.accept(address, Number(port), 65_534 + i - (i > 1 ? 65_536 : 0), atMs + i * gapMs)) {
      accepted++
    }
  }
  return accepted
}

function learning(): Latch {
  const latch = new Latch()
  latch.expect(phone, 4000, true, 0)
  return latch
}

test('another source needs four packets in sequence over 22 ms', () => {
  const latch = learning()
  assert.equal(speak(latch, '10.0.0.9 5000', 3, 0), 0)
  assert.deepEqual([latch.address, latch.port], [phone, 4000])
  assert.equal(speak(latch, '10.0.0.8 5000', 4, 100), 1)
  assert.equal(latch.address, '10.0.0.8')
  const burst = learning()
  assert.equal(speak(burst, '10.0.0.9 5000', 4, 0, 5), 0)
})

test('the first stranger is not replaced by a second, but by the peer’s host, and that by the peer itself', () => {
  const latch = learning()
  speak(latch, '10.0.0.9 5000', 4, 0)
  assert.equal(speak(latch, '10.0.0.8 5000', 8, 100), 0)
  assert.equal(latch.address, '10.0.0.9')
  speak(latch, `${phone} 4444`, 4, 300)
  assert.deepEqual([latch.address, latch.port, latch.closed], [phone, 4444, false])
  speak(latch, `${phone} 4000`, 4, 500)
  assert.deepEqual([latch.port, latch.closed], [4000, true])
  assert.equal(speak(latch, `${phone} 4444`, 8, 700), 0)
})

test('learning ends after 5 s with who was found, and begins anew when it is opened', () => {
  const latch = learning()
  speak(latch, '10.0.0.9 5000', 4, 4000)
  assert.equal(latch.closed, false)
  speak(latch, '10.0.0.9 5000', 1, 5000)
  assert.equal(latch.closed, true)
  assert.equal(speak(latch, '10.0.0.8 5000', 8, 5100), 0)
  latch.reopen(20_000)
  assert.equal(latch.address, '10.0.0.9', 'used until another proves itself')
  assert.equal(speak(latch, '10.0.0.8 5000', 8, 20_000), 5)
})
