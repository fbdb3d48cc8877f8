// Who answers a dialled call: phones that say what people and machines say, the real server listening, its webhooks.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clipFromSamples } from '../../../src/media/audio/clip.ts'
import { sine } from '../../../src/media/audio/goertzel.ts'
import { say } from '../../support/greetings.ts'
import {
  applicationId,
  musicHz,
  startStage,
  type AgentIn,
  type Stage,
} from '../../support/stage.ts'

let stage: Stage
before(async () => {
  stage = await startStage()
})
after(() => stage.close())

const voice = (...parts: readonly (Int16Array | number)[]) => {
  const samples = parts.flatMap((part) =>
    typeof part === 'number' ? new Array<number>(part * 8).fill(0) : [...part],
  )
  return { kind: 'clip', clip: clipFromSamples(Int16Array.from(samples)) } as const
}

const person = () => voice(300, say('slt', 'Hello?'))
const beepHz = 1400
const machine = () =>
  voice(
    300,
    say(
      'rms',
      'You have reached the voicemail of John Smith. Please leave a message after the tone.',
    ),
    700,
    sine(beepHz, 400, 6000),
  )

/** Time for a verdict on a machine that lost its first words to a busy processor. */
const patient = {
  answering_machine_detection_config: {
    total_analysis_time_millis: 6000,
    greeting_total_analysis_time_millis: 20_000,
  },
}

const told = (id: string): string[] =>
  stage.receiver.deliveries
    .filter(({ payload }) => payload['call_control_id'] === id)
    .map(({ type, payload }) =>
      [type.slice(5), payload['result'] ?? payload['status']]
        .filter((one) => one !== undefined)
        .join(' '),
    )

const result = async (id: string, what: 'detection' | 'greeting'): Promise<unknown> =>
  (await stage.event(id, `call.machine.${what}.ended`)).payload['result']

test('the official client asks; a person is told, with the fields of the event, once', async () => {
  const hello = person()
  const phone = await stage.phone({ answer: { kind: 'answer', afterMs: 0 } })
  const { data } = await stage.telnyx.calls.dial({
    connection_id: applicationId,
    to: phone.contactUri,
    from: '+15550199',
    answering_machine_detection: 'greeting_end',
    answering_machine_detection_config: {
      after_greeting_silence_millis: 600,
      total_analysis_time_millis: 5000,
    },
    client_state: 'YW1k',
  })
  const id = data?.call_control_id ?? ''
  const call = await phone.nextCall(5_000)
  // Words from before the server listens would be lost, and who says nothing is a machine.
  await stage.event(id, 'call.answered')
  call.say(hello)
  const { payload } = await stage.event(id, 'call.machine.detection.ended')
  assert.deepEqual(
    [payload['result'], payload['client_state'], payload['from'], payload['to']],
    ['human', 'YW1k', '+15550199', phone.contactUri],
  )
  assert.equal(payload['call_leg_id'], data?.call_leg_id)
  call.hangUp()
  await stage.event(id, 'call.hangup')
  assert.deepEqual(
    told(id).map((one) => one.split(' ')[0]),
    ['initiated', 'answered', 'machine.detection.ended', 'hangup'],
  )
})

test('greeting_end: the message that follows the beep is what the machine records', async () => {
  const { id, call } = await stage.dialAgent(
    { answering_machine_detection: 'greeting_end', ...patient },
    { voice: machine() },
  )
  assert.equal(await result(id, 'detection'), 'machine')
  assert.equal(await result(id, 'greeting'), 'beep_detected')
  // It is short: whoever begins to listen after the answer may come too late.
  await Promise.all([
    call.hearsOnly(musicHz, 5_000),
    stage.command(id, 'playback_start', { audio_url: stage.sounds.url(musicHz, 1_000) }),
  ])
  await stage.event(id, 'call.playback.ended')
  await stage.command(id, 'hangup')
  await stage.event(id, 'call.hangup')
  assert.deepEqual(
    told(id).filter((one) => one.startsWith('machine')),
    ['machine.detection.ended machine', 'machine.greeting.ended beep_detected'],
  )
})

test('detect_beep: what was said into the greeting ends with the beep, cancelled_amd', async () => {
  const { id, call } = await stage.dialAgent(
    { answering_machine_detection: 'detect_beep', ...patient },
    { voice: machine() },
  )
  await stage.command(id, 'playback_start', { audio_url: stage.sounds.url(musicHz, 30_000) })
  await stage.command(id, 'gather', {
    ...{ maximum_digits: 4, timeout_millis: 60_000, initial_timeout_millis: 60_000 },
  })
  assert.equal(await result(id, 'detection'), 'machine')
  assert.equal(await result(id, 'greeting'), 'beep_detected')
  await call.hearsSilence(3_000)
  const ends = told(id).filter((one) => /^(playback|gather|machine\.greeting)\S*ended/.test(one))
  assert.deepEqual(ends, [
    'playback.ended cancelled_amd',
    'gather.ended cancelled_amd',
    'machine.greeting.ended beep_detected',
  ])
  call.hangUp()
  await stage.event(id, 'call.hangup')
})

test('transfer: who answers is told of the new leg, in the bridge', async () => {
  const caller = await stage.answered()
  const hello = person()
  const phone = await stage.phone({ answer: { kind: 'answer', afterMs: 0 } })
  await stage.telnyx.calls.actions.transfer(caller.id, {
    to: phone.contactUri,
    answering_machine_detection: 'detect',
  })
  const call = await phone.nextCall(5_000)
  const ofNewLeg = (what: string) =>
    stage.receiver.waitFor(
      ({ type, payload: fields }) => type === what && fields['to'] === phone.contactUri,
    )
  await ofNewLeg('call.answered')
  call.say(hello)
  const { payload } = await ofNewLeg('call.machine.detection.ended')
  assert.equal(payload['result'], 'human')
  assert.notEqual(payload['call_control_id'], caller.id)
  call.hangUp()
  caller.call.hangUp()
})

test('a hang-up before the verdict: no verdict', async () => {
  const { id, call }: AgentIn = await stage.dialAgent(
    { answering_machine_detection: 'detect' },
    { voice: { kind: 'silence' } },
  )
  call.hangUp()
  await stage.event(id, 'call.hangup')
  // The next call's verdict comes later than this one's could have.
  const next = await stage.dialAgent(
    { answering_machine_detection: 'detect' },
    { voice: { kind: 'silence' } },
  )
  assert.equal(await result(next.id, 'detection'), 'machine')
  assert.ok(!told(id).some((one) => one.startsWith('machine')))
  next.call.hangUp()
})
