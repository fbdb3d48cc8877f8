// examples/contact-centre-python: compiles, and serves a caller on a real server. Without the SDK a stand-in sends its
// requests; signatures are checked for real, so `cryptography` must be there.
import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { test } from 'node:test'
import { agentHz, applicationId, callerHz, startStage } from '../../support/stage.ts'
import { freePort } from '../../support/free-port.ts'
import { letIn } from '../../support/let-in.ts'

const program = 'examples/contact-centre-python/app.py'
const python = (code: string): boolean => spawnSync('python3', ['-c', code]).status === 0
const skip = python('import ast') ? false : 'python3 is not installed'
const skipRun = python('import cryptography') ? false : 'Python without cryptography'

test('examples/contact-centre-python compiles', { skip }, () => {
  const compiled = spawnSync('python3', ['-c', `compile(open('${program}').read(), 'app', 'exec')`])
  assert.equal(compiled.status, 0, compiled.stderr.toString())
})

test(
  'examples/contact-centre-python: a caller is answered, queued and bridged',
  { skip: skipRun },
  async () => {
    const port = await freePort()
    const stage = await startStage({
      application: { webhook_event_url: `http://127.0.0.1:${port}/webhooks` },
    })
    let app: ChildProcess | undefined
    try {
      const takes = { kind: 'answer', afterMs: 0, before: 'ringing' } as const
      const agent = await stage.phone({ answer: takes, voice: { kind: 'tone', hz: agentHz } })
      const started = spawn('python3', [program], {
        env: {
          ...process.env,
          ...(python('import telnyx') ? {} : { PYTHONPATH: 'test/fixtures/python' }),
          PYTHONDONTWRITEBYTECODE: '1',
          TELNYX_BASE_URL: stage.server.baseURL,
          TELNYX_API_KEY: stage.server.apiKey,
          TELNYX_PUBLIC_KEY: await stage.server.publicKey(),
          CONNECTION_ID: applicationId,
          AGENTS: agent.contactUri,
          PORT: String(port),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      app = started
      let out = ''
      for (const stream of [started.stdout, started.stderr])
        stream.on('data', (bytes: Buffer) => (out += bytes.toString()))
      await new Promise<void>((resolve, reject) => {
        started.stdout.on('data', () => out.includes('ready') && resolve())
        started.once('exit', () => reject(new Error(out)))
      })
      const unsigned = await fetch(`http://127.0.0.1:${port}/webhooks`, {
        method: 'POST',
        body: '{}',
      })
      assert.equal(unsigned.status, 403)
      const caller = await stage.phone({ voice: { kind: 'tone', hz: callerHz } })
      const call = await letIn(caller, '+15550100')
      await call.hears(agentHz, 30_000)
      await (await agent.nextCall(5_000)).hears(callerHz, 5_000)
      assert.doesNotMatch(out, /unexpected|Traceback/)
    } finally {
      app?.kill()
      await stage.close()
    }
  },
)
