// Commands that need no server: a new configuration, the doctor, completion; and `start`, which becomes one.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { cp, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startServer } from '../../../src/lab/server-process.ts'
import { command, run } from '../../support/command.ts'
import { freePort } from '../../support/free-port.ts'
import { startReceiver } from '../../support/receiver.ts'
import { until } from '../../support/until.ts'

/** Of a server that listens. */
function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-own-'))
})
after(() => rm(folder, { recursive: true, force: true }))

interface Report {
  readonly data: { readonly findings: readonly Finding[]; readonly faults: number }
}
interface Finding {
  readonly about: string
  readonly grade: string
  readonly says: string
  readonly mend: string
}

async function doctor(
  config: unknown,
): Promise<{ code: number | null; findings: readonly Finding[] }> {
  const file = join(folder, 'doctor.yaml')
  await writeFile(file, JSON.stringify(config))
  const { code, stdout, stderr } = await run(['doctor', '--json', '--config', file], {
    cwd: folder,
  })
  assert.equal(stderr, '')
  return { code, findings: (JSON.parse(stdout) as Report).data.findings }
}

test('init writes a configuration and keys with which start runs; it does not overwrite', async () => {
  const slip = await run(['init', '--host', '192.0.2.300'], { cwd: folder })
  assert.equal(slip.code, 2)
  assert.match(slip.stderr, /the address or the name of a machine/)
  const first = await run(['init', '--webhook-url', 'http://127.0.0.1:9/hooks'], { cwd: folder })
  assert.equal(first.code, 0, first.stderr)
  const [, key = ''] = /API key +(KEY\S+)/.exec(first.stdout) ?? []
  const [, publicKey = ''] = /Public key of webhooks +(\S{44})/.exec(first.stdout) ?? []
  const file = join(folder, 'holdfast.yaml')
  assert.equal((await stat(join(folder, 'data', 'api-key'))).mode & 0o777, 0o600)
  const written = await readFile(file, 'utf8')

  const again = await run(['init'], { cwd: folder })
  assert.equal(again.code, 1)
  assert.match(again.stderr, /exists already and is left as it is[^]*--force/)
  assert.equal(await readFile(file, 'utf8'), written)

  const ports = { HOLDFAST_HTTP__PORT: '0', HOLDFAST_SIP__PORT: '0' }
  const server = command(['start'], { cwd: folder, env: ports })
  const [, origin = ''] = await server.prints(/holdfast ready http=(\S+)/, 20_000)
  const answer = await fetch(`${origin}/v2/public_key`, {
    headers: { authorization: `Bearer ${key}` },
  })
  const body = (await answer.json()) as { data: { public: string } }
  assert.equal(body.data.public, publicKey, 'the keys of init are those of the server')
  // The key of the folder's data is found by itself.
  const found = await run(['queues', '--json'], {
    cwd: folder,
    env: { HOLDFAST_HTTP__PORT: new URL(origin).port },
  })
  assert.deepEqual(JSON.parse(found.stdout), { data: [] })
  server.child.kill('SIGTERM')
  assert.equal((await server.ended).code, 0)
})

