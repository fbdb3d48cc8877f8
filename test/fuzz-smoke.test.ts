// A few seconds of hostile input for every parser, the same inputs on every run. `npm run fuzz` goes on for as long as it is told.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from '../fuzz/fuzzer.ts'
import { targets } from '../fuzz/targets/all.ts'

/** Fixed, so that a failure is the same everywhere; a run with others is the fuzzer's own business. */
const seed = 20_260_716
/** Decoding and starting an API cost more than reading a packet. */
const inputsOf: Readonly<Record<string, number>> = { audio: 15, config: 25, 'http-api': 150 }

for (const [name, make] of Object.entries(targets)) {
  test(`${name}: nothing thrown, nothing slow (seed ${seed})`, async () => {
    const target = make()
    const inputs = inputsOf[name] ?? 600
    const report = await fuzz(target, { seed, more: (done) => done < inputs, failuresMax: 1 })
    await target.close?.()
    const [failure] = report.failures
    const hex = failure === undefined ? '' : Buffer.from(failure.input).toString('hex')
    assert.equal(
      failure,
      undefined,
      `${failure?.why}: npm run fuzz -- --target ${name} --input ${hex.slice(0, 500)}`,
    )
    assert.equal(report.inputs, inputs)
  })
}
