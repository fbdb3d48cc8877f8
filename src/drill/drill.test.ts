import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HttpClient, HttpOutcome, HttpRequest } from '../ports/http-client.ts'
import type { FaultOrder } from '../ports/lab.ts'
import { VirtualTime, settle } from '../../test/support/virtual.ts'
import { mayCauseReaction } from './activity.ts'
import { faultyWebhooks } from './faulty-webhooks.ts'
import { AudioLoss, losesSip, lossyDatagrams } from './lossy-datagrams.ts'
import { createSkip, type SkipParts } from './skip.ts'
import { faultsMax, FaultSwitches } from './switches.ts'

const sip = (method: 'ACK' | 'BYE', direction: 'in' | 'out', count = 1): FaultOrder => ({
  ...{ kind: 'lose-sip', method, direction, count },
})
const onWebhooks = (
  kind: 'drop-webhook' | 'duplicate-webhook' | 'reorder-webhook' | 'delay-webhook',
  eventType?: string,
): FaultOrder => ({ kind, eventType, count: 1, delayMs: 5000 })
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

test('a fault strikes as often as told, the older of two first, and is gone', () => {
  const switches = new FaultSwitches()
  switches.add(sip('BYE', 'in', 2))
  const lost = losesSip(switches)
  assert.deepEqual(
    ['BYE sip:a SIP/2.0', 'ACK sip:a SIP/2.0', 'BYE sip:a', 'BYE sip:a'].map((text) =>
      lost(bytes(text), 'in'),
    ),
    [true, false, true, false],
  )
  assert.deepEqual(switches.list(), [])
})

test('the direction counts, and clearing ends everything', () => {
  const seen: number[] = []
  const switches = new FaultSwitches((faults) => seen.push(faults.list().length))
  switches.add(sip('ACK', 'out'))
  const lost = losesSip(switches)
  assert.equal(lost(bytes('ACK sip:a'), 'in'), false)
  assert.equal(switches.list()[0]?.struck, 0)
  switches.clear()
  assert.equal(lost(bytes('ACK sip:a'), 'out'), false)
  assert.deepEqual(seen, [1, 0])
})

test('faults have an end', () => {
  const switches = new FaultSwitches()
  for (let count = 0; count < faultsMax + 5; count++) switches.add(sip('BYE', 'in'))
  assert.equal(switches.list().length, faultsMax)
})

test('lossy sockets lose both ways, connected or not', async () => {
  const sent: string[] = []
  const heard: string[] = []
  let arrive: (text: string) => void = () => undefined
  const loss = new AudioLoss()
  const network = lossyDatagrams(
    {
      bind: async ({ onMessage }) => {
        arrive = (text) => onMessage(bytes(text), { address: '127.0.0.1', port: 1 })
        return {
          ...{ address: '127.0.0.1', port: 2, queuedPackets: () => 0, close: () => undefined },
          ...{ connect: () => undefined, disconnect: () => undefined },
          send: () => sent.push('send'),
          sendConnected: () => sent.push('sendConnected'),
        }
      },
    },
    (_bytes, direction) => new AudioLoss(loss.memory).isLost(direction),
  )
  const socket = await network.bind({
    ...{ host: '127.0.0.1', port: 0 },
    onMessage: (packet) => heard.push(new TextDecoder().decode(packet)),
  })
  const both = (text: string): void => {
    arrive(text)
    socket.send(bytes(text), 1, '127.0.0.1')
    socket.sendConnected(bytes(text))
  }
  both('a')
  loss.set('in', true)
  both('b')
  loss.set('in', false)
  loss.set('out', true)
  both('c')
  assert.deepEqual(heard, ['a', 'c'])
  assert.deepEqual(sent, ['send', 'sendConnected', 'send', 'sendConnected'])
})

/** A receiver that writes down what arrives. */
function receiver() {
  const time = new VirtualTime()
  const arrived: string[] = []
  const http: HttpClient = {
    request: async ({ body }) => {
      arrived.push(/"id":"(\w+)"/.exec(new TextDecoder().decode(body))?.[1] ?? '')
      return { kind: 'answer', status: 200, headers: [], body: new Uint8Array() }
    },
  }
  const switches = new FaultSwitches()
  const faulty = faultyWebhooks(http, switches, time)
  const send = (id: string, type = 'call.hangup'): Promise<HttpOutcome> =>
    faulty.request(webhook(id, type))
  return { time, arrived, switches, faulty, send }
}

function webhook(id: string, type: string): HttpRequest {
  const body = bytes(`{"data":{"id":"${id}","event_type":"${type}"}}`)
  return { method: 'POST', url: 'http://127.0.0.1/', body, timeoutMs: 1000, bodyBytesMax: 10 }
}

test('a dropped webhook never arrives and counts as failed; others are not touched', async () => {
  const { arrived, switches, send } = receiver()
  switches.add(onWebhooks('drop-webhook', 'call.answered'))
  assert.equal((await send('a')).kind, 'answer')
  assert.equal((await send('b', 'call.answered')).kind, 'failed')
  assert.equal((await send('b', 'call.answered')).kind, 'answer')
  assert.deepEqual(arrived, ['a', 'b'])
})

