import assert from 'node:assert/strict'
import { posix } from 'node:path'
import { test } from 'node:test'
import { addressMatcher } from '../platform/address-matcher.ts'
import { apiKeyHash, findApiKey, keepApiKey } from './credentials.ts'
import { ConfigError, loadConfig } from './load.ts'
import { keys } from './keys.ts'
import { isLeaf, isRecords } from './spec.ts'
import type { Table } from './spec.ts'

type Env = Record<string, string>

function load(env: Env = {}, files: Record<string, string> = {}) {
  return loadConfig({
    env,
    workingFolder: '/work-folder',
    readText: (path) => files[path],
    resolvePath: (folder, path) => posix.resolve(folder, path),
    folderOf: (path) => posix.dirname(path),
    isAddressRange: (text) => {
      try {
        addressMatcher([text])
        return true
      } catch {
        return false
      }
    },
  })
}

const loadYaml = (yaml: string, env: Env = {}) =>
  load(env, { '/work-folder/holdfast.yaml': yaml }).config

test('without a file the default application takes every number', () => {
  const { config, file } = load({ HOLDFAST_WEBHOOK_URL: 'http://127.0.0.1:9000/hooks' })
  assert.equal(file, undefined)
  assert.equal(config.http.port, 8080)
  assert.equal(config.dataFolder, '/work-folder/data')
  assert.deepEqual(config.media.ports, { first: 20_000, last: 29_999 })
  assert.equal(config.applications.length, 1)
  const [app] = config.applications
  assert.equal(app?.id, '1000000001')
  assert.equal(app?.name, 'default')
  assert.equal(app?.webhookEventUrl, 'http://127.0.0.1:9000/hooks')
  assert.deepEqual(app?.numbers, ['*'])
  assert.deepEqual(config.apiKeys, [])
})

test('relative paths start at the folder of the named file', () => {
  const files = { '/etc/holdfast/server.yaml': 'data: ./state\n' }
  const loaded = load({ HOLDFAST_CONFIG: '/etc/holdfast/server.yaml' }, files)
  assert.equal(loaded.config.dataFolder, '/etc/holdfast/state')
  assert.equal(loaded.file, '/etc/holdfast/server.yaml')
})

test('a named file that is missing stops the start', () => {
  assert.throws(() => load({ HOLDFAST_CONFIG: 'nowhere.yaml' }), /nowhere\.yaml .*cannot be read/)
})

test('the environment wins over the file, lists are JSON', () => {
  const config = loadYaml('http: { port: 1 }\nsip: { transports: [udp, tcp] }\n', {
    HOLDFAST_HTTP__PORT: '0',
    HOLDFAST_QUEUES__COLLECT_EMPTY_AFTER_SECS: '5',
    HOLDFAST_QUEUES__COLLECT_CREATED: 'false',
    HOLDFAST_SIP__TRANSPORTS: '["udp"]',
    HOLDFAST_MEDIA__PORTS: '30000-30099',
    HOLDFAST_DATA: '/var/lib/holdfast',
    HOLDFAST_TRUNKS: '[{"name":"a","uri":"sip:127.0.0.1:5080"}]',
    HOLDFAST_SIP__DOMAIN: '12345',
  })
  assert.equal(config.http.port, 0)
  assert.equal(config.queues.collect_empty_after_secs, 5)
  assert.equal(config.queues.collect_created, false)
  assert.deepEqual(config.sip.transports, ['udp'])
  assert.deepEqual(config.media.ports, { first: 30_000, last: 30_099 })
  assert.equal(config.dataFolder, '/var/lib/holdfast')
  assert.equal(config.trunks[0]?.uri, 'sip:127.0.0.1:5080')
  assert.equal(config.sip.domain, '12345')
})

const refused: readonly (readonly [string, string, RegExp])[] = [
  ['unknown key', 'htpp: {}', /htpp is not a known key; known here: http, sip/],
  ['unknown inner key', 'http: { prot: 1 }', /http\.prot is not a known key/],
  [
    'out of range',
    'http: { port: 70000 }',
    /http\.port is 70000, must be an integer from 0 to 65535/,
  ],
  ['wrong type', 'http: { port: "x" }', /http\.port is "x", must be an integer/],
  ['group as text', 'http: yes please', /http is "yes please", must be a group/],
  [
    'bad range list',
    'egress: { allow: [nonsense] }',
    /egress\.allow is \["nonsense"\], must be a list/,
  ],
  ['choice', 'log: { level: loud }', /log\.level is "loud", must be one of debug/],
  ['port range', 'media: { ports: 10-20 }', /media\.ports is "10-20"/],
  ['missing id', 'applications: [{ name: a }]', /applications\[0\]\.id is missing/],
  ['bad id', 'applications: [{ id: "01", name: a }]', /applications\[0\]\.id is "01"/],
  ['numeric id', 'applications: [{ id: 7, name: a }]', /applications\[0\]\.id is 7/],
  [
    'bad URL',
    'applications: [{ id: "1", name: a, webhook_event_url: "ftp://x" }]',
    /webhook_event_url is "ftp:\/\/x"/,
  ],
  [
    'same id twice',
    'applications: [{ id: "1", name: a }, { id: "1", name: b }]',
    /applications\[1\]\.id is "1", must be unique/,
  ],
  [
    'same number twice',
    'applications: [{ id: "1", name: a, numbers: ["*"] }, { id: "2", name: b, numbers: ["*"] }]',
    /number "\*" belongs to both 1 and 2/,
  ],
  ['key without text', 'api_keys: [{ name: dev }]', /api_keys\[0\] must have either key or/],
  ['user with neither', 'sip_users: [{ username: a }]', /sip_users\[0\] must have either/],
  ['not YAML', 'a: [', /is not YAML/],
  ['a tag that means nothing', 'queues: !!ma { collect_created: false }', /is not YAML/],
  [
    'a prefix that no number begins with',
    'outbound: { allow_prefixes: ["0044"] }',
    /allow_prefixes\[0\] is "0044", must be \+ and digits/,
  ],
  [
    'a prefix of a key that no number begins with',
    'api_keys: [{ name: a, key: K, outbound_prefixes: ["+44", "44"] }]',
    /api_keys\[0\]\.outbound_prefixes\[1\] is "44", must be \+ and digits/,
  ],
  ['a list', '- 1', /must hold keys and values/],
  [
    'too short a session timer',
    'sip: { session_expires_secs: 60 }',
    /sip\.session_expires_secs is 60, must be an integer from 90/,
  ],
]

