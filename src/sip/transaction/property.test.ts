// Two transaction layers over a network that loses up to 40 %, duplicates and delays up to 5 s. Whatever happens, both ends
// come to the same view of the call and no timer and no transaction is left. The users behave as RFC 3261 §13 asks: the
// UAS repeats its 2xx until the ACK, the UAC acknowledges every 2xx, whoever gives up says BYE.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { requestTo, sendRecorded, startEndpoint } from '../../../test/support/sip-endpoint.ts'
import type { SipEndpoint, World } from '../../../test/support/sip-endpoint.ts'
import { SeededRandom, VirtualTime } from '../../../test/support/virtual.ts'
import { VirtualNetwork } from '../../../test/support/virtual-network.ts'

type View = 'none' | 'up' | 'down'

interface Call {
  readonly id: number
  uac: View
  uas: View
  /** The last word was lost eleven times over: nobody can know better (RFC 3261 §15). */
  byeUnheard: boolean
}

const seeds = Array.from({ length: 60 }, (_, i) => i + 1)
const callsPerSeed = 12

async function playHistory(
  seed: number,
): Promise<{ calls: Call[]; world: World; a: SipEndpoint; b: SipEndpoint }> {
  const time = new VirtualTime()
  const random = new SeededRandom(seed)
  const world = { time, random, network: new VirtualNetwork(time, random) }
  const faults = {
    drop: random.fraction() * 0.4,
    duplicate: random.fraction() * 0.3,
    delayMinMs: 0,
  }
  world.network.faults = { ...faults, delayMaxMs: random.fraction() * 5_000 }
  const a = await startEndpoint(world, '192.0.2.1')
  const b = await startEndpoint(world, '192.0.2.2')
  const calls = Array.from({ length: callsPerSeed }, (_, id): Call => ({
    id,
    uac: 'none',
    uas: 'none',
    byeUnheard: false,
  }))
  const callOf = (callId: string | undefined) => {
    const call = calls[Number(callId)]
    assert.ok(call, 'the call is known')
    return call
  }
  playCallee(world, b, callOf, a)
  playCaller(world, a, b, calls, callOf)
  time.runDry(3_600_000)
  return { calls, world, a, b }
}

function headersOf(call: Call, method: string) {
  const { headers } = requestTo(method, { transport: 'UDP', address: '192.0.2.2', port: 5060 })
  return headers.map(([name, value]) =>
    name === 'Call-ID' ? ([name, String(call.id)] as const) : ([name, value] as const),
  )
}

function bye(from: SipEndpoint, to: SipEndpoint, call: Call): void {
  const parts = { ...requestTo('BYE', to.udp), headers: headersOf(call, 'BYE') }
  sendRecorded(from, parts, to.udp, {
    onTimeout: () => {
      call.byeUnheard = true
    },
  })
}

/** Refuses a third of the calls, rings for a while before it answers the others, obeys CANCEL and BYE. */
function playCallee(
  world: World,
  b: SipEndpoint,
  callOf: (id: string | undefined) => Call,
  a: SipEndpoint,
): void {
  const { time, random } = world
  const acked = new Set<Call>()
  b.user.onAck = (ack) => void acked.add(callOf(ack.headers.first('call-id')))
  b.user.answer = (transaction) => {
    const call = callOf(transaction.request.headers.first('call-id'))
    if (transaction.request.method === 'BYE') {
      call.uas = 'down'
      transaction.respond({ status: 200, headers: [] })
      return undefined
    }
    const repeat = (intervalMs: number, leftMs: number) => {
      if (acked.has(call) || call.uas === 'down') return
      if (leftMs <= 0) {
        call.uas = 'down'
        bye(b, a, call)
        return
      }
      transaction.respond({ status: 200, headers: [] })
      time.set(intervalMs, () => repeat(Math.min(intervalMs * 2, 4_000), leftMs - intervalMs))
    }
    const final = random.below(3)
    time.set(random.below(20_000), () => {
      if (transaction.finalSent) return
      call.uas = final === 0 ? 'down' : 'up'
      if (final === 0) transaction.respond({ status: 486, headers: [] })
      else repeat(500, 32_000)
    })
    return {
      onCancel: () => {
        call.uas = 'down'
        transaction.respond({ status: 487, headers: [] })
      },
    }
  }
}

/** Calls, cancels some after a while, acknowledges every 2xx, hangs up calls it no longer wants. */
function playCaller(
  world: World,
  a: SipEndpoint,
  b: SipEndpoint,
  calls: readonly Call[],
  callOf: (id: string | undefined) => Call,
): void {
  const acks = new Map<Call, () => void>()
  const answered = (call: Call) => {
    const again = acks.get(call)
    if (again !== undefined) return again()
    acks.set(
      call,
      a.layer.sendAck({ ...requestTo('ACK', b.udp), headers: headersOf(call, 'ACK') }, b.udp),
    )
    if (call.uac === 'down') bye(a, b, call)
    else call.uac = 'up'
  }
  a.user.onStray2xx = (response) => answered(callOf(response.headers.first('call-id')))
  a.user.answer = (transaction) => {
    callOf(transaction.request.headers.first('call-id')).uac = 'down'
    transaction.respond({ status: 200, headers: [] })
    return undefined
  }
  for (const call of calls) {
    const parts = { ...requestTo('INVITE', b.udp), headers: headersOf(call, 'INVITE') }
    const record = sendRecorded(a, parts, b.udp, {
      onResponse: ({ status }) => {
        if (status >= 300) call.uac = 'down'
        else if (status >= 200) answered(call)
      },
      onTimeout: () => {
        call.uac = 'down'
      },
    })
    if (world.random.below(3) === 0) {
      world.time.set(world.random.below(25_000), () => record.transaction.cancel())
    }
  }
}

describe('RFC 3261 §17 under loss, duplication and delay', () => {
  let up = 0
  for (const seed of seeds) {
    it(`RFC 3261 §17: both ends agree and nothing is left, seed ${seed}`, async () => {
      const { calls, world, a, b } = await playHistory(seed)
      assert.equal(a.layer.size + b.layer.size, 0, 'no transaction is left')
      assert.equal(world.time.pending, 0, 'no timer is left')
      for (const call of calls) {
        const views = `call ${call.id}: UAC ${call.uac}, UAS ${call.uas}`
        // A UAS that never heard the INVITE, or still rang when the UAC gave up for good, ends by its own answer.
        const agreed = call.uac === call.uas || (call.uac === 'down' && call.uas === 'none')
        assert.ok(agreed || call.byeUnheard, views)
        if (call.uac === 'up') up++
      }
      a.layer.stop()
      b.layer.stop()
    })
  }

  it('RFC 3261 §13.3.1.4: calls survive the loss, because 2xx and ACK are repeated', () => {
    assert.ok(up > 400, `${up} of ${seeds.length * callsPerSeed} calls stand`)
  })
})