test('a duplicate arrives twice', async () => {
  const { arrived, switches, send } = receiver()
  switches.add(onWebhooks('duplicate-webhook'))
  await send('a')
  await send('b')
  assert.deepEqual(arrived, ['a', 'a', 'b'])
})

test('a reordered one arrives after the next, or by itself when none comes', async () => {
  const { arrived, switches, send, time } = receiver()
  switches.add(onWebhooks('reorder-webhook'))
  assert.equal((await send('a')).kind, 'answer')
  await send('b')
  assert.deepEqual(arrived, ['b', 'a'])
  switches.add(onWebhooks('reorder-webhook'))
  await send('c')
  await time.advanceAsync(10_000)
  assert.deepEqual(arrived, ['b', 'a', 'c'])
})

test('a late one is late by the time of calls, and holds nobody else', async () => {
  const { arrived, switches, send, time, faulty } = receiver()
  switches.add(onWebhooks('delay-webhook'))
  const late = send('a')
  await send('b')
  assert.deepEqual(arrived, ['b'])
  assert.equal(faulty.underWay(), 0)
  await time.advanceAsync(5000)
  await late
  assert.deepEqual(arrived, ['b', 'a'])
  assert.equal(faulty.attempts(), 2)
})

/** Moved time over a list of deadlines; `then` is what an application does at one. */
function skipper(deadlines: readonly number[], then: (atMs: number) => Promise<void>) {
  let nowMs = 0
  let activity = 0
  let told = 0
  let pauses = 0
  let left = [...deadlines].sort((a, b) => a - b)
  const happened: string[] = []
  const parts: SkipParts = {
    time: {
      nextAt: () => left[0],
      nowMs: () => nowMs,
      aheadMs: () => nowMs,
      moveTo: (atMs) => {
        nowMs = Math.max(nowMs, atMs)
        const due = left.filter((one) => one <= nowMs)
        left = left.filter((one) => one > nowMs)
        for (const one of due) {
          happened.push(`deadline ${one}`)
          activity += 1
          told += 1
          void then(one).then(() => (activity += 1))
        }
      },
    },
    activity: () => activity,
    told: () => told,
    underWay: () => 0,
    idle: () => Promise.resolve(),
    pause: () => {
      pauses += 1
      return settle()
    },
    turn: () => settle(),
  }
  const add = (atMs: number): void => void (left = [...left, atMs].sort((a, b) => a - b))
  /** So many pauses of the skip. */
  const later = async (count: number): Promise<void> => {
    const until = pauses + count
    for (let turns = 0; pauses < until && turns < 1000; turns++) await settle()
  }
  return { skip: createSkip(parts), happened, add, later, now: () => nowMs }
}

test('an application that was told has time to react, on a machine that makes it wait, too', async () => {
  const stage = skipper([100, 400], async (atMs) => {
    await stage.later(4)
    stage.happened.push(`reaction to ${atMs}`)
  })
  await stage.skip(1000)
  assert.deepEqual(stage.happened, [
    ...['deadline 100', 'reaction to 100', 'deadline 400', 'reaction to 400'],
  ])
})

test('a skip lets what follows from a deadline happen before the next one', async () => {
  const stage = skipper([100, 400], async (atMs) => {
    await settle()
    stage.happened.push(`reaction to ${atMs}`)
  })
  assert.deepEqual(await stage.skip(1000), { deadlines: 2 })
  assert.deepEqual(stage.happened, [
    ...['deadline 100', 'reaction to 100', 'deadline 400', 'reaction to 400'],
  ])
  assert.equal(stage.now(), 1000)
})

test('a deadline that a reaction sets is met in the same skip; later ones are not', async () => {
  const stage = skipper([100, 2000], async (atMs) => {
    await settle()
    if (atMs === 100) stage.add(400)
  })
  assert.deepEqual(await stage.skip(1000), { deadlines: 2 })
  assert.deepEqual(stage.happened, ['deadline 100', 'deadline 400'])
})

test('two skips at once are one after the other', async () => {
  const stage = skipper([1500], async () => undefined)
  const both = await Promise.all([stage.skip(1000), stage.skip(1000)])
  assert.deepEqual(both, [{ deadlines: 0 }, { deadlines: 1 }])
  assert.equal(stage.now(), 2000)
})

test('deadlines that are closer together than an answer takes come before it, in order', async () => {
  const stage = skipper([100, 150, 290, 310, 900], async (atMs) => {
    await settle()
    stage.happened.push(`reaction to ${atMs}`)
  })
  assert.deepEqual(await stage.skip(899), { deadlines: 4 })
  assert.deepEqual(
    stage.happened.filter((text) => text.startsWith('deadline')),
    ['deadline 100', 'deadline 150', 'deadline 290', 'deadline 310'],
  )
  const at = (text: string): number => stage.happened.indexOf(text)
  assert.equal(at('reaction to 290') < at('deadline 310'), true)
})

test('a skip does not wait for reactions to housekeeping', () => {
  assert.equal(mayCauseReaction({ kind: 'timer', timer: 'collect-empty all' }), false)
  assert.equal(mayCauseReaction({ kind: 'outcome' }), false)
  assert.equal(mayCauseReaction({ kind: 'timer', timer: 'max-wait v3:a' }), true)
  assert.equal(mayCauseReaction({ kind: 'signaling' }), true)
})
