// examples/contact-centre-python on a laptop: `holdfast lab` is the telephone world, the program gets what the lab prints, and
// robot callers are brought to a robot agent. With the official SDK where it is installed, and with the stand-in for it.
import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { test } from 'node:test'
import { command } from '../../support/command.ts'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/until.ts'

const python = (code: string): boolean => spawnSync('python3', ['-c', code]).status === 0
const hasCryptography = python('import cryptography')
const skip = hasCryptography ? false : 'Python without cryptography'
const skipOfficial = !python('import telnyx')
  ? 'the official Python SDK (telnyx) is not installed: it comes neither from npm nor from Debian'
  : skip

async function talksToCallers(more: Readonly<Record<string, string>>): Promise<void> {
  const port = await freePort()
  const hook = `http://127.0.0.1:${port}/webhooks`
  const spread = ['--rate', '0', '--patience', 'fixed:120', '--talk', 'fixed:1']
  const lab = command(['lab', '--json', '--agents', 'anna', '--webhook-url', hook, ...spread])
  let app: ChildProcess | undefined
  try {
    const [ready] = await lab.prints(/^\{"event":"ready".*\}$/m, 30_000)
    const told = JSON.parse(ready) as Readonly<Record<string, string>>
    const started = spawn('python3', ['examples/contact-centre-python/app.py'], {
      env: {
        ...process.env,
        ...{ PYTHONDONTWRITEBYTECODE: '1', AGENTS: 'sip:anna@localhost', PORT: String(port) },
        ...{ TELNYX_BASE_URL: told['TELNYX_BASE_URL'], TELNYX_API_KEY: told['TELNYX_API_KEY'] },
        ...{ TELNYX_PUBLIC_KEY: told['TELNYX_PUBLIC_KEY'], CONNECTION_ID: told['CONNECTION_ID'] },
        ...more,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    app = started
    let said = ''
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (bytes: Buffer) => (said += bytes.toString()))
    await until(() => {
      assert.equal(started.exitCode, null, said)
      return said.includes('ready') || undefined
    }, 30_000)
    lab.child.stdin?.write('rate 60\n')
    await until(async () => {
      assert.equal(started.exitCode, null, said)
      lab.child.stdin?.write('status\n')
      await new Promise((resolve) => setTimeout(resolve, 500))
      return /, ([2-9]|\d\d+) talked,/.test(lab.stdout()) || undefined
    }, 60_000)
    // In the middle of calls: what can no longer be done is no reason to break down.
    lab.child.stdin?.write('quit\n')
    assert.equal((await lab.ended).code, 0)
    assert.doesNotMatch(said, /unexpected|Traceback/)
  } finally {
    app?.kill()
    lab.child.kill('SIGKILL')
  }
}

test(
  'the example in Python against `holdfast lab`, with the official SDK',
  { skip: skipOfficial },
  () => talksToCallers({}),
)

test('the example in Python against `holdfast lab`, with the stand-in', { skip }, () =>
  talksToCallers({ PYTHONPATH: 'test/fixtures/python' }),
)
