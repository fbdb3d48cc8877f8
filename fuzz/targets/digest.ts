// Digest in both roles: credentials of strangers judged by the server, challenges of carriers answered by the client. Nothing
// that was not made with the password may be let in.

import { DigestClient } from '../../src/sip/auth/client.ts'
import { Nonces } from '../../src/sip/auth/nonce.ts'
import { DigestServer } from '../../src/sip/auth/server.ts'
import { parseAuth } from '../../src/sip/message/headers/auth.ts'
import { fieldsOf } from '../../src/sip/message/fields.ts'
import { unsafeHeader } from '../../src/sip/message/serialize.ts'
import type { SipRequest } from '../../src/sip/message/types.ts'
import { digestLine, recordedHeader } from '../corpus.ts'
import { seedText, textOf, type FuzzTarget } from '../target.ts'

const clock = {
  wallMs: () => 1_767_225_600_000,
  wallUs: () => 1_767_225_600_000_000,
  monotonicMs: () => 0,
}
const random = {
  bytes: (count: number) => new Uint8Array(count).fill(7),
  uuid: () => '00000000-0000-4000-8000-000000000000',
  below: () => 0,
  token: (length: number) => 'x'.repeat(length),
}
const alice = { username: 'alice', password: 'wonder' }

function request(authorization: string): SipRequest {
  const headers = fieldsOf([['Authorization', authorization]])
  return {
    kind: 'request',
    method: 'REGISTER',
    uri: 'sip:localhost',
    headers,
    body: new Uint8Array(0),
  }
}

export function credentialsTarget(): FuzzTarget {
  const nonces = new Nonces({ clock, random, secret: new Uint8Array(32) })
  const server = new DigestServer('localhost', [alice], nonces)
  const client = new DigestClient({ ...alice, password: 'wrong' }, random)
  for (const challenge of server.challenges('alice', false).slice(0, 1)) {
    const headers = fieldsOf([['WWW-Authenticate', challenge]])
    client.accept({ kind: 'response', status: 401, reason: '', headers, body: new Uint8Array(0) })
  }
  const [[, fresh] = ['', '']] = client.headers('REGISTER', 'sip:localhost')
  return {
    name: 'digest-credentials',
    seeds: seedText(
      digestLine,
      fresh,
      ...recordedHeader('Authorization'),
      "Digest username*=UTF-8''%61lice, userhash=true",
      'Basic YTpi',
    ),
    shape: 'text',
    costMs: 5,
    bytesMax: 16_384,
    run(input) {
      const verdict = server.verify(request(textOf(input)))
      if (verdict.kind === 'ok' || verdict.kind === 'stale')
        throw new Error('credentials without the password were taken')
      if (nonces.rows > 0) throw new Error('wrong credentials left something behind')
    },
  }
}

export function challengeTarget(): FuzzTarget {
  return {
    name: 'digest-challenge',
    seeds: seedText(
      ...recordedHeader('WWW-Authenticate'),
      ...recordedHeader('Proxy-Authenticate'),
      'Digest realm="localhost", nonce="abc", opaque="x", algorithm=MD5, qop="auth,auth-int", stale=TRUE, domain="sip:a"',
      'Digest realm="a\\"b", nonce="", algorithm=SHA-256',
    ),
    shape: 'text',
    costMs: 5,
    bytesMax: 16_384,
    run(input) {
      const text = textOf(input)
      parseAuth(text)
      const client = new DigestClient(alice, random)
      const headers = fieldsOf([['Proxy-Authenticate', text]])
      client.accept({ kind: 'response', status: 407, reason: '', headers, body: new Uint8Array(0) })
      for (const [name, value] of client.headers('INVITE', 'sip:bob@localhost')) {
        // What came in on one line (a message has no others) may not break out of the line that answers it.
        if (!/[\r\n\0]/.test(text) && unsafeHeader(name, value) !== undefined)
          throw new Error('a challenge broke out of our header')
      }
    },
  }
}
