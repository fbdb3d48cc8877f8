// The programs of docs/guides/testing.md, as they stand there, and without any help: a file for a test runner, and a script.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const guide = readFileSync('docs/guides/testing.md', 'utf8')
const programs = [...guide.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, program = '']) => program)

function run(program: string): Promise<{ readonly code: number | null; readonly said: string }> {
  return new Promise((resolve, reject) => {
    const args = ['--input-type=module-typescript', '--eval', program]
    const { NODE_TEST_CONTEXT: _ours, ...env } = process.env
    const child = spawn(process.execPath, args, { env: { ...env, HOLDFAST_TEST_PATIENCE: '5' } })
    let said = ''
    child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()))
    child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, said }))
  })
}

test('the guide has two programs', () => assert.equal(programs.length, 2))

for (const [index, program] of programs.entries()) {
  test(`program ${index + 1} of the guide runs as it is`, async () => {
    const { code, said } = await run(program)
    assert.equal(code, 0, said)
    if (program.includes("test('")) assert.match(said, /pass 1/)
  })
}