for (const [name, yaml, message] of refused) {
  test(`refused: ${name}`, () => {
    assert.throws(
      () => loadYaml(yaml),
      (error) => {
        assert.ok(error instanceof ConfigError)
        assert.match(error.message, message)
        return true
      },
    )
  })
}

test('an unknown variable with a path stops the start, other ones only warn', () => {
  assert.throws(() => load({ HOLDFAST_HTTP__PROT: '1' }), /HOLDFAST_HTTP__PROT names no known key/)
  assert.deepEqual(load({ HOLDFAST_COLOR: '1', HOME: '/' }).warnings, [
    'HOLDFAST_COLOR names no known key and is ignored',
  ])
})

test('a secret never shows in a message', () => {
  const yaml = `sip_users: [{ username: a, ha1_md5: "hush" }]`
  assert.throws(
    () => loadYaml(yaml),
    (error) => {
      assert.ok(error instanceof ConfigError)
      assert.match(error.message, /sip_users\[0\]\.ha1_md5 is \(not shown\)/)
      assert.doesNotMatch(error.message, /hush/)
      return true
    },
  )
})

test('API keys are found by their hash; none of them keeps its text', () => {
  const config = loadYaml(
    `api_keys: [{ name: a, key: KEYa }, { name: b, key_sha256: "${Buffer.from(apiKeyHash('KEYb')).toString('hex')}" }]`,
    { HOLDFAST_API_KEY: 'KEYc' },
  )
  const names = ['KEYa', 'KEYb', 'KEYc', 'KEYd', ''].map(
    (key) => findApiKey(config.apiKeys, key)?.name,
  )
  assert.deepEqual(names, ['a', 'b', 'environment', undefined, undefined])
  assert.doesNotMatch(JSON.stringify(config), /KEYa/)
})

test('SIP passwords become digest hashes with the domain as realm', () => {
  const config = loadYaml(
    'sip: { domain: example.org }\nsip_users: [{ username: alice, password: secret }]',
  )
  // From `printf 'alice:example.org:secret' | md5sum`, and sha256sum.
  const [alice] = config.sipUsers
  assert.equal(alice?.ha1Md5, '543e1aec5d3614f03141652d6ada51b2')
  assert.equal(alice?.ha1Sha256, 'd1659fff7a501be15962adc35514ca6a5868905695f2dd1093741f931e000a1f')
  assert.doesNotMatch(JSON.stringify(config.sipUsers), /secret/)
})

test('a generated key is kept and found again', () => {
  let kept: string | undefined
  const file = { read: () => kept, write: (text: string) => void (kept = text) }
  const random = {
    bytes: () => new Uint8Array(),
    uuid: () => '',
    below: () => 0,
    token: (length: number) => 'x'.repeat(length),
  }
  const first = keepApiKey(file, random)
  assert.equal(first.fresh, `KEY${'x'.repeat(55)}`)
  const second = keepApiKey(file, random)
  assert.equal(second.fresh, undefined)
  assert.deepEqual(second.key, first.key)
})

test('every default lies in its own range', () => {
  const walk = (table: Table): void => {
    for (const [name, node] of Object.entries(table)) {
      if (isRecords(node)) walk(node.fields)
      else if (!isLeaf(node)) walk(node)
      else if (node.default !== undefined && node.type !== 'port range') {
        const checks = { isAddressRange: () => true }
        assert.ok(node.parse(node.default, checks).ok, name)
      }
    }
  }
  walk(keys)
})

test('a lab is only where nobody else can reach it', () => {
  assert.equal(loadYaml('lab: { enabled: true }').lab.enabled, true)
  assert.equal(loadYaml('').lab.enabled, false)
  assert.throws(
    () => loadYaml('lab: { enabled: true }\nhttp: { host: 0.0.0.0 }\nsip: { host: 192.0.2.1 }'),
    /http\.host is "0\.0\.0\.0", must be a loopback address.*sip\.host is "192\.0\.2\.1"/,
  )
})

test('a file of JSON means the same however it is laid out, and a key that stands twice stops the start', () => {
  const config = {
    http: { port: 8100 },
    api_keys: [{ name: 'a', key: 'KEY-of-twenty-characters' }],
  }
  const written = loadYaml(JSON.stringify(config))
  assert.deepEqual(written, loadYaml(JSON.stringify(config, undefined, 2)))
  assert.equal(written.http.port, 8100)
  assert.throws(() => loadYaml('{"http":{"port":8100},"http":{"port":8200}}'), ConfigError)
})
