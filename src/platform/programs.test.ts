import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { findProgram, runProgram } from './programs.ts'

const limits = { timeoutMs: 10_000, outputBytesMax: 100_000 }
const node = process.execPath

const run = (script: string, input = '', over: Partial<typeof limits> = {}) =>
  runProgram(node, ['-e', script], input, { ...limits, ...over })

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'holdfast-programs-'))
  t.after(() => rm(made, { recursive: true, force: true }))
  return made
}

test('a program is found in PATH or at its path, when it can be run', async (t) => {
  const place = await folder(t)
  const program = join(place, 'speaker')
  await writeFile(program, '')
  assert.equal(findProgram('speaker', place), undefined)
  await chmod(program, 0o755)
  assert.equal(findProgram('speaker', `/nowhere:${place}`), program)
  assert.equal(findProgram(program, ''), program)
  assert.equal(findProgram('', place), undefined)
})

test('input goes in and output comes out, whatever a shell would make of it', async () => {
  const said = await run('process.stdin.pipe(process.stdout)', '$(id); `id` é')
  assert.ok(said.ok)
  assert.equal(Buffer.from(said.value).toString(), '$(id); `id` é')
})

test('failures are sentences: its own end, too much, too long, none at all', async () => {
  assert.deepEqual(await run('process.exit(3)'), { ok: false, why: 'the program failed: 3' })
  const much = await run('process.stdout.write("a".repeat(1e6))')
  assert.deepEqual(much, { ok: false, why: 'the program wrote too much' })
  const long = await run('setInterval(() => 0, 1000)', '', { timeoutMs: 50 })
  assert.deepEqual(long, { ok: false, why: 'the program took too long' })
  const none = await runProgram('/nowhere/speaker', [], 'x', limits)
  assert.deepEqual(none, { ok: false, why: 'the program failed: ENOENT' })
})
