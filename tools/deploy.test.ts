// What holdfast is deployed with, as far as it can be seen without a container engine and without a systemd that runs: the
// files name what is there, and agree with the defaults of the configuration and with how long a stop takes.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { keys } from '../src/config/keys.ts'

/** Where the package lies on a machine: what npm makes of `npm install --prefix /opt/holdfast`. */
const installed = '/opt/holdfast/node_modules/holdfast/'
const rtpPorts = keys.media.ports.default ?? assert.fail('there is no default')
/** A stop that waits for webhooks and the disk takes this long at most. */
const stopSecsMax =
  Number(
    /stopMsMax = ([\d_]+)/.exec(readFileSync('src/server.ts', 'utf8'))?.[1]?.replace('_', ''),
  ) / 1000

interface Instruction {
  readonly name: string
  readonly rest: string
}

/** The instructions of a Dockerfile, continued lines joined. */
function instructionsOf(text: string): readonly Instruction[] {
  const lines = text.replace(/^#.*\n/gm, '').replace(/\\\n\s*/g, '')
  return lines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', rest = ''] = /^([A-Z]+) (.+)$/.exec(line) ?? assert.fail(line)
      return { name, rest }
    })
}

const dockerfile = instructionsOf(readFileSync('Dockerfile', 'utf8'))
const all = (name: string): readonly string[] =>
  dockerfile.filter((one) => one.name === name).map(({ rest }) => rest)
const last = (name: string): string => all(name).at(-1) ?? assert.fail(`no ${name}`)
const list = (text: string): readonly string[] => JSON.parse(text) as string[]

test('the image: known instructions, Node.js as new as the package wants, an ordinary user', () => {
  const known =
    /^(FROM|WORKDIR|COPY|RUN|ENV|USER|VOLUME|EXPOSE|STOPSIGNAL|HEALTHCHECK|ENTRYPOINT|CMD)$/
  assert.deepEqual(
    dockerfile.filter(({ name }) => !known.test(name)),
    [],
  )
  const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    engines: { node: string }
  }
  const images = all('FROM').map((from) => /^node:(\d+)-slim(?: AS \w+)?$/.exec(from)?.[1])
  assert.ok(images.length === 2 && images.every((major) => `>=${major}` === engines.node))
  assert.equal(last('USER'), 'node')
  const order = dockerfile.map(({ name }) => name)
  assert.ok(order.indexOf('USER') > order.lastIndexOf('RUN'), 'what is installed is not the user’s')
})

test('the image is made of files that are there and not kept out', () => {
  for (const copy of all('COPY')) {
    const [source = ''] = copy.split(' ').filter((word) => !word.startsWith('--'))
    if (copy.startsWith('--from=build')) assert.match(all('RUN').join(), new RegExp(source))
    else assert.ok(existsSync(source), copy)
  }
  const ignored = readFileSync('.dockerignore', 'utf8').split('\n')
  const { files, scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    files: string[]
    scripts: Record<string, string>
  }
  const made = ['dist', 'web/dist']
  const needed = [
    ...files.filter((name) => !made.includes(name)),
    ...['src', 'web/src', 'tools/node', 'tsconfig.build.json', 'package-lock.json', '.npmrc'],
    ...Object.values(scripts).flatMap((script) => script.match(/tools\/[\w.-]+/g) ?? []),
  ]
  for (const name of needed) {
    assert.ok(existsSync(name), name)
    assert.ok(!ignored.some((one) => name === one || name.startsWith(`${one}/`)), name)
  }
  for (const kept of ['.git', 'data', '**/node_modules', 'dist']) assert.ok(ignored.includes(kept))
})

