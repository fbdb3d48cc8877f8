// What people hear of `speak`: words, digits one by one, other voices; and what their application is told.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { burstsOf, loudMs } from '../../support/bursts.ts'
import { startStage, type Json, type Stage } from '../../support/stage.ts'

let stage: Stage
before(async () => {
  stage = await startStage({ config: { speech: { espeak_ng: '/nowhere/espeak-ng' } } })
})
after(() => stage.close())

/** Synthesis on a machine that is full of other tests. */
const patienceMs = 30_000

const spoken = (id: string): string[] =>
  stage.receiver.deliveries
    .filter(({ type, payload }) => {
      return /^call\.(speak|playback)\./.test(type) && payload['call_control_id'] === id
    })
    .map(({ type, payload }) => `${type.slice(5)} ${String(payload['status'] ?? '')}`.trim())

const ended = (id: string, fits?: (payload: Json) => boolean) =>
  stage.event(id, 'call.speak.ended', fits)

const digits = '<speak><say-as interpret-as="digits">123</say-as></speak>'

test('three digits are heard as three bursts; the events carry one id', async () => {
  const { id, call } = await stage.answered()
  const heard = call.record()
  await stage.command(id, 'speak', { payload: digits, payload_type: 'ssml', voice: 'female' })
  const { payload } = await ended(id)
  await call.hearsSilence(patienceMs)
  assert.equal(payload['status'], 'completed')
  assert.ok(!('status_detail' in payload))
  const started = await stage.event(id, 'call.speak.started')
  assert.equal(started.payload['speak_id'], payload['speak_id'])
  assert.match(String(payload['speak_id']), /^[\w-]{10}$/)
  const bursts = burstsOf(heard())
  assert.equal(bursts.length, 3, JSON.stringify(bursts))
  assert.ok(loudMs(bursts) > 500 && loudMs(bursts) < 3000, JSON.stringify(bursts))
})

test('loops, and the queue that it shares with playback', async () => {
  const { id, call } = await stage.answered()
  const heard = call.record()
  await stage.command(id, 'playback_start', { audio_url: stage.sounds.url(600, 300) })
  await stage.command(id, 'speak', {
    payload: '<speak><break time="400ms"/>Ready.</speak>',
    ...{ payload_type: 'ssml', voice: 'AWS.Polly.Matthew', loop: 2 },
  })
  await ended(id)
  await call.hearsSilence(patienceMs)
  assert.deepEqual(spoken(id), [
    ...['playback.started', 'playback.ended completed'],
    ...['speak.started', 'speak.ended completed'],
  ])
  assert.equal(burstsOf(heard(), 200).length, 3)
})

test('playback_stop ends the words, a bridge too: completed, as the published list has no other word', async () => {
  const { id, call } = await stage.answered()
  const forEver = { payload: 'Please hold the line.', voice: 'male', loop: 'infinity' }
  await stage.command(id, 'speak', forEver)
  await stage.event(id, 'call.speak.started')
  await stage.command(id, 'playback_stop')
  assert.equal((await ended(id)).payload['status'], 'completed')
  await call.hearsSilence(patienceMs)
  await stage.command(id, 'speak', forEver)
  await stage.receiver.waitFor(() => spoken(id).length === 3, patienceMs)
  call.hangUp()
  await stage.event(id, 'call.hangup')
  assert.deepEqual(spoken(id), [
    ...['speak.started', 'speak.ended completed'],
    ...['speak.started', 'speak.ended call_hangup'],
  ])
})

test('the opposite leg of a bridge hears them', async () => {
  const { caller, agent } = await stage.conversation('speech')
  const heard = caller.call.record()
  await stage.command(agent.id, 'speak', {
    ...{ payload: 'This call is recorded.', voice: 'female', target_legs: 'opposite' },
  })
  await stage.event(caller.id, 'call.speak.started')
  await ended(caller.id)
  assert.ok(loudMs(burstsOf(heard())) > 500)
  assert.deepEqual(spoken(agent.id), [])
})

test('what cannot be said is refused at once, with the code of the parameter', async () => {
  const { id } = await stage.answered()
  const codeOf = async (body: Json): Promise<string> => {
    const { code, source } = await stage.refused(id, 'speak', {
      ...{ payload: 'Hello', voice: 'female' },
      ...body,
    })
    return `${code} ${source?.pointer ?? ''}`
  }
  assert.equal(await codeOf({ payload: 'a'.repeat(3001) }), '90010 /payload')
  assert.equal(await codeOf({ payload: '<speak>a', payload_type: 'ssml' }), '90010 /payload')
  assert.equal(await codeOf({ payload_type: 'html' }), '90011 /payload_type')
  assert.equal(await codeOf({ voice: 'nobody' }), '90012 /voice')
  assert.equal(await codeOf({ voice: 'Polly.Hans' }), '90012 /voice')
  assert.equal(await codeOf({ language: 'xx' }), '90013 /language')
  assert.equal(await codeOf({ language: 'de-DE' }), '90013 /language')
  assert.equal(await codeOf({ service_level: 'gold' }), '90030 /service_level')
  const basic = { service_level: 'basic' }
  assert.equal(await codeOf({ ...basic, language: 'en-GB' }), '90013 /language')
  const ssml = { payload: digits, payload_type: 'ssml' }
  assert.equal(await codeOf({ ...basic, ...ssml }), '90011 /payload_type')
  assert.equal(await codeOf({ payload: '' }), '10004 /payload')
  assert.equal(await codeOf({ stop: 'now' }), '90016 /stop')
  assert.equal(await codeOf({ loop: 0 }), '90009 /loop')
})

test('a long text is heard while it is made, whole and in order', async () => {
  const { id, call } = await stage.answered()
  const heard = call.record()
  const lines = Array.from({ length: 12 }, (_, at) => `<s>Line ${at + 1}.</s><break time="400ms"/>`)
  const payload = `<speak>${lines.join('')}</speak>`
  await stage.command(id, 'speak', { payload, payload_type: 'ssml', voice: 'Flite.kal16' })
  await stage.receiver.waitFor(() => spoken(id).length === 2, patienceMs)
  await call.hearsSilence(patienceMs)
  assert.equal(burstsOf(heard(), 300).length, 12)
})
