// RFC 4475 and RFC 5118: every message of the tables, end to end through parser, transport and transactions.

import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import { parseMessage } from '../../src/sip/message/parse.ts'
import { bodyOfType } from '../../src/sip/message/multipart.ts'
import { checks4475, checks5118, type Check } from './checks.ts'
import { tortureFilesPresent, tortureMessage, tortureRows } from './files.ts'
import { byDatagram, byStream } from './stack.ts'

const suites = [
  { rfc: 'rfc4475', name: 'RFC 4475', count: 49, checks: checks4475 },
  { rfc: 'rfc5118', name: 'RFC 5118', count: 12, checks: checks5118 },
] as const

if (!tortureFilesPresent) {
  test(
    'RFC 4475, RFC 5118: the torture messages are not beside this checkout',
    { skip: true },
    () => undefined,
  )
} else {
  for (const suite of suites) runTable(suite)
  runStreams()
  runParser()
}

function runTable(suite: {
  rfc: 'rfc4475' | 'rfc5118'
  name: string
  count: number
  checks: Readonly<Record<string, Check>>
}): void {
  const { rfc, name, count, checks } = suite
  const rows = tortureRows(rfc)
  describe(`${name} by datagram`, () => {
    it(`${name}: every row has its check and every check its row`, () => {
      assert.equal(rows.length, count)
      assert.deepEqual(rows.map(({ file }) => file).toSorted(), Object.keys(checks).toSorted())
    })
    for (const { file, section, expected } of rows) {
      it(`${name} §${section} ${file}: ${expected}`, async () => {
        const outcome = await byDatagram(tortureMessage(rfc, file))
        checks[file]?.(outcome)
        assert.equal(outcome.leftovers, 0, 'no timer and no transaction is left')
      })
    }
  })
}

function runStreams(): void {
  describe('RFC 4475 on a stream', () => {
    it('RFC 4475 §3.1.1.8 dblreq.dat: on a stream both messages count, also byte by byte', async () => {
      const bytes = tortureMessage('rfc4475', 'dblreq.dat')
      for (const byteWise of [false, true]) {
        const { requests } = await byStream(bytes, { byteWise })
        assert.deepEqual(
          requests.map(({ method }) => method),
          ['REGISTER', 'INVITE'],
        )
      }
    })
    it('RFC 4475 §3.1.2.2 clerr.dat: the stream waits for the missing bytes until the limit and closes', async () => {
      const bytes = tortureMessage('rfc4475', 'clerr.dat')
      const early = await byStream(bytes, { byteWise: false, waitMs: 9_900 })
      assert.deepEqual(
        [early.streamOpen, early.answers.length, early.requests.length],
        [true, 0, 0],
      )
      const late = await byStream(bytes, { byteWise: false, waitMs: 10_100 })
      assert.equal(late.streamOpen, false)
    })
    for (const file of ['ncl.dat', 'mcl01.dat']) {
      it(`RFC 4475 ${file}: the stream is answered 400 and closed`, async () => {
        const outcome = await byStream(tortureMessage('rfc4475', file), { byteWise: false })
        const [answer] = outcome.answers
        assert.ok(answer?.kind === 'response' && answer.status === 400)
        assert.equal(outcome.streamOpen, false)
      })
    }
    it('RFC 4475 §3.1.1.1 wsinv.dat: byte by byte it is the same request', async () => {
      const { requests } = await byStream(tortureMessage('rfc4475', 'wsinv.dat'), {
        byteWise: true,
      })
      assert.equal(requests.length, 1)
    })
  })
}

function runParser(): void {
  describe('RFC 4475 parser', () => {
    it('RFC 4475 §3.1.1.11 mpart01.dat: a binary part is kept byte for byte', () => {
      const bytes = tortureMessage('rfc4475', 'mpart01.dat')
      const result = parseMessage(bytes, { stream: false })
      assert.ok(result.kind === 'message')
      assert.equal(result.message.body.length, 553)
      assert.deepEqual(Buffer.from(result.message.body), Buffer.from(bytes.slice(-553)))
      const text = bodyOfType(result.message, 'text/plain')
      assert.equal(Buffer.from(text ?? []).toString(), 'Hello')
      const binary = bodyOfType(result.message, 'application/octet-stream')
      assert.deepEqual([...(binary ?? []).slice(0, 2)], [0x30, 0x82])
    })
    it('RFC 4475 §3.1.1.12 unreason.dat: a reason phrase in UTF-8 is read', () => {
      const result = parseMessage(tortureMessage('rfc4475', 'unreason.dat'), { stream: false })
      assert.ok(result.kind === 'message' && result.message.kind === 'response')
      assert.match(result.message.reason, /^= 2\*\*3 \* 5\*\*2 но сто девяносто девять/)
    })
    it('RFC 4475 §3.1.1.13 noreason.dat: an empty reason phrase is read', () => {
      const result = parseMessage(tortureMessage('rfc4475', 'noreason.dat'), { stream: false })
      assert.ok(result.kind === 'message' && result.message.kind === 'response')
      assert.deepEqual([result.message.status, result.message.reason], [100, ''])
    })
  })
}
