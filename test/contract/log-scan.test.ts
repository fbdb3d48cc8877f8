import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemsIn } from '../support/log-scan.ts'

test('the scan of the logs finds what must not stand there, and nothing in ordinary lines', () => {
  const secrets = ['KEYlab', 'wonderland-77', '', 'abc']
  for (const line of [
    '{"level":"info","key":"KEYlab"}',
    'holdfast: password wonderland-77 is wrong',
    '{"header":"Authorization: Digest"}',
    '{"url":"x","sent":"Bearer abc"}',
    '{"to":"+15550100123"}',
    '{"peer":"sip:4420718387@host"}',
    '{"text":"15551234567 called"}',
    '{"digit":"5"}',
    '{"dtmf":"#"}',
  ])
    assert.equal(problemsIn(`fine\n${line}\n`, secrets).length, 1, line)
  for (const line of [
    '{"level":"warn","time":"2026-11-22T02:16:37.123Z","legId":"v3:Qm9yZGVyVGVybWluYWw","waitMs":15551}',
    '{"applicationId":"1000000001","from":"***67","peer":"sip:***01@127.0.0.1:5060"}',
    '{"code":"SIP_SOCKET_ERROR","error":"send EMSGSIZE 127.0.0.1:5551"}',
    'the digest of abc',
  ])
    assert.deepEqual(problemsIn(line, secrets), [], line)
})
