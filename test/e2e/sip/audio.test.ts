// What people hear: playback in all its forms, early media and ringback on a transfer, and a conference of three.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { LabSound } from '../../../src/lab/ear.ts'
import type { OutgoingCall } from '../../../src/lab/outgoing-call.ts'
import {
  agentHz,
  callerHz,
  musicHz,
  startStage,
  type Json,
  type Stage,
} from '../../support/stage.ts'

let stage: Stage
before(async () => {
  stage = await startStage()
})
after(() => stage.close())

const playbacks = (id: string): string[] =>
  stage.receiver.deliveries
    .filter(({ type, payload }) => {
      return type.startsWith('call.playback.') && payload['call_control_id'] === id
    })
    .map(({ type, payload }) => `${type.slice(14)} ${String(payload['status'] ?? '')}`.trim())

const ended = (id: string, fits?: (payload: Json) => boolean) =>
  stage.event(id, 'call.playback.ended', fits)

/** The sound is a mixture of exactly these tones. */
const mixOf = (heard: LabSound, tones: readonly number[]): boolean =>
  heard.kind === 'mix' &&
  heard.hz.length === tones.length &&
  tones.every((tone) => heard.hz.some((hz) => Math.abs(hz - tone) <= 12))

test('playback to its end, and its end by playback_stop', async () => {
  const { id, call } = await stage.answered()
  const heard = call.hearsOnly(600, 5_000)
  await stage.command(id, 'playback_start', { audio_url: stage.sounds.url(600, 400) })
  await heard
  const { payload } = await ended(id)
  assert.deepEqual([payload['status'], payload['overlay']], ['completed', false])
  assert.equal(payload['media_url'], stage.sounds.url(600, 400))
  await call.hearsSilence(5_000)
  await stage.command(id, 'playback_start', { audio_url: stage.musicUrl, loop: 'infinity' })
  await call.hearsOnly(musicHz, 5_000)
  await stage.command(id, 'playback_stop')
  await ended(id, ({ status }) => status === 'cancelled')
  await call.hearsSilence(5_000)
  await stage.command(id, 'playback_stop')
  assert.deepEqual(playbacks(id), ['started', 'ended completed', 'started', 'ended cancelled'])
})

test('loop: three times one sound is one playback', async () => {
  const { id } = await stage.answered()
  const at = performance.now()
  await stage.command(id, 'playback_start', { audio_url: stage.sounds.url(600, 200), loop: 3 })
  await ended(id)
  assert.ok(performance.now() - at >= 600)
  assert.deepEqual(playbacks(id), ['started', 'ended completed'])
})

test('two files follow each other; stop: current goes on with the next, stop: all ends both', async () => {
  const { id, call } = await stage.answered()
  const play = (hz: number, extra: Json = {}): Promise<void> =>
    stage.command(id, 'playback_start', { audio_url: stage.sounds.url(hz), ...extra })
  await play(600)
  await play(650)
  await call.hearsOnly(600, 5_000)
  await stage.command(id, 'playback_stop', { stop: 'current' })
  await call.hearsOnly(650, 5_000)
  await play(800, { stop: 'all' })
  await call.hearsOnly(800, 5_000)
  await stage.command(id, 'playback_stop', { stop: 'all' })
  await call.hearsSilence(5_000)
})

test('a file that is not there, and one that is no sound', async () => {
  const { id } = await stage.answered()
  const { origin } = stage.sounds
  await stage.command(id, 'playback_start', { audio_url: `${origin}/missing.wav` })
  const missing = await ended(id)
  assert.equal(missing.payload['status'], 'file_not_found')
  await stage.command(id, 'playback_start', { audio_url: `${origin}/broken.wav` })
  const broken = await ended(id, ({ media_url }) => String(media_url).endsWith('broken.wav'))
  assert.equal(broken.payload['status'], 'failed')
  assert.notEqual(broken.payload['status_detail'], '')
  assert.deepEqual(
    playbacks(id).filter((one) => one.startsWith('started')),
    [],
  )
})

test('playback to the opposite leg and to both', async () => {
  const { caller, agent } = await stage.conversation('audio')
  const to = (target_legs: string, hz: number): Promise<void> =>
    stage.command(agent.id, 'playback_start', {
      audio_url: stage.sounds.url(hz, 500),
      target_legs,
    })
  // Half a second is short: who begins to listen when the command is answered may be late.
  await Promise.all([caller.call.hears(600, 5_000), to('opposite', 600)])
  await Promise.all([
    ...[caller.call, agent.call].map((call) => call.hears(650, 5_000)),
    to('both', 650),
  ])
})

test('transfer before the answer: the caller hears the new leg’s early media, then the leg', async () => {
  const { id, call } = await stage.callIn()
  const target = await stage.phone({
    voice: { kind: 'tone', hz: 900 },
    answer: { kind: 'manual' },
  })
  await stage.command(id, 'transfer', { to: target.contactUri })
  const ringing = await target.nextCall(5_000)
  ringing.earlyMedia()
  await call.hears(900, 5_000)
  assert.equal(call.state, 'ringing')
  assert.ok(call.provisionals.includes(183))
  ringing.answer()
  await call.answered(5_000)
  await call.hears(900, 5_000)
  await ringing.hears(callerHz, 5_000)
})

