// The file that `init` writes is understood by the server, means what an empty one means, and names every key.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keys } from '../config/keys.ts'
import { loadConfig } from '../config/load.ts'
import { commentedConfig } from './commented-config.ts'

function load(yaml: string) {
  return loadConfig({
    env: {},
    workingFolder: '/srv',
    readText: () => yaml,
    resolvePath: (folder, path) => `${folder}/${path}`,
    folderOf: () => '/srv',
    isAddressRange: () => true,
  })
}

test('a fresh file means the same as none', () => {
  const fresh = load(commentedConfig({ host: '127.0.0.1', webhookUrl: '' }))
  assert.deepEqual(fresh.config, load('').config)
})

test('address and receiver are taken over', () => {
  const { config } = load(
    commentedConfig({ host: '192.0.2.1', webhookUrl: 'https://app.example/hooks' }),
  )
  assert.deepEqual(
    [config.http.host, config.sip.host, config.media.host],
    Array(3).fill('192.0.2.1'),
  )
  const [application] = config.applications
  assert.equal(application?.webhookEventUrl, 'https://app.example/hooks')
  assert.deepEqual(application?.numbers, ['*'])
})

test('every key stands in it, and the defaults can be put into force as they stand', () => {
  const text = commentedConfig({ host: '127.0.0.1', webhookUrl: '' })
  for (const name of Object.keys(keys)) assert.match(text, new RegExp(`^(# )?${name}:`, 'm'))
  const inForce = text.replace(/^ {2}# ([a-z_0-9]+: (?:"|\[|\d|true|false).*)$/gm, '  $1')
  assert.notEqual(inForce, text)
  assert.deepEqual(load(inForce).config, load('').config)
})
