// The package as somebody meets it who has npm and Node.js 24 and no repository: packed, installed into an empty folder by
// the registry's own client, set up, started and stopped with npx; a call that needs every thread of the server; the pages;
// and `holdfast/testing` with its types in a project of TypeScript.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createLab } from '../../src/lab/runner.ts'
import { letIn } from '../support/let-in.ts'
import { patience } from '../support/patience.ts'
import { startReceiver } from '../support/receiver.ts'
import { startSoundServer } from '../support/sound-server.ts'
import { startStreamAgent } from '../support/stream-agent.ts'
import { until } from '../support/until.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const environment = {
  // Of the test run, or of the npm script that it is.
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|HOLDFAST_|NODE_)/i.test(name)),
  ),
  // This Node.js for npm, npx and what they start.
  PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
  npm_config_update_notifier: 'false',
}

interface Ran {
  readonly status: number | null
  /** Both outputs. */
  readonly said: string
}

function tryRun(folder: string, program: string, ...args: readonly string[]): Ran {
  const options = { cwd: folder, env: environment, encoding: 'utf8', timeout: 240_000 } as const
  const { status, stdout, stderr, error } = spawnSync(program, args, options)
  return { status, said: `${error?.message ?? ''}${stdout}${stderr}` }
}

/** Runs a program to its end, which must be a good one; both outputs. */
function run(folder: string, program: string, ...args: readonly string[]): string {
  const { status, said } = tryRun(folder, program, ...args)
  assert.equal(status, 0, `${program} ${args.join(' ')}: ${said}`)
  return said
}

