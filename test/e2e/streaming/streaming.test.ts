// A call's sound over a WebSocket, both ways, with phones that listen: what an AI agent hears and says, in a queue, in a
// bridge and alone; and far ends that do not behave.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { startStreamAgent, type StreamAgent } from '../../support/stream-agent.ts'
import {
  agentHz,
  callerHz,
  firstError,
  musicHz,
  startStage,
  type Stage,
} from '../../support/stage.ts'
import { until } from '../../support/until.ts'

let stage: Stage

before(async () => {
  stage = await startStage({ provokes: /STREAM_FAILED/ })
})

after(() => stage.close())

const rtp = {
  stream_bidirectional_mode: 'rtp',
  stream_bidirectional_codec: 'PCMU',
  stream_bidirectional_target_legs: 'self',
}

async function agentFor(t: { after(fn: () => Promise<void>): void }): Promise<StreamAgent> {
  const agent = await startStreamAgent()
  t.after(() => agent.close())
  return agent
}

test('an agent in the queue: hears the caller, is heard, is given keys', async (t) => {
  const agent = await agentFor(t)
  const { id, call } = await stage.queueUp('agents')
  await stage.command(id, 'playback_start', { audio_url: stage.musicUrl, loop: 'infinity' })
  await call.hearsOnly(musicHz, 5_000)
  await stage.command(id, 'playback_stop')
  await stage.command(id, 'streaming_start', {
    stream_url: agent.url,
    stream_auth_token: 'secret-1',
    custom_parameters: [{ name: 'customer_id', value: '42' }],
    client_state: 'aGk=',
    ...rtp,
  })
  const stream = await agent.next()
  assert.equal(stream.headers['x-telnyx-streaming-auth-token'], 'secret-1')
  const started = await stage.event(id, 'streaming.started')
  assert.equal(started.payload['stream_url'], agent.url)
  assert.equal(started.payload['client_state'], 'aGk=')
  const start = await stream.message('start')
  assert.deepEqual(
    stream.messages.slice(0, 2).map(({ event }) => event),
    ['connected', 'start'],
  )
  const facts = start['start'] as Record<string, unknown>
  assert.equal(start['sequence_number'], '1')
  assert.equal(facts['call_control_id'], id)
  assert.deepEqual(facts['custom_parameters'], { customer_id: '42' })
  assert.deepEqual(facts['media_format'], { encoding: 'PCMU', sample_rate: 8000, channels: 1 })
  await stream.hears('inbound', callerHz)
  stream.say(agentHz, 3_000)
  const saidAtMs = performance.now()
  stream.mark('said')
  const marked = stream.message('mark')
  const first = await Promise.race([
    call.hearsOnly(agentHz, 3_000).then(() => 'heard'),
    marked.then(() => 'marked'),
  ])
  assert.equal(first, 'heard', 'not before it was heard')
  await marked
  const tookMs = performance.now() - saidAtMs
  assert.ok(tookMs > 2_800, `${tookMs} ms`)
  await call.sendDtmf('5')
  const key = await stream.message('dtmf')
  assert.deepEqual(key['dtmf'], { digit: '5' })
  // It is still there in a conversation, and when that is over.
  await stage.command(id, 'streaming_stop')
  await stage.event(id, 'streaming.stopped')
  await stream.message('stop')
  await until(() => stream.closedWith)
  assert.equal(stream.closedWith, 1000)
  call.hangUp()
})

test('clear cuts what is being said and gives the marks back; a second stream is refused', async (t) => {
  const agent = await agentFor(t)
  const { id, call } = await stage.answered()
  await stage.command(id, 'streaming_start', { stream_url: agent.url, ...rtp })
  const stream = await agent.next()
  stream.say(agentHz, 20_000)
  stream.mark('never')
  await call.hearsOnly(agentHz, 5_000)
  const body = { stream_url: agent.url }
  const again = await stage.request('POST', `/calls/${id}/actions/streaming_start`, body)
  assert.deepEqual([again.status, firstError(again).code], [422, '90045'])
  stream.send({ event: 'clear' })
  const mark = await stream.message('mark')
  assert.deepEqual(mark['mark'], { name: 'never' })
  await call.hearsSilence(3_000)
  stream.mark('idle')
  await stream.message('mark', ({ mark: one }) => (one as { name: string }).name === 'idle')
  call.hangUp()
  await stream.message('stop')
  await stage.event(id, 'streaming.stopped')
  await stage.event(id, 'call.hangup')
  const types = stage.receiver.deliveries.map(({ type }) => type)
  assert.ok(types.lastIndexOf('streaming.stopped') < types.lastIndexOf('call.hangup'))
})