test('start in a repository that was just cloned builds the pages of the console', async () => {
  const clone = join(folder, 'clone')
  const root = fileURLToPath(new URL('../../..', import.meta.url))
  const skipped = new Set(['dist', 'node_modules'])
  for (const name of [
    'bin',
    'src',
    'tools',
    'web',
    'docs',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
  ])
    await cp(join(root, name), join(clone, name), {
      recursive: true,
      filter: (path) => !skipped.has(basename(path)),
    })
  await symlink(join(root, 'node_modules'), join(clone, 'node_modules'))
  const child = spawn(process.execPath, [join(clone, 'bin', 'holdfast.cjs'), 'start'], {
    cwd: clone,
    env: { PATH: process.env['PATH'], HOLDFAST_HTTP__PORT: '0', HOLDFAST_SIP__PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  try {
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => (said += bytes.toString()))
    const origin = await until(() => {
      assert.equal(child.exitCode, null, said)
      return /holdfast ready http=(\S+)/.exec(said)?.[1]
    }, 30_000)
    const page = await fetch(`${origin}/console/`)
    assert.equal(page.status, 200, said)
    assert.match(await page.text(), /<script /)
  } finally {
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('close', resolve))
  }
})

test('a configuration that cannot be used: exit code 2 and the fault', async () => {
  const file = join(folder, 'wrong.yaml')
  await writeFile(file, 'http: { port: 99999 }\n')
  const { code, stderr } = await run(['start', '--config', file], { cwd: folder })
  assert.equal(code, 2)
  assert.match(stderr, /http\.port is 99999, must be an integer/)
})

test('the doctor finds a taken port, a dead receiver and a dead trunk, and says the mend', async () => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as AddressInfo
  const dead = await freePort()
  const { code, findings } = await doctor({
    http: { port },
    sip: { port: await freePort() },
    media: { ports: 0 },
    data: 'doctor-data',
    applications: [{ id: '1', name: 'dead', webhook_event_url: `http://127.0.0.1:${dead}/` }],
    trunks: [{ name: 'carrier', uri: `sip:127.0.0.1:${dead};transport=tcp` }],
  })
  taken.close()
  assert.equal(code, 4)
  const faults = findings.filter(({ grade }) => grade === 'fault')
  assert.deepEqual(
    faults.map(({ about }) => about),
    [`port ${port}/tcp`, 'webhooks of dead', 'trunk carrier'],
  )
  const [tcp, webhooks, trunk] = faults
  assert.match(tcp?.says ?? '', /another program has it \(http\.port\)/)
  assert.match(tcp?.mend ?? '', /Stop that program .* or choose another http\.port/)
  assert.match(webhooks?.says ?? '', /nobody answers/)
  assert.match(trunk?.mend ?? '', /firewall/)
})

test('the doctor is content with what is well', async () => {
  const receiver = await startReceiver()
  const { code, findings } = await doctor({
    http: { port: await freePort() },
    sip: { port: await freePort() },
    media: { ports: 0 },
    data: 'doctor-data',
    applications: [{ id: '1', name: 'mine', webhook_event_url: receiver.url }],
  })
  await receiver.close()
  assert.equal(code, 0, JSON.stringify(findings))
  assert.equal(findings.find(({ about }) => about === 'webhooks of mine')?.grade, 'ok')
  assert.match(findings.find(({ about }) => about === 'disk')?.says ?? '', /GB free/)
  assert.match(
    findings.find(({ about }) => about === 'clock')?.says ?? '',
    /agrees with 127\.0\.0\.1/,
  )
})

/** What bash itself makes of `typed`, which ends with a tab: the arguments that the command would get. */
async function completed(typed: string): Promise<string> {
  const setUp = join(folder, 'bashrc')
  const { stdout: script } = await run(['completion', 'bash'])
  await writeFile(setUp, `${script}\nPS1=\nholdfast() { echo "got<$*>"; exit; }\n`)
  // Only a shell on a terminal completes.
  const shell = command([], { shell: `script -qec 'bash --rcfile ${setUp} -i' /dev/null` })
  shell.child.stdin?.write(`holdfast ${typed}\n`)
  const [, got = ''] = await shell.prints(/got<([^>]*)>/)
  shell.child.stdin?.end()
  await shell.ended
  return got.trim()
}

test('bash completes commands and options, whatever words were before', async () => {
  assert.equal(await completed('que\t'), 'queues')
  // The value of an option is no command, though bash takes an address for three words.
  const [url, same] = ['--url http://127.0.0.1:8080', '--url=http://x:1']
  assert.equal(await completed(`${url} que\t`), `${url} queues`)
  assert.equal(await completed(`${same} completion f\t`), `${same} completion fish`)
  assert.equal(await completed(`${url} events --fol\t`), `${url} events --follow`)
})

