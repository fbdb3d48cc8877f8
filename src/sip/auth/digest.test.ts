// Digest against the published vectors, the two roles against each other, and what attackers try.

import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { test } from 'node:test'
import { SeededRandom, VirtualTime } from '../../../test/support/virtual.ts'
import { fieldsOf } from '../message/fields.ts'
import type { SipRequest, SipResponse } from '../message/types.ts'
import { DigestClient } from './client.ts'
import { digestHa1, digestResponse } from './digest.ts'
import { Nonces } from './nonce.ts'
import { DigestServer } from './server.ts'
import type { UserSecret } from './server.ts'

const secret = new TextEncoder().encode('secret secret secret secret secret')
const alice: UserSecret = { username: 'alice', password: 'wonder' }

function request(
  headers: readonly (readonly [string, string])[],
  uri = 'sip:pbx.test',
): SipRequest {
  return {
    kind: 'request',
    method: 'REGISTER',
    uri,
    headers: fieldsOf(headers),
    body: new Uint8Array(),
  }
}

function challenged(challenges: readonly string[]): SipResponse {
  const headers = fieldsOf(challenges.map((one) => ['WWW-Authenticate', one] as const))
  return { kind: 'response', status: 401, reason: '', headers, body: new Uint8Array() }
}

function scene(users: readonly UserSecret[] = [alice], rowsMax?: number) {
  const time = new VirtualTime()
  const random = new SeededRandom(3)
  const options = { clock: time, random, secret }
  const nonces = new Nonces(rowsMax === undefined ? options : { ...options, rowsMax })
  const server = new DigestServer('pbx.test', users, nonces)
  const client = new DigestClient({ username: 'alice', password: 'wonder' }, random)
  const credentials = (): readonly (readonly [string, string])[] =>
    client.headers('REGISTER', 'sip:pbx.test')
  return { time, random, nonces, server, client, credentials }
}

