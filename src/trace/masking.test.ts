import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maskSecrets } from '../base/mask-secrets.ts'
import { maskJson, maskSip, textCharsMax } from './masking.ts'

const message = [
  'INVITE sip:bob:hunter22@example.com SIP/2.0',
  'Call-ID: abc',
  'Proxy-Authorization: Digest username="alice", realm="pbx", nonce="n0nce==", uri="sip:x",',
  ' response="0123456789abcdef", cnonce="c1", opaque="op", nc=00000001, qop=auth',
  'Authorization: Basic YWxpY2U6c2VjcmV0',
  'WWW-Authenticate: Digest realm="pbx", nonce="fresh1"',
  'authorization :Digest response=bare123, username=a',
  'X-Session-Token: t0ken',
  ' folded-t0ken',
  'Contact: <sip:carol:c4r0l@h>, "d" <sips:dave:pass,w0rd@h>;q=1',
  'Content-Length: 60',
  '',
  'v=0',
  'a=ice-pwd:icep4ss',
  'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0a2V5|2^20;inline:bW9yZQ|2^20',
  '',
].join('\r\n')

test('credentials of a SIP message are hidden, its length stays', () => {
  const masked = maskSip(message)
  assert.equal(masked.length, message.length)
  for (const secret of [
    ...['hunter22', 'n0nce', '0123456789abcdef', '"c1"', '"op"', 'YWxpY2U6c2VjcmV0', 'fresh1'],
    ...['bare123', 'c2VjcmV0a2V5', 'bW9yZQ', 'icep4ss', 't0ken', 'c4r0l', 'pass,w0rd'],
  ])
    assert.ok(!masked.includes(secret), secret)
  for (const open of ['username="alice"', 'realm="pbx"', 'qop=auth', 'uri="sip:x"', 'Call-ID: abc'])
    assert.ok(masked.includes(open), open)
  assert.equal(maskSip('BYE sip:x SIP/2.0\r\nCall-ID: 1\r\n\r\n').includes('*'), false)
})

test('pressed keys are hidden however the type of the body is written', () => {
  for (const type of ['Content-Type: ', 'c: ', 'c:', 'Content-Type:\r\n ']) {
    const info = `INFO sip:x SIP/2.0\r\n${type}application/dtmf-relay\r\n\r\nSignal=7\r\n`
    assert.match(maskSip(info, true), /Signal=\*\r/, type)
    assert.match(maskSip(info, false), /Signal=7/)
  }
})

test('texts made to cost time cost none', () => {
  const parts = ['sip:', 'sip:a:', 'a.', '?', '&token', 'token', 'Bearer ', 'nonce ', 'a://b:']
  const startedMs = performance.now()
  for (const part of [...parts, 'a=crypto:inline:', 'Authorization ', 'X-Token:\r\n ']) {
    const text = part.repeat(Math.ceil(60_000 / part.length))
    for (const before of ['', '?', 'Authorization: Digest ']) {
      maskSip(before + text)
      maskSecrets(before + text)
    }
  }
  // Hundreds of times of what it takes; nested tries took twenty seconds.
  const tookMs = performance.now() - startedMs
  assert.ok(tookMs < 5000, `${tookMs} ms`)
})

test('JSON keeps its shape and loses passwords, keys and big texts', () => {
  const masked = maskJson({
    sip_auth_password: 'p1',
    sip_auth_username: 'alice',
    custom_headers: [
      { name: 'X-Api-Key', value: 'p2' },
      { name: 'X-Ticket', value: '7' },
    ],
    requestHeaders: [
      ['authorization', 'p3'],
      ['user-agent', 'x'],
    ],
    webhook_url: 'https://u:p4@app.example/hook?token=p5&a=1',
    note: 'send Bearer p6',
    playback_content: 'A'.repeat(textCharsMax + 1),
    count: 3,
    api_key: ['p1', { deep: 'p2' }],
    sip_auth_token: 4711,
    responseBody: ' {"access_token": "p6", "ok": true}',
    other: '{"ok": 1}',
    hide_password: true,
  })
  const text = JSON.stringify(masked)
  assert.doesNotMatch(text, /"?p[1-6]"?[^a-z]/)
  assert.match(text, /"sip_auth_username":"alice"/)
  assert.match(text, /"value":"7"/)
  assert.doesNotMatch(text, /4711/)
  assert.match(text, /"hide_password":true/)
  assert.match(text, /"other":"\{\\"ok\\": 1\}"/)
  assert.match(text, /a=1/)
  assert.match(text, /\(2001 characters\)/)
})

test('a text without secrets stays as it is', () => {
  const plain = 'https://app.example/hook?a=1&b=2'
  assert.equal(maskSecrets(plain), plain)
})
