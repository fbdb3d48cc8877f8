import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { freePort, freeRtpPorts } from './free-port.ts'

const module = new URL('./free-port.ts', import.meta.url).href

test('no port is given twice, neither here nor by a process beside this one', async () => {
  const here = await Promise.all(Array.from({ length: 300 }, () => freePort()))
  const code = `const { freePort } = await import(${JSON.stringify(module)})
    for (let n = 0; n < 100; n++) console.log(await freePort())`
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    code,
  ])
  const there = stdout.trim().split('\n').map(Number)
  assert.equal(new Set([...here, ...there]).size, 400)
  for (const port of [...here, ...there]) assert.ok(port > 10_000 && port < 20_000, `${port}`)
})

test('a port that somebody listens on is left out; ranges for RTP are even and apart', async () => {
  const next = (await freePort()) + 1
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(next, '127.0.0.1', resolve))
  assert.notEqual(await freePort(), next)
  taken.close()
  const ranges = await Promise.all([freeRtpPorts(), freeRtpPorts(64)])
  const [one, other] = ranges.map((range) => range.split('-').map(Number))
  assert.deepEqual(
    [one, other].map((range) => (range?.[0] ?? 1) % 2),
    [0, 0],
  )
  assert.equal((one?.[1] ?? 0) - (one?.[0] ?? 0), 199)
  assert.ok((one?.[1] ?? 0) < (other?.[0] ?? 0) || (other?.[1] ?? 0) < (one?.[0] ?? 0))
})