test('both tracks of a bridge; the agent speaks to both, then to nobody', async (t) => {
  const agent = await agentFor(t)
  const { caller, agent: person } = await stage.conversation('streamed')
  await caller.call.hearsOnly(agentHz, 5_000)
  await stage.command(caller.id, 'streaming_start', {
    stream_url: agent.url,
    stream_track: 'both_tracks',
    ...rtp,
    stream_bidirectional_target_legs: 'both',
  })
  const stream = await agent.next()
  await Promise.all([stream.hears('inbound', callerHz), stream.hears('outbound', agentHz)])
  stream.say(musicHz, 6_000)
  await Promise.all([caller.call.hearsOnly(musicHz, 5_000), person.call.hearsOnly(musicHz, 5_000)])
  stream.send({ event: 'clear' })
  await Promise.all([caller.call.hearsOnly(agentHz, 5_000), person.call.hearsOnly(callerHz, 5_000)])
  stream.socket.close(1000)
  await stage.event(caller.id, 'streaming.stopped')
  caller.call.hangUp()
})

test('MP3 files are played in order', async (t) => {
  const agent = await agentFor(t)
  const { id, call } = await stage.answered()
  await stage.command(id, 'streaming_start', {
    stream_url: agent.url,
    stream_bidirectional_target_legs: 'self',
  })
  const stream = await agent.next()
  const payload = readFileSync('test/fixtures/tone-1000hz.mp3').toString('base64')
  // The file is short: whoever listens only after the refusal may be late.
  const heard = call.hears(1000, 5_000)
  stream.send({ event: 'media', media: { payload } })
  stream.mark('file')
  stream.send({ event: 'media', media: { payload } })
  const [error] = await Promise.all([stream.message('error'), heard])
  assert.equal((error['payload'] as { title: string }).title, 'rate_limit_reached')
  await stream.message('mark')
  call.hangUp()
})

test('far ends that do not behave cost their stream, never the call', async (t) => {
  const agent = await agentFor(t)
  const deaf = createServer((socket) => socket.on('error', () => undefined))
  deaf.listen(0, '127.0.0.1')
  await once(deaf, 'listening')
  t.after(() => void deaf.close())
  const deafPort = (deaf.address() as AddressInfo).port
  const { id, call } = await stage.answered()
  const fails = async (url: string, pattern: RegExp) => {
    await stage.command(id, 'streaming_start', { stream_url: url, ...rtp })
    const failed = await stage.event(
      id,
      'streaming.failed',
      (one) => (one['stream_params'] as { stream_url: string }).stream_url === url,
    )
    assert.match(String(failed.payload['failure_reason']), pattern)
  }
  await fails('ws://127.0.0.1:1/', /ECONNREFUSED/)
  await fails(`ws://127.0.0.1:${deafPort}/never`, /in time|timed out/)
  await stage.command(id, 'streaming_start', { stream_url: agent.url, ...rtp })
  const stream = await agent.next()
  for (let i = 0; i < 500; i++) stream.socket.send('{"garbage"')
  stream.socket.send(Buffer.alloc(1000, 7))
  stream.send({ event: 'media', media: { payload: '!' } })
  stream.send({ event: 'levitate' })
  await stream.message('error')
  assert.ok(stream.messages.filter(({ event }) => event === 'error').length < 50)
  stream.say(agentHz, 1_000)
  await call.hearsOnly(agentHz, 5_000)
  // A hundred megabytes in one frame.
  stream.socket.send('x'.repeat(100 * 1024 * 1024))
  const failed = await stage.event(
    id,
    'streaming.failed',
    (one) => (one['stream_params'] as { stream_url: string }).stream_url === agent.url,
  )
  assert.match(String(failed.payload['failure_reason']), /payload size/i)
  await stage.command(id, 'streaming_start', { stream_url: agent.url, ...rtp })
  const second = await agent.next(1)
  await second.hears('inbound', callerHz)
  second.socket.terminate()
  await until(
    () =>
      stage.receiver.deliveries.filter(({ type }) => type === 'streaming.failed').length >= 4 ||
      undefined,
  )
  assert.equal(call.state, 'up')
  call.hangUp()
})

test('an answer with stream_url streams; a fork is RTP of both directions', async (t) => {
  const agent = await agentFor(t)
  const { id, call } = await stage.callIn()
  await stage.command(id, 'answer', { stream_url: agent.url })
  const stream = await agent.next()
  await stream.hears('inbound', callerHz)
  const sockets = [createSocket('udp4'), createSocket('udp4')]
  const counts = [0, 0]
  const targets: string[] = []
  for (const [index, socket] of sockets.entries()) {
    socket.on('message', (bytes) => (counts[index]! += bytes.length === 172 ? 1 : 0))
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    t.after(() => socket.close())
    targets.push(`udp:127.0.0.1:${socket.address().port}`)
  }
  await stage.command(id, 'fork_start', { rx: targets[0], tx: targets[1] })
  await stage.event(id, 'call.fork.started')
  await until(() => (counts[0]! > 20 && counts[1]! > 20) || undefined, 5_000)
  await stage.command(id, 'fork_stop')
  await stage.event(id, 'call.fork.stopped')
  call.hangUp()
})
