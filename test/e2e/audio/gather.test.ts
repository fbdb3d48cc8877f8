// Keys asked for and sent, with phones that press them and listen.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { musicHz, startStage, type Json, type Stage } from '../../support/stage.ts'

const waitMs = 5_000

let stage: Stage
before(async () => {
  stage = await startStage()
})
after(() => stage.close())

const told = (id: string): string[] =>
  stage.receiver.deliveries
    .filter(({ payload }) => payload['call_control_id'] === id)
    .filter(({ type }) => /dtmf|gather|playback\.ended|speak\.ended|hangup/.test(type))
    .map(({ type, payload }) => {
      const { digit, digits, status } = payload as Record<string, unknown>
      return [type.slice(5), digit, digits, status].filter((one) => one !== undefined).join(' ')
    })

async function ended(id: string): Promise<Json> {
  return (await stage.event(id, 'call.gather.ended')).payload
}

test('the official client asks for digits; a key stops the prompt, # ends', async () => {
  const { id, call } = await stage.answered()
  await stage.telnyx.calls.actions.gatherUsingAudio(id, {
    audio_url: stage.sounds.url(musicHz, 20_000),
    maximum_digits: 8,
    client_state: 'cGlu',
  })
  await call.hearsOnly(musicHz, waitMs)
  await stage.event(id, 'call.playback.started')
  await call.sendDtmf('5')
  await call.hearsSilence(waitMs)
  await call.sendDtmf('03#')
  const { digits, status, client_state: state, gather_id: gatherId } = await ended(id)
  assert.deepEqual([digits, status, state], ['503', 'valid', 'cGlu'])
  assert.equal(typeof gatherId, 'string')
  assert.deepEqual(told(id), [
    'dtmf.received 5',
    'playback.ended cancelled',
    'dtmf.received 0',
    'dtmf.received 3',
    'dtmf.received #',
    'gather.ended 503 valid',
  ])
})

test('words ask; INFO keys count; a wrong key is asked about again, then it is invalid', async () => {
  const { id, call } = await stage.answered()
  await stage.telnyx.calls.actions.gatherUsingSpeak(id, {
    ...{ payload: 'Press one or two.', invalid_payload: 'That was wrong.', voice: 'female' },
    ...{ valid_digits: '12', maximum_digits: 1, maximum_tries: 2 },
  })
  await stage.event(id, 'call.speak.started')
  await call.sendDtmf('9', 'info')
  await stage.receiver.waitFor(
    () => told(id).filter((line) => line.startsWith('speak.ended')).length === 2,
  )
  await call.sendDtmf('8', 'info')
  const { digits, status } = await ended(id)
  assert.deepEqual([digits, status], ['8', 'invalid'])
})

test('silence, stop, and the end of the call', async () => {
  const { id, call } = await stage.answered()
  await stage.command(id, 'gather', { initial_timeout_millis: 300, gather_id: 'first' })
  assert.deepEqual([(await ended(id)).status, (await ended(id)).gather_id], ['timeout', 'first'])
  const other = await stage.answered()
  await stage.telnyx.calls.actions.gather(other.id, { minimum_digits: 4 })
  await other.call.sendDtmf('12')
  await stage.event(other.id, 'call.dtmf.received', ({ digit }) => digit === '2')
  await stage.telnyx.calls.actions.stopGather(other.id, {})
  assert.deepEqual(
    [(await ended(other.id)).digits, (await ended(other.id)).status],
    ['12', 'cancelled'],
  )
  const third = await stage.answered()
  await stage.command(third.id, 'gather', {})
  third.call.hangUp()
  await stage.event(third.id, 'call.hangup')
  const lines = told(third.id)
  assert.deepEqual(lines.slice(0, 1), ['gather.ended  call_hangup'])
  call.hangUp()
  other.call.hangUp()
})

test('keys sent towards a phone arrive there', async () => {
  const { id, call } = await stage.answered()
  await stage.telnyx.calls.actions.sendDtmf(id, { digits: '1w#', duration_millis: 160 })
  const pressed = (): string => call.line.keys.map(({ key }) => key).join('')
  await call.until(() => pressed() === '1#', waitMs, 'both keys')
  call.hangUp()
})
