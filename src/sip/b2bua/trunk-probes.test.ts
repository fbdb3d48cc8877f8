// Trunks are asked whether they are there, nobody else is, and what is wrong is said in words.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SipWorld } from '../../../test/support/sip-world.ts'

const trunk = (uri: string, probeSecs: number) => ({
  ...{ name: uri, uri, inboundFrom: () => false, username: '', password: '', probeSecs },
})

test('any answer says that it is there; some say that calls will fail', async () => {
  const world = new SipWorld()
  const carrier = await world.peer('10.0.0.9')
  const { sip } = await world.stack('10.0.0.1', { trunks: [trunk('sip:10.0.0.9', 30)] })
  const view = () => sip.trunks()[0]
  assert.equal(view()?.reachable, undefined)
  assert.equal(view()?.problem, undefined)
  let status = 200
  carrier.on = (request) => carrier.answer(request, status)
  await world.run(2000)
  assert.deepEqual([view()?.reachable, view()?.status, view()?.problem], [true, 200, undefined])
  status = 503
  await world.run(30_000)
  assert.equal(view()?.reachable, true)
  assert.match(view()?.problem ?? '', /^It answers 503 .*takes no calls now/)
  const asked = carrier.received.filter(({ message }) => message.kind === 'request')
  assert.equal(asked.length, 2)
  world.stop()
})

test('silence and a name that nobody knows are said after a moment; an answer mends it', async () => {
  const world = new SipWorld()
  const carrier = await world.peer('10.0.0.9')
  const { sip } = await world.stack('10.0.0.1', {
    trunks: [trunk('sip:10.0.0.9', 30), trunk('sip:nowhere.invalid', 30), trunk('sip:10.0.0.8', 0)],
  })
  await world.run(7000)
  const [silent, nowhere, unasked] = sip.trunks()
  assert.match(silent?.problem ?? '', /has not answered OPTIONS for 5 s.*udp 10\.0\.0\.9:5060/)
  assert.equal(silent?.reachable, false)
  assert.match(nowhere?.problem ?? '', /No address was found/)
  assert.match(unasked?.problem ?? '', /probe_secs is 0/)
  carrier.on = (request) => carrier.answer(request, 200)
  await world.run(60_000)
  assert.deepEqual([sip.trunks()[0]?.reachable, sip.trunks()[0]?.problem], [true, undefined])
  sip.stop()
  const before = carrier.received.length
  await world.run(120_000)
  assert.equal(carrier.received.length, before, 'a stopped server asks nobody')
  world.stop()
})

test('a trunk with several addresses is there when any of them answers', async () => {
  const world = new SipWorld()
  const dead = await world.peer('10.0.0.8')
  const carrier = await world.peer('10.0.0.9')
  carrier.on = (request) => carrier.answer(request, 200)
  const { sip, names } = await world.stack('10.0.0.1', {
    trunks: [trunk('sip:carrier.example', 60)],
  })
  names.set('carrier.example', ['10.0.0.8', '10.0.0.9'])
  await world.run(10_000)
  assert.deepEqual([sip.trunks()[0]?.reachable, sip.trunks()[0]?.problem], [true, undefined])
  carrier.on = () => undefined
  await world.run(65_000)
  assert.match(sip.trunks()[0]?.problem ?? '', /udp 10\.0\.0\.9:5060/)
  dead.on = (request) => dead.answer(request, 200)
  await world.run(60_000)
  assert.deepEqual([sip.trunks()[0]?.reachable, sip.trunks()[0]?.problem], [true, undefined])
  world.stop()
})
