// Dialogs by themselves: identity, routes, sequence numbers, targets, NAT, and their life as JSON data.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '../../../test/support/virtual.ts'
import { fieldsOf } from '../message/fields.ts'
import type { SipRequest, SipResponse } from '../message/types.ts'
import type { Flow } from '../transaction/types.ts'
import { Dialog, dialogOfRequest, dialogOfResponse } from './dialog.ts'
import { OwnIds } from './own-ids.ts'

type Pairs = readonly (readonly [string, string])[]

const flow: Flow = {
  transport: 'UDP',
  remoteAddress: '10.0.0.9',
  remotePort: 40_000,
  localAddress: '10.0.0.1',
  localPort: 5060,
  connectionId: undefined,
}

function invite(extra: Pairs = [], via = '10.0.0.9:5060'): SipRequest {
  const headers: Pairs = [
    ['Via', `SIP/2.0/UDP ${via};branch=z9hG4bK1;rport`],
    ['From', '"A \\" B" <sip:a@far.test>;tag=ft;x=y'],
    ['To', '<sip:b@near.test>'],
    ['Call-ID', 'cid'],
    ['CSeq', '7 INVITE'],
    ...extra,
  ]
  return {
    kind: 'request',
    method: 'INVITE',
    uri: 'sip:b@near.test',
    headers: fieldsOf(headers),
    body: new Uint8Array(),
  }
}

function answer(extra: Pairs): SipResponse {
  const headers: Pairs = [
    ['From', '<sip:a@near.test>;tag=own'],
    ['To', '<sip:b@far.test>;tag=theirs'],
    ['Call-ID', 'cid'],
    ['CSeq', '3 INVITE'],
    ...extra,
  ]
  return {
    kind: 'response',
    status: 200,
    reason: 'OK',
    headers: fieldsOf(headers),
    body: new Uint8Array(),
  }
}

function uas(extra: Pairs, via?: string): Dialog {
  const dialog = dialogOfRequest(invite(extra, via), flow, { tag: 'own', contact: '<sip:near>' })
  assert.ok(dialog)
  return dialog
}

function header(parts: { readonly headers: Pairs }, name: string): readonly string[] {
  return parts.headers.filter(([one]) => one === name).map(([, value]) => value)
}

test('RFC 3261 §12.1.1: the UAS dialog: identity from the INVITE, routes in order, own numbers from 1', () => {
  const dialog = uas([
    ['Contact', '<sip:a@10.0.0.9>'],
    ['Record-Route', '<sip:p1;lr>, <sip:p2;lr>'],
  ])
  const bye = dialog.request('BYE', [])
  assert.equal(bye.uri, 'sip:a@10.0.0.9')
  assert.deepEqual(header(bye, 'Route'), ['<sip:p1;lr>', '<sip:p2;lr>'])
  assert.deepEqual(header(bye, 'From'), ['<sip:b@near.test>;tag=own'])
  assert.deepEqual(header(bye, 'To'), ['"A \\" B" <sip:a@far.test>;x=y;tag=ft'])
  assert.deepEqual(header(bye, 'CSeq'), ['1 BYE'])
  assert.equal(dialog.nextHop(), 'sip:p1;lr')
})

test('RFC 3261 §12.1.2: the UAC dialog: routes reversed, numbers go on from the INVITE', () => {
  const dialog = dialogOfResponse(
    invite([['Contact', '<sip:near>']]),
    answer([
      ['Contact', '<sip:b@10.0.0.2>'],
      ['Record-Route', '<sip:p1;lr>'],
      ['Record-Route', '<sip:p2;lr>'],
    ]),
  )
  assert.ok(dialog)
  const ack = dialog.ack(3, [])
  assert.deepEqual(header(ack, 'Route'), ['<sip:p2;lr>', '<sip:p1;lr>'])
  assert.deepEqual(header(ack, 'CSeq'), ['3 ACK'])
  assert.deepEqual(header(dialog.request('BYE', []), 'CSeq'), ['4 BYE'])
})

