import { afterEach, test } from 'node:test'
import assert from 'node:assert/strict'
import { createTransactionLayer } from '../sip/transaction/layer.ts'
import type { SipTransactions } from '../sip/transaction/layer.ts'
import type { TransactionUser } from '../sip/transaction/types.ts'
import { SeededRandom, settle, silentLog, VirtualTime } from '../../test/support/virtual.ts'
import { recordingMetrics } from '../../test/support/virtual.ts'
import { VirtualNetwork } from '../../test/support/virtual-network.ts'
import type { BindOptions, DatagramSocket } from '../ports/datagrams.ts'
import { createPhone } from './phone.ts'
import type { Phone } from './phone.ts'
import { createRtpTick } from './rtp-tick.ts'
import type { PhoneOptions, PhonePorts } from './ua.ts'

const HOST = '127.0.0.1'
const PERFECT = { drop: 0, duplicate: 0, delayMinMs: 1, delayMaxMs: 1 }
const ANSWER_AT_ONCE = { kind: 'answer', afterMs: 0 } as const

/** Phones on one virtual network; `run` lets time pass until a promise is settled. */
class World {
  readonly time = new VirtualTime()
  readonly #random = new SeededRandom(7)
  readonly network = new VirtualNetwork(this.time, this.#random)
  readonly tick = createRtpTick(this.time, this.time)
  readonly phones: Phone[] = []
  readonly layers: SipTransactions[] = []
  rtpSockets = 0

  constructor() {
    this.network.faults = PERFECT
  }

  async layer(user: TransactionUser, port = 0): Promise<SipTransactions> {
    const layer = createTransactionLayer({
      datagrams: this.network.datagrams,
      streams: this.network.streamsAt(HOST),
      timers: this.time,
      clock: this.time,
      log: silentLog,
      metrics: recordingMetrics(),
      random: this.#random,
      user,
      config: { host: HOST, port },
    })
    await layer.start()
    this.layers.push(layer)
    return layer
  }

  /** A phone whose "server" is `port`, so that two of them call each other directly. */
  async phone(user: string, serverPort: number, more: Partial<PhoneOptions> = {}): Promise<Phone> {
    const made: { phone?: Phone } = {}
    const layer = await this.layer({
      onRequest: (transaction) => made.phone!.onRequest(transaction),
      onAck: (ack) => made.phone!.onAck(ack),
      onStray2xx: () => undefined,
      onFlowClosed: () => undefined,
    })
    const ports: PhonePorts = {
      clock: this.time,
      timers: this.time,
      random: this.#random,
      datagrams: { bind: (options) => this.#bindRtp(options) },
      tick: this.tick,
      sip: () => layer,
    }
    const phone = createPhone(ports, {
      identity: { user, domain: HOST },
      server: { transport: 'UDP', address: HOST, port: serverPort },
      mediaHost: HOST,
      ...more,
    })
    made.phone = phone
    this.phones.push(phone)
    return phone
  }

  async #bindRtp(options: BindOptions): Promise<DatagramSocket> {
    const socket = await this.network.datagrams.bind(options)
    this.rtpSockets++
    return {
      ...socket,
      close: () => {
        this.rtpSockets--
        socket.close()
      },
    }
  }

  /** The callee, and a caller that knows where it is. */
  async pair(callee: Partial<PhoneOptions> = {}, caller: Partial<PhoneOptions> = {}) {
    const bob = await this.phone('bob', 1, callee)
    const alice = await this.phone('alice', portOf(bob), caller)
    return { alice, bob }
  }

  async run<T>(promise: Promise<T>, limitMs = 70_000): Promise<T> {
    let done = false
    void promise.then(
      () => (done = true),
      () => (done = true),
    )
    for (let spent = 0; !done && spent < limitMs; spent += 20) await this.time.advanceAsync(20)
    await settle()
    assert.ok(done, 'still waiting when the time was over')
    return promise
  }

  async close(): Promise<void> {
    for (const phone of this.phones) phone.close()
    for (const layer of this.layers) layer.stop()
    await this.time.advanceAsync(100)
    assert.equal(this.rtpSockets, 0, 'RTP sockets left')
    assert.equal(this.time.pending, 0, 'timers left')
  }
}

function portOf(phone: Phone): number {
  return Number(/:(\d+)$/.exec(phone.contactUri)?.[1])
}

let world = new World()
afterEach(async () => {
  await world.close()
  world = new World()
})

/** A call that is up both ways. */
async function upCall(callee: Partial<PhoneOptions> = {}, caller: Partial<PhoneOptions> = {}) {
  const { alice, bob } = await world.pair({ answer: ANSWER_AT_ONCE, ...callee }, caller)
  const out = await alice.call('bob')
  const into = await world.run(bob.nextCall(1000))
  await world.run(out.answered(1000))
  await world.run(into.until(() => into.acknowledged, 1000, 'no ACK'))
  return { alice, bob, out, into }
}

test('two robots call, hear each other and hang up', async () => {
  const { out, into } = await upCall(
    { voice: { kind: 'tone', hz: 440 } },
    { voice: { kind: 'tone', hz: 1000 } },
  )
  assert.deepEqual(out.provisionals, [180])
  await world.run(Promise.all([out.hearsOnly(440, 500), into.hearsOnly(1000, 500)]))
  into.say({ kind: 'silence' })
  await world.run(out.hearsSilence(500))
  out.hangUp()
  assert.deepEqual(await world.run(into.ended(1000)), { by: 'peer', status: 0, reason: undefined })
  assert.equal(out.end?.by, 'us')
  const kinds = out.heard().map((one) => one.heard.kind)
  assert.equal(kinds[0], 'tone')
  assert.ok(kinds.includes('silence'))
  const statistics = out.statistics()
  assert.equal(statistics.lostPackets, 0)
  assert.equal(statistics.gaps.length, 0)
  assert.equal(statistics.gapMaxMs, 20)
  assert.equal(statistics.ssrcs.length, 1)
})

test('a condition that does not come true is rejected with what was heard instead', async () => {
  const { out } = await upCall({ voice: { kind: 'tone', hz: 440 } })
  await assert.rejects(world.run(out.hears(700, 600)), /700 Hz not heard: up; .*440 Hz.*600 ms/)
})

test('an INVITE without an offer is answered with one, and the ACK brings the answer', async () => {
  const { alice, bob } = await world.pair(
    { answer: ANSWER_AT_ONCE, voice: { kind: 'tone', hz: 440 } },
    { voice: { kind: 'tone', hz: 1000 }, codecs: ['PCMA'] },
  )
  const out = await alice.call('bob', { withoutOffer: true })
  const into = await world.run(bob.nextCall(1000))
  await world.run(Promise.all([out.hears(440, 1000), into.hears(1000, 1000)]))
  assert.equal(into.line.agreement?.codec, 'PCMA')
})

test('early media is heard before the answer', async () => {
  const answer = { kind: 'answer', afterMs: 2000, before: 'early-media' } as const
  const { alice } = await world.pair({ answer, voice: { kind: 'tone', hz: 425 } })
  const out = await alice.call('bob')
  await world.run(out.hears(425, 1000))
  assert.equal(out.state, 'ringing')
  assert.deepEqual(out.provisionals, [183])
  await world.run(out.answered(2000))
})

test('refusals and CANCEL end both sides', async () => {
  const { alice, bob } = await world.pair({
    answer: { kind: 'reject', status: 486, afterMs: 100 },
  })
  const busy = await alice.call('bob')
  assert.deepEqual(await world.run(busy.ended(1000)), {
    by: 'refused',
    status: 486,
    reason: 'Busy Here',
  })
  bob.answerPolicy = { kind: 'answer', afterMs: 60_000 }
  const given = await alice.call('bob')
  await world.run(given.ringing(1000))
  given.hangUp()
  assert.equal((await world.run(given.ended(1000))).by, 'cancelled')
  await world.run(bob.nextCall(0))
  assert.equal((await world.run((await bob.nextCall(0)).ended(1000))).by, 'cancelled')
})

test('hold and resume', async () => {
  const { out, into } = await upCall({}, { voice: { kind: 'tone', hz: 1000 } })
  await world.run(into.hears(1000, 500))
  assert.equal(await world.run(out.hold()), 200)
  assert.equal(into.heldByPeer, true)
  await world.run(into.hearsNothing(2000))
  assert.equal(await world.run(out.resume()), 200)
  assert.equal(into.heldByPeer, false)
  await world.run(into.hears(1000, 500))
  assert.ok(into.heard().some((one) => one.heard.kind === 'nothing'))
  assert.equal(into.statistics().ssrcs.length, 1)
})

test('keys by RFC 4733 and by INFO', async () => {
  const { out, into } = await upCall()
  await world.run(out.sendDtmf('12#'))
  await world.run(into.until(() => into.line.keys.length === 3, 3000, 'keys missing'))
  assert.equal(into.line.keys.map((one) => one.key).join(''), '12#')
  await world.run(out.sendDtmf('9*', 'info'))
  assert.deepEqual(into.infoKeys, ['9', '*'])
})

test('a process that gets to run every 400 ms only presses keys in their time all the same', async () => {
  const { out, into } = await upCall()
  await world.run(out.sendDtmf('53'))
  for (let i = 0; i < 6; i++) {
    world.time.stall(400)
    await world.time.advanceAsync(1)
  }
  assert.equal(into.line.keys.map((one) => one.key).join(''), '53')
})

test('transfer by REFER reports what the peer says', async () => {
  const { out, into } = await upCall()
  into.referPolicy = { accept: true, statuses: [100, 180, 200] }
  assert.equal(await world.run(out.transfer('sip:carol@127.0.0.1', 5000)), 200)
  assert.deepEqual(out.referStatuses, [100, 180, 200])
  assert.deepEqual(into.referTargets, ['<sip:carol@127.0.0.1>'])
  into.referPolicy = { accept: false, status: 603 }
  assert.equal(await world.run(out.transfer('sip:carol@127.0.0.1', 5000)), 603)
})

test('a caller that never acknowledges is hung up on after 32 s', async () => {
  const { alice, bob } = await world.pair({ answer: ANSWER_AT_ONCE })
  alice.faults.neverAck = true
  const out = await alice.call('bob')
  const into = await world.run(bob.nextCall(1000))
  await world.run(into.ended(40_000), 40_000)
  assert.ok(world.time.monotonicMs() >= 32_000)
  assert.equal((await world.run(out.ended(1000))).by, 'peer')
})

test('lost BYE, mute, deaf and dead', async () => {
  const { alice, bob, out, into } = await upCall({}, { voice: { kind: 'tone', hz: 1000 } })
  await world.run(into.hears(1000, 500))
  alice.faults.mute = true
  await world.run(into.hearsNothing(2000))
  alice.faults.mute = false
  bob.faults.deaf = true
  await assert.rejects(world.run(into.hears(1000, 1000)), /not heard/)
  alice.faults.loseBye = true
  out.hangUp()
  await world.time.advanceAsync(1000)
  assert.equal(into.state, 'up')
  // A dead application still has a transaction layer that says 100 Trying; a power cut has nothing.
  bob.faults.dead = true
  const stuck = await alice.call('bob')
  await world.time.advanceAsync(5000)
  assert.equal(stuck.state, 'trying')
  world.layers[0]!.stop()
  const unheard = await alice.call('bob')
  assert.equal((await world.run(unheard.ended(40_000), 40_000)).by, 'failed')
})

test('lost packets and gaps are counted', async () => {
  const { out } = await upCall({ voice: { kind: 'tone', hz: 440 } })
  await world.run(out.hears(440, 500))
  world.network.faults = { ...PERFECT, drop: 1 }
  await world.time.advanceAsync(200)
  world.network.faults = PERFECT
  await world.time.advanceAsync(200)
  const { gaps, gapMaxMs, lostPackets } = out.statistics()
  assert.equal(gaps.length, 1)
  assert.ok(gapMaxMs >= 200 && gapMaxMs <= 240, `${gapMaxMs}`)
  assert.ok(lostPackets >= 9 && lostPackets <= 11, `${lostPackets}`)
})

test('calls go over TCP as well', async () => {
  const bob = await world.phone('bob', 1, { answer: ANSWER_AT_ONCE })
  const server = { transport: 'TCP', address: HOST, port: portOf(bob) } as const
  const alice = await world.phone('alice', 1, { server, voice: { kind: 'tone', hz: 1000 } })
  const out = await alice.call('bob')
  const into = await world.run(bob.nextCall(1000))
  await world.run(into.hears(1000, 1000))
  into.hangUp()
  assert.equal((await world.run(out.ended(1000))).by, 'peer')
})

test('registration with digest, refreshed at half, and taken back', async () => {
  const seen: { expires: string; authorized: boolean }[] = []
  const registrar = await world.layer({
    onRequest: (transaction) => {
      const { headers } = transaction.request
      const authorized = headers.has('Authorization')
      if (authorized) {
        seen.push({ expires: headers.first('Expires') ?? '', authorized })
        const contact = `${headers.first('Contact')};expires=120`
        transaction.respond({ status: 200, headers: [['Contact', contact]] }, 'r')
      } else {
        const challenge = 'Digest realm="lab", nonce="n1", algorithm=MD5, qop="auth"'
        transaction.respond({ status: 401, headers: [['WWW-Authenticate', challenge]] }, 'r')
      }
      return {}
    },
    onAck: () => undefined,
    onStray2xx: () => undefined,
    onFlowClosed: () => undefined,
  })
  const phone = await world.phone('alice', registrar.local!.port, {
    credentials: { username: 'alice', password: 'secret' },
  })
  assert.equal(await world.run(phone.register(3600)), 200)
  assert.equal(phone.registeredSecs, 120)
  await world.time.advanceAsync(61_000)
  assert.equal(seen.length, 2)
  assert.equal(await world.run(phone.unregister()), 200)
  assert.equal(seen.at(-1)?.expires, '0')
  assert.equal(phone.registeredSecs, 0)
  const stranger = await world.phone('mallory', registrar.local!.port)
  assert.equal(await world.run(stranger.register()), 401)
})

test('phones that do not decode still count', async () => {
  const { out } = await upCall({ voice: { kind: 'tone', hz: 440 } }, { decode: false })
  await world.time.advanceAsync(1000)
  assert.ok(out.statistics().packets >= 49)
  assert.deepEqual(out.heard(), [])
})
