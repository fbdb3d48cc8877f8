// What npx leaves behind: its shell ends without ending what it runs. The command that it was asked for ends with it, and
// nothing else does.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../../bin/holdfast.cjs', import.meta.url))

interface Asking {
  readonly answer: ServerResponse
  /** What the shell of npx does when npx is stopped. */
  endShell(): Promise<void>
  /** All that the command has said, when it has ended. */
  readonly said: Promise<string>
}

test('a command ends with the shell that npx ran it in, one that a tool of npx started does not', async (t) => {
  const bin = mkdtempSync(join(tmpdir(), 'holdfast-npx-'))
  symlinkSync(program, join(bin, 'holdfast'))
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    rmSync(bin, { recursive: true })
  })
  const { port } = server.address() as AddressInfo // Bound to a port.

  /** A command that has asked and waits for its answer, below a shell. `script`: what npx was asked for. */
  const start = async (script: string, run: string): Promise<Asking> => {
    const shell = spawn('sh', ['-c', run], {
      env: {
        ...{ npm_command: 'exec', npm_lifecycle_event: 'npx', npm_lifecycle_script: script },
        PATH: `${bin}:${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
        ...{ HOLDFAST_URL: `http://127.0.0.1:${port}`, HOLDFAST_API_KEY: 'KEY' },
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    shell.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()))
    // The command holds the other end as well.
    const said = once(shell, 'close').then(() => text)
    const [, answer] = (await once(server, 'request')) as [unknown, ServerResponse] // As documented.
    const endShell = async (): Promise<void> => {
      const ended = once(shell, 'exit')
      shell.kill('SIGTERM')
      await ended
    }
    return { answer, endShell, said }
  }

  // Commands of tools: the shell that ends is another one than that of npx, or one that does not wait.
  const other = await start("'some-tool'", 'holdfast queues; true')
  const apart = await start('holdfast queues & wait', 'holdfast queues & wait')
  for (const one of [other, apart]) await one.endShell()
  // It is looked for the shell four times a second, which is less than this takes.
  const asked = await start("'holdfast'", "'holdfast' queues; true")
  await Promise.all([once(asked.answer, 'close'), asked.endShell()])
  assert.equal(await asked.said, '')
  for (const { answer, said } of [other, apart]) {
    assert.equal(answer.destroyed, false)
    answer.setHeader('content-type', 'application/json')
    answer.end(JSON.stringify({ data: [], meta: { total_results: 0, total_pages: 0 } }))
    assert.notEqual(await said, '')
  }
})
