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

/** CPU time in ms that this thread needs at best. */
function costOf(work: () => void): number {
  const costs = [1, 2].map(() => {
    const before = process.threadCpuUsage()
    work()
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1000
  })
  return Math.min(...costs)
}

// The same amount of text, once in sixteen parts and once in one: where tries are nested, the one costs sixteen times as
// much. Measured in this thread's own time, so that a busy machine changes nothing.
test('texts made to cost time cost none: one long text costs what as much of short ones does', () => {
  const parts = ['sip:', 'sip:a:', 'a.', '?', '&token', 'token', 'Bearer ', 'nonce ', 'a://b:']
  const more = [
    'a=crypto:inline:',
    'Authorization ',
    'X-Token:\r\n ',
    '://',
    '://a@',
    '@',
    '#code=',
  ]
  const bodies = ['\\"', '"a', '{"a":', '"token":{', '["a",', 'a=b&', 'token=', '%']
  for (const part of [...parts, ...more, ...bodies]) {
    for (const before of ['', '?', 'Authorization: Digest ', '{"token":"', 'a=']) {
      const mask = (repeats: number) => (): void => {
        const text = before + part.repeat(Math.ceil(2000 / part.length) * repeats)
        maskSip(text)
        maskSecrets(text)
        maskJson(text)
      }
      mask(1)()
      const short = costOf(() => {
        for (let count = 0; count < 16; count++) mask(1)()
      })
      const long = costOf(mask(16))
      assert.ok(long < 6 * short + 5, `${before}${part}…: ${long} ms, in parts ${short} ms`)
    }
  }
})

test('addresses lose their keys: before the @, and in parameters', () => {
  for (const secret of [
    'https://s3cret@host/a',
    'https://s3cret:@host/a',
    'https://s3cret:x-oauth-basic@host/',
    'https://alice:p@s3cret@host/',
    ...['key', 'code', 'jwt', 'sig', 'signature', 'access_key', 'auth', 'X-Amz-Signature'].map(
      (name) => `https://host/a?b=1&${name}=s3cret&c=2`,
    ),
    'https://host/a#access_token=s3cret',
    'https://host/?%6Bey=s3cret',
  ]) {
    const masked = maskSecrets(`to ${secret} it went`)
    assert.doesNotMatch(masked, /s3cret/)
    assert.match(masked, /host\/.* it went/)
    const sip = `INVITE sip:a@b SIP/2.0\r\nCall-Info: <${secret}>\r\n\r\n`
    assert.doesNotMatch(maskSip(sip), /s3cret/)
    assert.equal(maskSip(sip).length, sip.length)
  }
  assert.equal(maskSecrets('https://alice:s3cret@host/'), 'https://alice:***@host/')
  for (const open of [
    'https://host/a?code=404&page=2&call_session_id=8',
    'https://host/a?mail=a@b.example&keyword=x&barcode=77777777',
    'sip:alice@host;transport=tcp',
    'mailto:a@b.example',
  ])
    assert.equal(maskSecrets(open), open)
})

test('bodies that are forms, or JSON that was cut, lose their secrets and keep the rest', () => {
  const said = (responseBody: string, hideDigits = false): string => {
    const masked = maskJson({ responseBody }, hideDigits) as { responseBody: string } // As given.
    return masked.responseBody
  }
  assert.equal(
    said('grant=x&access_token=s3&code=s3cret&state=ok'),
    'grant=x&access_token=***&code=***&state=ok',
  )
  assert.equal(said('key=s3'), 'key=***')
  assert.equal(said('error=denied&code=90034'), 'error=denied&code=90034')
  assert.equal(said('key=s3 is what we said'), 'key=s3 is what we said', 'no form')
  assert.equal(
    said('{"access_token": "s3\\"cret", "ok": true, "n": {"api_key": 4711}, "rest": "it was cu'),
    '{"access_token": "***", "ok": true, "n": {"api_key": ***}, "rest": "it was cu',
  )
  assert.equal(said('{"a":1,"jwt":"s3cr'), '{"a":1,"jwt":"***"')
  assert.equal(
    said('[{"tokens":["s3",{"deep":"s3"}],"open":"a"},{"sip_code":486,"name":"b"},'),
    '[{"tokens":["***",{"***":"***"}],"open":"a"},{"sip_code":486,"name":"b"},',
  )
  assert.equal(
    said('[{"name":"X-Api-Key","value":"s3"},{"name":"X-Ticket","value":"7"},'),
    '[{"name":"X-Api-Key","value":"***"},{"name":"X-Ticket","value":"7"},',
  )
  assert.equal(said('{"body":"{\\"token\\":\\"s3'), '{"body":"{\\"token\\":\\"***\\"')
  const deep = JSON.stringify({
    a: JSON.stringify({ open: '\n', b: '{"token":"s3","c":"\\u00e4\\n"}' }),
  })
  const masked = deep.replace(/s3/, '***')
  assert.equal(said(deep.slice(0, -1)), masked.slice(0, -1))
  const open = deep.replace('token', 'ticket').slice(0, -1)
  assert.equal(said(open), open)
  assert.equal(
    said('{"h":[["x-api-key","s3"],["x-ticket","7"],["a","password","7"],["cookie", "s3'),
    '{"h":[["x-api-key","***"],["x-ticket","7"],["a","password","7"],["cookie", "***"',
  )
  assert.equal(said('{"digit":"5","x":'), '{"digit":"5","x":')
  assert.equal(said('{"digit":"5","x":', true), '{"digit":"***","x":')
  const errors =
    '{"errors":[{"code":"90034","detail":"x","meta":{"key":"k","hangup_cause":"busy"}}]'
  assert.equal(said(errors), errors)
  assert.equal(said(`${errors}}`), `${errors}}`)
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
