// Keys in the three ways there are, on the wire: telephone-event, tones in the audio, INFO. What is sent follows the
// application's `dtmf_type`; what arrives is a key in each of them (C104, C105). The frequencies are written down here anew:
// a fault in the server's own table would otherwise be in both.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Call } from '../../../src/lab/call.ts'
import { includesTone } from '../../../src/lab/ear.ts'
import { clipFromSamples } from '../../../src/media/audio/clip.ts'
import { dataOf, startStage, type CallIn, type Stage } from '../../support/stage.ts'

const waitMs = 5_000

let stage: Stage
before(async () => {
  stage = await startStage()
})
after(() => stage.close())

/** ITU-T Q.23. */
const pairs: Readonly<Record<string, readonly [number, number]>> = {
  ...{ '1': [697, 1209], '4': [770, 1209], '5': [770, 1336], '6': [770, 1477] },
  ...{ '7': [852, 1209], '8': [852, 1336], '9': [852, 1477], '#': [941, 1477] },
}

const pairOf = (key: string): readonly [number, number] => {
  const pair = pairs[key]
  assert.ok(pair, key)
  return pair
}

/** Somebody holds a key of a telephone that makes tones. */
function tone(key: string) {
  const samples = Int16Array.from({ length: 2_400 }, (_, i) =>
    pairOf(key).reduce((sum, hz) => sum + 5_000 * Math.sin((2 * Math.PI * hz * i) / 8_000), 0),
  )
  return { kind: 'clip', clip: clipFromSamples(samples) } as const
}

/** One key after the other, each when the one before was told. */
async function press({ id, call }: CallIn, keys: string): Promise<void> {
  for (const key of keys) {
    call.say(tone(key))
    await stage.event(id, 'call.dtmf.received', ({ digit }) => digit === key)
  }
}

/**
 * A robot that gets no processor for a while stops in the middle of a key and holds it anew afterwards. That each key is
 * told once is shown in virtual time (media/embedded/key-tones.test.ts).
 */
const onceEach = (digits: unknown): string => String(digits).replace(/(.)\1+/g, '$1')

/** The key as two tones at once. */
function hearsKey(call: Call, key: string): Promise<void> {
  const [low, high] = pairOf(key)
  return call.hearsSuch(
    (heard) => includesTone(heard, low) && includesTone(heard, high),
    waitMs,
    `key ${key} not heard`,
  )
}

const events = (call: Call): string => call.line.keys.map(({ key }) => key).join('')

const digitsTold = (id: string): string =>
  stage.receiver.deliveries
    .filter(
      ({ type, payload }) => type === 'call.dtmf.received' && payload['call_control_id'] === id,
    )
    .map(({ payload }) => String(payload['digit']))
    .join('')

test('a phone without telephone-event: its tones are keys, and keys for it are tones', async () => {
  const caller = await stage.answered({ keyEvents: false })
  const { id, call } = caller
  call.say({ kind: 'silence' })
  await stage.command(id, 'gather', {
    initial_timeout_millis: 60_000,
    inter_digit_timeout_millis: 60_000,
  })
  await press(caller, '5914#')
  const { payload } = await stage.event(id, 'call.gather.ended')
  assert.deepEqual([onceEach(payload['digits']), payload['status']], ['5914', 'valid'])
  assert.equal(onceEach(digitsTold(id)), '5914#')

  const heard = hearsKey(call, '8')
  await stage.command(id, 'send_dtmf', { digits: '8', duration_millis: 400 })
  await heard
  assert.equal(events(call), '')
  call.hangUp()
})

test('a bridge of a phone with events and one without: each is told the keys in its own way', async () => {
  const caller = await stage.answered({ keyEvents: false })
  await stage.command(caller.id, 'enqueue', { queue_name: 'tones' })
  const agent = await stage.dialAgent()
  await stage.command(agent.id, 'bridge', { queue: 'tones' })
  await stage.event(agent.id, 'call.bridged')
  for (const { call } of [caller, agent]) call.say({ kind: 'silence' })
  await Promise.all([caller.call.hearsSilence(waitMs), agent.call.hearsSilence(waitMs)])

  const heard = hearsKey(caller.call, '4')
  await agent.call.sendDtmf('4', 'rfc4733', 300)
  await heard
  await stage.event(agent.id, 'call.dtmf.received', ({ digit }) => digit === '4')

  const passed = hearsKey(agent.call, '6')
  await press(caller, '6')
  await passed
  assert.equal(events(agent.call), '', 'tones are part of what is said, and stay that')
  caller.call.hangUp()
})

test('dtmf_type of the application decides how keys are sent, and counts at once when it is changed', async () => {
  const made = await stage.request('POST', '/call_control_applications', {
    ...{ application_name: 'tones', webhook_event_url: stage.receiver.url, dtmf_type: 'Inband' },
  })
  const application = String(dataOf(made)['id'])
  const { id, call } = await stage.dialAgent({ connection_id: application })
  call.say({ kind: 'silence' })
  const send = (digits: string): Promise<void> =>
    stage.command(id, 'send_dtmf', { digits, duration_millis: 400 })
  const change = async (dtmf_type: string): Promise<void> => {
    const path = `/call_control_applications/${application}`
    const body = { application_name: 'tones', webhook_event_url: stage.receiver.url, dtmf_type }
    assert.equal((await stage.request('PATCH', path, body)).status, 200)
  }
  const heard = hearsKey(call, '5')
  await send('5')
  await heard
  await call.hearsSilence(waitMs)
  assert.deepEqual([events(call), call.infoKeys], ['', []])

  const before = call.heard().length
  await change('SIP INFO')
  await send('7#')
  await call.until(() => call.infoKeys.join('') === '7#', waitMs, 'no INFO')
  assert.equal(events(call), '')

  await change('RFC 2833')
  await send('9')
  await call.until(() => events(call) === '9', waitMs, 'no event')
  assert.equal(call.infoKeys.join(''), '7#')
  const since = call.heard().slice(before)
  const tonesSince = since.filter(({ heard: { kind } }) => kind === 'tone' || kind === 'mix')
  assert.deepEqual(tonesSince, [], 'neither INFO nor events come with tones')
  call.hangUp()
})
