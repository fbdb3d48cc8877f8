// RFC 4475 and RFC 5118 against the whole stack: the rows about registrations, and every message of both tables with an
// engine that answers what it is offered. Nothing may throw, and nothing may be left afterwards.

import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import { DigestClient } from '../../src/sip/auth/client.ts'
import { parseNameAddr } from '../../src/sip/message/headers/name-addr.ts'
import { parseMessage } from '../../src/sip/message/parse.ts'
import type { SipRequest } from '../../src/sip/message/types.ts'
import { parseSipUri, unescapeUri } from '../../src/sip/message/uri.ts'
import { SDP_B, SipWorld } from '../support/sip-world.ts'
import { tortureFilesPresent, tortureMessage, tortureRows } from './files.ts'

/** Registers with the message of a file, credentials added; the Contact URIs that were stored. */
async function register(file: string): Promise<{ status: number; stored: readonly string[] }> {
  const text = Buffer.from(tortureMessage('rfc4475', file)).toString('latin1')
  const parsed = parseMessage(Buffer.from(text, 'latin1'))
  assert.ok(parsed.kind === 'message' && parsed.message.kind === 'request')
  const request: SipRequest = parsed.message
  const to = parseSipUri(parseNameAddr(request.headers.first('To') ?? '')?.uriText ?? '')
  assert.ok(to)
  const username = unescapeUri(to.user ?? '')
  const world = new SipWorld()
  const stack = await world.stack('10.0.0.1', {
    domain: to.host,
    users: [{ username, password: 'p' }],
  })
  const peer = await world.peer('10.0.0.9')
  const client = new DigestClient({ username, password: 'p' }, world.random)
  const send = async (cseq: number): Promise<number> => {
    const lines = client
      .headers('REGISTER', request.uri)
      .map(([name, value]) => `${name}: ${value}\r\n`)
    const changed = text
      .replace(/^REGISTER .*\r\n/, (line) => line + lines.join(''))
      .replace(/^CSeq:.*\r\n/im, `CSeq: ${cseq} REGISTER\r\n`)
      .replace(/branch=[^;\r\n]*/i, `branch=z9hG4bK-t${cseq}`)
      .replace(/^(Via|v):([^;\r\n]*)/im, '$1: SIP/2.0/UDP 10.0.0.9:5060')
    world.net.inject(
      Buffer.from(changed, 'latin1'),
      { address: '10.0.0.9', port: 5060 },
      { address: '10.0.0.1', port: 5060 },
    )
    await world.run(10)
    const last = peer.received.at(-1)?.message
    assert.ok(last?.kind === 'response', `${file} is answered`)
    if (last.status === 401) client.accept(last)
    return last.status
  }
  assert.equal(await send(1001), 401)
  const status = await send(1002)
  const stored = stack
    .rows()
    .flatMap(({ row }) => (row as readonly { uri: string }[]).map(({ uri }) => uri)) // Registrations only.
  world.stop()
  return { status, stored }
}

if (!tortureFilesPresent) {
  test(
    'RFC 4475: the torture messages are not beside this checkout',
    { skip: true },
    () => undefined,
  )
} else {
  describe('RFC 4475 against the registrar', () => {
    it('RFC 4475 §3.3.12: a Contact header parameter is no part of the binding', async () => {
      const { status, stored } = await register('cparam01.dat')
      assert.equal(status, 200)
      assert.equal(stored.length, 1)
      assert.doesNotMatch(stored[0] ?? '', /unknownparam/)
    })
    it('RFC 4475 §3.3.13: a Contact URI parameter is part of the binding', async () => {
      const { status, stored } = await register('cparam02.dat')
      assert.equal(status, 200)
      assert.match(stored[0] ?? '', /;unknownparam$/)
    })
    it('RFC 4475 §3.3.14: escaped headers inside the Contact URI are kept', async () => {
      const { status, stored } = await register('regescrt.dat')
      assert.equal(status, 200)
      assert.match(stored[0] ?? '', /\?Route=%3[Cc]/)
    })
    it('RFC 4475 §3.1.1.4: an escaped NUL cuts neither user nor Contact', async () => {
      const { status, stored } = await register('escnull.dat')
      assert.equal(status, 200)
      assert.ok(stored.length > 0 && stored.every((one) => one.includes('%00')))
    })
  })
  describe('RFC 4475 and RFC 5118 against the whole stack', () => {
    for (const rfc of ['rfc4475', 'rfc5118'] as const) {
      for (const { file, section } of tortureRows(rfc)) {
        it(`${rfc.toUpperCase().replace('RFC', 'RFC ')} §${section}: ${file} breaks nothing`, async () => {
          const world = new SipWorld()
          const stack = await world.stack('10.0.0.1')
          stack.on = (input) => {
            if (input.kind !== 'incoming-call') return
            stack.perform({ kind: 'ring', legId: input.legId })
            stack.perform({ kind: 'progress', legId: input.legId, sdp: SDP_B })
            stack.perform({ kind: 'accept', legId: input.legId, sdp: SDP_B, headers: [] })
          }
          const to = { address: '10.0.0.1', port: 5060 }
          world.net.inject(tortureMessage(rfc, file), { address: '10.0.0.9', port: 5060 }, to)
          await world.run(200_000)
          assert.equal(stack.sip.size, 0)
          world.stop()
        })
      }
    }
  })
}
