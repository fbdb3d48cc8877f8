// REGISTER over the whole stack: who may register, what is kept, and calls to those who did.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SDP_B, SipWorld } from '../../../test/support/sip-world.ts'
import type { RawPeer, TestStack } from '../../../test/support/sip-world.ts'
import type { SipStackConfig } from './config.ts'
import { DigestClient } from '../auth/client.ts'
import type { SipResponse } from '../message/types.ts'

const users = [
  { username: 'alice', password: 'wonder' },
  { username: 'bob', password: 'builder' },
]

interface Scene {
  readonly world: SipWorld
  readonly stack: TestStack
  readonly phone: RawPeer
  /** Registers with right credentials and returns the last response. */
  register(
    lines: readonly string[],
    more?: { contact?: string; user?: string; phone?: RawPeer; cseq?: number },
  ): Promise<SipResponse>
}

async function scene(config: Partial<SipStackConfig> = {}): Promise<Scene> {
  const world = new SipWorld()
  const stack = await world.stack('10.0.0.1', { users, ...config })
  const phone = await world.peer('10.0.0.9')
  let next = 10
  const client = new DigestClient({ username: 'alice', password: 'wonder' }, world.random)
  const register: Scene['register'] = async (lines, more = {}) => {
    const from = more.phone ?? phone
    from.toUri = `sip:${more.user ?? 'alice'}@pbx.test`
    from.fromUri = from.toUri
    let cseq = more.cseq ?? next
    const send = async (): Promise<SipResponse> => {
      cseq += 1
      next = Math.max(next, cseq)
      const credentials = client
        .headers('REGISTER', 'sip:pbx.test')
        .map(([name, value]) => `${name}: ${value}`)
      from.send({
        method: 'REGISTER',
        cseq,
        uri: 'sip:pbx.test',
        lines: [...lines, ...credentials],
        ...(more.contact === undefined ? {} : { contact: more.contact }),
      })
      await world.run(10)
      const response = from.received.at(-1)?.message
      assert.ok(response?.kind === 'response')
      return response
    }
    const first = await send()
    return first.status === 401 && client.accept(first) ? send() : first
  }
  return { world, stack, phone, register }
}

test('RFC 3261 §10.3: a user registers after a challenge and is called at its contact', async () => {
  const { world, stack, phone, register } = await scene()
  const response = await register(['Expires: 600'])
  assert.equal(response.status, 200)
  assert.equal(response.headers.first('Contact'), '<sip:10.0.0.9:5060>;expires=600')
  assert.equal(stack.sip.registeredUsers(), 1)
  stack.dial('sip:alice@pbx.test')
  await world.run(10)
  const invite = phone.requests('INVITE')[0]
  assert.equal(invite?.uri, 'sip:10.0.0.9:5060')
  assert.equal(invite?.headers.first('To'), '<sip:alice@pbx.test>')
  world.stop()
})

test('RFC 3261 §10.3: our own address counts as the domain, another domain is 404', async () => {
  const { world, phone, register } = await scene()
  const challenge = async (uri: string, to: string): Promise<number> => {
    phone.toUri = to
    phone.send({ method: 'REGISTER', cseq: 1, uri })
    phone.callId += 'x'
    await world.run(10)
    const last = phone.received.at(-1)?.message
    return last?.kind === 'response' ? last.status : 0
  }
  assert.equal(await challenge('sip:10.0.0.1', 'sip:alice@10.0.0.1'), 401)
  assert.equal(await challenge('sip:other.test', 'sip:alice@other.test'), 404)
  assert.equal(await challenge('sip:10.0.0.1:5999', 'sip:alice@10.0.0.1:5999'), 404)
  assert.equal((await register([], { user: 'bob' })).status, 403, 'nobody registers for another')
  world.stop()
})

test('RFC 3261 §10.3: expiry below 60 s is 423, none is 3600, an expired contact is gone', async () => {
  const { world, stack, register } = await scene()
  const brief = await register(['Expires: 30'])
  assert.equal(brief.status, 423)
  assert.equal(brief.headers.first('Min-Expires'), '60')
  assert.match((await register([])).headers.first('Contact') ?? '', /expires=3600/)
  assert.match((await register(['Expires: 60'])).headers.first('Contact') ?? '', /expires=60/)
  await world.run(61_000)
  assert.equal(stack.sip.registeredUsers(), 0)
  stack.dial('sip:alice@pbx.test')
  await world.run(10)
  assert.equal(stack.last('leg-refused').status, 480)
  world.stop()
})