test('early media replaces the caller’s music; with early_media: false it stays ringback', async () => {
  const { id, call } = await stage.answered()
  await stage.command(id, 'playback_start', { audio_url: stage.musicUrl, loop: 'infinity' })
  await call.hearsOnly(musicHz, 5_000)
  const target = await stage.phone({
    voice: { kind: 'tone', hz: 900 },
    answer: { kind: 'manual' },
  })
  await stage.command(id, 'transfer', { to: target.contactUri })
  const first = await target.nextCall(5_000)
  first.earlyMedia()
  await call.hearsOnly(900, 5_000)
  first.reject(486)
  await call.hearsSilence(5_000)

  await stage.command(id, 'transfer', { to: target.contactUri, early_media: false })
  const second = await target.nextCall(5_000)
  second.earlyMedia()
  const ringback = (heard: LabSound): boolean => mixOf(heard, [440, 480])
  await call.hearsSuch(ringback, 5_000, 'no ringback')
  second.answer()
  await call.hearsOnly(900, 5_000)
})

test('the ringback tone is the one that was asked for', async () => {
  const { id, call } = await stage.answered()
  const phone = await stage.phone({ answer: { kind: 'manual' } })
  const agent = await stage.dial(phone.contactUri)
  await phone.nextCall(5_000)
  const ringing = { call_control_id: agent, play_ringtone: true, ringtone: 'de' }
  await stage.command(id, 'bridge', ringing)
  await call.hears(425, 5_000)
})

const voices = [callerHz, 620, agentHz] as const

test('a conference of three: everybody hears the two others and not himself', async () => {
  const people = [await stage.answered(), await stage.answered(), await stage.answered()]
  people.forEach(({ call }, index) => call.say({ kind: 'tone', hz: voices[index] ?? 0 }))
  const [one, two, three] = people
  assert.ok(one && two && three)
  const { conferences } = stage.telnyx
  const made = await conferences.create({ call_control_id: one.id, name: 'three' })
  const id = made.data?.id ?? ''
  for (const { id: call_control_id } of [two, three]) {
    await conferences.actions.join(id, { call_control_id })
  }
  const hears = (call: OutgoingCall, ...tones: number[]): Promise<void> =>
    tones.length === 1
      ? call.hearsOnly(tones[0] ?? 0, 5_000)
      : call.hearsSuch((heard) => mixOf(heard, tones), 5_000, `not ${tones.join('+')}`)
  const [a, b, c] = voices
  await Promise.all([hears(one.call, b, c), hears(two.call, a, c), hears(three.call, a, b)])

  await conferences.actions.mute(id, { call_control_ids: [two.id] })
  await Promise.all([hears(one.call, c), hears(two.call, a, c), hears(three.call, a)])
  await conferences.actions.unmute(id, {})
  await hears(one.call, b, c)

  await conferences.actions.hold(id, {
    call_control_ids: [three.id],
    audio_url: stage.musicUrl,
  })
  await Promise.all([hears(one.call, b), hears(two.call, a), hears(three.call, musicHz)])
  await conferences.actions.unhold(id, { call_control_ids: [three.id] })
  await Promise.all([hears(one.call, b, c), hears(three.call, a, b)])

  await conferences.actions.leave(id, { call_control_id: two.id })
  await Promise.all([hears(one.call, c), two.call.hearsSilence(5_000), hears(three.call, a)])
  assert.equal(two.call.state, 'up')
  one.call.hangUp()
  await three.call.hearsSilence(5_000)
})

test('a host with end_conference_on_exit takes everybody along', async () => {
  const [host, guest] = [await stage.answered(), await stage.answered()]
  const { conferences } = stage.telnyx
  const made = await conferences.create({ call_control_id: guest.id, name: 'hosted' })
  const id = made.data?.id ?? ''
  await conferences.actions.join(id, { call_control_id: host.id, end_conference_on_exit: true })
  await guest.call.hears(callerHz, 5_000)
  host.call.hangUp()
  await guest.call.ended(5_000)
  const { payload } = await stage.event(guest.id, 'conference.ended')
  assert.equal(payload['reason'], 'host_left')
})

test('a conference that has not started holds its participants with music', async () => {
  const [guest, host] = [await stage.answered(), await stage.answered()]
  const { conferences } = stage.telnyx
  const made = await conferences.create({
    call_control_id: guest.id,
    name: 'not yet',
    start_conference_on_create: false,
    hold_audio_url: stage.musicUrl,
  })
  await guest.call.hearsOnly(musicHz, 5_000)
  assert.equal(made.data?.status, 'init')
  const join = { call_control_id: host.id, start_conference_on_enter: true }
  await conferences.actions.join(made.data?.id ?? '', join)
  await guest.call.hearsOnly(callerHz, 5_000)
})
