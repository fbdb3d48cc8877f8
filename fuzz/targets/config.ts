// The configuration file: whatever it holds, the server starts with what it says or says why it does not.

import { addressMatcher } from '../../src/platform/address-matcher.ts'
import { ConfigError, loadConfig } from '../../src/config/load.ts'
import { seedText, textOf, type FuzzTarget } from '../target.ts'

const world = {
  workingFolder: '/etc/holdfast',
  resolvePath: (folder: string, path: string) =>
    path.startsWith('/') ? path : `${folder}/${path}`,
  folderOf: () => '/etc/holdfast',
  isAddressRange: (text: string): boolean => {
    try {
      addressMatcher([text])
      return true
    } catch {
      return false
    }
  },
}

export function configTarget(): FuzzTarget {
  return {
    name: 'config',
    seeds: seedText(
      [
        'http: { host: 127.0.0.1, port: 8080 }',
        'sip: { host: 127.0.0.1, port: 5060, transports: [udp, tcp], accept_unauthenticated_from: ["127.0.0.0/8", "::1/128"] }',
        'media:\n  ports: 20000-29999\n  advertise: ""',
        'api_keys: [ { name: dev, key: KEYx } ]',
        'applications:\n  - { id: "1000000001", name: support, webhook_event_url: "http://127.0.0.1:9000/", numbers: ["+15550100", "*"] }',
        'sip_users: [ { username: alice, password: secret } ]',
        'trunks: [ { name: carrier, uri: "sip:127.0.0.1:5080", inbound_from: ["127.0.0.1/32"] } ]',
        'queues: &q { collect_empty_after_secs: 3600 }',
        'outbound: { allow_uri_hosts: [localhost] }\negress: { allow: [] }\nwebhooks: { hold_secs: 60 }',
      ].join('\n'),
      'a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: &d [*c, *c]\nqueues: *d',
      'queues: !!map { <<: { collect_created: false } }\n--- \n? [complex]\n: |+\n  text\n',
    ),
    shape: 'text',
    // Read once, from a file of the operator.
    costMs: 1000,
    bytesMax: 8192,
    run(input) {
      const text = textOf(input)
      try {
        loadConfig({ ...world, env: {}, readText: () => text })
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error
      }
    },
  }
}
