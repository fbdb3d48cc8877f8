// The fuzzer itself: faults that are planted in a target are found, made small and told by name, and a sound target has none.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fuzz, type FuzzReport } from '../fuzz/fuzzer.ts'
import { seedText, type FuzzTarget } from '../fuzz/target.ts'

const seed = 7

function run(target: Partial<FuzzTarget>, inputs: number): Promise<FuzzReport> {
  const basics = {
    name: 'planted',
    seeds: seedText('From: <sip:a@b>;tag=1\r\n'),
    shape: 'text',
  } as const
  const whole: FuzzTarget = {
    ...basics,
    costMs: 5,
    bytesMax: 4096,
    run: () => undefined,
    ...target,
  }
  return fuzz(whole, { seed, more: (done) => done < inputs, failuresMax: 10 })
}

const has = (input: Uint8Array, text: string): boolean => Buffer.from(input).includes(text)

test('what throws is found, once, as the few bytes that it takes', async () => {
  const { failures } = await run(
    {
      run: (input) => {
        if (has(input, ';;')) throw new RangeError('planted')
      },
    },
    2000,
  )
  assert.deepEqual(
    failures.map(({ kind, input }) => [kind, Buffer.from(input).toString()]),
    [['threw', ';;']],
  )
  assert.match(failures[0]?.why ?? '', /^RangeError: planted/)
})

test('what is refused by a promise counts as thrown', async () => {
  const { failures } = await run({ run: () => Promise.reject(new Error('later')) }, 3)
  assert.equal(failures[0]?.kind, 'threw')
})

test('what costs more than it may, each time, is found; what was slow once is not', async () => {
  let once = true
  const busy = (ms: number): void => {
    const until = performance.now() + ms
    while (performance.now() < until);
  }
  const { failures } = await run(
    {
      run: (input) => {
        if (once) busy(20)
        once = false
        if (has(input, '<<')) busy(8)
      },
    },
    1000,
  )
  assert.deepEqual(
    failures.map(({ kind }) => kind),
    ['slow'],
  )
  assert.ok(has(failures[0]?.input ?? new Uint8Array(), '<<'))
})

test('memory that is never given back is found, also by a target that gets few inputs', async () => {
  const kept: unknown[] = []
  const { failures } = await run({ run: () => void kept.push(new Array(1000).fill(0.5)) }, 5000)
  assert.deepEqual(
    failures.map(({ kind }) => kind),
    ['memory'],
  )
  kept.length = 0
})

test('a sound target has no finding', async () => {
  const { failures, inputs } = await run({ run: (input) => void input.toSorted() }, 3000)
  assert.deepEqual([failures, inputs], [[], 3000])
})

test('what never comes to its end is named, and ends the run', async () => {
  const program = `
    import { fuzz } from './fuzz/fuzzer.ts'
    import { watched } from './fuzz/watchdog.ts'
    const target = { name: 'planted', seeds: [new Uint8Array([104, 105])], shape: 'bytes', costMs: 5, bytesMax: 64,
      run: () => { for (;;); } }
    await fuzz(watched(target, 200), { seed: 7, more: () => true, failuresMax: 1 })`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', program], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()))
  const [, signal] = await once(child, 'close')
  assert.equal(signal, 'SIGKILL', said)
  assert.match(said, /planted: an input did not come to its end/)
  assert.match(said, /npm run fuzz -- --target planted --input [0-9a-f]*\n/)
})