test('RFC 3261 §12.2.2: the sequence numbers of the peer must rise', () => {
  const dialog = uas([['Contact', '<sip:a@10.0.0.9>']])
  const numbered = (cseq: string): SipRequest => ({
    ...invite(),
    headers: fieldsOf([['CSeq', cseq]]),
  })
  assert.equal(dialog.acceptSequence(numbered('7 INFO')), false)
  assert.equal(dialog.acceptSequence(numbered('12 INFO')), true)
  assert.equal(dialog.acceptSequence(numbered('11 INFO')), false)
  assert.equal(dialog.acceptSequence(numbered('broken')), false)
})

test('RFC 3261 §12.2.1.2: a target refresh takes the new Contact, and nothing when there is none', () => {
  const dialog = uas([['Contact', '<sip:a@10.0.0.9>']])
  dialog.refreshTarget(fieldsOf([['Contact', '<sip:a@10.0.0.77:5099>']]))
  assert.equal(dialog.nextHop(), 'sip:a@10.0.0.77:5099')
  dialog.refreshTarget(fieldsOf([]))
  dialog.refreshTarget(fieldsOf([['Contact', '*']]))
  assert.equal(dialog.nextHop(), 'sip:a@10.0.0.77:5099')
})

test('RFC 3581 §4: only a peer that wrote a wrong address into Via and Contact is behind a NAT', () => {
  const natted: Pairs = [['Contact', '<sip:a@192.168.1.5>']]
  assert.equal(uas(natted, '192.168.1.5').directFlow(), flow)
  assert.equal(uas(natted).directFlow(), undefined, 'Via was right: the Contact is meant')
  assert.equal(uas([['Contact', '<sip:a@10.0.0.9>']], 'host.test').directFlow(), undefined)
  assert.equal(
    uas([...natted, ['Record-Route', '<sip:p;lr>']], '192.168.1.5').directFlow(),
    undefined,
  )
})

test('RFC 3261 §12.1.1: without a usable Contact there is no dialog', () => {
  for (const extra of [[], [['Contact', '*']], [['Contact', '<sip:a@b@c>']]] as const) {
    assert.equal(
      dialogOfRequest(invite(extra), flow, { tag: 't', contact: '<sip:near>' }),
      undefined,
    )
  }
})

test('RFC 4475 §3.1.1.2: a NUL that a peer hides in a display name never leaves us', () => {
  const request = invite([['Contact', '<sip:a@10.0.0.9>']])
  const headers = [...request.headers.entries()].map(([name, value]) =>
    name === 'From'
      ? ([name, '"a\0b" <sip:a@far.test>;tag=ft'] as const)
      : ([name, value] as const),
  )
  const dialog = dialogOfRequest({ ...request, headers: fieldsOf(headers) }, flow, {
    tag: 't',
    contact: '<sip:n>',
  })
  assert.ok(dialog)
  assert.doesNotMatch(header(dialog.request('BYE', []), 'To').join(), /\0/)
})

test('RFC 3261 §12: a dialog lives on from its JSON', () => {
  const dialog = uas([
    ['Contact', '<sip:a@10.0.0.9>'],
    ['Record-Route', '<sip:p1;lr>'],
  ])
  dialog.request('INFO', [])
  const restored = new Dialog(
    JSON.parse(JSON.stringify(dialog.snapshot())) as ReturnType<Dialog['snapshot']>,
  )
  assert.deepEqual(restored.request('BYE', []), dialog.request('BYE', []))
})

test('RFC 3261 §19.3: our tags and Call-IDs are known again with the same secret only', () => {
  const secret = new TextEncoder().encode('one secret')
  const ids = new OwnIds(new SeededRandom(1), secret)
  const later = new OwnIds(new SeededRandom(2), secret)
  const others = new OwnIds(new SeededRandom(1), new TextEncoder().encode('another'))
  const tag = ids.tag()
  assert.notEqual(tag, ids.tag())
  assert.equal(later.isOwnTag(tag), true)
  assert.equal(others.isOwnTag(tag), false)
  assert.equal(later.isOwnCallId(tag), false, 'a tag is no Call-ID')
  assert.equal(later.isOwnCallId(ids.callId()), true)
  assert.equal(later.isOwnTag(''), false)
})
