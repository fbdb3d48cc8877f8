// Who gets which port: nobody gets one twice, one of a former process stays out until it is given back, and then rests.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Random } from '../../ports/random.ts'
import { PortPool } from './port-pool.ts'

const random = { below: () => 0 } as unknown as Random
const REST_MS = 2000

function takeAll(pool: PortPool, nowMs: number): readonly number[] {
  const ports: number[] = []
  for (let port = pool.take(nowMs); port !== undefined; port = pool.take(nowMs)) ports.push(port)
  return ports.toSorted((a, b) => a - b)
}

test('a reserved port is given to nobody, however often it is reserved', () => {
  const pool = new PortPool(20000, 20010, REST_MS, random)
  pool.reserve(20004)
  pool.reserve(20004)
  assert.equal(pool.size, 4)
  assert.deepEqual(takeAll(pool, 0), [20000, 20002, 20006, 20008])
})

test('a reserved port comes back once, after its rest', () => {
  const pool = new PortPool(20000, 20010, REST_MS, random)
  pool.reserve(20004)
  pool.giveBack(20004, 0, undefined)
  assert.deepEqual(takeAll(pool, 0), [20000, 20002, 20006, 20008])
  assert.deepEqual(takeAll(pool, REST_MS), [20004])
  assert.equal(pool.size, 0)
})

test('a port outside the range leaves the pool as it is', () => {
  const pool = new PortPool(20000, 20004, REST_MS, random)
  pool.reserve(30000)
  pool.reserve(20001)
  assert.equal(pool.size, 2)
  assert.deepEqual(takeAll(pool, 0), [20000, 20002])
})