describe('the package', { concurrency: 1 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-package-'))
  const project = join(folder, 'project')
  let tarball = ''
  let absent: string | undefined
  /** The registry that the package's dependencies come from. */
  const unreachable = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH)\b/

  before(() => {
    mkdirSync(project)
    run(root, 'npm', 'pack', '--pack-destination', folder)
    tarball = globSync('holdfast-*.tgz', { cwd: folder })[0] ?? ''
    writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }')
    const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--fetch-retries=1']
    const { status, said } = tryRun(project, 'npm', 'install', ...flags, `../${tarball}`)
    if (status !== 0 && unreachable.test(said)) {
      absent = 'the registry cannot be reached'
      return
    }
    assert.equal(status, 0, said)
    assert.doesNotMatch(said, /install.scripts|EBADENGINE/, 'nothing of ours that npm warns of')
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  test('holds what runs, its pages and its unit, and nothing else', () => {
    const files = run(folder, 'tar', '-tzf', tarball).trim().split('\n')
    const compiled = globSync('src/*-worker.ts', { cwd: root }).map(
      (name) => `package/${name.replace('src/', 'dist/').replace(/ts$/, 'js')}`,
    )
    assert.ok(compiled.length >= 7)
    const needed = [
      ...['bin/holdfast.cjs', 'bin/testing.js', 'dist/testing/index.d.ts', 'web/dist/index.html'],
      ...['docs/README.md', 'docs/reference/cli.md', 'deploy/holdfast.service'],
      ...['LICENSE', 'README.md', 'CHANGELOG.md'],
    ].map((name) => `package/${name}`)
    for (const name of [...compiled, ...needed]) assert.ok(files.includes(name), name)
    const strange =
      /^package\/(?!(bin|dist|docs|web\/dist|deploy|tools\/check-node\.cjs|[\w-]+(\.\w+)?$))/
    const tests = /\.test\.|\.peer\.|(?<!\.d)\.ts$/
    const foreign = files.filter((name) => strange.test(name) || tests.test(name))
    assert.deepEqual(foreign, [])
  })

  test('npx holdfast init and start: a call with words, music, recording and stream; pages; stop', async (t) => {
    if (absent !== undefined) return t.skip(absent)
    const receiver = await startReceiver()
    const sounds = await startSoundServer()
    const listener = await startStreamAgent()
    const people = createLab('127.0.0.1', patience)
    const end = async (): Promise<void> => {
      people.close()
      await Promise.all([listener.close(), sounds.close(), receiver.close()])
    }
    t.after(end)
    assert.deepEqual(globSync('node_modules/.bin/node', { cwd: project }), [], 'a second Node.js')
    run(project, 'npx', '--no-install', 'holdfast', 'init', '--webhook-url', receiver.url)
    const key = readFileSync(join(project, 'data', 'api-key'), 'utf8').trim()
    const server = await startByNpx(project)
    t.after(server.kill)
    const ask = async (method: string, path: string, body?: object): Promise<Answer> => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
      const init = {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }
      const response = await fetch(`${server.http}${path}`, init)
      const text = await response.text()
      assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`)
      return JSON.parse(text) as Answer
    }

    const voice = { kind: 'tone', hz: 440 } as const
    const phone = await people.phone({ user: 'caller', server: { port: server.sipPort }, voice })
    const call = await letIn(phone, '+15550100')
    const { payload } = await receiver.waitFor('call.initiated', 20_000)
    const calls = `/v2/calls/${String(payload['call_control_id'])}`
    const command = (name: string, body: object = {}): Promise<Answer> =>
      ask('POST', `${calls}/actions/${name}`, body)
    await command('answer')
    await command('record_start', { channels: 'single', format: 'mp3' })
    await command('streaming_start', { stream_url: listener.url })
    await (await listener.next()).hears('inbound', 440)
    await command('speak', { payload: 'You are in the queue.', voice: 'female' })
    await receiver.waitFor(
      (one) => one.type === 'call.speak.ended' && one.payload['status'] === 'completed',
      30_000,
    )
    await command('enqueue', { queue_name: 'support' })
    await command('playback_start', { audio_url: sounds.url(700), loop: 'infinity' })
    await call.hearsOnly(700, 15_000)
    await command('record_stop')
    await receiver.waitFor('call.recording.saved', 30_000)
    const lane = await until(async () => {
      const { data } = await ask('GET', `${calls}/timeline`)
      return JSON.stringify(data).includes('INVITE') || undefined
    }, 15_000)
    assert.ok(lane)

    const page = async (path: string): Promise<string> =>
      (await fetch(`${server.http}${path}`)).text()
    const console = await page('/console/')
    const [, script = ''] = /src="([^"]+\.js)"/.exec(console) ?? []
    assert.ok((await page(script)).length > 10_000, console)
    // They are read some seconds after the start.
    await until(async () => /five minutes/.test(await page('/docs/')) || undefined, 20_000)

    await server.stop()
    // Of a disk that has much else to do the package is not the cause.
    const warnings = server.log().match(/^.*"level":"(?:warn|error|fatal)".*$/gm) ?? []
    assert.deepEqual(
      warnings.filter((line) => !/"code":"STORE_(SLOW|WELL)"/.test(line)),
      [],
    )
  })

  test('holdfast/testing: types, import and require', (t) => {
    if (absent !== undefined) return t.skip(absent)
    writeFileSync(join(project, 'queue.ts'), program)
    const options = { module: 'nodenext', target: 'es2023', strict: true, noEmit: true }
    const types = { types: ['node'], typeRoots: [join(root, 'node_modules', '@types')] }
    const config = { compilerOptions: { ...options, ...types }, files: ['queue.ts'] }
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config))
    run(project, join(root, 'node_modules', '.bin', 'tsc'), '-p', '.')
    assert.match(run(project, 'node', 'queue.ts'), /timeout/)
    const names = 'console.log(Object.keys(require("holdfast/testing")).join())'
    assert.match(run(project, 'node', '--input-type=commonjs', '--eval', names), /startLab/)
  })
})

/** Half an hour in a queue, in a project that has its types checked. */
const program = `import { startLab, type Caller } from 'holdfast/testing'
const lab = await startLab({ agents: ['anna'] })
const caller: Caller = await lab.caller({ says: 440 })
const actions = \`/v2/calls/\${caller.callControlId}/actions\`
await lab.request('POST', \`\${actions}/answer\`, {})
const max: { queue_name: string; max_wait_time_secs: number } = { queue_name: 'support', max_wait_time_secs: 1800 }
await lab.request('POST', \`\${actions}/enqueue\`, max)
await lab.queue('support').has([caller])
await lab.skip('30m')
const { payload } = await lab.events.next('call.dequeued', { from: caller })
console.log(payload['reason'])
// @ts-expect-error: there is no such thing, and the types say so.
lab.nothing
await lab.stop()
`

interface Answer {
  readonly data: unknown
}

interface Started {
  readonly http: string
  readonly sipPort: number
  log(): string
  /** SIGTERM to npx, as a supervisor does it; resolves when the server is gone as well. */
  stop(): Promise<void>
  kill(): void
}

async function startByNpx(project: string): Promise<Started> {
  const free = { HOLDFAST_HTTP__PORT: '0', HOLDFAST_SIP__PORT: '0', HOLDFAST_MEDIA__PORTS: '0' }
  const child = spawn('npx', ['--no-install', 'holdfast', 'start'], {
    cwd: project,
    env: { ...environment, ...free },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let log = ''
  child.stdout.on('data', (bytes: Buffer) => (log += bytes.toString()))
  child.stderr.on('data', (bytes: Buffer) => (log += bytes.toString()))
  // The server holds the other end as well.
  const closed = new Promise<true>((resolve) => child.once('close', () => resolve(true)))
  const kill = (): void => {
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL') // npx, its shell, the server.
    } catch {
      // Gone already.
    }
  }
  process.once('exit', kill)
  const ready = /holdfast ready http=(\S+) sip=\S+:(\d+)/
  const [, http = '', port = ''] = await until(() => {
    assert.equal(child.exitCode, null, log)
    return ready.exec(log) ?? undefined
  }, 20_000)
  return {
    http,
    sipPort: Number(port),
    log: () => log,
    kill,
    stop: async () => {
      child.kill('SIGTERM')
      let isClosed = false
      void closed.then(() => (isClosed = true))
      await until(() => isClosed || undefined, 25_000)
    },
  }
}