test('RFC 3261 §10.2.2: Contact * with Expires 0 removes all, with anything else it is 400', async () => {
  const { world, stack, register } = await scene()
  await register([])
  assert.equal((await register(['Expires: 5'], { contact: '*' })).status, 400)
  assert.equal(stack.sip.registeredUsers(), 1)
  const gone = await register(['Expires: 0'], { contact: '*' })
  assert.equal(gone.status, 200)
  assert.equal(gone.headers.has('Contact'), false)
  assert.equal(stack.sip.registeredUsers(), 0)
  world.stop()
})

test('RFC 3261 §10.3: 1000 contacts in one REGISTER are refused and none is kept; ten are the limit', async () => {
  const { world, stack, register } = await scene()
  const contacts = (count: number): string =>
    Array.from({ length: count }, (_, i) => `<sip:a${i}@10.0.0.9>`).join(', ')
  const thousand = Array.from(
    { length: 100 },
    (_, line) =>
      `Contact: ${Array.from({ length: 10 }, (_, i) => `<sip:b${line}x${i}@h>`).join(', ')}`,
  )
  assert.equal((await register(thousand)).status, 403)
  assert.equal(stack.sip.registeredUsers(), 0)
  assert.equal((await register([], { contact: contacts(10) })).status, 200)
  assert.equal((await register([], { contact: '<sip:eleven@10.0.0.9>' })).status, 403)
  assert.equal(
    (await register([], { contact: '' })).headers.values('Contact').length,
    10,
    'a query changes nothing',
  )
  world.stop()
})

test('RFC 3261 §10.3 step 7: an older CSeq of the same Call-ID changes nothing', async () => {
  const { world, phone, register } = await scene()
  await register(['Expires: 600'])
  assert.equal((await register(['Expires: 0'], { cseq: 2 })).status, 500)
  assert.match((await register([], { contact: '' })).headers.first('Contact') ?? '', /expires=600/)
  phone.callId = 'restarted-phone'
  assert.equal(
    (await register(['Expires: 700'], { cseq: 1 })).status,
    200,
    'a new Call-ID starts anew',
  )
  world.stop()
})

test('RFC 7616 §3.4: a replayed REGISTER is challenged as stale', async () => {
  const { world, phone, register } = await scene()
  await register([])
  const sent = world.net.sent.findLast((one) => one.text.startsWith('REGISTER'))?.text ?? ''
  // Not at once: the transaction layer would see the same request on two paths (482).
  await world.run(40_000)
  phone.raw(sent.replace(/branch=[^;]+/, 'branch=z9hG4bK-replay'))
  await world.run(10)
  const last = phone.received.at(-1)?.message
  assert.ok(last?.kind === 'response' && last.status === 401)
  assert.match(last.headers.first('WWW-Authenticate') ?? '', /stale=true/)
  world.stop()
})

test('RFC 3261 §16.7: all contacts ring; the first answer wins, the other is cancelled', async () => {
  const { world, stack, phone, register } = await scene()
  const desk = await world.peer('10.0.0.10')
  await register([])
  await register([], { phone: desk })
  const leg = stack.dial('sip:alice@pbx.test')
  await world.run(10)
  const [one] = phone.requests('INVITE')
  const [two] = desk.requests('INVITE')
  assert.ok(one && two)
  phone.answer(one, 180)
  desk.answer(two, 180)
  await world.run(10)
  desk.answer(two, 200, { body: SDP_B })
  await world.run(10)
  assert.equal(phone.requests('CANCEL').length, 1)
  phone.answer(one, 487)
  stack.perform({ kind: 'confirm', legId: leg })
  await world.run(10)
  assert.equal(desk.requests('ACK').length, 1)
  assert.deepEqual(stack.kinds, ['leg-accepted'])
  world.stop()
})

test('RFC 3261 §16.7: the best refusal is told once; a 6xx stops the others', async () => {
  const { world, stack, phone, register } = await scene()
  const desk = await world.peer('10.0.0.10')
  await register([])
  await register([], { phone: desk })
  stack.dial('sip:alice@pbx.test')
  await world.run(10)
  const [one] = phone.requests('INVITE')
  const [two] = desk.requests('INVITE')
  assert.ok(one && two)
  phone.answer(one, 500)
  await world.run(10)
  assert.deepEqual(stack.kinds, [])
  desk.answer(two, 486)
  await world.run(10)
  assert.equal(stack.last('leg-refused').status, 486)
  stack.dial('sip:alice@pbx.test')
  await world.run(10)
  const third = phone.requests('INVITE').at(-1)
  const fourth = desk.requests('INVITE').at(-1)
  assert.ok(third && fourth)
  desk.answer(fourth, 180)
  await world.run(10)
  phone.answer(third, 603)
  await world.run(10)
  assert.equal(desk.requests('CANCEL').length, 1)
  desk.answer(fourth, 487)
  await world.run(10)
  assert.equal(stack.last('leg-refused').status, 603)
  world.stop()
})