test('completion is a script that its shell understands and that knows the commands', async () => {
  const parsed = await run([], {
    shell: 'bash -n <($HOLDFAST completion bash) && bash -n <($HOLDFAST completion zsh)',
  })
  assert.equal(parsed.code, 0, parsed.stderr)
  const fish = await run(['completion', 'fish'])
  assert.match(fish.stdout, /-a queues /)
  assert.equal((await run(['completion', 'tcsh'])).code, 2)
})

test('with --json what cannot be understood is one object on the error output, too', async () => {
  for (const args of [
    ['dial', '--json'],
    ['--json', 'bogus'],
    ['calls', '--bogus', '--json'],
    ['--json'],
  ]) {
    const { code, stdout, stderr } = await run(args)
    assert.equal(code, 2)
    assert.equal(stdout, '')
    const { error, exit_code } = JSON.parse(stderr) as {
      error: { message: string }
      exit_code: number
    }
    assert.equal(exit_code, 2)
    assert.match(error.message, /^(required option|unknown command|unknown option|no command)/)
  }
})

test('the doctor knows a clock that is wrong, a trunk that refuses, audio at an inside address, and a stranger', async () => {
  const stranger = await startServer()
  const late = createHttpServer((_request, response) => {
    response.sendDate = false
    response.setHeader('date', new Date(Date.now() - 3 * 86_400_000).toUTCString()).end()
  })
  await new Promise<void>((resolve) => late.listen(0, '127.0.0.1', resolve))
  const carrier = createSocket('udp4')
  carrier.on('message', (bytes, { port, address }) => {
    const kept = bytes
      .toString()
      .split('\r\n')
      .filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line))
    carrier.send(['SIP/2.0 503 Service Unavailable', ...kept, '', ''].join('\r\n'), port, address)
  })
  await new Promise<void>((resolve) => carrier.bind(0, '127.0.0.1', resolve))
  const { code, findings } = await doctor({
    api_keys: [{ name: 'mine', key: 'KEY-of-another-server' }],
    http: { port: Number(new URL(stranger.origin).port) },
    sip: { port: await freePort(), advertise: '203.0.113.5' },
    media: { ports: 0 },
    data: 'doctor-data',
    applications: [
      { id: '1', name: 'late', webhook_event_url: `http://127.0.0.1:${portOf(late)}/` },
    ],
    trunks: [{ name: 'carrier', uri: `sip:127.0.0.1:${carrier.address().port}` }],
  })
  const says = (about: string): string => findings.find((one) => one.about === about)?.says ?? ''
  assert.equal(code, 4)
  assert.match(says('server'), /another Holdfast server .* does not know the API key/)
  assert.match(says('clock'), /^3 days ahead of 127\.0\.0\.1/)
  assert.match(says('trunk carrier'), /refuses: 503/)
  assert.match(says('audio address'), /127\.0\.0\.1, while SIP is at 203\.0\.113\.5/)
  carrier.close()
  late.close()
  await stranger.stop()
})

test('a start that cannot have its port says which one, and ends with 2', async () => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const file = join(folder, 'taken.yaml')
  const config = { http: { port: portOf(taken) }, sip: { port: 0 }, data: 'taken-data' }
  await writeFile(file, JSON.stringify(config))
  const busy = await run(['start', '--config', file])
  assert.equal(busy.code, 2)
  assert.match(
    busy.stderr,
    new RegExp(`127\\.0\\.0\\.1:${portOf(taken)} is taken by another program`),
  )
  taken.close()
  await writeFile(file, JSON.stringify({ ...config, sip: { host: '192.0.2.1', port: 0 } }))
  const foreign = await run(['start', '--config', file])
  assert.equal(foreign.code, 2)
  assert.match(foreign.stderr, /192\.0\.2\.1 is no address of this machine/)
})