test('RFC 7616 §3.9.1: the published examples, MD5 and SHA-256', () => {
  const input = {
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    method: 'GET',
    uri: '/dir/index.html',
    qop: { nc: '00000001', cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ' },
  }
  const ha1 = (algorithm: 'MD5' | 'SHA-256'): string =>
    digestHa1(algorithm, 'Mufasa', 'http-auth@example.org', 'Circle of Life')
  assert.equal(
    digestResponse({ ...input, algorithm: 'MD5', ha1: ha1('MD5') }),
    '8ca523f5e9506fed4657c9700eebdbec',
  )
  assert.equal(
    digestResponse({ ...input, algorithm: 'SHA-256', ha1: ha1('SHA-256') }),
    '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
  )
})

test('RFC 2617 §3.5 without qop: the published example of RFC 2069 form still computes', () => {
  const ha1 = digestHa1('MD5', 'Mufasa', 'testrealm@host.com', 'CircleOfLife')
  const response = digestResponse({
    algorithm: 'MD5',
    ha1,
    nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
    method: 'GET',
    uri: '/dir/index.html',
    qop: undefined,
  })
  assert.equal(response, '1949323746fe6a43ef61f9606e7febea')
})

test('RFC 8760 §2.3: SHA-256 is offered first, then MD5, and the client takes the first', () => {
  const { server, client, credentials } = scene()
  const challenges = server.challenges('alice', false)
  assert.deepEqual(
    challenges.map((one) => /algorithm=([^,]+)/.exec(one)?.[1]),
    ['SHA-256', 'MD5'],
  )
  assert.equal(client.accept(challenged(challenges)), true)
  assert.match(credentials()[0]?.[1] ?? '', /algorithm=SHA-256/)
  assert.deepEqual(server.verify(request(credentials())), { kind: 'ok', username: 'alice' })
})

test('RFC 8760 §2.4: a user with only an MD5 hash is offered only MD5', () => {
  const ha1Md5 = digestHa1('MD5', 'alice', 'pbx.test', 'wonder').toUpperCase()
  const { server, client, credentials } = scene([{ username: 'alice', ha1Md5 }])
  const challenges = server.challenges('alice', false)
  assert.equal(challenges.length, 1)
  assert.equal(server.challenges(undefined, false).length, 2, 'a stranger learns nothing')
  client.accept(challenged(challenges))
  assert.equal(server.verify(request(credentials())).kind, 'ok')
})

test('RFC 7616 §3.4: changed algorithm, password, URI, user, realm or nonce is refused', () => {
  const { server, client, credentials } = scene()
  client.accept(challenged(server.challenges('alice', false)))
  const good = credentials()[0]?.[1] ?? ''
  const verdict = (text: string, uri?: string) =>
    server.verify(request([['Authorization', text]], uri))
  const why = (text: string, uri?: string) => {
    const found = verdict(text, uri)
    return found.kind === 'wrong' ? found.why : found.kind
  }
  assert.equal(why(good.replace('algorithm=SHA-256', 'algorithm=MD5')), 'response')
  assert.equal(why(good.replace('algorithm=SHA-256', 'algorithm=SHA-256-sess')), 'algorithm')
  assert.equal(why(good.replace(/response="./, 'response="x')), 'response')
  assert.equal(why(good, 'sip:elsewhere.test'), 'uri')
  assert.equal(why(good.replace('"alice"', '"mallory"')), 'unknown-user')
  assert.equal(why(good.replace('realm="pbx.test"', 'realm="other"')), 'absent')
  assert.equal(why(good.replace(/nonce="./, 'nonce="Z')), 'forged-nonce')
  assert.equal(why(good.replace('qop=auth, ', '')), 'count')
  assert.equal(why(good), 'ok')
})

test('RFC 7616 §3.4.5: a replayed count is stale, a gap is allowed, a late count is taken once', () => {
  const { server, client, credentials } = scene()
  client.accept(challenged(server.challenges('alice', false)))
  const sets = Array.from({ length: 60 }, () => request(credentials()))
  const kind = (index: number) => server.verify(sets[index] ?? request([])).kind
  assert.equal(kind(0), 'ok')
  assert.equal(kind(0), 'stale', 'replayed')
  assert.equal(kind(9), 'ok', 'gap')
  assert.equal(kind(5), 'ok', 'overtaken on the way')
  assert.equal(kind(5), 'stale')
  assert.equal(kind(9), 'stale')
  assert.equal(kind(59), 'ok')
  assert.equal(kind(8), 'stale', 'too old to tell')
})

test('RFC 7616 §3.3: a nonce is stale after 300 s, and one of an earlier start at once', () => {
  const { server, client, credentials, time, random } = scene()
  client.accept(challenged(server.challenges('alice', false)))
  time.advance(299_000)
  assert.equal(server.verify(request(credentials())).kind, 'ok')
  time.advance(2_000)
  assert.equal(server.verify(request(credentials())).kind, 'stale')
  client.accept(challenged(server.challenges('alice', true)))
  const after = new DigestServer('pbx.test', [alice], new Nonces({ clock: time, random, secret }))
  assert.equal(after.verify(request(credentials())).kind, 'stale')
  const stranger = new Nonces({ clock: time, random, secret: new TextEncoder().encode('other') })
  const other = new DigestServer('pbx.test', [alice], stranger)
  assert.equal(other.verify(request(credentials())).kind, 'wrong')
})

test('RFC 8760 §2.4: only the algorithms of the configuration are offered and accepted', () => {
  const { random, nonces } = scene()
  for (const [chosen, other] of [
    ['MD5', 'SHA-256'],
    ['SHA-256', 'MD5'],
  ] as const) {
    const server = new DigestServer('pbx.test', [alice], nonces, [chosen])
    const answerTo = (challenges: readonly string[]): SipRequest => {
      const client = new DigestClient({ username: 'alice', password: 'wonder' }, random)
      client.accept(challenged(challenges))
      return request(client.headers('REGISTER', 'sip:pbx.test'))
    }
    const offered = server.challenges('alice', false)
    assert.equal(offered.length, 1)
    assert.match(offered[0] ?? '', new RegExp(`algorithm=${chosen},`))
    assert.equal(server.verify(answerTo(offered)).kind, 'ok')
    const foreign = new DigestServer('pbx.test', [alice], nonces, [other])
    const verdict = server.verify(answerTo(foreign.challenges('alice', false)))
    assert.deepEqual(verdict, { kind: 'wrong', username: 'alice', why: 'algorithm' })
  }
})

test('RFC 7616 §5.12: remembered counts are bounded, and an evicted nonce can not be replayed', () => {
  const { server, nonces, random, time } = scene([alice], 10)
  const used: SipRequest[] = []
  for (let i = 0; i < 50; i++) {
    time.advance(10)
    const client = new DigestClient({ username: 'alice', password: 'wonder' }, random)
    client.accept(challenged(server.challenges('alice', false)))
    const one = request(client.headers('REGISTER', 'sip:pbx.test'))
    assert.equal(server.verify(one).kind, 'ok')
    used.push(one)
  }
  assert.ok(nonces.rows <= 10)
  for (const one of used) assert.equal(server.verify(one).kind, 'stale')
})

test('C269: a clock that is set makes no nonce stale, and none to come', () => {
  const { server, nonces, random, time } = scene([alice], 10)
  for (const setMs of [86_400_000, -86_400_000, -86_400_000]) {
    for (let i = 0; i < 20; i++) {
      time.advance(10)
      const client = new DigestClient({ username: 'alice', password: 'wonder' }, random)
      client.accept(challenged(server.challenges('alice', false)))
      if (i === 10) time.setWall(setMs)
      const one = request(client.headers('REGISTER', 'sip:pbx.test'))
      assert.equal(server.verify(one).kind, 'ok', `${setMs} ${i}`)
    }
  }
  assert.ok(nonces.rows <= 10)
})

test('RFC 3261 §22.4: broken credentials are no credentials', () => {
  const { server } = scene()
  for (const text of [
    '',
    'Digest',
    'Basic YTpi',
    'Digest realm="pbx.test',
    'Digest realm=pbx.test',
    'Digest ,,,=',
  ]) {
    assert.notEqual(server.verify(request([['Authorization', text]])).kind, 'ok')
  }
})

test('RFC 7616 §3.3: a challenge that wants only auth-int, or no algorithm we know, is not answered', () => {
  const { client } = scene()
  assert.equal(client.accept(challenged(['Digest realm="r", nonce="n", qop="auth-int"'])), false)
  assert.equal(
    client.accept(challenged(['Digest realm="r", nonce="n", algorithm=SHA-512-256'])),
    false,
  )
  assert.equal(
    client.accept(challenged(['Digest realm="r", nonce="n", qop="auth-int, auth"'])),
    true,
  )
})

/** Every hash that is computed while `run` runs, by kind and length of what goes in. */
function hashesDuring(run: () => void): readonly string[] {
  const done: string[] = []
  const { createHash, createHmac } = crypto
  const watched = (name: string, hash: crypto.Hash): crypto.Hash => {
    const update = hash.update.bind(hash)
    hash.update = (text: crypto.BinaryLike) => {
      done.push(`${name} ${typeof text === 'string' ? text.length : text.byteLength}`)
      return update(text)
    }
    return hash
  }
  crypto.createHash = (name) => watched(name, createHash(name))
  crypto.createHmac = (name, key) => {
    done.push(`hmac ${name}`)
    return createHmac(name, key)
  }
  syncBuiltinESMExports()
  try {
    run()
  } finally {
    Object.assign(crypto, { createHash, createHmac })
    syncBuiltinESMExports()
  }
  return done
}

test('C81: an invented name costs the same hashes as a real one, whatever is wrong with the credentials', () => {
  const { server, client, credentials } = scene()
  client.accept(challenged(server.challenges(undefined, false)))
  const [[, right = ''] = []] = credentials()
  const wrongs: Readonly<Record<string, (text: string) => string>> = {
    'a wrong response': (text) => text.replace(/response="[^"]*"/, `response="${'0'.repeat(64)}"`),
    'a forged nonce': (text) => text.replace(/nonce="[^"]*"/, 'nonce="a.b.c.d"'),
    'an unknown algorithm': (text) => text.replace(/algorithm=[^,]*/, 'algorithm=SHA-512'),
    'another URI': (text) => text.replace(/uri="[^"]*"/, 'uri="sip:other.test"'),
    'no count': (text) => text.replace(/nc=[^,]*/, 'nc=x'),
  }
  for (const [name, spoil] of Object.entries(wrongs)) {
    const [known, unknown] = ['alice', 'bobby'].map((user) => {
      const text = spoil(right.replace('username="alice"', `username="${user}"`))
      assert.ok(text.includes(user))
      return hashesDuring(() => {
        const verdict = server.verify(request([['Authorization', text]]))
        assert.equal(verdict.kind, 'wrong', name)
        server.challenges(user, false)
      })
    })
    assert.deepEqual(unknown, known, name)
    assert.ok((known?.length ?? 0) > 0, 'the watch works')
  }
})