test('RFC 5626 §5.3: a phone behind a NAT or on TCP is called over the flow it registered with', async () => {
  const { world, stack, phone, register } = await scene()
  await register([])
  // The same phone, now with a private address in Via and Contact.
  const text = world.net.sent.findLast((one) => one.text.startsWith('REGISTER'))?.text ?? ''
  assert.ok(text.includes('10.0.0.9'))
  const client = new DigestClient({ username: 'alice', password: 'wonder' }, world.random)
  const send = (cseq: number): void => {
    phone.raw(
      [
        'REGISTER sip:pbx.test SIP/2.0',
        `Via: SIP/2.0/UDP 192.168.7.7:5060;branch=z9hG4bKn${cseq};rport`,
        'From: <sip:alice@pbx.test>;tag=n',
        'To: <sip:alice@pbx.test>',
        'Call-ID: natted',
        `CSeq: ${cseq} REGISTER`,
        'Contact: <sip:alice@192.168.7.7:5060>, <sip:10.0.0.9:5060>;expires=0',
        ...client.headers('REGISTER', 'sip:pbx.test').map(([name, value]) => `${name}: ${value}`),
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    )
  }
  send(1)
  await world.run(10)
  const challenge = phone.received.at(-1)?.message
  assert.ok(challenge?.kind === 'response' && client.accept(challenge))
  send(2)
  await world.run(10)
  stack.dial('sip:alice@pbx.test')
  await world.run(10)
  assert.equal(phone.requests('INVITE').at(-1)?.uri, 'sip:alice@192.168.7.7:5060')
  world.stop()
})

test('RFC 3261 §10.3: registrations survive a restart', async () => {
  const { world, stack, register } = await scene()
  await register(['Expires: 600'])
  const next = new SipWorld(5)
  const again = await next.stack('10.0.0.1', { users }, stack.rows())
  assert.equal(again.sip.registeredUsers(), 1)
  next.stop()
  world.stop()
})

for (const setMs of [10 * 365 * 86_400_000, -10 * 365 * 86_400_000]) {
  const where = setMs > 0 ? 'on' : 'back'

  test(`C269: the clock is set ${where}: a phone is there as long as it was granted, before and after a restart`, async () => {
    const { world, stack, phone, register } = await scene()
    await register(['Expires: 600'])
    world.time.setWall(setMs)
    await world.run(300_000)
    const [view] = stack.sip.registrations()
    const leftMs = (view?.contacts[0]?.expiresAtMs ?? 0) - world.time.wallMs()
    assert.ok(leftMs > 299_000 && leftMs <= 300_000, String(leftMs))
    stack.dial('sip:alice@pbx.test')
    await world.run(10)
    assert.equal(phone.requests('INVITE').length, 1)
    // Any REGISTER brings what is on disk to the clock as it is.
    const other = await world.peer('10.0.0.8')
    other.callId = 'another-phone'
    const listed = await register(['Expires: 600'], { phone: other })
    assert.equal(listed.headers.values('Contact').length, 2)
    const rows = stack.rows()
    await world.run(299_000)
    assert.equal(stack.sip.registrations()[0]?.contacts.length, 2)
    await world.run(1_000)
    assert.equal(stack.sip.registrations()[0]?.contacts.length, 1)
    stack.sip.stop()

    const next = new SipWorld(5)
    next.time.setWall(setMs + 300_000)
    const again = await next.stack('10.0.0.1', { users }, rows)
    assert.equal(again.sip.registrations()[0]?.contacts.length, 2)
    await next.run(301_000)
    assert.equal(again.sip.registrations()[0]?.contacts.length, 1)
    next.stop()
    world.stop()
  })
}

test('C269: the clock was set back between two starts: nobody stays for longer than can be granted', async () => {
  const { world, stack, register } = await scene()
  await register(['Expires: 600'])
  const next = new SipWorld(5)
  next.time.setWall(-10 * 365 * 86_400_000)
  const again = await next.stack('10.0.0.1', { users }, stack.rows())
  assert.equal(again.sip.registeredUsers(), 1)
  await next.run(7_200_000)
  assert.equal(again.sip.registeredUsers(), 0)
  next.stop()
  world.stop()
})
