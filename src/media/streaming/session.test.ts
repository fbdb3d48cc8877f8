// One stream in virtual time, with a far end that does what the test wants.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualTime } from '../../../test/support/virtual.ts'
import { brandAs } from '../../base/ids.ts'
import type { StreamOrder } from '../../ports/streaming.ts'
import type { WebSocketListener } from '../../ports/web-socket.ts'
import { FRAME_SAMPLES } from '../audio/clip.ts'
import { FrameRingWriter, newFrameRing } from '../audio/frame-ring.ts'
import { newPlayRing } from '../audio/play-ring.ts'
import type { FromStreamingThread } from './protocol.ts'
import { StreamSession } from './session.ts'

const order: StreamOrder = {
  streamId: brandAs('s1'),
  url: 'wss://agent.example/',
  track: 'both_tracks',
  codec: 'default',
  mode: 'rtp',
  backCodec: 'PCMU',
  backRate: 8000,
  targetLegs: 'self',
  customParameters: [{ name: 'a', value: 'b' }],
  authToken: 'secret',
}

async function world(over: Partial<StreamOrder> = {}) {
  const clock = new VirtualTime()
  const sent: string[] = []
  const posted: FromStreamingThread[] = []
  const line = { buffered: 0, pings: 0, closed: undefined as number | undefined, dropped: false }
  let listener: WebSocketListener | undefined
  const frames = newFrameRing(64)
  const leg = {
    ...{ legId: brandAs<never>('v3:a'), sessionId: brandAs<never>('x'), from: '1', to: '2' },
    ...{ clientState: null, tags: [] },
  }
  const session = new StreamSession(
    {
      ...{ op: 'open', number: 1, order: { ...order, ...over }, leg, codec: 'PCMA' },
      ...{ frames, voice: newPlayRing(16) },
    },
    {
      sockets: {
        connect: (_how, on) => {
          listener = on
          return {
            send: (text) => void sent.push(text),
            ping: () => (line.pings += 1),
            bufferedBytes: () => line.buffered,
            close: (code) => (line.closed = code),
            drop: () => (line.dropped = true),
          }
        },
      },
      clock,
      post: (message) => void posted.push(message),
      over: () => undefined,
    },
  )
  await session.start()
  const on = listener
  assert.ok(on !== undefined)
  const writer = new FrameRingWriter(frames)
  return {
    ...{ clock, sent, posted, line, on, session },
    frame: () => writer.write(undefined, new Int16Array(FRAME_SAMPLES)),
    said: () => sent.splice(0).map((text) => JSON.parse(text) as Record<string, unknown>),
  }
}

test('connected and start first, then 20 ms of each track, numbered; stop at the end', async () => {
  const { on, session, frame, said, posted, line } = await world()
  on.opened()
  const [connected, start] = said()
  assert.deepEqual(connected, {
    ...{ event: 'connected', version: '1.0.0' },
    connected: { 'x-telnyx-streaming-auth-token': 'secret' },
  })
  assert.deepEqual((start?.['start'] as Record<string, unknown>)['custom_parameters'], { a: 'b' })
  assert.deepEqual(posted, [{ op: 'opened', number: 1 }])
  frame()
  frame()
  session.tick()
  const media = said()
  assert.deepEqual(
    media.map((one) => one['sequence_number']),
    ['2', '3', '4', '5'],
  )
  assert.deepEqual(media[2]?.['media'], {
    ...{ track: 'inbound', chunk: '2', timestamp: '20' },
    payload: Buffer.alloc(160, 0xd5).toString('base64'),
  })
  session.dtmf('7')
  frame()
  session.stop()
  assert.deepEqual(
    said().map((one) => one['event']),
    ['dtmf', 'media', 'media', 'stop'],
    'what was said before the end is sent before the stop',
  )
  assert.equal(line.closed, 1000)
  on.closed('late', false)
  assert.equal(posted.length, 1)
})

test('a slow far end is not sent frames, and is missing them in chunk; a blocked one is dropped', async () => {
  const { on, session, frame, said, posted, line } = await world({ track: 'inbound_track' })
  on.opened()
  said()
  line.buffered = 300_000
  for (let i = 0; i < 10; i++) {
    frame()
    session.tick()
  }
  assert.deepEqual(said(), [])
  assert.equal(session.dropped, 10)
  line.buffered = 0
  frame()
  session.tick()
  assert.equal((said()[0]?.['media'] as Record<string, string>)['chunk'], '11')
  line.buffered = 2_000_000
  session.tick()
  assert.ok(line.dropped)
  assert.deepEqual(posted.at(-1), {
    ...{ op: 'ended', number: 1, outcome: 'failed', why: 'the far end reads too slowly' },
  })
})

test('pings every 10 s; no answer for 30 s is the end, an answer is not', async () => {
  const { on, session, clock, posted, line } = await world()
  on.opened()
  for (let second = 0; second < 100; second++) {
    clock.advance(1000)
    if (second < 60) on.pong()
    session.tick()
    if (second === 59) assert.equal(posted.length, 1)
  }
  assert.ok(line.pings >= 5)
  assert.deepEqual(posted.at(-1), {
    ...{ op: 'ended', number: 1, outcome: 'failed', why: 'no answer to pings' },
  })
})

test('files that nobody has decoded yet are two at most, however often they come', async () => {
  const { on, clock, posted, session } = await world({ mode: 'mp3' })
  on.opened()
  const file = JSON.stringify({ event: 'media', media: { payload: 'AAAA' } })
  const sendFive = (): void => {
    for (let i = 0; i < 5; i++) {
      clock.advance(1000)
      on.message(file)
    }
  }
  const jobs = (): number => posted.filter(({ op }) => op === 'decode').length
  sendFive()
  assert.equal(jobs(), 2)
  session.decoded(1, undefined)
  sendFive()
  assert.equal(jobs(), 3)
})

test('nonsense is answered now and then, and changes nothing', async () => {
  const { on, said, clock } = await world()
  on.opened()
  said()
  for (const text of [
    '{',
    '[]',
    'null',
    '{"event":1}',
    '{"event":"media","media":{"payload":7}}',
  ]) {
    on.message(text)
  }
  for (const text of ['{"event":"levitate"}', '{"event":"mark"}']) on.message(text)
  assert.equal(said().length, 1)
  clock.advance(200)
  const payload = Buffer.alloc(31 * 8000).toString('base64')
  on.message(JSON.stringify({ event: 'media', media: { payload } }))
  const [error] = said()
  assert.deepEqual((error?.['payload'] as Record<string, unknown>)['code'], 100_004)
})