test('ports, folders, health and the stop of the image are those of the server', () => {
  const { http, sip } = keys
  const ports = [
    `${http.port.default}/tcp`,
    ...(sip.transports.default ?? []).map((transport) => `${sip.port.default}/${transport}`),
    `${rtpPorts.first}-${rtpPorts.last}/udp`,
  ]
  assert.deepEqual(
    all('EXPOSE')
      .flatMap((rest) => rest.split(' '))
      .sort(),
    ports.sort(),
  )
  const volume = last('VOLUME')
  assert.match(last('ENV'), new RegExp(`HOLDFAST_DATA=${volume}\\b`))
  assert.match(last('RUN'), new RegExp(`install -d -o node -g node -m 0700 ${volume}\\b`))
  assert.equal(last('STOPSIGNAL'), 'SIGTERM')
  const health = /CMD (\[.*\])$/.exec(last('HEALTHCHECK'))?.[1] ?? ''
  const [program, flag, code = ''] = list(health)
  assert.deepEqual([program, flag], ['node', '-e'])
  assert.ok(code.includes(`http://127.0.0.1:${http.port.default}`) && code.includes('/health'))
  // Nothing listens there: it runs, and says so.
  const env = { ...process.env, HEALTH_URL: 'http://127.0.0.1:1' }
  assert.equal(spawnSync(process.execPath, ['-e', code], { env }).status, 1)
  // In the form without a shell, which would keep the signals to itself.
  assert.deepEqual([...list(last('ENTRYPOINT')), ...list(last('CMD'))], ['holdfast', 'start'])
  const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as { bin: { holdfast: string } }
  assert.match(last('RUN'), new RegExp(`ln -s ${installed}${bin.holdfast} /usr/local/bin/holdfast`))
})

const unit = readFileSync('deploy/holdfast.service', 'utf8')
const setting = (name: string): string =>
  new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? assert.fail(`no ${name}`)

test('the unit starts what the package holds, gives a stop its time, and never gives up', () => {
  const [, program = ''] =
    /\/opt\/holdfast\/node_modules\/holdfast\/(\S+)/.exec(setting('ExecStart')) ?? []
  assert.ok(existsSync(program), program)
  assert.match(setting('ExecStart'), / start$/)
  assert.match(setting('Documentation'), new RegExp(`${installed}docs/README.md$`))
  assert.ok(stopSecsMax >= 10 && Number(setting('TimeoutStopSec')) > stopSecsMax)
  assert.equal(setting('KillSignal'), 'SIGTERM')
  assert.equal(setting('Restart'), 'always')
  assert.equal(setting('StartLimitIntervalSec'), '0')
  assert.match(
    unit,
    new RegExp(`^Environment=HOLDFAST_DATA=/var/lib/${setting('StateDirectory')}$`, 'm'),
  )
  const legs = (rtpPorts.last - rtpPorts.first + 1) / 2
  assert.ok(
    Number(setting('LimitNOFILE')) > 4 * legs,
    'RTP and RTCP of all legs, connections, files',
  )
})

test('every setting of the unit has a section and a form', () => {
  const lines = unit.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const odd = lines.filter((line) => !/^(\[(Unit|Service|Install)\]|[A-Z]\w+=.*)$/.test(line))
  assert.deepEqual(odd, [])
})

const analyze = ['/usr/bin/systemd-analyze', '/bin/systemd-analyze'].find((path) =>
  existsSync(path),
)

test(
  'systemd has nothing to say about the unit',
  { skip: analyze === undefined && 'no systemd-analyze' },
  () => {
    const run = (...args: readonly string[]) =>
      spawnSync(analyze ?? '', [...args, join('deploy', 'holdfast.service')], { encoding: 'utf8' })
    const { status, stdout, stderr } = run('verify')
    assert.deepEqual({ status, said: `${stdout}${stderr}` }, { status: 0, said: '' })
    // Exposure from 0 (none) to 10; older ones cannot judge a file.
    const judged = run('security', '--offline=true', '--threshold=25', '--no-pager')
    if (/exposure level/.test(judged.stdout))
      assert.equal(judged.status, 0, judged.stdout.slice(-200))
  },
)

test('no unit and no image is missing from the guide', () => {
  const guide = readFileSync('docs/guides/deployment.md', 'utf8')
  for (const name of [...globSync('deploy/*'), 'Dockerfile']) assert.ok(guide.includes(name), name)
})
